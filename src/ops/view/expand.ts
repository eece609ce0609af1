/** expand: repeats size-1 dimensions without copying (stride 0). dx = g summed over the repeats. */
import { surplus } from '../../check';
import { broadcastStrides, numelOf, readNumbers, showShape } from '../../tensor/shape';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { unbroadcast } from '../declare/unbroadcast';
import { gradient } from '../declare/gradient';
import { viewOf } from './view';

const recorded = gradient<[Tensor], []>('expand', {
  node: 'ExpandBackward0',
  rule: (g, _, _of, { next }) => [unbroadcast(g, next[0]!.shape)],
});

/**
 * `x` repeated to `shape`; -1 keeps a size (torch.Tensor.expand).
 * @throws RangeError when a size that is not 1 would change.
 * @example expand(tensor([[1], [2]]), [2, 2]) // [[1, 1], [2, 2]]
 */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  if (arguments.length > 2) surplus('expand', arguments, 2, 'shape');
  checkTensor('expand', 'x', x);
  const target = readNumbers('expand', 'shape', 'an array of sizes such as [2, -1]', shape);
  const lead = target.length - x.ndim;
  let fits = lead >= 0;
  for (let d = 0; d < target.length && fits; d++) {
    const own = d < lead ? 1 : sizesOf(x)[d - lead];
    if (target[d] === -1 && d >= lead) target[d] = own;
    const size = target[d];
    fits = Number.isSafeInteger(size) && size >= 0 && (own === size || own === 1);
  }
  if (!fits) {
    if (!target.every((size) => Number.isSafeInteger(size) && size >= -1)) {
      throw new RangeError(
        `expand: every size must be -1 or an integer of at least 0, got ${showShape(target)}`,
      );
    }
    throw new RangeError(
      `expand: shape ${showShape(sizesOf(x))} cannot be repeated to ${showShape(target)}; only sizes of 1 can grow, and new dimensions come first`,
    );
  }
  if (!Number.isSafeInteger(numelOf(target))) {
    throw new RangeError(`expand: the shape ${showShape(target)} has more than 2^53 - 1 elements`);
  }
  const strides = broadcastStrides(sizesOf(x), elementStridesOf(x), target);
  return recorded(viewOf(x, target, strides, x.offset), undefined, x);
}
