/**
 * Functions of two tensors: atan2, hypot, copysign, fmax, fmin, heaviside, logaddexp2, xlogy. What has a result of floats computes
 * integers as float32.
 */
import { surplus } from '../../check';
import { family } from '../../native/families';
import { isFloat, type DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor, type GivenOperand, type Operand } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { inPlace as changeInPlace } from '../inplace/inplace';
import { binary as combine } from '../kernels/operands';
import { binary, inPlace, type Binary, type BinaryOfTensors } from './declaration';

type InPlace<B = Tensor> = (x: Tensor, other: B) => Tensor;

/** @throws TypeError for a number, which PyTorch does not take here. */
function tensorsOnly(a: Operand, b: Operand, _: DType, operation: string): void {
  checkTensor(operation, 'a', a);
  checkTensor(operation, 'b', b);
}
/** @throws TypeError for a number, and for operands none of which are floats. */
function floatsOnly(a: Operand, b: Operand, dtype: DType, operation: string): void {
  tensorsOnly(a, b, dtype, operation);
  if (!isFloat(dtype)) checkFloat(operation, a as Tensor);
}

// x / (a² + b²), 0 at the origin
const perSquare = (x: Tensor, a: Tensor, b: Tensor): Tensor => {
  const square = a.square().add(b.square());
  return x.div(square).maskedFill(square.eq(0), 0);
};

/**
 * The angle of the point (b, a) from −π to π, with broadcasting (torch.atan2).
 * @throws TypeError unless both are tensors; RangeError when the shapes do not broadcast.
 * @example atan2(tensor([1, -1]), tensor([1, -1])) // [0.7854, -2.3562]
 */
export const atan2: BinaryOfTensors = binary('atan2', {
  da: { saves: 'ab', grad: (g, { a, b }) => g.mul(perSquare(b as Tensor, a, b as Tensor)) },
  db: { saves: 'ab', grad: (g, { a, b }) => g.mul(perSquare(a as Tensor, a as Tensor, b)).neg() },
  check: tensorsOnly,
  integers: 'float32',
  domain: [
    [0.2, 2],
    [-2, 2],
  ],
});
/**
 * x = atan2(x, other); returns x (torch.Tensor.atan2_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([1, -1]).atan2_(tensor([1, -1])) // [0.7854, -2.3562]
 */
export const atan2_: InPlace = inPlace(atan2);

/**
 * √(a² + b²) with broadcasting, without overflow half-way (torch.hypot).
 * @throws TypeError unless both are tensors, one of them of floats; RangeError when the shapes do not broadcast.
 * @example hypot(tensor([3, 5]), tensor([4, 12])) // [5, 13]
 */
export const hypot: BinaryOfTensors = binary('hypot', {
  da: { saves: 'aby', grad: (g, { a, y }) => g.mul(a.div(y)) },
  db: { saves: 'aby', grad: (g, { b, y }) => g.mul(b.div(y)) },
  check: floatsOnly,
  domain: [
    [0.2, 2],
    [-2, 2],
  ],
});
/**
 * x = hypot(x, other); returns x (torch.Tensor.hypot_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([3, 5]).hypot_(tensor([4, 12])) // [5, 13]
 */
export const hypot_: InPlace = inPlace(hypot);

/**
 * |a| with the sign of b, that of zeros included, with broadcasting (torch.copysign). The gradient of a is 0 where a is 0, that of b
 * is 0.
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example copysign(tensor([1, 2]), tensor([-1, 3])) // [-1, 2]
 */
export const copysign: Binary = binary('copysign', {
  node: (_, b) => (typeof b === 'number' ? 'CopysignBackward1' : 'CopysignBackward0'),
  da: { saves: 'aby', grad: (g, { a, y }) => g.mul(y.div(a).maskedFill(a.eq(0), 0)) },
  db: { grad: 0 },
  integers: 'float32',
  domain: [
    [0.2, 2],
    [0.2, 2],
  ],
});
/**
 * x = |x| with the sign of `other`; returns x (torch.Tensor.copysign_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([1, 2]).copysign_(-1) // [-1, -2]
 */
export const copysign_: InPlace<GivenOperand> = inPlace(copysign);

function extremum(
  name: 'fmax' | 'fmin',
  wins: (a: Tensor, b: Tensor) => Tensor,
  bool: (a: Tensor, b: Tensor) => Tensor,
): BinaryOfTensors {
  // Where it is a that was taken, of two equal ones too.
  const isFirst = (a: Operand, b: Operand): Tensor =>
    wins(a as Tensor, b as Tensor).logicalOr((b as Tensor).isnan());
  return binary(name, {
    da: { saves: 'ab', grad: (g, { a, b }) => g.maskedFill(isFirst(a, b).logicalNot(), 0) },
    db: { saves: 'ab', grad: (g, { a, b }) => g.maskedFill(isFirst(a, b), 0) },
    check: tensorsOnly,
    bool,
    domain: [
      [-2, 0],
      [-0.9, 1],
    ],
  });
}

/**
 * The larger of a and b, where one is NaN the other one, with broadcasting (torch.fmax). The gradient goes to the one that was
 * taken, to a where they are equal.
 * @throws TypeError unless both are tensors; RangeError when the shapes do not broadcast.
 * @example fmax(tensor([1, NaN]), tensor([3, 2])) // [3, 2]
 */
export const fmax: BinaryOfTensors = extremum(
  'fmax',
  (a, b) => a.ge(b),
  (a, b) => a.logicalOr(b),
);
/**
 * The smaller of a and b, where one is NaN the other one, with broadcasting (torch.fmin). The gradient goes to the one that was
 * taken, to a where they are equal.
 * @throws TypeError unless both are tensors; RangeError when the shapes do not broadcast.
 * @example fmin(tensor([1, NaN]), tensor([3, 2])) // [1, 2]
 */
export const fmin: BinaryOfTensors = extremum(
  'fmin',
  (a, b) => a.le(b),
  (a, b) => a.logicalAnd(b),
);

/**
 * log₂(2ᵃ + 2ᵇ) elementwise, with broadcasting and without overflow (torch.logaddexp2).
 * @throws TypeError unless both are tensors, one of them of floats; RangeError when the shapes do not broadcast.
 * @example logaddexp2(tensor([0, 100]), tensor([0, 100])) // [1, 101]
 */
export const logaddexp2: BinaryOfTensors = binary('logaddexp2', {
  // 2ᵃ / (2ᵃ + 2ᵇ) = σ((a − b) ln 2)
  da: { saves: 'ab', grad: (g, { a, b }) => g.mul(a.sub(b).mul(Math.LN2).sigmoid()) },
  db: { saves: 'ab', grad: (g, { a, b }) => g.mul(b.sub(a).mul(Math.LN2).sigmoid()) },
  check: floatsOnly,
});

/**
 * a·ln b with broadcasting, 0 where a is 0 and b is not NaN (torch.xlogy).
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example xlogy(tensor([0, 2]), tensor([0, 10])) // [0, 4.6052]
 */
export const xlogy: Binary = binary('xlogy', {
  node: (a, b) => `XlogyBackward${typeof a === 'number' ? 1 : typeof b === 'number' ? 2 : 0}`,
  da: {
    saves: 'ab',
    grad: (g, { a, b }) => {
      const ln = g.xlogy(b);
      if (typeof b !== 'number') return ln.maskedFill(a.eq(0).logicalAnd(b.le(0)), 0);
      return b > 0 ? ln : ln.maskedFill(a.eq(0), 0);
    },
  },
  db: { saves: 'ab', grad: (g, { a, b }) => g.mul(b.reciprocal().mul(a)) },
  integers: 'float32',
  domain: [
    [-2, 2],
    [0.3, 3],
  ],
});
/**
 * x = x·ln other, as `xlogy`; returns x (torch.Tensor.xlogy_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([0, 2]).xlogy_(tensor([0, 10])) // [0, 4.6052]
 */
export const xlogy_: InPlace<GivenOperand> = inPlace(xlogy);

const steps = family('heaviside');

// Not differentiable in PyTorch either.
function step(operation: string, a: Tensor, values: Tensor): Tensor {
  checkTensor(operation, 'a', a);
  checkTensor(operation, 'values', values);
  if (a.dtype !== values.dtype) {
    throw new TypeError(
      `${operation}: a is ${a.dtype}, values is ${values.dtype}; convert one with to('${a.dtype}')`,
    );
  }
  return a.dtype === 'bool' ? a.logicalOr(values) : combine(operation, steps, a, values, a.dtype);
}

/**
 * 0 where a < 0 or NaN, `values` where a = 0, 1 where a > 0, with broadcasting (torch.heaviside). It has no gradient.
 * @throws TypeError unless both are tensors of one element type; RangeError when the shapes do not broadcast.
 * @example heaviside(tensor([-1, 0, 2]), tensor([0.5])) // [0, 0.5, 1]
 */
export function heaviside(a: Tensor, values: Tensor): Tensor {
  if (arguments.length > 2) surplus('heaviside', arguments, 2, 'values');
  return step('heaviside', a, values);
}
/**
 * x = heaviside(x, values); returns x (torch.Tensor.heaviside_).
 * @throws TypeError unless both are tensors of one element type; RangeError when `values` does not broadcast to x's shape; Error on a
 * leaf that requires gradients.
 * @example tensor([-1, 0, 2]).heaviside_(tensor([0.5])) // [0, 0.5, 1]
 */
export function heaviside_(x: Tensor, values: Tensor): Tensor {
  if (arguments.length > 2) surplus('heaviside_', arguments, 2, 'values');
  checkTensor('heaviside_', 'x', x);
  return changeInPlace('heaviside_', x, [values], (before) => step('heaviside_', before, values));
}
