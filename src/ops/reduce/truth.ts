/** any, all: whether some or every element is not 0. No gradients. */
import { surplus, withName } from '../../check';
import { kernel } from '../../native/families';
import { empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { checkTensor } from '../arguments/check';
import { keepsDim, reduceOver, type Dims, type KeepdimOptions } from '../kernels/reduce';

type Truth = (x: Tensor, dim?: Dims, options?: KeepdimOptions) => Tensor;

function truth(name: 'any' | 'all'): Truth {
  const kernels = { u8: kernel(name) };
  return withName(name, function (x, dim, options) {
    if (arguments.length > 3) surplus(name, arguments, 3, 'options');
    checkTensor(name, 'x', x);
    const keepdim = keepsDim(name, options);
    const make = (shape: readonly number[]): Tensor => empty(shape, 'bool');
    const { out } = reduceOver(name, kernels, cast(x, 'bool'), dim, keepdim, make);
    return x.dtype === 'uint8' ? cast(out, 'uint8') : out;
  });
}

/**
 * Whether any element, over all dimensions or over `dim`, is not 0 (torch.any), as bool, or as 1 and 0 of uint8. False of no elements.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example any(tensor([true, false])) // true
 */
export const any: Truth = truth('any');
/**
 * Whether all elements, over all dimensions or over `dim`, are not 0 (torch.all), as bool, or as 1 and 0 of uint8. True of no elements.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example all(tensor([true, false])) // false
 */
export const all: Truth = truth('all');
