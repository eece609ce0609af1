/** Numbers that are to be elements of a uint8 tensor. */

/**
 * A number as an element of type uint8, without its fraction; negative integers count modulo 256, as PyTorch has them.
 * @throws RangeError for one that is neither from 0 to 255 nor an integer from −255 to −1.
 */
export function byteOf(operation: string, value: number): number {
  const fits = Number.isInteger(value) ? Math.abs(value) <= 255 : value >= 0 && value <= 255;
  if (!fits) {
    throw new RangeError(
      `${operation}: ${value} does not fit uint8 (0 to 255, and -1 to -255 modulo 256); use dtype int32`,
    );
  }
  return Math.trunc(value) & 255;
}
