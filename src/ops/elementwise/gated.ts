/** Activations of several elements or tensors: glu, prelu. */
import { surplus } from '../../check';
import { checkDim, showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { gradient } from '../declare/gradient';
import { unbroadcast } from '../declare/unbroadcast';
import { noGrad } from '../../autograd/mode';

/**
 * a·sigmoid(b), where a and b are the halves of x along `dim` (torch.nn.functional.glu; Dauphin et al. 2016).
 * @param dim the dimension that is halved; −1 is the last
 * @throws TypeError unless `x` is a tensor of floats; RangeError when x does not have the dimension, or its size is odd.
 * @example nn.functional.glu(tensor([1, 2, 0, 0])) // [0.5, 1]
 */
export function glu(x: Tensor, dim = -1): Tensor {
  if (arguments.length > 2) surplus('glu', arguments, 2, 'dim');
  checkTensor('glu', 'x', x);
  checkFloat('glu', x);
  if (x.ndim === 0) throw new RangeError('glu: a 0-dimensional tensor has no dimension to halve');
  const d = checkDim('glu', dim, x.ndim);
  const size = x.sizes[d];
  if (size % 2 !== 0) {
    throw new RangeError(
      `glu: the size of dimension ${dim} must be even, got ${size} (shape ${showShape(x.sizes)})`,
    );
  }
  const [a, b] = [x.narrow(d, 0, size / 2), x.narrow(d, size / 2, size / 2)];
  return a.mul(b.sigmoid());
}

const recordedSlopes = gradient<[Tensor, Tensor], [Tensor, Tensor]>('prelu', {
  node: 'PreluKernelBackward0',
  saves: (inputs) => inputs,
  rule: (g, [x, weight], _, node) => {
    const isAbove = x.gt(0);
    return [
      node.needs(0) ? g.where(isAbove, g.mul(weight)) : null,
      node.needs(1) ? unbroadcast(g.mul(x).maskedFill(isAbove, 0), weight.sizes) : null,
    ];
  },
});

/**
 * x where x > 0, weight·x elsewhere, with a slope for each channel (dimension 1) or one for all (torch.nn.functional.prelu; He et al.
 * 2015).
 * @param weight [C] or [1]
 * @throws TypeError unless both are tensors of floats of one type; RangeError unless weight has one element or one for each channel.
 * @example nn.functional.prelu(tensor([-2, 3]), tensor([0.25])) // [-0.5, 3]
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  if (arguments.length > 2) surplus('prelu', arguments, 2, 'weight');
  checkTensor('prelu', 'x', x);
  checkTensor('prelu', 'weight', weight);
  checkFloat('prelu', x);
  checkTypes('prelu', x, weight, ['x', 'weight']);
  const channels = x.ndim > 1 ? x.sizes[1] : 1;
  if (weight.ndim > 1 || (weight.numel !== 1 && weight.numel !== channels)) {
    throw new RangeError(
      `prelu: weight must have 1 element or one for each of the ${channels} channels, got shape ${showShape(weight.sizes)} for x of shape ${showShape(x.sizes)}`,
    );
  }
  const shape = x.sizes.map((_, d) => (d === 1 ? weight.numel : 1));
  const slopes = weight.numel === 1 ? weight.reshape(x.sizes.map(() => 1)) : weight.reshape(shape);
  const out = noGrad(() => x.where(x.gt(0), x.mul(slopes)));
  return recordedSlopes(out, undefined, x, slopes);
}
