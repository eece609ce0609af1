/** Activations: the operations of ops/ under the names of torch.nn.functional. */
import { calledAs, surplus } from '../../check';
import { relu as rectified, relu_ } from '../../ops';
import { inplaceOptions, type InplaceOptions } from '../../ops/elementwise/inplace-option';
import { anyTensor } from '../../tensor/rules';
import { softmax, type SoftmaxOptions } from '../../ops/normalization/softmax';
import type { Tensor } from '../../tensor/tensor';
import { composed } from '../../ops/declare/composed';

export type { InplaceOptions } from '../../ops/elementwise/inplace-option';
export * from '../../ops/elementwise/gated';
export * from '../../ops/elementwise/rectifier';
export * from '../../ops/elementwise/shrink';
export * from '../../ops/elementwise/sigmoid';
export * from '../../ops/normalization/softmax';
export { sigmoid, tanh } from '../../ops/elementwise/unary';

/**
 * max(x, 0) of each element (torch.nn.functional.relu): `relu`, or with `inplace` `relu_`.
 * @throws TypeError unless `x` is a tensor; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.relu(tensor([-1, 2])) // [0, 2]
 */
export function relu(x: Tensor, options?: InplaceOptions): Tensor {
  if (arguments.length > 2) surplus('relu', arguments, 2, 'options');
  anyTensor.check('relu', 'x', x);
  return inplaceOptions.read(options, 'relu').inplace ? relu_(x) : rectified(x);
}

/**
 * softmax of −x along `dim` (torch.nn.functional.softmin).
 * @throws TypeError, RangeError unless `dim` is a dimension of `x`.
 * @example nn.functional.softmin(tensor([0, 1]), 0) // [0.7311, 0.2689]
 */
export function softmin(x: Tensor, dim: number, options?: SoftmaxOptions): Tensor {
  if (arguments.length > 3) surplus('softmin', arguments, 3, 'options');
  anyTensor.check('softmin', 'x', x);
  return calledAs('softmin', () => composed([x], () => softmax(x.neg(), dim, options)));
}
