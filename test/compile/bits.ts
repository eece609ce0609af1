// Comparing tensors bit for bit.
import type { Tensor } from 'ostinato';

/** A tensor's shape, element type and bytes; null for null. */
export const bitsOf = (x: Tensor | null): unknown =>
  x && {
    shape: x.shape,
    dtype: x.dtype,
    bytes: Buffer.from(x.toTypedArray().buffer).toString('hex'),
  };

export function expectSameBits(
  actual: readonly (Tensor | null)[],
  expected: readonly (Tensor | null)[],
): void {
  expect(actual.map(bitsOf)).toEqual(expected.map(bitsOf));
}
