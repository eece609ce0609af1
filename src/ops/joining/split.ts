/** split, chunk, unbind: a tensor as pieces, all of them views with one node. dx = the pieces' gradients joined. */
import { recordTuple } from '../../autograd/tuple';
import { arrayOf, integer, describe } from '../../check';
import { checkDim, showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { constant } from '../creation/factories';
import { viewOf } from '../view/view';
import { cat, stack } from './cat';
import { dimOf, type DimOptions } from './dim';

// An empty dimension gives as many empty chunks as requested.
const largestCount = 2 ** 20;

function pieces(name: string, x: Tensor, sizes: readonly number[], d: number): Tensor[] {
  let at = 0;
  const outs = sizes.map((size) => {
    const shape = x.sizes.slice();
    shape[d] = size;
    const out = viewOf(x, shape, x.elementStrides, x.offset + at * x.elementStrides[d]);
    at += size;
    return out;
  });
  const shapes = outs.map((out) => out.sizes);
  const { dtype } = x;
  recordTuple(name, [x], outs, (grads) => [
    cat(
      grads.map((g, i) => g ?? constant(shapes[i], 0, dtype)),
      d,
    ),
  ]);
  return outs;
}

/**
 * Pieces of `x` along `dim`: each of `size` indices (the last may be smaller), or of the sizes of a list
 * (torch.split). They are views.
 * @throws RangeError for a size that is no positive integer, or sizes that do not add up.
 * @example split(tensor([1, 2, 3]), 2).map((part) => part.toArray()) // [[1, 2], [3]]
 */
export function split(
  x: Tensor,
  size: number | readonly number[],
  dim: number | DimOptions = 0,
): Tensor[] {
  checkTensor('split', 'x', x);
  if (x.ndim === 0)
    throw new RangeError('split: a 0-dimensional tensor has no dimension to divide');
  const d = checkDim('split', dimOf('split', dim), x.ndim);
  const total = x.sizes[d];
  if (typeof size !== 'number') {
    const sizes = arrayOf(integer).check('split', 'sizes', size);
    if (sizes.some((n) => n < 0) || sizes.reduce((a, b) => a + b, 0) !== total) {
      throw new RangeError(
        `split: sizes must be integers that add up to ${total}, the size of dimension ${d}, got ${showShape(sizes)}`,
      );
    }
    return pieces('SplitWithSizesBackward0', x, sizes, d);
  }
  if (!Number.isInteger(size) || size < 0 || (size === 0 && total > 0)) {
    throw new RangeError(`split: the size must be an integer of at least 1, got ${size}`);
  }
  if (total === 0) return pieces('SplitBackward0', x, [0], d);
  const count = Math.ceil(total / size);
  const sizes = Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
  return pieces('SplitBackward0', x, sizes, d);
}

/**
 * At most `chunks` pieces of equal size (the last may be smaller) along `dim` (torch.chunk). They are views.
 * @throws RangeError unless `chunks` is a positive integer.
 * @example chunk(tensor([1, 2, 3, 4]), 2).map((part) => part.toArray()) // [[1, 2], [3, 4]]
 */
export function chunk(x: Tensor, chunks: number, dim: number | DimOptions = 0): Tensor[] {
  checkTensor('chunk', 'x', x);
  if (!Number.isInteger(chunks) || chunks < 1) {
    throw new RangeError(`chunk: chunks must be an integer of at least 1, got ${describe(chunks)}`);
  }
  if (x.ndim === 0)
    throw new RangeError('chunk: a 0-dimensional tensor has no dimension to divide');
  const d = checkDim('chunk', dimOf('chunk', dim), x.ndim);
  const size = Math.ceil(x.sizes[d] / chunks);
  if (size === 0) {
    if (chunks > largestCount) {
      throw new RangeError(
        `chunk: ${chunks} chunks of an empty dimension are more than ${largestCount}`,
      );
    }
    return pieces('SplitWithSizesBackward0', x, new Array<number>(chunks).fill(0), d);
  }
  return split(x, size, d);
}

/**
 * The sub-tensors along `dim`, without it (torch.unbind). They are views.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example unbind(tensor([[1, 2], [3, 4]])).map((row) => row.toArray()) // [[1, 2], [3, 4]]
 */
export function unbind(x: Tensor, dim: number | DimOptions = 0): Tensor[] {
  checkTensor('unbind', 'x', x);
  if (x.ndim === 0)
    throw new RangeError('unbind: a 0-dimensional tensor has no dimension to divide');
  const d = checkDim('unbind', dimOf('unbind', dim), x.ndim);
  const shape = x.sizes.toSpliced(d, 1);
  const strides = x.elementStrides.toSpliced(d, 1);
  const outs = Array.from({ length: x.sizes[d] }, (_, i) =>
    viewOf(x, shape, strides, x.offset + i * x.elementStrides[d]),
  );
  const { dtype } = x;
  recordTuple('UnbindBackward0', [x], outs, (grads) => [
    stack(
      grads.map((g) => g ?? constant(shape, 0, dtype)),
      d,
    ),
  ]);
  return outs;
}
