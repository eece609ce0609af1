/** neg: −x. dx = −g. Saves nothing. */
import { record } from '../autograd/node';
import { family } from '../native/kernels';
import { empty, type Tensor } from '../tensor/tensor';
import { applyUnary, checkTensor } from './elementwise';

const kernels = family('neg');

/** −x (torch.neg). */
export function neg(x: Tensor): Tensor {
  checkTensor('neg', 'x', x);
  const out = applyUnary('neg', kernels, x, empty(x.shape, x.dtype));
  return record('NegBackward0', [x], out, (g) => [neg(g)]);
}
