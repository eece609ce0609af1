/** tanh. dx = g·(1 − y²). Saves the output, which is alive anyway. */
import { isGradEnabled } from '../autograd/mode';
import { record, save } from '../autograd/node';
import { family } from '../native/kernels';
import { empty, type Tensor } from '../tensor/tensor';
import { applyBinary, applyUnary, checkTensor } from './elementwise';
import { floating } from './floating';
import { mul } from './mul';
import { sub } from './sub';

const kernels = family('tanh');
const backwardKernels = family('tanh_backward');

/** Hyperbolic tangent (torch.tanh). Integers are computed as float32. */
export function tanh(x: Tensor): Tensor {
  checkTensor('tanh', 'x', x);
  const source = floating(x);
  const out = applyUnary('tanh', kernels, source, empty(x.shape, source.dtype));
  const saved = save('tanh', out);
  return record('TanhBackward0', [source], out, (g) => [tanhBackward(g, saved.get())]);
}

// One pass where nothing is recorded, primitives where the gradient itself is differentiated.
function tanhBackward(g: Tensor, y: Tensor): Tensor {
  if (isGradEnabled()) return mul(g, sub(1, mul(y, y)));
  return applyBinary('tanh', backwardKernels, g, y, empty(y.shape, y.dtype));
}
