/** alpha and beta: factors of operands, which integer and bool tensors take as integers and booleans only. */
import { isFloat, type DType } from '../../tensor/dtype';

/**
 * A factor of tensors of element type `dtype`.
 * @throws TypeError for a fraction where integers are computed, a boolean where the tensors are not bool.
 */
export function checkFactor(
  operation: string,
  name: string,
  factor: number | boolean,
  dtype: DType,
): number | boolean {
  if (typeof factor === 'boolean' && dtype !== 'bool') {
    throw new TypeError(
      `${operation}: ${name} must be a number for ${dtype} tensors, got ${factor}; pass ${Number(factor)}`,
    );
  }
  if (!isFloat(dtype) && !Number.isInteger(Number(factor))) {
    throw new TypeError(
      `${operation}: ${name} must be an integer for ${dtype} tensors, got ${factor}; convert them with to('float32')`,
    );
  }
  if (dtype === 'uint8' && Math.abs(Number(factor)) > 255) {
    throw new RangeError(
      `${operation}: ${name} must be from -255 to 255 for uint8 tensors, got ${factor}; convert them with to('int32')`,
    );
  }
  return dtype === 'bool' ? Boolean(factor) : factor;
}
