/** split, chunk, unbind: a tensor as pieces, all of them views with one node. dx = the pieces' gradients joined. */
import type { Node } from '../../autograd/node';
import { arrayOf, got, integer, surplus } from '../../check';
import { checkDim, showShape, type Shape } from '../../tensor/shape';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { gradientOfTuple, type ContextOf } from '../declare/gradient';
import { constant } from '../creation/factories';
import { viewOf } from '../view/view';
import { cat, stack } from './cat';
import { dimOf, type DimOptions } from '../arguments/dim';

// An empty dimension gives as many empty chunks as requested.
const largestCount = 2 ** 20;

interface Pieces {
  readonly dim: number;
  readonly shapes: readonly Shape[];
}
type Parts = readonly (Tensor | null)[];
const allOf = (grads: Parts, shapeOf: (i: number) => Shape, { next }: Node): Tensor[] =>
  grads.map((g, i) => g ?? constant(shapeOf(i), 0, next[0]!.dtype));

const recordedPieces = (node: string) =>
  gradientOfTuple<Pieces>('split', {
    node,
    rule: (grads, { dim, shapes }, self) => [
      cat(
        allOf(grads, (i) => shapes[i], self),
        dim,
      ),
    ],
  });
const recordedSplit = recordedPieces('SplitBackward0');
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type SplitContext = ContextOf<typeof recordedSplit>;
const recordedSizes = recordedPieces('SplitWithSizesBackward0');
const recordedUnbind = gradientOfTuple<number>('unbind', {
  rule: (grads, dim, node) => [
    stack(
      allOf(grads, () => node.next[0]!.shape.toSpliced(dim, 1), node),
      dim,
    ),
  ],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type UnbindContext = ContextOf<typeof recordedUnbind>;

function pieces(
  recorded: typeof recordedSplit,
  x: Tensor,
  sizes: readonly number[],
  d: number,
): Tensor[] {
  let at = 0;
  const outs = sizes.map((size) => {
    const shape = sizesOf(x).slice();
    shape[d] = size;
    const out = viewOf(x, shape, elementStridesOf(x), x.offset + at * elementStridesOf(x)[d]);
    at += size;
    return out;
  });
  return recorded(outs, { dim: d, shapes: outs.map((out) => sizesOf(out)) }, x);
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
  if (arguments.length > 3) surplus('split', arguments, 3, 'dim');
  checkTensor('split', 'x', x);
  if (x.ndim === 0)
    throw new RangeError('split: a 0-dimensional tensor has no dimension to divide');
  const d = checkDim('split', dimOf('split', dim), x.ndim);
  const total = sizesOf(x)[d];
  if (typeof size !== 'number') return ofSizes('split', x, size, d);
  if (!Number.isInteger(size) || size < 0 || (size === 0 && total > 0)) {
    throw new RangeError(`split: the size must be an integer of at least 1, got ${size}`);
  }
  if (total === 0) return pieces(recordedSplit, x, [0], d);
  const count = Math.ceil(total / size);
  const sizes = Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
  return pieces(recordedSplit, x, sizes, d);
}

function ofSizes(operation: string, x: Tensor, given: readonly number[], d: number): Tensor[] {
  const sizes = arrayOf(integer).check(operation, 'sizes', given);
  if (sizes.some((n) => n < 0) || sizes.reduce((a, b) => a + b, 0) !== sizesOf(x)[d]) {
    throw new RangeError(
      `${operation}: sizes must be integers that add up to ${sizesOf(x)[d]}, the size of dimension ${d}, got ${showShape(sizes)}`,
    );
  }
  return pieces(recordedSizes, x, sizes, d);
}

/**
 * Pieces of `x` along `dim`, of the sizes listed: `split` of a list (torch.split_with_sizes). They are views.
 * @throws RangeError for sizes that do not add up to dim's.
 * @example splitWithSizes(tensor([1, 2, 3]), [1, 2]).map((part) => part.toArray()) // [[1], [2, 3]]
 */
export function splitWithSizes(
  x: Tensor,
  sizes: readonly number[],
  dim: number | DimOptions = 0,
): Tensor[] {
  if (arguments.length > 3) surplus('splitWithSizes', arguments, 3, 'dim');
  checkTensor('splitWithSizes', 'x', x);
  if (x.ndim === 0) {
    throw new RangeError('splitWithSizes: a 0-dimensional tensor has no dimension to divide');
  }
  return ofSizes('splitWithSizes', x, sizes, checkDim('splitWithSizes', dimOf('splitWithSizes', dim), x.ndim)); // prettier-ignore
}

/**
 * At most `chunks` pieces of equal size (the last may be smaller) along `dim` (torch.chunk). They are views.
 * @throws RangeError unless `chunks` is a positive integer.
 * @example chunk(tensor([1, 2, 3, 4]), 2).map((part) => part.toArray()) // [[1, 2], [3, 4]]
 */
export function chunk(x: Tensor, chunks: number, dim: number | DimOptions = 0): Tensor[] {
  if (arguments.length > 3) surplus('chunk', arguments, 3, 'dim');
  checkTensor('chunk', 'x', x);
  if (!Number.isInteger(chunks) || chunks < 1) {
    throw new RangeError(
      `chunk: chunks must be an integer of at least 1, got ${got('chunk', 'chunks', chunks)}`,
    );
  }
  if (x.ndim === 0)
    throw new RangeError('chunk: a 0-dimensional tensor has no dimension to divide');
  const d = checkDim('chunk', dimOf('chunk', dim), x.ndim);
  const size = Math.ceil(sizesOf(x)[d] / chunks);
  if (size === 0) {
    if (chunks > largestCount) {
      throw new RangeError(
        `chunk: ${chunks} chunks of an empty dimension are more than ${largestCount}`,
      );
    }
    return pieces(recordedSizes, x, new Array<number>(chunks).fill(0), d);
  }
  return split(x, size, d);
}

/**
 * The sub-tensors along `dim`, without it (torch.unbind). They are views.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example unbind(tensor([[1, 2], [3, 4]])).map((row) => row.toArray()) // [[1, 2], [3, 4]]
 */
export function unbind(x: Tensor, dim: number | DimOptions = 0): Tensor[] {
  if (arguments.length > 2) surplus('unbind', arguments, 2, 'dim');
  checkTensor('unbind', 'x', x);
  if (x.ndim === 0)
    throw new RangeError('unbind: a 0-dimensional tensor has no dimension to divide');
  const d = checkDim('unbind', dimOf('unbind', dim), x.ndim);
  const shape = sizesOf(x).toSpliced(d, 1);
  const strides = elementStridesOf(x).toSpliced(d, 1);
  const outs = Array.from({ length: sizesOf(x)[d] }, (_, i) =>
    viewOf(x, shape, strides, x.offset + i * elementStridesOf(x)[d]),
  );
  return recordedUnbind(outs, d, x);
}
