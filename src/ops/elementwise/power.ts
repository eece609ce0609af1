/**
 * pow, whose exponent is a tensor or a number. The exponents that occur most are computed as PyTorch computes them, by products,
 * roots and reciprocals, which have other bits than a power has, and take a tenth of its time.
 */
import { log } from '../../native/scalar';
import { isFloat, type DType } from '../../tensor/dtype';
import { isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { byteOf } from '../arguments/byte';
import type { GivenOperand, Operand } from '../arguments/check';
import { floating } from '../arguments/floating';
import { clone } from '../copying/clone';
import { fillWith, zerosLike } from '../creation/factories';
import { gradient, type ContextOf } from '../declare/gradient';
import { emptyAs } from '../kernels/result';
import { binary, inPlace, type Binary } from './declaration';
import { unrecorded } from '../declare/composed';

// x^b for the numbers b that PyTorch has other functions for. The root x^(1/2) is NaN at −Infinity and −0 at −0, unlike a power.
const products: ReadonlyMap<unknown, (x: Tensor) => Tensor> = new Map([
  [0, (x) => fillWith(emptyAs(x), 1)],
  [1, clone],
  [2, (x) => x.mul(x)],
  [3, (x) => x.mul(x).mul(x)],
]);
const quotients: ReadonlyMap<unknown, (x: Tensor) => Tensor> = new Map([
  [0.5, (x) => x.sqrt()],
  [-0.5, (x) => x.rsqrt()],
  [-1, (x) => x.reciprocal()],
  [-2, (x) => x.mul(x).reciprocal()],
]);

/** b·x^(b−1). */
function slope(x: Tensor, b: number): Tensor {
  return (b === 2 ? x : x.pow(b - 1)).mul(b);
}

const recordedNumber = gradient<readonly [Tensor], readonly [Tensor], number>('pow', {
  node: 'PowBackward0',
  saves: (inputs) => inputs,
  rule: (g, [x], b) => [b === 0 ? zerosLike(g) : b === 1 ? g : g.mul(slope(x, b))],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type PowContext = ContextOf<typeof recordedNumber>;
function numberPower(a: Operand, b: Operand): Tensor {
  const compute = products.get(b) ?? quotients.get(b)!;
  const x = Number.isInteger(b) ? (a as Tensor) : floating(a as Tensor);
  return recordedNumber(
    unrecorded(() => compute(x)),
    b as number,
    x,
  );
}

/** What computes a^b instead of a power. Integers have no quotients, and bool has no powers. */
function insteadOf(_: string, a: GivenOperand, b: GivenOperand): typeof numberPower | null {
  if (!isTensor(a)) return null;
  if (products.has(b)) return a.dtype === 'bool' ? null : numberPower;
  return quotients.has(b) && (isFloat(a.dtype) || !Number.isInteger(b)) ? numberPower : null;
}

/**
 * a to the power of b with broadcasting (torch.pow); 0⁰ = 1. Integers stay integers. The numbers 2, 3, 0.5, −0.5, −1 and −2 as b
 * are computed as x·x, x·x·x, `sqrt`, `rsqrt`, `reciprocal` and 1 / (x·x).
 * @throws RangeError when the shapes do not broadcast, or for integers to the power of a negative number.
 * @example pow(tensor([2, 3]), tensor([3, 2])) // [8, 9]
 */
export const pow: Binary = binary('pow', {
  node: (a, b) =>
    typeof b === 'number'
      ? 'PowBackward0'
      : typeof a === 'number'
        ? 'PowBackward2'
        : 'PowBackward1',
  // g·b·a^(b−1), 0 where b = 0
  da: {
    saves: 'ab',
    grad: (g, { a, b }) => {
      if (typeof b !== 'number') return g.mul(b.mul(a.pow(b.sub(1)))).maskedFill(b.eq(0), 0);
      return g.mul(slope(a, b));
    },
  },
  // g·y·ln a, whose limit is 0 where a = 0 and b ≥ 0: there y·ln a would be 0·(−∞)
  db: {
    saves: 'aby',
    grad: (g, { a, b, y }) => {
      if (typeof a !== 'number') {
        return g.mul(y.mul(a.log()).maskedFill(a.eq(0).logicalAnd(b.ge(0)), 0));
      }
      const dy = y.mul(log(a));
      return g.mul(a === 0 ? dy.maskedFill(b.ge(0), 0) : dy);
    },
  },
  check: refuseNegativePowers,
  instead: insteadOf,
  domain: [
    [0.3, 2],
    [-2, 3],
  ],
});
/**
 * x = x to the power of `other`; returns x (torch.Tensor.pow_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([2, 3]).pow_(tensor([3, 2])) // [8, 9]
 */
export const pow_: (x: Tensor, other: GivenOperand) => Tensor = inPlace(pow);

function refuseNegativePowers(_: Operand, b: Operand, dtype: DType, operation: string): void {
  if (isFloat(dtype)) return;
  const fix = "convert with to('float32')";
  // Negative elements of a tensor are PyTorch's integers: 1 / a^|b|, rounded toward 0, and 0 for a = 0.
  if (typeof b === 'number' && b < 0)
    throw new RangeError(`${operation}: integers have no negative integer powers; ${fix}`);
  if (typeof b === 'number' && dtype === 'uint8') byteOf(operation, b);
  if (dtype === 'bool')
    throw new TypeError(`${operation}: is not defined for two bool tensors; ${fix}`);
}
