/** permute, transpose and its other names, t: dimensions in another order. dx = g in the inverse order. */
import { surplus } from '../../check';
import { checkDim, checkDims, showShape } from '../../tensor/shape';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { gradient, type Recorder, type ContextOf } from '../declare/gradient';
import { viewOf } from './view';

const recordedPermute = gradient<[Tensor], [], readonly number[]>('permute', {
  node: 'PermuteBackward0',
  rule: (g, _, order) => {
    const inverse = new Array<number>(order.length);
    order.forEach((d, i) => (inverse[d] = i));
    return [g.permute(inverse)];
  },
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type PermuteContext = ContextOf<typeof recordedPermute>;

/**
 * Dimension d of the result is dimension dims[d] of `x` (torch.permute).
 * @throws RangeError unless `dims` names every dimension once.
 * @example permute(zeros([2, 3, 4]), [2, 0, 1]).shape // [4, 2, 3]
 */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  if (arguments.length > 2) surplus('permute', arguments, 2, 'dims');
  checkTensor('permute', 'x', x);
  const order = checkDims('permute', dims, x.ndim, 'dims');
  if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
    throw new RangeError(
      `permute: dims must name each of the ${x.ndim} dimensions once, got ${showShape(order)}`,
    );
  }
  const out = viewOf(
    x,
    order.map((d) => sizesOf(x)[d]),
    order.map((d) => elementStridesOf(x)[d]),
    x.offset,
  );
  return recordedPermute(out, order, x);
}

type Pair = readonly [number, number];
const recordedTranspose = gradient<[Tensor], [], Pair>('transpose', {
  rule: (g, _, [a, b]) => [g.transpose(a, b)],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type TransposeContext = ContextOf<typeof recordedTranspose>;
const recordedT = gradient<[Tensor], [], Pair>('t', { rule: (g) => [g.t()] });
const bothOfMatrix: Pair = [0, 1];

/** A view of `x`, also where there is nothing to swap. */
function swap(recorded: Recorder<[Tensor], Pair>, x: Tensor, dims: Pair): Tensor {
  const [a, b] = dims;
  const shape = sizesOf(x).slice();
  const strides = elementStridesOf(x).slice();
  if (x.ndim >= 2) {
    [shape[a], shape[b]] = [shape[b], shape[a]];
    [strides[a], strides[b]] = [strides[b], strides[a]];
  }
  return recorded(viewOf(x, shape, strides, x.offset), dims, x);
}

/**
 * Swaps two dimensions (torch.transpose).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example transpose(tensor([[1, 2], [3, 4]]), 0, 1) // [[1, 3], [2, 4]]
 */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  if (arguments.length > 3) surplus('transpose', arguments, 3, 'dim1');
  return transposed('transpose', x, dim0, dim1);
}

/**
 * Swaps two dimensions: another name for `transpose` (torch.swapaxes).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example swapaxes(tensor([[1, 2], [3, 4]]), 0, 1) // [[1, 3], [2, 4]]
 */
export function swapaxes(x: Tensor, axis0: number, axis1: number): Tensor {
  if (arguments.length > 3) surplus('swapaxes', arguments, 3, 'axis1');
  return transposed('swapaxes', x, axis0, axis1);
}

/**
 * Swaps two dimensions: another name for `transpose` (torch.swapdims).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example swapdims(tensor([[1, 2], [3, 4]]), 0, 1) // [[1, 3], [2, 4]]
 */
export function swapdims(x: Tensor, dim0: number, dim1: number): Tensor {
  if (arguments.length > 3) surplus('swapdims', arguments, 3, 'dim1');
  return transposed('swapdims', x, dim0, dim1);
}

/** Two dimensions swapped, for the operation that the sentences name. */
export function transposed(operation: string, x: Tensor, dim0: number, dim1: number): Tensor {
  checkTensor(operation, 'x', x);
  const a = checkDim(operation, dim0, x.ndim);
  const b = checkDim(operation, dim1, x.ndim);
  return swap(recordedTranspose, x, [a, b]);
}

/**
 * The transposed matrix; of fewer than two dimensions, a view of the whole (torch.t).
 * @throws RangeError for more than two dimensions.
 * @example t(tensor([[1, 2], [3, 4]])) // [[1, 3], [2, 4]]
 */
export function t(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('t', arguments, 1, 'x');
  return transposedMatrix('t', x);
}

/** The transposed matrix, for the operation that the sentences name. */
export function transposedMatrix(operation: string, x: Tensor): Tensor {
  checkTensor(operation, 'x', x);
  if (x.ndim > 2) {
    throw new RangeError(
      `${operation}: takes a tensor of at most 2 dimensions, got shape ${showShape(sizesOf(x))}`,
    );
  }
  return swap(recordedT, x, bothOfMatrix);
}
