/** expand: repeats size-1 dimensions without copying (stride 0). dx = g summed over the repeats. */
import { broadcastStrides, showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../elementwise';
import { unbroadcast } from '../unbroadcast';
import { viewOf } from './view';

/**
 * `x` repeated to `shape`; -1 keeps a size (torch.Tensor.expand).
 * @throws RangeError when a size that is not 1 would change.
 */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  checkTensor('expand', 'x', x);
  const lead = shape.length - x.ndim;
  const target = shape.map((size, d) => (size === -1 && d >= lead ? x.shape[d - lead] : size));
  const fits =
    lead >= 0 &&
    target.every(
      (size, d) =>
        Number.isSafeInteger(size) &&
        size >= 0 &&
        (d < lead || x.shape[d - lead] === size || x.shape[d - lead] === 1),
    );
  if (!fits) {
    throw new RangeError(
      `expand: shape ${showShape(x.shape)} cannot be repeated to ${showShape(shape)}; only sizes of 1 can grow, and new dimensions come first`,
    );
  }
  const from = x.shape;
  const strides = broadcastStrides(x.shape, x.strides, target);
  return viewOf(x, 'ExpandBackward0', target, strides, x.offset, (g) => [unbroadcast(g, from)]);
}
