/** movedim, moveaxis, unflatten, broadcastTo, expandAs, viewAs, diagonal, meshgrid: other ways to view a tensor. */
import { calledAs, describe, got, isPlain, oneOf, optionsTable, surplus } from '../../check';
import { isTensor } from '../../tensor/rules';
import { checkDim, checkDims, inferShape, numelOf, showShape } from '../../tensor/shape';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { checkTensors } from '../arguments/tensors';
import { rowMajorCopy } from '../copying/row-major';
import { expand } from './expand';
import { intoZeros, partGradient, partOf, plainStridesOf } from './part';
import { permute, transpose } from './permute';
import { reshape, view } from './reshape';

/**
 * Dimensions `source` moved to places `destination`, the others in their order (torch.movedim).
 * @throws RangeError unless both name as many distinct dimensions.
 * @example movedim(zeros([2, 3, 4]), 0, 2).shape // [3, 4, 2]
 */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  if (arguments.length > 3) surplus('movedim', arguments, 3, 'destination');
  checkTensor('movedim', 'x', x);
  const from = checkDims('movedim', source, x.ndim, 'source');
  const to = checkDims('movedim', destination, x.ndim, 'destination');
  if (
    from.length !== to.length ||
    new Set(from).size !== from.length ||
    new Set(to).size !== to.length
  ) {
    throw new RangeError(
      `movedim: source and destination must name as many distinct dimensions, got [${from.join(', ')}] and [${to.join(', ')}]`,
    );
  }
  const rest = sizesOf(x)
    .map((_, d) => d)
    .filter((d) => !from.includes(d));
  const order = sizesOf(x).map((_, d) => {
    const i = to.indexOf(d);
    return i >= 0 ? from[i] : rest.shift()!;
  });
  return permute(x, order);
}

/**
 * Dimensions `source` moved to places `destination`: another name for `movedim` (torch.moveaxis).
 * @throws RangeError unless both name as many distinct dimensions.
 * @example moveaxis(zeros([2, 3, 4]), 0, 2).shape // [3, 4, 2]
 */
export function moveaxis(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  if (arguments.length > 3) surplus('moveaxis', arguments, 3, 'destination');
  return calledAs('moveaxis', () => movedim(x, source, destination));
}

/**
 * Dimension `dim` as several, of the given sizes; one may be -1 (torch.unflatten).
 * @throws RangeError when the sizes do not multiply to dim's.
 * @example unflatten(zeros([6]), 0, [2, 3]).shape // [2, 3]
 */
export function unflatten(x: Tensor, dim: number, sizes: readonly number[]): Tensor {
  if (arguments.length > 3) surplus('unflatten', arguments, 3, 'sizes');
  checkTensor('unflatten', 'x', x);
  const d = checkDim('unflatten', dim, x.ndim);
  if (x.ndim === 0) throw new RangeError('unflatten: a 0-dimensional tensor has no dimension');
  const inner = inferShape('unflatten', sizes, sizesOf(x)[d]);
  return view(x, [...sizesOf(x).slice(0, d), ...inner, ...sizesOf(x).slice(d + 1)]);
}

/**
 * `x` repeated to `shape` without copying: another name for `expand` (torch.broadcast_to).
 * @throws RangeError when x does not broadcast to the shape.
 * @example broadcastTo(tensor([1, 2]), [2, 2]) // [[1, 2], [1, 2]]
 */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  if (arguments.length > 2) surplus('broadcastTo', arguments, 2, 'shape');
  return calledAs('broadcastTo', () => expand(x, shape));
}

/**
 * `x` repeated to the shape of `other` (torch.Tensor.expand_as).
 * @throws TypeError unless both are tensors; RangeError for a shape that x does not broadcast to.
 */
export function expandAs(x: Tensor, other: Tensor): Tensor {
  if (arguments.length > 2) surplus('expandAs', arguments, 2, 'other');
  checkTensor('expandAs', 'other', other);
  return calledAs('expandAs', () => expand(x, sizesOf(other)));
}

/**
 * `x` in the shape of `other`, without copying (torch.Tensor.view_as).
 * @throws TypeError unless both are tensors; RangeError for another number of elements, and where only a copy has that shape.
 */
export function viewAs(x: Tensor, other: Tensor): Tensor {
  if (arguments.length > 2) surplus('viewAs', arguments, 2, 'other');
  checkTensor('viewAs', 'other', other);
  return calledAs('viewAs', () => view(x, sizesOf(other)));
}

/**
 * `x` in the shape of `other` (torch.Tensor.reshape_as).
 * @throws TypeError unless both are tensors; RangeError for another number of elements.
 */
export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  if (arguments.length > 2) surplus('reshapeAs', arguments, 2, 'other');
  checkTensor('reshapeAs', 'other', other);
  return calledAs('reshapeAs', () => reshape(x, sizesOf(other)));
}

const recordedDiagonal = partGradient('diagonal');

/**
 * The diagonals of the matrices in dimensions `dim1` and `dim2`, as a last dimension; `offset` moves up
 * (torch.diagonal). A view.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example diagonal(tensor([[1, 2], [3, 4]])) // [1, 4]
 */
export function diagonal(x: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor {
  if (arguments.length > 4) surplus('diagonal', arguments, 4, 'dim2');
  checkTensor('diagonal', 'x', x);
  if (x.ndim < 2) {
    throw new RangeError(
      `diagonal: takes matrices (at least 2 dimensions), got shape ${showShape(sizesOf(x))}`,
    );
  }
  if (!Number.isInteger(offset)) {
    throw new RangeError(
      `diagonal: offset must be an integer, got ${got('diagonal', 'offset', offset)}`,
    );
  }
  const a = checkDim('diagonal', dim1, x.ndim);
  const b = checkDim('diagonal', dim2, x.ndim);
  if (a === b) throw new RangeError(`diagonal: dim1 and dim2 must differ, both are ${a}`);
  const [down, right] = [Math.max(-offset, 0), Math.max(offset, 0)];
  const length = Math.max(Math.min(sizesOf(x)[a] - down, sizesOf(x)[b] - right), 0);
  const without = (sizes: readonly number[], last: number): number[] => [
    ...sizes.filter((_, d) => d !== a && d !== b),
    last,
  ];
  const along = (strides: readonly number[]): number[] => without(strides, strides[a] + strides[b]);
  const start = (strides: readonly number[]): number =>
    length === 0 ? 0 : down * strides[a] + right * strides[b];
  const plain = plainStridesOf(x);
  return partOf(recordedDiagonal, x, {
    shape: without(sizesOf(x), length),
    strides: along(elementStridesOf(x)),
    offset: start(elementStridesOf(x)),
    plainStrides: along(plain),
    plainOffset: start(plain),
  });
}

/**
 * The matrix with vector `x` on a diagonal and zeros elsewhere, or of a matrix its diagonal (torch.diag). `offset`
 * moves up.
 * @throws RangeError unless x is a vector or a matrix.
 * @example diag(tensor([1, 2])) // [[1, 0], [0, 2]]
 */
export function diag(x: Tensor, offset = 0): Tensor {
  if (arguments.length > 2) surplus('diag', arguments, 2, 'offset');
  checkTensor('diag', 'x', x);
  if (x.ndim === 2) return calledAs('diag', () => rowMajorCopy(diagonal(x, offset)));
  if (x.ndim !== 1 || !Number.isInteger(offset)) {
    throw new RangeError(
      `diag: takes a vector or a matrix and an integer offset, got shape ${showShape(sizesOf(x))} and ${describe(offset)}`,
    );
  }
  const size = x.numel + Math.abs(offset);
  return intoZeros('DiagEmbedBackward0', x, [size, size], {
    shape: sizesOf(x),
    strides: [size + 1],
    offset: 0,
    plainStrides: [size + 1],
    plainOffset: offset < 0 ? -offset * size : offset,
  });
}

/** Options of `meshgrid`. */
export interface MeshgridOptions {
  /** `'xy'` swaps the first two dimensions of the grids, as plots have them. Default: `'ij'`. */
  indexing?: 'ij' | 'xy';
}
const meshgridOptions = optionsTable<MeshgridOptions>('meshgrid', {
  indexing: oneOf('ij', 'xy').or('ij'),
});

/**
 * Coordinate grids of vectors: result i repeats tensors[i] over all dimensions but i (torch.meshgrid).
 * @param tensors one by one, or one array of them; options come last
 * @throws RangeError for a tensor of more than one dimension; TypeError for what is no tensor or no option.
 * @example meshgrid([tensor([1, 2]), tensor([3, 4])]).map((grid) => grid.toArray()) // [[[1, 1], [2, 2]], [[3, 4], [3, 4]]]
 */
export function meshgrid(tensors: readonly Tensor[], options?: MeshgridOptions): Tensor[];
export function meshgrid(...tensors: readonly Tensor[]): Tensor[];
export function meshgrid(...tensors: readonly [...Tensor[], MeshgridOptions]): Tensor[];
export function meshgrid(...given: readonly unknown[]): Tensor[] {
  if (isTensor(given[0])) {
    const last = given.at(-1);
    return isPlain(last) ? grids(given.slice(0, -1), last) : grids(given);
  }
  if (arguments.length > 2) surplus('meshgrid', arguments, 2, 'options');
  return grids(given[0], given[1] as MeshgridOptions | undefined);
}

function grids(list: unknown, options?: MeshgridOptions): Tensor[] {
  const tensors = checkTensors('meshgrid', list);
  const { indexing } = meshgridOptions.read(options);
  for (const [i, x] of tensors.entries()) {
    if (x.ndim > 1) {
      throw new RangeError(
        `meshgrid: takes vectors, but tensors[${i}] has shape ${showShape(sizesOf(x))}`,
      );
    }
  }
  const shape = tensors.map((x) => numelOf(sizesOf(x)));
  const made = tensors.map((x, i) =>
    expand(
      reshape(
        x,
        shape.map((size, d) => (d === i ? size : 1)),
      ),
      shape,
    ),
  );
  return indexing === 'xy' && made.length > 1 ? made.map((grid) => transpose(grid, 0, 1)) : made;
}
