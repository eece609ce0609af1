/** The sum of each channel of x [N, C, L], which the gradient of a bias is: `x.sum([0, 2])` without a transposed copy of x. */
import { family } from '../../native/families';
import { runChannelSums } from '../../native/calls';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { gradient } from '../declare/gradient';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';

const kernels = family('channel_sums');

const recorded = gradient<[Tensor], [], readonly number[]>('sum', {
  node: 'SumBackward1',
  rule: (g, _, shape) => [g.reshape([shape[1], 1]).expand(shape)],
});

/** Σ over n and l of x [N, C, L]: [C]. */
export function channelSums(x: Tensor): Tensor {
  const [batch, channels, length] = sizesOf(x);
  const out = empty([channels], x.dtype);
  const run = pick('sum', kernels, x.dtype);
  runChannelSums(run, dense(x), out, batch, channels, length);
  return recorded(out, sizesOf(x), x);
}
