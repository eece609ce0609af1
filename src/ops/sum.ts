/** sum: Σ x over some dimensions. dx = g, expanded. Saves nothing but the shape. */
import { record } from '../autograd/node';
import { family } from '../native/kernels';
import { empty, type Tensor } from '../tensor/tensor';
import { cast } from './cast';
import { checkTensor } from './elementwise';
import { reduceOver, type Dims } from './reduce';
import { expand } from './view/expand';
import { reshape } from './view/reshape';

const kernels = family('sum');

/**
 * Sum over all dimensions, or over `dim` (one or several). bool and int32 sum to int32 (torch.sum).
 * @param options.keepdim keep the reduced dimensions with size 1
 */
export function sum(x: Tensor, dim?: Dims, options: { keepdim?: boolean } = {}): Tensor {
  checkTensor('sum', 'x', x);
  const source = x.dtype === 'bool' ? cast(x, 'int32') : x;
  const { out, keptShape } = reduceOver(
    'sum',
    kernels,
    source,
    dim,
    options.keepdim ?? false,
    (shape) => empty(shape, source.dtype),
  );
  const shape = x.shape;
  return record('SumBackward0', [source], out, (g) => [expand(reshape(g, keptShape), shape)]);
}
