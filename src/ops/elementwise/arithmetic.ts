/**
 * Arithmetic of two operands: add, sub, rsub, mul, div, remainder, fmod, floorDivide; pow is in power.ts. Their in-place
 * forms are methods only, as in PyTorch, which has torch.relu_ but no torch.add_.
 */
import { numberOrBoolean, oneOf, optionsTable, surplus } from '../../check';
import { isFloat, resultType, type DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { binary, inPlace, type Binary, type BinaryRule, type BinaryWith } from './declaration';
import { gradient } from '../declare/gradient';
import { type GivenOperand, type Operand } from '../arguments/check';
import { checkFactor } from '../arguments/factor';
import { verify } from '../kernels/bounds';
import { operandOf, promote, wrapped } from '../kernels/operands';
import { constant } from '../creation/factories';
import { unrecorded } from '../declare/composed';

type InPlace = (x: Tensor, other: GivenOperand) => Tensor;
type InPlaceWith<Options> = (x: Tensor, other: GivenOperand, options?: Options) => Tensor;

/** Options of `add`, `sub` and `rsub`. */
export interface AlphaOptions {
  /** Factor of the second operand; a boolean for bool tensors only. Default: 1. */
  alpha?: number | boolean;
}
const alphaOptions = optionsTable<AlphaOptions>('add', { alpha: numberOrBoolean.or(1) });

/** alpha·b. @throws TypeError for an alpha that the element type of the result does not take. */
function scaled(
  operation: string,
  left: GivenOperand,
  right: GivenOperand,
  options: AlphaOptions,
): GivenOperand {
  const { alpha } = alphaOptions.read(options, operation);
  if (alpha === 1) return right;
  const b = operandOf(operation, 'b', right, left);
  const dtype = resultType(operandOf(operation, 'a', left, right), b);
  return mul(b, checkFactor(operation, 'alpha', alpha, dtype));
}

/**
 * a + alpha·b with broadcasting (torch.add); of two bool tensors, their disjunction.
 * @throws RangeError when the shapes do not broadcast.
 * @example add(tensor([1, 2]), tensor([[10], [20]])) // [[11, 12], [21, 22]]
 */
export const add: BinaryWith<AlphaOptions> = binary<AlphaOptions>('add', {
  da: { grad: (g) => g },
  db: { grad: (g) => g },
  bool: (a, b) => a.logicalOr(b),
  takesOptions: true,
  second: scaled,
});
/**
 * x += alpha·other, broadcast to x's shape; returns x (torch.Tensor.add_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients. So do all operations in place.
 * @example tensor([1, 2]).add_(10) // [11, 12]
 */
export const add_: InPlaceWith<AlphaOptions> = inPlace(add);

const isBool = (x: Operand): boolean => typeof x !== 'number' && x.dtype === 'bool';
function refuseBool(a: Operand, b: Operand, _: DType, operation: string): void {
  if (isBool(a) || isBool(b)) {
    throw new TypeError(
      `${operation}: is not defined for bool tensors; use logicalNot() to invert one, logicalXor() to tell two apart`,
    );
  }
}
const difference: BinaryRule<AlphaOptions> = {
  kernel: 'sub',
  da: { grad: (g) => g },
  db: { grad: (g) => g.neg() },
  check: refuseBool,
  booleans: 'refused',
  takesOptions: true,
  second: scaled,
};

/**
 * a − alpha·b with broadcasting (torch.sub).
 * @throws RangeError when the shapes do not broadcast; TypeError for bool tensors.
 * @example sub(tensor([5, 7]), tensor([1, 2])) // [4, 5]
 */
export const sub: BinaryWith<AlphaOptions> = binary('sub', {
  ...difference,
  // PyTorch has a node of its own for a number minus a tensor.
  node: (a) => (typeof a === 'number' ? 'RsubBackward1' : 'SubBackward0'),
});
/**
 * x −= alpha·other; returns x (torch.Tensor.sub_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([5, 7]).sub_(tensor([1, 2])) // [4, 5]
 */
export const sub_: InPlaceWith<AlphaOptions> = inPlace(sub);

const reverse = binary('rsub', {
  ...difference,
  node: (a) => (typeof a === 'number' ? 'RsubBackward1' : 'RsubBackward0'),
});

/**
 * b − alpha·a (torch.rsub): `x.rsub(1)` is 1 − x.
 * @throws TypeError unless each is a tensor, a number or a boolean; RangeError when the shapes do not broadcast.
 * @example rsub(tensor([1, 2]), 10) // [9, 8]
 */
export function rsub(a: GivenOperand, b: GivenOperand, options?: AlphaOptions): Tensor {
  if (arguments.length > 3) surplus('rsub', arguments, 3, 'options');
  return reverse(b, a, options);
}

/**
 * a·b elementwise with broadcasting (torch.mul); of two bool tensors, their conjunction.
 * @throws RangeError when the shapes do not broadcast.
 * @example mul(tensor([2, 3]), tensor([4, 5])) // [8, 15]
 */
export const mul: Binary = binary('mul', {
  da: { saves: 'b', grad: (g, { b }) => g.mul(b) },
  db: { saves: 'a', grad: (g, { a }) => g.mul(a) },
  bool: (a, b) => a.logicalAnd(b),
});
/**
 * x *= other; returns x (torch.Tensor.mul_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([2, 3]).mul_(tensor([4, 5])) // [8, 15]
 */
export const mul_: InPlace = inPlace(mul);

/** Options of `div`. */
export interface DivOptions {
  /** `'floor'` or `'trunc'` rounds the quotient and keeps integers; `null` divides exactly. Default: null. */
  roundingMode?: 'floor' | 'trunc' | null;
}
const divOptions = optionsTable<DivOptions>('div', {
  roundingMode: oneOf('floor', 'trunc').orNull.or(null),
});

/**
 * a / b with broadcasting (torch.div). Integers divide to float32.
 * @throws RangeError when the shapes do not broadcast, or an integer is divided by 0 with a rounding mode.
 * @example div(tensor([1, 3]), tensor([2, 2])) // [0.5, 1.5]
 */
export const div: BinaryWith<DivOptions> = binary<DivOptions>('div', {
  da: { saves: 'b', grad: (g, { b }) => g.div(b) },
  db: { saves: 'ab', grad: (g, { a, b }) => g.neg().mul((a as Tensor).div(b).div(b)) },
  integers: 'float32',
  domain: [0.3, 3],
  takesOptions: true,
  instead: (operation, a, b, options) => {
    if (options !== undefined) {
      const { roundingMode } = divOptions.read(options, operation);
      if (roundingMode !== null) return (x, y) => rounded(operation, x, y, roundingMode);
    }
    return typeof a === 'number' && typeof b === 'object' ? byReciprocal : null;
  },
});

// A number by a tensor, as PyTorch has it to the bit.
const byReciprocal = (a: Operand, b: Operand): Tensor => (b as Tensor).reciprocal().mul(a);

const recordedRounded = gradient<[Tensor | null, Tensor | null], []>('div', {
  node: 'DivBackward2',
  rule: (_g, _saved, _, node) =>
    node.next.map((input) => input && constant(input.shape, 0, input.dtype)),
});

// A step function of both operands.
function rounded(operation: string, a: Operand, b: Operand, mode: 'floor' | 'trunc'): Tensor {
  const dtype = resultType(a, b);
  if (dtype === 'bool') {
    throw new TypeError(
      `${operation}: a rounding mode is not defined for two bool tensors; convert with to('int32') or to('float32')`,
    );
  }
  const whole = !isFloat(dtype);
  if (whole) refuseZero(operation, b, dtype);
  // Both as bytes first, where the result is one.
  const inBytes = (x: Operand): Operand =>
    dtype === 'uint8' ? promote(wrapped(x, dtype), dtype) : x;
  // float64 holds every int32, and a quotient of two that is no integer does not round to one.
  const type = whole ? 'float64' : dtype;
  const x = promote(inBytes(a), type);
  const y = promote(inBytes(b), type);
  const out = unrecorded(() => {
    const result = mode === 'floor' ? floorDivide(x, y) : div(x, y).trunc();
    return whole ? result.to(dtype) : result;
  });
  if (whole) return out;
  return recordedRounded(
    out,
    undefined,
    typeof x === 'number' ? null : x,
    typeof y === 'number' ? null : y,
  );
}

/**
 * x /= other; returns x (torch.Tensor.div_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([1, 3]).div_(tensor([2, 2])) // [0.5, 1.5]
 */
export const div_: InPlaceWith<DivOptions> = inPlace(div);

/** @throws RangeError when an integer divisor is 0. */
function refuseZero(operation: string, given: Operand, dtype: DType): void {
  const b = wrapped(given, dtype);
  const message = `${operation}: an integer cannot be divided by 0; convert with to('float32') to get Infinity or NaN`;
  if (typeof b === 'number') {
    if (b === 0) throw new RangeError(message);
    return;
  }
  verify(
    () => {
      if (b.eq(0).any().item() !== 0) throw new RangeError(message);
    },
    () => [b.ne(0), message],
  );
}
function checkDivisor(_: Operand, b: Operand, dtype: DType, operation: string): void {
  if (dtype === 'bool') throw new TypeError(`${operation}: is not defined for bool tensors`);
  if (!isFloat(dtype)) refuseZero(operation, b, dtype);
}
const belowDivisor = [
  [0.1, 0.9],
  [1, 2],
] as const;

/**
 * The remainder a − b·⌊a / b⌋, with the sign of b as in Python (torch.remainder).
 * @throws RangeError when the shapes do not broadcast, or an integer is divided by 0.
 * @example remainder(tensor([5, -5]), tensor([3, 3])) // [2, 1]
 */
export const remainder: Binary = binary('remainder', {
  node: (_, b) => (typeof b === 'number' ? 'RemainderBackward0' : 'RemainderBackward1'),
  da: { grad: (g) => g },
  db: { saves: 'ab', grad: (g, { a, b }) => g.mul(floorDivide(a, b)).neg() },
  check: checkDivisor,
  domain: belowDivisor,
});
/**
 * x = remainder(x, other); returns x (torch.Tensor.remainder_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([5, -5]).remainder_(tensor([3, 3])) // [2, 1]
 */
export const remainder_: InPlace = inPlace(remainder);

/**
 * The remainder a − b·trunc(a / b), with the sign of a as in C (torch.fmod).
 * @throws RangeError when the shapes do not broadcast, or an integer is divided by 0.
 * @example fmod(tensor([5, -5]), tensor([3, 3])) // [2, -2]
 */
export const fmod: Binary = binary('fmod', {
  node: (_, b) => (typeof b === 'number' ? 'FmodBackward0' : 'FmodBackward1'),
  da: { grad: (g) => g },
  db: { saves: 'ab', grad: (g, { a, b }) => g.mul(div(a, b, { roundingMode: 'trunc' })).neg() },
  check: checkDivisor,
  domain: belowDivisor,
});
/**
 * x = fmod(x, other); returns x (torch.Tensor.fmod_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([5, -5]).fmod_(tensor([3, 3])) // [2, -2]
 */
export const fmod_: InPlace = inPlace(fmod);

/**
 * a / b rounded down (torch.floor_divide). Integers stay integers. Its gradients are 0.
 * @throws RangeError when the shapes do not broadcast, or an integer is divided by 0.
 * @example floorDivide(tensor([5, -5]), tensor([3, 3])) // [1, -2]
 */
export const floorDivide: Binary = binary('floorDivide', {
  kernel: 'floor_divide',
  da: { grad: 0 },
  db: { grad: 0 },
  check: checkDivisor,
  domain: belowDivisor,
});
/**
 * x = floorDivide(x, other); returns x (torch.Tensor.floor_divide_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 * @example tensor([5, -5]).floorDivide_(tensor([3, 3])) // [1, -2]
 */
export const floorDivide_: InPlace = inPlace(floorDivide);
