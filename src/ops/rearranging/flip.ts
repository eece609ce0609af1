/** flip: dimensions in reverse order. dx = g flipped. Saves nothing. */
import { surplus } from '../../check';
import { checkDistinctDims } from '../../tensor/shape';
import { sizesOf, elementStridesOf, Tensor } from '../../tensor/tensor';
import { copyInto } from '../kernels/copy';
import { emptyAs } from '../kernels/result';
import { checkTensor } from '../arguments/check';
import { gradient, type ContextOf } from '../declare/gradient';

const recorded = gradient<[Tensor], [], readonly number[]>('flip', {
  rule: (g, _, dims) => [g.flip(dims)],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type FlipContext = ContextOf<typeof recorded>;

/**
 * A copy of `x` with the order of elements along `dims` reversed (torch.flip).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example flip(tensor([1, 2, 3]), [0]) // [3, 2, 1]
 */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  if (arguments.length > 2) surplus('flip', arguments, 2, 'dims');
  checkTensor('flip', 'x', x);
  const along = checkDistinctDims('flip', dims, x.ndim, 'dims');
  const reversed = new Set(along);
  const out = emptyAs(x);
  if (x.numel > 0) copyInto(backwards(x, reversed), out);
  return recorded(out, along, x);
}

// The same elements from the other end: negative steps from the last one.
function backwards(x: Tensor, reversed: ReadonlySet<number>): Tensor {
  let { offset } = x;
  const strides = elementStridesOf(x).slice();
  for (let d = 0; d < x.ndim; d++) {
    if (!reversed.has(d)) continue;
    offset += (sizesOf(x)[d] - 1) * elementStridesOf(x)[d];
    strides[d] = -elementStridesOf(x)[d];
  }
  return new Tensor(x.storage, x.dtype, sizesOf(x), strides, offset);
}
