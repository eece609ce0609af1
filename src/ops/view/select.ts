/** select, slice, narrow, squeeze, unsqueeze: parts of a tensor. dx = zeros with g in the part. */
import { describe, integer, surplus } from '../../check';
import { checkDim, checkDistinctDims, showShape } from '../../tensor/shape';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';
import { isTensor } from '../../tensor/rules';
import { checkTensor } from '../arguments/check';
import { makeSlice, rangeOf, type Range, type Slice } from '../arguments/slice';
import { gradient, type ContextOf } from '../declare/gradient';
import { partGradient, partOf, plainStridesOf } from './part';
import { viewOf } from './view';

const recordedSelect = partGradient('select');
const recordedSlice = partGradient('slice');
const recordedUnsqueeze = gradient<[Tensor], [], number>('unsqueeze', {
  node: 'UnsqueezeBackward0',
  rule: (g, _, dim) => [g.squeeze(dim)],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type UnsqueezeContext = ContextOf<typeof recordedUnsqueeze>;
// PyTorch has a node for all dimensions, for one, and for several.
const recordedSqueeze = gradient<[Tensor], [], 0 | 1 | 2>('squeeze', {
  node: (_, form) => `SqueezeBackward${form}`,
  rule: (g, _, _form, { next }) => [g.reshape(next[0]!.shape)],
});

function without(list: readonly number[], dim: number): number[] {
  const out: number[] = [];
  for (let d = 0; d < list.length; d++) if (d !== dim) out.push(list[d]);
  return out;
}

/**
 * The sub-tensor at `index` along `dim`, without that dimension; negative counts from the end (torch.select).
 * @throws RangeError when the index is out of range.
 * @example select(tensor([[1, 2], [3, 4]]), 0, 1) // [3, 4]
 */
export function select(x: Tensor, dim: number, index: number): Tensor {
  if (arguments.length > 3) surplus('select', arguments, 3, 'index');
  checkTensor('select', 'x', x);
  if (x.ndim === 0)
    throw new RangeError('select: a 0-dimensional tensor has nothing to select from');
  const d = checkDim('select', dim, x.ndim);
  const size = sizesOf(x)[d];
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new RangeError(
      `select: index ${describe(index)} is out of range for dimension ${d} of size ${size} (shape ${showShape(sizesOf(x))})`,
    );
  }
  const at = index < 0 ? index + size : index;
  const plain = plainStridesOf(x);
  const strides = without(elementStridesOf(x), d);
  return partOf(recordedSelect, x, {
    shape: without(sizesOf(x), d),
    strides,
    offset: at * elementStridesOf(x)[d],
    plainStrides: plain === elementStridesOf(x) ? strides : without(plain, d),
    plainOffset: at * plain[d],
    along: [d, at, 1],
  });
}

function sliced(x: Tensor, d: number, { first, count, step }: Range): Tensor {
  const shape = sizesOf(x).slice();
  shape[d] = count;
  const stepped = (strides: readonly number[]): number[] => {
    const out = strides.slice();
    out[d] *= step;
    return out;
  };
  const plain = plainStridesOf(x);
  const strides = stepped(elementStridesOf(x));
  return partOf(recordedSlice, x, {
    shape,
    strides,
    offset: first * elementStridesOf(x)[d],
    plainStrides: plain === elementStridesOf(x) ? strides : stepped(plain),
    plainOffset: first * plain[d],
    along: [d, first, step],
  });
}

/**
 * The index start:stop:step of `at` and `setAt`, as Python's `slice`: null is an open end, a single number is
 * the stop.
 * @throws TypeError for bounds that are no numbers; RangeError for fractions.
 * @example arange(5).at(slice(1, 3)) // [1, 2]
 */
export function slice(stop: number | null): Slice;
export function slice(start: number | null, stop: number | null, step?: number | null): Slice;
/**
 * Elements start, start + step, … below end along `dim`, clamped as in Python; step ≥ 1 (x[start:end:step]). A view.
 * @throws RangeError for a step below 1 or fractions.
 */
export function slice(
  x: Tensor,
  dim: number,
  start?: number | null,
  end?: number | null,
  step?: number | null,
): Tensor;
export function slice(
  x: Tensor | number | null,
  dim?: number | null,
  start?: number | null,
  end?: number | null,
  step?: number | null,
): Tensor | Slice {
  if (arguments.length > 5) surplus('slice', arguments, 5, 'step');
  if (x === null || typeof x === 'number') {
    return dim === undefined ? makeSlice(null, x, null) : makeSlice(x, dim, start);
  }
  return sliceAlong(x, dim as number, start, end, step);
}

/**
 * Elements start, start + step, … below end along `dim`, clamped as in Python; step ≥ 1 (x[start:end:step]). A view.
 * @throws RangeError for a step below 1 or fractions.
 * @example randn([10, 4]).slice(0, 2, 5) // rows 2 to 4
 */
export function sliceAlong(
  x: Tensor,
  dim: number,
  start?: number | null,
  end?: number | null,
  step?: number | null,
): Tensor {
  if (arguments.length > 5) surplus('slice', arguments, 5, 'step');
  checkTensor('slice', 'x', x);
  const d = checkDim('slice', dim, x.ndim);
  if (x.ndim === 0) throw new RangeError('slice: a 0-dimensional tensor cannot be sliced');
  return sliced(x, d, rangeOf('slice', makeSlice(start, end, step), sizesOf(x)[d]));
}

function indexOf(start: Tensor): number {
  if (start.dtype !== 'int32' || start.ndim !== 0) {
    throw new TypeError(
      `narrow: start must be a 0-dimensional int32 tensor, got ${describe(start)}`,
    );
  }
  return start.item();
}

/**
 * `length` elements from `start` along `dim` (torch.narrow). A view.
 * @param start an integer, or a 0-dimensional int32 tensor; negative counts from the end
 * @throws TypeError for what is no integer; RangeError when they are not within the dimension.
 * @example narrow(tensor([1, 2, 3, 4]), 0, 1, 2) // [2, 3]
 */
export function narrow(x: Tensor, dim: number, start: number | Tensor, length: number): Tensor {
  if (arguments.length > 4) surplus('narrow', arguments, 4, 'length');
  checkTensor('narrow', 'x', x);
  const d = checkDim('narrow', dim, x.ndim);
  if (x.ndim === 0) throw new RangeError('narrow: a 0-dimensional tensor cannot be sliced');
  const size = sizesOf(x)[d];
  const from = isTensor(start) ? indexOf(start) : start;
  integer.check('narrow', 'start', from);
  integer.check('narrow', 'length', length);
  const first = from < 0 ? from + size : from;
  if (first < 0 || length < 0 || first + length > size) {
    throw new RangeError(
      `narrow: start ${describe(from)} and length ${describe(length)} exceed the ${size} elements of dimension ${dim}`,
    );
  }
  return sliced(x, d, { first, count: length, step: 1 });
}

/**
 * Inserts a dimension of size 1 before `dim` (torch.unsqueeze).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example unsqueeze(zeros([3]), 0).shape // [1, 3]
 */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  if (arguments.length > 2) surplus('unsqueeze', arguments, 2, 'dim');
  return unsqueezed('unsqueeze', x, dim);
}

/** A dimension of size 1 inserted, for the operation that the sentences name. */
export function unsqueezed(operation: string, x: Tensor, dim: number): Tensor {
  checkTensor(operation, 'x', x);
  const d = checkDim(operation, dim, x.ndim + 1);
  const shape = [...sizesOf(x).slice(0, d), 1, ...sizesOf(x).slice(d)];
  const step = d < x.ndim ? sizesOf(x)[d] * elementStridesOf(x)[d] : 1;
  const strides = [...elementStridesOf(x).slice(0, d), step, ...elementStridesOf(x).slice(d)];
  return recordedUnsqueeze(viewOf(x, shape, strides, x.offset), d, x);
}

/**
 * Removes all dimensions of size 1, or `dim` if its size is 1 (torch.squeeze).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example squeeze(zeros([1, 3])).shape // [3]
 */
export function squeeze(x: Tensor, dim?: number | readonly number[]): Tensor {
  if (arguments.length > 2) surplus('squeeze', arguments, 2, 'dim');
  return squeezed('squeeze', x, dim);
}

/** Dimensions of size 1 removed, for the operation that the sentences name. */
export function squeezed(
  operation: string,
  x: Tensor,
  dim: number | readonly number[] | undefined,
): Tensor {
  checkTensor(operation, 'x', x);
  const chosen =
    dim === undefined ? sizesOf(x).map((_, d) => d) : checkDistinctDims(operation, dim, x.ndim);
  const drop = new Set(chosen.filter((d) => sizesOf(x)[d] === 1));
  const keep = <E>(list: readonly E[]): E[] => list.filter((_, d) => !drop.has(d));
  const out = viewOf(x, keep(sizesOf(x)), keep(elementStridesOf(x)), x.offset);
  return recordedSqueeze(out, dim === undefined ? 0 : typeof dim === 'number' ? 1 : 2, x);
}
