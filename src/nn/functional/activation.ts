/** Activations: the operations of ops/ under the names of torch.nn.functional. */
import { surplus } from '../../check';
import { relu as rectified, relu_ } from '../../ops';
import { inplaceOptions, type InplaceOptions } from '../../ops/elementwise/inplace-option';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';

export {
  elu,
  gelu,
  leakyRelu,
  logsigmoid,
  silu,
  softplus,
  softsign,
  type EluOptions,
  type GeluOptions,
  type InplaceOptions,
  type LeakyReluOptions,
  type SoftplusOptions,
} from '../../ops/elementwise/activation';
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
