/** cumsum_, cumprod_: running sums and products in the place of the elements. */
import { surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { inPlace } from '../inplace/inplace';
import type { RunningOptions } from '../kernels/reduce';
import { cumprod } from './running';
import { cumsum } from './sum';

// The result of another type than x's fits by no conversion.
function ofSameType(operation: string, x: Tensor, value: Tensor): Tensor {
  if (value.dtype !== x.dtype) {
    throw new TypeError(
      `${operation}: the result is ${value.dtype}, which a ${x.dtype} tensor cannot hold; convert it first with to('${value.dtype}')`,
    );
  }
  return value;
}

/**
 * xᵢ = Σ_{j≤i} xⱼ along `dim`; returns x (torch.Tensor.cumsum_).
 * @throws TypeError for bool, whose sums are int32, and for another `dtype` than x's; RangeError for a dimension that x does
 * not have; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).cumsum_(0) // [1, 3, 6]
 */
export function cumsum_(x: Tensor, dim: number, options?: RunningOptions): Tensor {
  if (arguments.length > 3) surplus('cumsum_', arguments, 3, 'options');
  checkTensor('cumsum_', 'x', x);
  return inPlace('cumsum_', x, [], (before) => ofSameType('cumsum_', x, cumsum(before, dim, options)), { saves: false }); // prettier-ignore
}

/**
 * xᵢ = Π_{j≤i} xⱼ along `dim`; returns x (torch.Tensor.cumprod_).
 * @throws TypeError for bool, whose products are int32, and for another `dtype` than x's; RangeError for a dimension that x
 * does not have; Error on a leaf that requires gradients.
 * @example tensor([1, 2, 3]).cumprod_(0) // [1, 2, 6]
 */
export function cumprod_(x: Tensor, dim: number, options?: RunningOptions): Tensor {
  if (arguments.length > 3) surplus('cumprod_', arguments, 3, 'options');
  checkTensor('cumprod_', 'x', x);
  return inPlace('cumprod_', x, [], (before) => ofSameType('cumprod_', x, cumprod(before, dim, options))); // prettier-ignore
}
