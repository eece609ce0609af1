/** unfold: windows along a dimension, as a view. */
import { got, surplus } from '../../check';
import { checkDim } from '../../tensor/shape';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { arange, constant } from '../creation/factories';
import { gradient } from '../declare/gradient';
import { viewOf } from './view';

interface Windows {
  readonly dim: number;
  readonly size: number;
  readonly step: number;
}

const recorded = gradient<[Tensor], [], Windows>('unfold', {
  // Each element gets the sum of what its windows do.
  rule: (g, _, { dim, size, step }, { next }) => {
    const { shape } = next[0]!;
    const zeros = constant(shape, 0, g.dtype);
    if (shape.length === 0) return [zeros.add(g.reshape([]))];
    const starts = arange(sizesOf(g)[dim], { dtype: 'int32' }).mul(step).reshape([-1, 1]);
    const places = starts.add(arange(size, { dtype: 'int32' })).reshape([-1]);
    return [zeros.indexAdd(dim, places, g.movedim(-1, dim + 1).flatten(dim, dim + 1))];
  },
});

/**
 * All windows of `size` elements along `dim`, `step` apart: the number of windows in place of the dimension, and the
 * elements of a window as a last one (torch.Tensor.unfold). A view; with a step below the size its elements overlap.
 * @throws RangeError for a dimension that x does not have, a size it has not, and a step below 1.
 * @example tensor([1, 2, 3, 4]).unfold(0, 2, 1) // [[1, 2], [2, 3], [3, 4]]
 */
export function unfold(x: Tensor, dim: number, size: number, step: number): Tensor {
  if (arguments.length > 4) surplus('unfold', arguments, 4, 'step');
  checkTensor('unfold', 'x', x);
  const d = checkDim('unfold', dim, x.ndim);
  const [length, stride] = x.ndim === 0 ? [1, 1] : [sizesOf(x)[d], elementStridesOf(x)[d]];
  if (!Number.isInteger(size) || size < 0 || size > length) {
    throw new RangeError(
      `unfold: size must be an integer from 0 to ${length}, the size of dimension ${d}, got ${got('unfold', 'size', size)}`,
    );
  }
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(
      `unfold: step must be an integer of at least 1, got ${got('unfold', 'step', step)}`,
    );
  }
  const count = Math.floor((length - size) / step) + 1;
  const shape = x.ndim === 0 ? [size] : [...sizesOf(x).with(d, count), size];
  const strides = x.ndim === 0 ? [1] : [...elementStridesOf(x).with(d, stride * step), stride];
  return recorded(viewOf(x, shape, strides, x.offset), { dim: d, size, step }, x);
}
