/** logsumexp: y = ln Σ eˣ, without overflow. dx = g·e^(x − y). Saves x and the result. */
import { isGradEnabled } from '../../autograd/mode';
import { record, save } from '../../autograd/node';
import { family } from '../../native/kernels';
import { empty, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../elementwise';
import { floating } from '../floating';
import { mul } from '../mul';
import { reduceOver, type Dims } from '../reduce';
import { sub } from '../sub';
import { exp } from '../unary/rules';
import { reshape } from '../view/reshape';
import type { KeepdimOptions } from './truth';

const kernels = family('logsumexp');

/** ln Σ eˣ over `dim`, one or several (torch.logsumexp). −Infinity of no elements. */
export function logsumexp(argument: Tensor, dim: Dims, options: KeepdimOptions = {}): Tensor {
  checkTensor('logsumexp', 'x', argument);
  const x = floating(argument);
  const { out, keptShape } = reduceOver(
    'logsumexp',
    kernels,
    x,
    dim,
    options.keepdim ?? false,
    (shape) => empty(shape, x.dtype),
  );
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const [savedX, savedY] = [save('logsumexp', x), save('logsumexp', out)];
  return record('LogsumexpBackward0', [x], out, (g) => [
    mul(reshape(g, keptShape), exp(sub(savedX.get(), reshape(savedY.get(), keptShape)))),
  ]);
}
