/** The `testing` namespace: tensors compared in tests, whatever runs them (torch.testing). */
import type * as Assert from 'node:assert';
import { boolean, load, nonNegative, optionsTable, surplus } from '../check';
import type { DType } from '../tensor/dtype';
import { anyTensor, isTensor } from '../tensor/rules';
import { sameShape, showShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';

/** Options of `assertClose`. */
export interface AssertCloseOptions {
  /** Allowed difference relative to |expected|. Default: 1.3e-6 for float32, 1e-7 for float64, 0 for integers and bool. */
  rtol?: number;
  /** Allowed absolute difference. Default: 1e-5 for float32, 1e-7 for float64, 0 for integers and bool. */
  atol?: number;
  /** Whether NaN agrees with NaN. Default: false. */
  equalNan?: boolean;
  /** Whether the element types must be the same. Default: true. */
  checkDtype?: boolean;
}

const assertCloseOptions = optionsTable<AssertCloseOptions, 'rtol' | 'atol'>('assertClose', {
  rtol: nonNegative.optional,
  atol: nonNegative.optional,
  equalNan: boolean.or(false),
  checkDtype: boolean.or(true),
});

// torch.testing's.
const tolerances: Readonly<Record<DType, readonly [rtol: number, atol: number]>> = {
  float32: [1.3e-6, 1e-5],
  float64: [1e-7, 1e-7],
  int32: [0, 0],
  uint8: [0, 0],
  bool: [0, 0],
};

const fail = (actual: Tensor, expected: Tensor, what: string): never => {
  const { AssertionError } = load('node:assert') as typeof Assert;
  throw new AssertionError({
    message: `assertClose: ${what}`,
    actual: actual.toArray(),
    expected: expected.toArray(),
    operator: 'assertClose',
  });
};

/** The indices of the element at `place` in row-major order. */
function indicesOf(place: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  for (let d = shape.length - 1, rest = place; d >= 0; d--) {
    indices.unshift(rest % shape[d]);
    rest = Math.floor(rest / shape[d]);
  }
  return indices;
}

/**
 * Throws unless two tensors have one shape and element type, and |actual − expected| ≤ atol + rtol · |expected| everywhere
 * (torch.testing.assert_close).
 * @throws AssertionError that counts the elements that differ and shows where they do most; TypeError for what are no
 * tensors or options; RangeError for a negative tolerance.
 * @example
 * testing.assertClose(tensor([1, 2]).exp().log(), tensor([1, 2]));
 * testing.assertClose(tensor([1, 2]), tensor([1, 2.1]), { atol: 0.2, rtol: 0 });
 */
export function assertClose(actual: Tensor, expected: Tensor, options?: AssertCloseOptions): void {
  if (arguments.length > 3) surplus('assertClose', arguments, 3, 'options');
  anyTensor.check('assertClose', 'actual', actual);
  anyTensor.check('assertClose', 'expected', expected);
  const read = assertCloseOptions.read(options);
  if (!sameShape(sizesOf(actual), sizesOf(expected))) {
    fail(actual, expected, `the shape is ${showShape(sizesOf(actual))}, expected ${showShape(sizesOf(expected))}`); // prettier-ignore
  }
  if (read.checkDtype && actual.dtype !== expected.dtype) {
    fail(actual, expected, `the element type is ${actual.dtype}, expected ${expected.dtype}`);
  }
  // Of two types the wider tolerance, as torch.testing has it.
  const [rtolA, atolA] = tolerances[actual.dtype];
  const [rtolB, atolB] = tolerances[expected.dtype];
  const { rtol = Math.max(rtolA, rtolB), atol = Math.max(atolA, atolB) } = read;
  const [a, b] = [actual.toTypedArray(), expected.toTypedArray()];
  let count = 0;
  let worst = -1;
  let most = -1;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    const close =
      a[i] === b[i] ||
      (Number.isFinite(difference) && difference <= atol + rtol * Math.abs(b[i])) ||
      (read.equalNan && Number.isNaN(a[i]) && Number.isNaN(b[i]));
    if (close) continue;
    count++;
    const size = Number.isNaN(difference) ? Infinity : difference;
    if (size > most) [most, worst] = [size, i];
  }
  if (count === 0) return;
  const where = a.length === 1 ? '' : ` at ${showShape(indicesOf(worst, sizesOf(actual)))}`;
  const many = `${count} of ${a.length} elements ${count === 1 ? 'is' : 'are'} not close`;
  fail(
    actual,
    expected,
    `${many}; most${where}: ${a[worst]}, expected ${b[worst]} (rtol ${rtol}, atol ${atol})`,
  );
}

/**
 * Whether two tensors have the same shape, element type and elements (NaN equals NaN, 0 is not −0); undefined where not both
 * are tensors. A tester for `toEqual` and its kin in Jest and Vitest, which otherwise compare where tensors are in memory:
 * `expect.addEqualityTesters([testing.tensorEquality])` in a set-up file. Modules and objects that hold tensors are compared too.
 * @throws nothing, whatever it is given.
 * @example
 * testing.tensorEquality(tensor([1, NaN]), tensor([1, NaN])); // true
 * testing.tensorEquality(tensor([1]), [1]); // undefined
 */
export function tensorEquality(a: unknown, b: unknown): boolean | undefined {
  if (!isTensor(a) || !isTensor(b)) return undefined;
  if (a.dtype !== b.dtype || !sameShape(sizesOf(a), sizesOf(b))) return false;
  const [x, y] = [a.toTypedArray(), b.toTypedArray()];
  for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false;
  return true;
}
