/** newZeros, newOnes, newFull, newEmpty, newEmptyStrided, newTensor: other tensors of a tensor's element type. */
import { arrayOf, count, surplus } from '../../check';
import { isTensor } from '../../tensor/rules';
import { checkShape, showShape, surplusSizes, type Shape } from '../../tensor/shape';
import { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { constant, finish, fromValues, like, tensorOptions } from './factories';
import type { TensorLike, TensorOptions } from './factories';

/**
 * Zeros of the given sizes in x's element type (torch.Tensor.new_zeros).
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example tensor([1, 2], { dtype: 'int32' }).newZeros([3]) // [0, 0, 0]
 */
export function newZeros(x: Tensor, shape: Shape, options?: TensorOptions): Tensor {
  if (arguments.length > 3) surplusSizes('newZeros', arguments, 3, 1);
  return sized('newZeros', x, shape, 0, options);
}

/**
 * Ones of the given sizes in x's element type (torch.Tensor.new_ones).
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example tensor([1, 2], { dtype: 'int32' }).newOnes([3]) // [1, 1, 1]
 */
export function newOnes(x: Tensor, shape: Shape, options?: TensorOptions): Tensor {
  if (arguments.length > 3) surplusSizes('newOnes', arguments, 3, 1);
  return sized('newOnes', x, shape, 1, options);
}

/**
 * An uninitialized tensor of the given sizes in x's element type (torch.Tensor.new_empty).
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example tensor([1, 2], { dtype: 'int32' }).newEmpty([3]) // [0, 0, 0]
 */
export function newEmpty(x: Tensor, shape: Shape, options?: TensorOptions): Tensor {
  if (arguments.length > 3) surplusSizes('newEmpty', arguments, 3, 1);
  return sized('newEmpty', x, shape, 0, options);
}

/**
 * A tensor of the given sizes whose elements are all `value`, in x's element type (torch.Tensor.new_full).
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example tensor([1, 2]).newFull([3], 7) // [7, 7, 7]
 */
export function newFull(
  x: Tensor,
  shape: Shape,
  value: number | boolean,
  options?: TensorOptions,
): Tensor {
  if (arguments.length > 4) surplus('newFull', arguments, 4, 'options');
  return sized('newFull', x, shape, value, options);
}

function sized(
  operation: string,
  x: Tensor,
  shape: Shape,
  value: number | boolean,
  options: TensorOptions | undefined,
): Tensor {
  checkTensor(operation, 'x', x);
  const second = operation === 'newFull' ? undefined : options;
  return like(operation, x, checkShape(operation, shape, second), value, options);
}

/**
 * An uninitialized tensor of the given sizes and strides, in elements, in x's element type (torch.Tensor.new_empty_strided).
 * @throws TypeError for an option of the wrong kind; RangeError unless both have as many integers of at least 0.
 * @example tensor([1, 2]).newEmptyStrided([2, 3], [1, 2]).strides // [1, 2]
 */
export function newEmptyStrided(
  x: Tensor,
  shape: Shape,
  strides: readonly number[],
  options?: TensorOptions,
): Tensor {
  if (arguments.length > 4) surplus('newEmptyStrided', arguments, 4, 'options');
  checkTensor('newEmptyStrided', 'x', x);
  const sizes = checkShape('newEmptyStrided', shape);
  const steps = arrayOf(count).check('newEmptyStrided', 'strides', strides);
  if (steps.length !== sizes.length) {
    throw new RangeError(
      `newEmptyStrided: takes a stride for each size, got ${showShape(sizes)} and ${showShape(steps)}`,
    );
  }
  const wanted = tensorOptions.read(options, 'newEmptyStrided');
  const { dtype = x.dtype } = wanted;
  const last = sizes.reduce((sum, size, d) => sum + (size - 1) * steps[d], 0);
  const [length] = checkShape('newEmptyStrided', [sizes.includes(0) ? 0 : last + 1]);
  // Zeros, as `empty`.
  const memory = constant([length], 0, dtype);
  return finish(new Tensor(memory.storage, dtype, sizes, steps), wanted);
}

/**
 * A tensor of the given values, copied, in x's element type (torch.Tensor.new_tensor).
 * @param data numbers as `tensor` takes them, or a tensor
 * @throws TypeError for values that are neither; RangeError for rows of unequal length.
 * @example tensor([1, 2], { dtype: 'float64' }).newTensor([3, 4]).dtype // 'float64'
 */
export function newTensor(x: Tensor, data: TensorLike | Tensor, options?: TensorOptions): Tensor {
  if (arguments.length > 3) surplus('newTensor', arguments, 3, 'options');
  checkTensor('newTensor', 'x', x);
  const wanted = tensorOptions.read(options, 'newTensor');
  const { dtype = x.dtype } = wanted;
  if (!isTensor(data)) return finish(fromValues('newTensor', data, dtype), wanted);
  return finish(data.detach().to(dtype, { copy: true }), wanted);
}
