/** cumsum: yᵢ = Σ_{j≤i} xⱼ along a dimension. dxᵢ = Σ_{j≥i} gⱼ: the running sum from the other end. */
import { isGradEnabled } from '../../autograd/mode';
import { record } from '../../autograd/node';
import { args, family } from '../../native/kernels';
import { empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../cast';
import { checkTensor, pick } from '../elementwise';
import { flip } from '../flip';
import { reductionView } from '../reduce';

const kernels = family('cumsum');

/** Running sums along `dim` (torch.cumsum). bool and int32 add to int32. */
export function cumsum(x: Tensor, dim: number): Tensor {
  checkTensor('cumsum', 'x', x);
  const view = reductionView('cumsum', x.dtype === 'bool' ? cast(x, 'int32') : x, dim, true);
  const { source } = view;
  const out = empty(x.shape, source.dtype);
  const run = pick('cumsum', kernels, source.dtype);
  args[0] = source.address;
  args[1] = out.address;
  args[2] = view.outer;
  args[3] = view.n;
  args[4] = view.inner;
  run();
  if (!isGradEnabled() || !x.requiresGrad) return out;
  return record('CumsumBackward0', [x], out, (g) => [flip(cumsum(flip(g, dim), dim), dim)]);
}
