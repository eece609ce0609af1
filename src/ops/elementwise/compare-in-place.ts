/**
 * Comparisons and logic written into their first operand, in its element type: 1 where they hold, 0 elsewhere. Methods only, as in
 * PyTorch.
 */
import { surplus, withName } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor, type GivenOperand } from '../arguments/check';
import { isTensor } from '../../tensor/rules';
import { inPlace } from '../inplace/inplace';
import * as comparisons from './compare';
import * as logic from './logical';

type OfTwo = (x: Tensor, other: GivenOperand) => Tensor;

function overwritten(name: string, f: OfTwo): OfTwo {
  return withName(name, function (x, other) {
    if (arguments.length > 2) surplus(name, arguments, 2, 'other');
    checkTensor(name, 'x', x);
    return inPlace(name, x, isTensor(other) ? [other] : [], (before) => f(before, other));
  });
}

/**
 * x = 1 where x = other, else 0; returns x (torch.Tensor.eq_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).eq_(2) // [0, 1, 0]
 */
export const eq_ = overwritten('eq_', comparisons.eq);
/**
 * x = 1 where x ≠ other, else 0; returns x (torch.Tensor.ne_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).ne_(2) // [1, 0, 1]
 */
export const ne_ = overwritten('ne_', comparisons.ne);
/**
 * x = 1 where x < other, else 0; returns x (torch.Tensor.lt_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).lt_(2) // [1, 0, 0]
 */
export const lt_ = overwritten('lt_', comparisons.lt);
/**
 * x = 1 where x ≤ other, else 0; returns x (torch.Tensor.le_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).le_(2) // [1, 1, 0]
 */
export const le_ = overwritten('le_', comparisons.le);
/**
 * x = 1 where x > other, else 0; returns x (torch.Tensor.gt_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).gt_(2) // [0, 0, 1]
 */
export const gt_ = overwritten('gt_', comparisons.gt);
/**
 * x = 1 where x ≥ other, else 0; returns x (torch.Tensor.ge_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).ge_(2) // [0, 1, 1]
 */
export const ge_ = overwritten('ge_', comparisons.ge);
/**
 * x = 1 where x ≠ other, else 0; returns x (torch.Tensor.not_equal_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).notEqual_(2) // [1, 0, 1]
 */
export const notEqual_ = overwritten('notEqual_', comparisons.notEqual);
/**
 * x = 1 where x < other, else 0; returns x (torch.Tensor.less_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).less_(2) // [1, 0, 0]
 */
export const less_ = overwritten('less_', comparisons.less);
/**
 * x = 1 where x ≤ other, else 0; returns x (torch.Tensor.less_equal_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).lessEqual_(2) // [1, 1, 0]
 */
export const lessEqual_ = overwritten('lessEqual_', comparisons.lessEqual);
/**
 * x = 1 where x > other, else 0; returns x (torch.Tensor.greater_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).greater_(2) // [0, 0, 1]
 */
export const greater_ = overwritten('greater_', comparisons.greater);
/**
 * x = 1 where x ≥ other, else 0; returns x (torch.Tensor.greater_equal_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).greaterEqual_(2) // [0, 1, 1]
 */
export const greaterEqual_ = overwritten('greaterEqual_', comparisons.greaterEqual);
/**
 * x = 1 where x and other are not 0, else 0; returns x (torch.Tensor.logical_and_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 0]).logicalAnd_(1) // [1, 0]
 */
export const logicalAnd_ = overwritten('logicalAnd_', logic.logicalAnd);
/**
 * x = 1 where x or other is not 0, else 0; returns x (torch.Tensor.logical_or_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 0]).logicalOr_(1) // [1, 1]
 */
export const logicalOr_ = overwritten('logicalOr_', logic.logicalOr);
/**
 * x = 1 where exactly one of x and other is not 0, else 0; returns x (torch.Tensor.logical_xor_).
 * @throws RangeError when `other` does not broadcast to x's shape; Error on a leaf that requires gradients.
 * @example tensor([1, 0]).logicalXor_(1) // [0, 1]
 */
export const logicalXor_ = overwritten('logicalXor_', logic.logicalXor);
/**
 * x = 1 where it is 0, else 0; returns x (torch.Tensor.logical_not_).
 * @throws TypeError unless `x` is a tensor; Error on a leaf that requires gradients.
 * @example tensor([1, 0]).logicalNot_() // [0, 1]
 */
export function logicalNot_(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('logicalNot_', arguments, 1, 'x');
  checkTensor('logicalNot_', 'x', x);
  return inPlace('logicalNot_', x, [], logic.logicalNot);
}
