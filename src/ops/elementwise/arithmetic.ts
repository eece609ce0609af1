/**
 * Arithmetic of two operands: add, sub, rsub, mul, div, remainder, fmod, floorDivide, pow. Their in-place forms are methods
 * only, as in PyTorch, which has torch.relu_ but no torch.add_.
 */
import { numberOrBoolean, oneOf, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { log } from '../../native/scalar';
import { isFloat, resultType, type DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { binary, inPlace, type Binary, type BinaryRule, type BinaryWith } from './declaration';
import { gradient } from '../declare/gradient';
import { type GivenOperand, type Operand } from '../arguments/check';
import { byteOf } from '../arguments/byte';
import { checkFactor } from '../arguments/factor';
import { floating } from '../arguments/floating';
import { verify } from '../kernels/bounds';
import { operandOf, promote, wrapped } from '../kernels/operands';
import { constant, zerosLike } from '../creation/factories';

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
  const out = noGrad(() => {
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

// x^(±1/2) as PyTorch has it for a number: the root, which is NaN at −Infinity and −0 at −0.
const recordedRoot = gradient<readonly [Tensor], readonly [Tensor], number>('pow', {
  node: 'PowBackward0',
  saves: (inputs) => inputs,
  rule: (g, [x], b) => [g.mul(x.pow(b - 1).mul(b))],
});
function root(a: Operand, b: Operand): Tensor {
  const x = floating(a as Tensor);
  const power = b as number;
  const out = noGrad(() => (power > 0 ? x.sqrt() : x.rsqrt()));
  return recordedRoot(out, power, x);
}

/**
 * a to the power of b with broadcasting (torch.pow); 0⁰ = 1. Integers stay integers. The numbers 0.5 and −0.5 as b
 * are computed by `sqrt` and `rsqrt`.
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
      return b === 0 ? zerosLike(g) : g.mul((b === 2 ? a : a.pow(b - 1)).mul(b));
    },
  },
  // g·y·ln a, whose limit is 0 where a = 0 and b ≥ 0: there y·ln a would be 0·(−∞)
  db: {
    saves: 'aby',
    grad: (g, { a, b, y }) => {
      if (typeof a !== 'number') {
        return g.mul(y.mul(a.log()).maskedFill(a.eq(0).logicalAnd(b.ge(0)), 0));
      }
      const slope = y.mul(log(a));
      return g.mul(a === 0 ? slope.maskedFill(b.ge(0), 0) : slope);
    },
  },
  check: refuseNegativePowers,
  instead: (_, a, b) => ((b === 0.5 || b === -0.5) && typeof a === 'object' ? root : null),
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
export const pow_: InPlace = inPlace(pow);

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
