/** tensorSplit, hsplit, vsplit, dsplit: a tensor cut at indices. The pieces are views, each with a node of its own. */
import { arrayOf, integer, positiveInteger, surplus } from '../../check';
import { isTensor } from '../../tensor/rules';
import { checkDim, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { readValues } from '../arguments/values';
import { dense } from '../kernels/copy';
import { sliceAlong } from '../view/select';
import { dimOf, type DimOptions } from '../arguments/dim';

/** How many pieces, or the indices at which they begin. */
type Cuts = number | readonly number[];

// Indices as Python's slices take them: negative ones count from the end, and what is beyond it gives empty pieces.
function cutAt(x: Tensor, indices: readonly number[], d: number): Tensor[] {
  return [...indices, null].map((end, i) => sliceAlong(x, d, i === 0 ? 0 : indices[i - 1], end, 1));
}

// The first pieces are one longer where the size is no multiple.
function inSections(x: Tensor, sections: number, d: number): Tensor[] {
  const size = sizesOf(x)[d];
  const [least, longer] = [Math.floor(size / sections), size % sections];
  const starts = Array.from({ length: sections - 1 }, (_, i) => (i + 1) * least + Math.min(i + 1, longer)); // prettier-ignore
  return cutAt(x, starts, d);
}

const cutsOf = (operation: string, given: Cuts): Cuts =>
  typeof given === 'number'
    ? positiveInteger.check(operation, 'the number of pieces', given)
    : arrayOf(integer).check(operation, 'indices', given);

function cutsIn(operation: string, given: Tensor): Cuts {
  if (given.dtype !== 'int32' || given.ndim > 1) {
    throw new TypeError(
      `${operation}: a tensor of pieces or indices must be int32 of at most 1 dimension, got ${given.dtype} of shape ${showShape(sizesOf(given))}`,
    );
  }
  const values = [...readValues(operation, dense(given))];
  return cutsOf(operation, given.ndim === 0 ? values[0] : values);
}

/**
 * Pieces of `x` along `dim` (torch.tensor_split): as many as the number says, the first ones longer by one where they cannot
 * be equal, or those that begin at the indices of an array. They are views.
 * @param indicesOrSections a number, an array of integers, or an int32 tensor of 0 dimensions or 1
 * @throws RangeError for fewer pieces than one, or a tensor without dimensions.
 * @example
 * tensorSplit(tensor([1, 2, 3]), 2).map((part) => part.toArray()); // [[1, 2], [3]]
 * tensorSplit(tensor([1, 2, 3]), [1]).map((part) => part.toArray()); // [[1], [2, 3]]
 */
export function tensorSplit(
  x: Tensor,
  indicesOrSections: number | readonly number[] | Tensor,
  dim: number | DimOptions = 0,
): Tensor[] {
  if (arguments.length > 3) surplus('tensorSplit', arguments, 3, 'dim');
  checkTensor('tensorSplit', 'x', x);
  if (x.ndim === 0) {
    throw new RangeError('tensorSplit: a 0-dimensional tensor has no dimension to divide');
  }
  const d = checkDim('tensorSplit', dimOf('tensorSplit', dim), x.ndim);
  const cuts = isTensor(indicesOrSections)
    ? cutsIn('tensorSplit', indicesOrSections)
    : cutsOf('tensorSplit', indicesOrSections);
  if (typeof cuts === 'number') {
    checkCount('tensorSplit', cuts);
    return inSections(x, cuts, d);
  }
  return cutAt(x, cuts, d);
}

// More would be empty ones, and fill the memory.
const largestCount = 2 ** 20;
function checkCount(operation: string, pieces: number): void {
  if (pieces > largestCount) {
    throw new RangeError(`${operation}: ${pieces} pieces are more than ${largestCount}`);
  }
}

// Equal pieces along a dimension, or pieces at indices.
function along(operation: string, x: Tensor, given: Cuts, rank: number, dim: number): Tensor[] {
  checkTensor(operation, 'x', x);
  if (x.ndim < rank) {
    throw new RangeError(
      `${operation}: takes a tensor of at least ${rank} ${rank === 1 ? 'dimension' : 'dimensions'}, got shape ${showShape(sizesOf(x))}`,
    );
  }
  const cuts = cutsOf(operation, given);
  if (typeof cuts !== 'number') return cutAt(x, cuts, dim);
  if (sizesOf(x)[dim] % cuts !== 0) {
    throw new RangeError(
      `${operation}: ${cuts} equal pieces of dimension ${dim} need a multiple of it, got size ${sizesOf(x)[dim]}; tensorSplit makes unequal ones`,
    );
  }
  checkCount(operation, cuts);
  return inSections(x, cuts, dim);
}

/**
 * Equal pieces side by side, or those that begin at the indices of an array: along dimension 1, of a vector along 0
 * (torch.hsplit). They are views.
 * @throws RangeError for a number that the size is no multiple of, or a tensor without dimensions.
 * @example hsplit(tensor([[1, 2], [3, 4]]), 2).map((part) => part.toArray()) // [[[1], [3]], [[2], [4]]]
 */
export function hsplit(x: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  if (arguments.length > 2) surplus('hsplit', arguments, 2, 'indicesOrSections');
  checkTensor('hsplit', 'x', x);
  return along('hsplit', x, indicesOrSections, 1, x.ndim === 1 ? 0 : 1);
}

/**
 * Equal pieces below each other, or those that begin at the indices of an array: along dimension 0 (torch.vsplit). They are views.
 * @throws RangeError for a number that the size is no multiple of, or fewer than 2 dimensions.
 * @example vsplit(tensor([[1, 2], [3, 4]]), 2).map((part) => part.toArray()) // [[[1, 2]], [[3, 4]]]
 */
export function vsplit(x: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  if (arguments.length > 2) surplus('vsplit', arguments, 2, 'indicesOrSections');
  return along('vsplit', x, indicesOrSections, 2, 0);
}

/**
 * Equal pieces behind each other, or those that begin at the indices of an array: along dimension 2 (torch.dsplit). They are views.
 * @throws RangeError for a number that the size is no multiple of, or fewer than 3 dimensions.
 * @example dsplit(zeros([1, 2, 4]), 2).map((part) => part.shape) // [[1, 2, 2], [1, 2, 2]]
 */
export function dsplit(x: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  if (arguments.length > 2) surplus('dsplit', arguments, 2, 'indicesOrSections');
  return along('dsplit', x, indicesOrSections, 3, 2);
}
