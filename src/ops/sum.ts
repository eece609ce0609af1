/** sum: Σ x over some dimensions. dx = g, expanded. Saves nothing but the shape. */
import { isGradEnabled } from '../autograd/mode';
import { record } from '../autograd/node';
import { family } from '../native/kernels';
import { empty, type Tensor } from '../tensor/tensor';
import { cast } from './cast';
import { checkTensor } from './elementwise';
import { reduceOver, spread, type Dims } from './reduce';
import type { KeepdimOptions } from './reduction/truth';

const kernels = family('sum');

/**
 * Sum over all dimensions, or over `dim` (one or several); 0 of no elements. bool and int32 sum to int32
 * (torch.sum).
 * @param options.keepdim keep the reduced dimensions with size 1
 */
export function sum(x: Tensor, dim?: Dims, options: KeepdimOptions = {}): Tensor {
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
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const { shape } = x;
  return record(dim === undefined ? 'SumBackward0' : 'SumBackward1', [x], out, (g) => [
    spread(g, keptShape, shape),
  ]);
}
