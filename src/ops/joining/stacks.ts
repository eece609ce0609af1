/** hstack, vstack, rowStack, dstack, columnStack: tensors joined along a dimension that their ranks determine. */
import { surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkTensors } from '../arguments/tensors';
import { least1d, least2d, least3d } from '../view/atleast';
import { reshape } from '../view/reshape';
import { joined } from './cat';

/**
 * Joins side by side: vectors (and numbers) end to end, anything else along dimension 1 (torch.hstack).
 * @throws TypeError unless `tensors` is an array of tensors; RangeError when their shapes do not fit.
 * @example hstack([tensor([1, 2]), tensor([3, 4])]) // [1, 2, 3, 4]
 */
export function hstack(tensors: readonly Tensor[]): Tensor {
  if (arguments.length > 1) surplus('hstack', arguments, 1, 'tensors');
  const parts = checkTensors('hstack', tensors).map(least1d);
  return joined('hstack', parts, parts[0].ndim === 1 ? 0 : 1);
}

/**
 * Joins below each other: vectors as rows, anything else along dimension 0 (torch.vstack).
 * @throws TypeError unless `tensors` is an array of tensors; RangeError when their shapes do not fit.
 * @example vstack([tensor([1, 2]), tensor([3, 4])]) // [[1, 2], [3, 4]]
 */
export function vstack(tensors: readonly Tensor[]): Tensor {
  if (arguments.length > 1) surplus('vstack', arguments, 1, 'tensors');
  return joined('vstack', checkTensors('vstack', tensors).map(least2d), 0);
}

/**
 * Joins below each other, as `vstack` (torch.row_stack).
 * @throws TypeError unless `tensors` is an array of tensors; RangeError when their shapes do not fit.
 * @example rowStack([tensor([1, 2]), tensor([3, 4])]) // [[1, 2], [3, 4]]
 */
export function rowStack(tensors: readonly Tensor[]): Tensor {
  if (arguments.length > 1) surplus('rowStack', arguments, 1, 'tensors');
  return joined('rowStack', checkTensors('rowStack', tensors).map(least2d), 0);
}

/**
 * Joins behind each other, along dimension 2 of tensors of at least 3 dimensions (torch.dstack): vectors count as [1, N, 1],
 * matrices as [M, N, 1].
 * @throws TypeError unless `tensors` is an array of tensors; RangeError when their shapes do not fit.
 * @example dstack([tensor([1, 2]), tensor([3, 4])]) // [[[1, 3], [2, 4]]]
 */
export function dstack(tensors: readonly Tensor[]): Tensor {
  if (arguments.length > 1) surplus('dstack', arguments, 1, 'tensors');
  return joined('dstack', checkTensors('dstack', tensors).map(least3d), 2);
}

/**
 * Vectors (and numbers) as columns, and matrices, side by side (torch.column_stack).
 * @throws TypeError unless `tensors` is an array of tensors; RangeError when their shapes do not fit.
 * @example columnStack([tensor([1, 2]), tensor([3, 4])]) // [[1, 3], [2, 4]]
 */
export function columnStack(tensors: readonly Tensor[]): Tensor {
  if (arguments.length > 1) surplus('columnStack', arguments, 1, 'tensors');
  const columns = checkTensors('columnStack', tensors).map((x) =>
    x.ndim < 2 ? reshape(x, [x.numel, 1]) : x,
  );
  return joined('columnStack', columns, 1);
}
