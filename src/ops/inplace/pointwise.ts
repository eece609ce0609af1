/**
 * Elementwise operations in the memory of their first operand: x.add_(y), x.tanh_(), x.clamp_(0, 1). Gradients are
 * those of the same operations out of place. Where nothing is recorded the kernel writes straight into x.
 */
import { family, type KernelFamily } from '../../native/kernels';
import { isFloat, resultType, suffixOf } from '../../tensor/dtype';
import { broadcastShapes, sameShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { add } from '../add';
import type { AlphaOptions } from '../binary/alpha';
import { div, type DivOptions } from '../binary/div';
import { pow } from '../binary/pow';
import { floorDivide, remainder } from '../binary/remainder';
import { clone } from '../clone';
import {
  applyBinary,
  applyUnary,
  checkOperand,
  checkTensor,
  operand,
  place,
  type Operand,
} from '../elementwise';
import { mul } from '../mul';
import { sub } from '../sub';
import { clamp, type ClampOptions } from '../unary/clamp';
import * as unary from '../unary/rules';
import { inPlace } from './inplace';

// Whether a kernel may read `other` while it writes `x`: the same elements in step, or other memory.
const inStep = (x: Tensor, other: Tensor): boolean =>
  other.storage !== x.storage ||
  (other.offset === x.offset &&
    sameShape(other.shape, x.shape) &&
    sameShape(other.strides, x.strides));

interface BinaryRule {
  readonly operation: string;
  /** What writes x = f(x, other) in place where x has the expression's type, and for floats only? */
  readonly kernels: KernelFamily;
  readonly floatsOnly?: boolean;
  /** Whether x is saved for its own gradient too, and not only for other's. */
  readonly savesX?: boolean;
}

function binaryInPlace(
  { operation, kernels, floatsOnly = false, savesX = false }: BinaryRule,
  x: Tensor,
  other: Operand,
  compute: (x: Tensor, other: Operand) => Tensor,
  plain = true,
): Tensor {
  checkTensor(operation, 'x', x);
  checkOperand(operation, 'other', other);
  const direct =
    plain &&
    kernels[suffixOf(x.dtype)] !== undefined &&
    (isFloat(x.dtype) || !floatsOnly) &&
    resultType(x, other) === x.dtype &&
    (typeof other === 'number' ||
      sameShape(broadcastShapes(operation, x.shape, other.shape), x.shape));
  const write = (target: Tensor): void => {
    const y =
      typeof other === 'number'
        ? place(operation, 1, other, target.dtype)
        : operand(other, target.dtype);
    applyBinary(operation, kernels, target, inStep(target, y) ? y : clone(y), target);
  };
  // What `compute` saves of `other` must outlive the change of x, which may be the same memory.
  const operands = typeof other === 'number' ? [] : [other];
  const shared = operands.some((y) => y.storage === x.storage);
  return inPlace(
    operation,
    x,
    operands,
    (before) => compute(before, shared ? clone(other as Tensor) : other),
    {
      direct: direct ? write : undefined,
      saves: savesX || operands.some((y) => y.requiresGrad),
    },
  );
}

const adding: BinaryRule = { operation: 'add_', kernels: family('add') };
const subtracting: BinaryRule = { operation: 'sub_', kernels: family('sub') };
const multiplying: BinaryRule = { operation: 'mul_', kernels: family('mul') };
const dividing: BinaryRule = { operation: 'div_', kernels: family('div') };
const raising: BinaryRule = {
  operation: 'pow_',
  kernels: family('pow'),
  floatsOnly: true,
  savesX: true,
};
// Integer divisors are checked out of place.
const rest: BinaryRule = {
  operation: 'remainder_',
  kernels: family('remainder'),
  floatsOnly: true,
  savesX: true,
};
const flooring: BinaryRule = {
  operation: 'floorDivide_',
  kernels: family('floor_divide'),
  floatsOnly: true,
  savesX: true,
};

const isPlain = (options?: AlphaOptions): boolean => (options?.alpha ?? 1) === 1;

/**
 * x += alpha·other, broadcast to x's shape; returns `x` (torch.Tensor.add_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients. So do all operations in place.
 */
export const add_ = (x: Tensor, other: Operand, options?: AlphaOptions): Tensor =>
  binaryInPlace(adding, x, other, (y, z) => add(y, z, options), isPlain(options));

/** x −= alpha·other; returns `x` (torch.Tensor.sub_). */
export const sub_ = (x: Tensor, other: Operand, options?: AlphaOptions): Tensor =>
  binaryInPlace(subtracting, x, other, (y, z) => sub(y, z, options), isPlain(options));

/** x *= other; returns `x` (torch.Tensor.mul_). */
export const mul_ = (x: Tensor, other: Operand): Tensor =>
  binaryInPlace(multiplying, x, other, (y, z) => mul(y, z));

/** x /= other; returns `x` (torch.Tensor.div_). */
export const div_ = (x: Tensor, other: Operand, options?: DivOptions): Tensor =>
  binaryInPlace(
    dividing,
    x,
    other,
    (y, z) => div(y, z, options),
    (options?.roundingMode ?? null) === null,
  );

/** x = x to the power of `other`; returns `x` (torch.Tensor.pow_). */
export const pow_ = (x: Tensor, other: Operand): Tensor =>
  binaryInPlace(raising, x, other, (y, z) => pow(y, z));

/** x = remainder(x, other); returns `x` (torch.Tensor.remainder_). */
export const remainder_ = (x: Tensor, other: Operand): Tensor =>
  binaryInPlace(rest, x, other, (y, z) => remainder(y, z));

/** x = floorDivide(x, other); returns `x` (torch.Tensor.floor_divide_). */
export const floorDivide_ = (x: Tensor, other: Operand): Tensor =>
  binaryInPlace(flooring, x, other, (y, z) => floorDivide(y, z));

/** Functions of one tensor: those that save their argument need a copy of it, as it is overwritten. */
function unaryInPlace(
  name: string,
  compute: (x: Tensor) => Tensor,
  saves: 'argument' | 'result' | 'nothing',
): (x: Tensor) => Tensor {
  const kernels = family(name);
  return (x) => {
    checkTensor(`${name}_`, 'x', x);
    const direct = (target: Tensor): void => {
      applyUnary(`${name}_`, kernels, target, target);
    };
    return inPlace(`${name}_`, x, [], compute, {
      direct: kernels[suffixOf(x.dtype)] === undefined ? undefined : direct,
      saves: saves === 'argument',
    });
  };
}

/** x = −x (torch.Tensor.neg_). */
export const neg_ = unaryInPlace('neg', unary.neg, 'nothing');
/** x = |x| (torch.Tensor.abs_). */
export const abs_ = unaryInPlace('abs', unary.abs, 'argument');
/** x = x² (torch.Tensor.square_). */
export const square_ = unaryInPlace('square', unary.square, 'argument');
/** x = eˣ (torch.Tensor.exp_). */
export const exp_ = unaryInPlace('exp', unary.exp, 'result');
/** x = ln x (torch.Tensor.log_). */
export const log_ = unaryInPlace('log', unary.log, 'argument');
/** x = √x (torch.Tensor.sqrt_). */
export const sqrt_ = unaryInPlace('sqrt', unary.sqrt, 'result');
/** x = 1 / √x (torch.Tensor.rsqrt_). */
export const rsqrt_ = unaryInPlace('rsqrt', unary.rsqrt, 'result');
/** x = 1 / x (torch.Tensor.reciprocal_). */
export const reciprocal_ = unaryInPlace('reciprocal', unary.reciprocal, 'result');
/** x = sin x (torch.Tensor.sin_). */
export const sin_ = unaryInPlace('sin', unary.sin, 'argument');
/** x = cos x (torch.Tensor.cos_). */
export const cos_ = unaryInPlace('cos', unary.cos, 'argument');
/** x = tanh x (torch.Tensor.tanh_). */
export const tanh_ = unaryInPlace('tanh', unary.tanh, 'result');
/** x = sigmoid x (torch.Tensor.sigmoid_). */
export const sigmoid_ = unaryInPlace('sigmoid', unary.sigmoid, 'result');
/** x = max(x, 0) (torch.Tensor.relu_). */
export const relu_ = unaryInPlace('relu', unary.relu, 'result');
/** x rounded down (torch.Tensor.floor_). */
export const floor_ = unaryInPlace('floor', unary.floor, 'nothing');
/** x rounded up (torch.Tensor.ceil_). */
export const ceil_ = unaryInPlace('ceil', unary.ceil, 'nothing');
/** x rounded to the nearest integer, of two the even one (torch.Tensor.round_). */
export const round_ = unaryInPlace('round', unary.round, 'nothing');
/** x without its fraction (torch.Tensor.trunc_). */
export const trunc_ = unaryInPlace('trunc', unary.trunc, 'nothing');

/** x held between two bounds, as clamp; returns `x` (torch.Tensor.clamp_). */
export function clamp_(
  x: Tensor,
  min?: Operand | null | ClampOptions,
  max?: Operand | null,
): Tensor {
  const bounds = [min, max].flatMap((bound) =>
    typeof bound === 'object' && bound !== null && !('dtype' in bound)
      ? [bound.min, bound.max]
      : [bound],
  );
  const tensors = bounds.filter((b): b is Tensor => typeof b === 'object' && b !== null);
  return inPlace('clamp_', x, tensors, (y) => clamp(y, min, max));
}
