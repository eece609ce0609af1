/** What tests of every folder share: values and leaves, how tensors are compared, and a folder to run in. */
import { rmSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { autograd, tensor, type DType, type Tensor } from 'ostinato';

export interface SampleOptions {
  dtype?: DType;
  requiresGrad?: boolean;
  /** Another seed, other values. */
  seed?: number;
}

/** Deterministic values: no two equal, spread over (-1, 1), none near 0. */
export function samples(count: number, seed = 1): number[] {
  return Array.from({ length: count }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    const unit = x - Math.floor(x);
    return unit < 0.5 ? unit * 1.8 - 0.95 : unit * 1.8 - 0.85;
  });
}

/** float64 unless said otherwise, so that gradcheck takes it. */
export function sample(shape: readonly number[], options: SampleOptions = {}): Tensor {
  const { dtype = 'float64', requiresGrad = false, seed = 1 } = options;
  const count = shape.reduce((n, size) => n * size, 1);
  const x = tensor(samples(count, seed), { dtype }).view(shape);
  return requiresGrad ? x.detach().requiresGrad_() : x.detach();
}

/** A leaf for gradcheck. */
export const leaf = (shape: readonly number[], seed = 1): Tensor =>
  sample(shape, { requiresGrad: true, seed });

/** All elements, in row-major order. */
export const flat = (x: Tensor): number[] => Array.from(x.toTypedArray());

/** The largest difference, relative to the largest expected magnitude; Infinity for another length, NaN for NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  let largest = Number.MIN_VALUE;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    // Written so that NaN stays.
    if (!(difference <= worst)) worst = difference;
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return worst === 0 ? 0 : worst / largest;
}

/** Asserts a relativeError of at most `tolerance`. */
export function expectNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  expect(actual.length).toBe(expected.length);
  expect(relativeError(actual, expected)).toBeLessThanOrEqual(tolerance);
}

/** Asserts equal shapes and elements within a tolerance relative to the largest. */
export function expectClose(actual: Tensor, expected: Tensor, tolerance = 1e-12): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [flat(actual), flat(expected)];
  const scale = Math.max(1, ...b.map(Math.abs));
  for (let i = 0; i < a.length; i++) {
    if (!(Math.abs(a[i] - b[i]) <= tolerance * scale)) {
      throw new Error(
        `element ${i} is ${a[i]}, expected ${b[i]} (shape [${actual.shape.join(', ')}])`,
      );
    }
  }
}

/** A tensor's shape, element type and bytes; null for null. */
export function bitsOf(x: Tensor | null): unknown {
  if (x === null) return null;
  const { buffer, byteOffset, byteLength } = x.toTypedArray();
  const bytes = Buffer.from(buffer, byteOffset, byteLength).toString('hex');
  return { shape: x.shape, dtype: x.dtype, bytes };
}

/** Asserts equal shapes, element types and bits, tensor by tensor. */
export function expectSameBits(
  actual: readonly (Tensor | null)[],
  expected: readonly (Tensor | null)[],
): void {
  expect(actual.map(bitsOf)).toEqual(expected.map(bitsOf));
}

/** Asserts that first and second derivatives of f are what differences say. */
export function expectGradients(
  f: (...inputs: Tensor[]) => Tensor | Tensor[],
  ...inputs: Tensor[]
): void {
  expect(autograd.gradcheck(f, inputs)).toBe(true);
  expect(autograd.gradgradcheck(f, inputs)).toBe(true);
}

/** Has the tests of a file run in `folder`, because what they call writes files where it runs; removes it after them. */
export function runIn(folder: string): void {
  const before = process.cwd();
  beforeAll(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });
}

/** Collects garbage now: Bun's own function, that of V8 elsewhere, which is hidden unless a flag asks for it. */
export function collectGarbage(): void {
  const { Bun } = globalThis as { Bun?: { gc(now: boolean): void } };
  collector ??= Bun === undefined ? collectorOfV8() : () => Bun.gc(true);
  collector();
}
let collector: (() => void) | undefined;
function collectorOfV8(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** What the engine says of a value that it does not clone: V8 names the value, Bun's engine does not. */
export function cloneRefusal(value: unknown): string {
  try {
    structuredClone(value);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the value was cloned');
}
