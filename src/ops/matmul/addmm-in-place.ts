/** addmm_, baddbmm_: products added to what they are written into. */
import { surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { inPlace } from '../inplace/inplace';
import { addmm, baddbmm, type AddmmOptions } from './addmm';

/**
 * x = beta·x + alpha·mat1·mat2; returns x, which has the product's shape [M, N] (torch.Tensor.addmm_).
 * @throws RangeError when shapes do not fit; TypeError when the element types differ; Error on a leaf that requires gradients.
 * @example ones([2, 2]).addmm_(eye(2), eye(2)) // [[2, 1], [1, 2]]
 */
export function addmm_(x: Tensor, mat1: Tensor, mat2: Tensor, options?: AddmmOptions): Tensor {
  if (arguments.length > 4) surplus('addmm_', arguments, 4, 'options');
  checkTensor('addmm_', 'x', x);
  return inPlace('addmm_', x, [mat1, mat2], (before) => addmm(before, mat1, mat2, options), { saves: false }); // prettier-ignore
}

/**
 * x = beta·x + alpha·batch1·batch2 for each member of a batch; returns x, which has the product's shape [B, M, N]
 * (torch.Tensor.baddbmm_).
 * @throws RangeError when shapes do not fit; TypeError when the element types differ; Error on a leaf that requires gradients.
 * @example ones([1, 1, 1]).baddbmm_(ones([1, 1, 2]), ones([1, 2, 1])) // [[[3]]]
 */
export function baddbmm_(
  x: Tensor,
  batch1: Tensor,
  batch2: Tensor,
  options?: AddmmOptions,
): Tensor {
  if (arguments.length > 4) surplus('baddbmm_', arguments, 4, 'options');
  checkTensor('baddbmm_', 'x', x);
  return inPlace('baddbmm_', x, [batch1, batch2], (before) => baddbmm(before, batch1, batch2, options), { saves: false }); // prettier-ignore
}
