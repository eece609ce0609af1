/** fliplr, flipud: matrices and rows in reverse order, by the names of the sides. */
import { calledAs, surplus } from '../../check';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { flip } from './flip';

function along(operation: string, x: Tensor, dim: number): Tensor {
  checkTensor(operation, 'x', x);
  if (x.ndim <= dim) {
    throw new RangeError(
      `${operation}: x must have at least ${dim + 1} dimension${dim === 0 ? '' : 's'}, got shape ${showShape(sizesOf(x))}`,
    );
  }
  return calledAs(operation, () => flip(x, dim));
}

/**
 * A copy of `x` with its columns (dimension 1) in reverse order (torch.fliplr).
 * @throws TypeError unless `x` is a tensor; RangeError for fewer than two dimensions.
 * @example fliplr(tensor([[1, 2], [3, 4]])) // [[2, 1], [4, 3]]
 */
export function fliplr(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('fliplr', arguments, 1, 'x');
  return along('fliplr', x, 1);
}

/**
 * A copy of `x` with its rows (dimension 0) in reverse order (torch.flipud).
 * @throws TypeError unless `x` is a tensor; RangeError for a tensor of 0 dimensions.
 * @example flipud(tensor([[1, 2], [3, 4]])) // [[3, 4], [1, 2]]
 */
export function flipud(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('flipud', arguments, 1, 'x');
  return along('flipud', x, 0);
}
