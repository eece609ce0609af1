// Comparing with what PyTorch computed: the samples of test/fixtures, float64 to 1e-9 and float32 to 1e-5, relative to the
// largest value.
import type { Tensor } from 'ostinato';
import { expectNear } from '../support';

export type Float = 'float32' | 'float64';
export type Both<T> = Record<Float, T>;

/** A tensor: its shape, and 16 elements evenly spaced. */
export interface Sample {
  shape: number[];
  values: number[];
}

const within: Both<number> = { float32: 1e-5, float64: 1e-9 };

/** Asserts agreement within the element type's tolerance. */
export function expectAgreement(
  actual: ArrayLike<number>,
  expected: readonly number[],
  dtype: Float,
): void {
  expectNear(actual, expected, within[dtype]);
}

/** Shape, and 16 elements evenly spaced, as the fixtures' scripts sample them. */
export function expectSampled(actual: Tensor, { shape, values }: Sample, dtype: Float): void {
  expect(actual.shape).toEqual(shape);
  expect(actual.dtype).toBe(dtype);
  const flat = actual.toTypedArray();
  const picked = values.map((_, i) => flat[Math.floor((i * flat.length) / values.length)]);
  expectAgreement(picked, values, dtype);
}
