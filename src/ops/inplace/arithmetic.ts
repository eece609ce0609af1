/** add_, sub_, mul_, neg_: arithmetic in the memory of its first operand. Gradients are those of add, sub, mul, neg. */
import { family, type KernelFamily } from '../../native/kernels';
import { resultType } from '../../tensor/dtype';
import { broadcastShapes, sameShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { add } from '../add';
import { clone } from '../clone';
import {
  applyBinary,
  applyUnary,
  checkOperand,
  checkTensor,
  operand,
  type Operand,
} from '../elementwise';
import { mul } from '../mul';
import { neg } from '../unary/rules';
import { sub } from '../sub';
import { inPlace } from './inplace';

const addKernels = family('add');
const subKernels = family('sub');
const mulKernels = family('mul');
const negKernels = family('neg');

const category = { bool: 0, int32: 1, float32: 2, float64: 2 } as const;

/** @throws TypeError when an expression's type is of a higher kind than the tensor that is to hold it. */
function checkHolds(operation: string, target: Tensor, other: Operand): void {
  const dtype = resultType(target, other);
  if (category[dtype] > category[target.dtype]) {
    throw new TypeError(
      `${operation}: the result is ${dtype}, which a ${target.dtype} tensor cannot hold; convert it first with to('${dtype}')`,
    );
  }
}

// Whether the kernel may read `other` while it writes `target`: the same elements in step, or other memory.
const inStep = (target: Tensor, other: Tensor): boolean =>
  other.storage !== target.storage ||
  (other.offset === target.offset &&
    sameShape(other.shape, target.shape) &&
    sameShape(other.strides, target.strides));

function binaryInPlace(
  operation: string,
  kernels: KernelFamily,
  compute: (a: Tensor, b: Operand) => Tensor,
  target: Tensor,
  other: Operand,
): Tensor {
  checkTensor(operation, 'x', target);
  checkOperand(operation, 'other', other);
  checkHolds(operation, target, other);
  // Straight into the memory where the kernel's type and shape are x's; PyTorch, too, computes in the wider type
  // and then rounds.
  const fits =
    resultType(target, other) === target.dtype &&
    (typeof other === 'number' ||
      sameShape(broadcastShapes(operation, target.shape, other.shape), target.shape));
  const direct = (x: Tensor): void => {
    const y = operand(other, x.dtype);
    applyBinary(operation, kernels, x, inStep(x, y) ? y : clone(y), x);
  };
  const tensors = typeof other === 'number' ? [] : [other];
  return inPlace(operation, target, tensors, (x) => compute(x, other), {
    direct: fits ? direct : undefined,
    saves: tensors.some((y) => y.requiresGrad),
  });
}

export interface AlphaOptions {
  /** Factor of the other operand (default 1). */
  alpha?: number;
}

const times = (x: Operand, alpha: number): Operand =>
  alpha === 1 ? x : typeof x === 'number' ? x * alpha : mul(x, alpha);

/**
 * x += alpha·other, broadcast to x's shape; returns `x` (torch.Tensor.add_).
 * @throws TypeError when x's type cannot hold the result; RangeError when `other` does not broadcast to x's shape;
 * Error on a leaf that requires gradients.
 */
export const add_ = (x: Tensor, other: Operand, { alpha = 1 }: AlphaOptions = {}): Tensor =>
  binaryInPlace('add_', addKernels, add, x, times(other, alpha));

/** x −= alpha·other; returns `x` (torch.Tensor.sub_). Errors as `add_`. */
export const sub_ = (x: Tensor, other: Operand, { alpha = 1 }: AlphaOptions = {}): Tensor =>
  binaryInPlace('sub_', subKernels, sub, x, times(other, alpha));

/** x *= other; returns `x` (torch.Tensor.mul_). Errors as `add_`. */
export const mul_ = (x: Tensor, other: Operand): Tensor =>
  binaryInPlace('mul_', mulKernels, mul, x, other);

/** x = −x; returns `x` (torch.Tensor.neg_). */
export const neg_ = (x: Tensor): Tensor =>
  inPlace('neg_', x, [], neg, {
    direct: (y) => applyUnary('neg_', negKernels, y, y),
    saves: false,
  });
