/** mean: Σ x / n over some dimensions. dx = g / n, expanded. Saves nothing but the shape. */
import { isGradEnabled } from '../../autograd/mode';
import { record } from '../../autograd/node';
import { family } from '../../native/kernels';
import { empty, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../elementwise';
import { mul } from '../mul';
import { checkFloat, reduceOver, spread, type Dims } from '../reduce';
import type { KeepdimOptions } from './truth';

const kernels = family('mean');

/**
 * Mean over all dimensions, or over `dim` (one or several); NaN of no elements (torch.mean).
 * @param options.keepdim keep the reduced dimensions with size 1
 * @throws TypeError for int32 and bool.
 */
export function mean(x: Tensor, dim?: Dims, options: KeepdimOptions = {}): Tensor {
  checkTensor('mean', 'x', x);
  checkFloat('mean', x);
  const { out, keptShape, view } = reduceOver(
    'mean',
    kernels,
    x,
    dim,
    options.keepdim ?? false,
    (shape) => empty(shape, x.dtype),
  );
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const { shape } = x;
  const { n } = view;
  return record(dim === undefined ? 'MeanBackward0' : 'MeanBackward1', [x], out, (g) => [
    spread(mul(g, 1 / n), keptShape, shape),
  ]);
}
