/**
 * squeeze_, unsqueeze_, t_, transpose_, swapaxes_, swapdims_: the tensor itself gets the sizes and strides of a view of it. Its
 * history becomes the view's, whose gradient is that of the operation; views that were made of it before are, from then on,
 * the regions of it that they cover.
 */
import { surplus } from '../../check';
import { withGradMode } from '../../autograd/mode';
import {
  historyOf,
  accumulatedOf,
  bumpVersion,
  takeLayout,
  type Tensor,
} from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { transposed, transposedMatrix } from '../view/permute';
import { squeezed, unsqueezed } from '../view/select';
import { adopt, alias, checkHistory } from './inplace';

function seenAs(operation: string, target: Tensor, view: (x: Tensor) => Tensor): Tensor {
  checkTensor(operation, 'x', target);
  const history = historyOf(target);
  checkHistory(operation, target, target.requiresGrad);
  if (history === null && accumulatedOf(target) !== null) {
    throw new Error(
      `${operation}: the leaf has a gradient of its shape; set grad to null before its shape is changed`,
    );
  }
  // Also inside noGrad: a history of another shape would take no gradient.
  const made = withGradMode(history !== null, () => view(alias(target)));
  takeLayout(target, made);
  bumpVersion(target);
  if (history !== null) adopt(target, made);
  return target;
}

/**
 * Removes all dimensions of size 1 from `x` itself, or `dim` (one or several) where its size is 1; returns x
 * (torch.Tensor.squeeze_).
 * @throws RangeError for a dimension that x does not have; Error on a leaf that requires gradients.
 * @example zeros([1, 3]).squeeze_().shape // [3]
 */
export function squeeze_(x: Tensor, dim?: number | readonly number[]): Tensor {
  if (arguments.length > 2) surplus('squeeze_', arguments, 2, 'dim');
  return seenAs('squeeze_', x, (y) => squeezed('squeeze_', y, dim));
}

/**
 * Inserts a dimension of size 1 before `dim` into `x` itself; returns x (torch.Tensor.unsqueeze_).
 * @throws RangeError for a dimension that the result does not have; Error on a leaf that requires gradients.
 * @example zeros([3]).unsqueeze_(0).shape // [1, 3]
 */
export function unsqueeze_(x: Tensor, dim: number): Tensor {
  if (arguments.length > 2) surplus('unsqueeze_', arguments, 2, 'dim');
  return seenAs('unsqueeze_', x, (y) => unsqueezed('unsqueeze_', y, dim));
}

/**
 * Transposes a matrix itself; returns x, a tensor of fewer dimensions as it is (torch.Tensor.t_).
 * @throws RangeError for more than two dimensions; Error on a leaf that requires gradients.
 * @example tensor([[1, 2], [3, 4]]).t_() // [[1, 3], [2, 4]]
 */
export function t_(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('t_', arguments, 1, 'x');
  return seenAs('t_', x, (y) => transposedMatrix('t_', y));
}

/**
 * Swaps two dimensions of `x` itself; returns x (torch.Tensor.transpose_).
 * @throws RangeError for a dimension that x does not have; Error on a leaf that requires gradients.
 * @example zeros([2, 3]).transpose_(0, 1).shape // [3, 2]
 */
export function transpose_(x: Tensor, dim0: number, dim1: number): Tensor {
  if (arguments.length > 3) surplus('transpose_', arguments, 3, 'dim1');
  return seenAs('transpose_', x, (y) => transposed('transpose_', y, dim0, dim1));
}

/**
 * Swaps two dimensions of `x` itself, as `transpose_`; returns x (torch.Tensor.swapaxes_).
 * @throws RangeError for a dimension that x does not have; Error on a leaf that requires gradients.
 * @example zeros([2, 3]).swapaxes_(0, 1).shape // [3, 2]
 */
export function swapaxes_(x: Tensor, axis0: number, axis1: number): Tensor {
  if (arguments.length > 3) surplus('swapaxes_', arguments, 3, 'axis1');
  return seenAs('swapaxes_', x, (y) => transposed('swapaxes_', y, axis0, axis1));
}

/**
 * Swaps two dimensions of `x` itself, as `transpose_`; returns x (torch.Tensor.swapdims_).
 * @throws RangeError for a dimension that x does not have; Error on a leaf that requires gradients.
 * @example zeros([2, 3]).swapdims_(0, 1).shape // [3, 2]
 */
export function swapdims_(x: Tensor, dim0: number, dim1: number): Tensor {
  if (arguments.length > 3) surplus('swapdims_', arguments, 3, 'dim1');
  return seenAs('swapdims_', x, (y) => transposed('swapdims_', y, dim0, dim1));
}
