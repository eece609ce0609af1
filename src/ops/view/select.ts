/** select, slice, narrow, squeeze, unsqueeze: parts of a tensor. dx = zeros with g in the part. */
import { checkDim, contiguousStrides, showShape, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../elementwise';
import { reshape } from './reshape';
import { partOf } from './part';
import { viewOf } from './view';

function without(list: readonly number[], dim: number): number[] {
  const out: number[] = [];
  for (let d = 0; d < list.length; d++) if (d !== dim) out.push(list[d]);
  return out;
}

/**
 * The sub-tensor at `index` along `dim`, without that dimension; negative counts from the end (torch.select).
 * @throws RangeError when the index is out of range.
 */
export function select(x: Tensor, dim: number, index: number): Tensor {
  checkTensor('select', 'x', x);
  if (x.ndim === 0)
    throw new RangeError('select: a 0-dimensional tensor has nothing to select from');
  const d = checkDim('select', dim, x.ndim);
  const size = x.shape[d];
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new RangeError(
      `select: index ${index} is out of range for dimension ${d} of size ${size} (shape ${showShape(x.shape)})`,
    );
  }
  const at = index < 0 ? index + size : index;
  const plain = contiguousStrides(x.shape);
  return partOf(x, 'SelectBackward0', {
    shape: without(x.shape, d),
    strides: without(x.strides, d),
    offset: at * x.strides[d],
    plainStrides: without(plain, d),
    plainOffset: at * plain[d],
  });
}

/** Elements start, start + step, … below end along `dim`, clamped as in Python; step ≥ 1 (x[start:end:step]). */
export function slice(x: Tensor, dim: number, start = 0, end = Infinity, step = 1): Tensor {
  checkTensor('slice', 'x', x);
  const d = checkDim('slice', dim, x.ndim);
  if (x.ndim === 0) throw new RangeError('slice: a 0-dimensional tensor cannot be sliced');
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`slice: step must be an integer of at least 1, got ${step}`);
  }
  const size = x.shape[d];
  const clamp = (bound: number, name: string): number => {
    if (bound === Infinity) return size;
    if (!Number.isInteger(bound)) {
      throw new RangeError(`slice: ${name} must be an integer, got ${bound}`);
    }
    return Math.min(Math.max(bound < 0 ? bound + size : bound, 0), size);
  };
  const from = clamp(start, 'start');
  const to = Math.max(clamp(end, 'end'), from);
  const shape = x.shape.slice();
  shape[d] = Math.ceil((to - from) / step);
  const stepped = (strides: readonly number[]): number[] => {
    const out = strides.slice();
    out[d] *= step;
    return out;
  };
  const plain = contiguousStrides(x.shape);
  return partOf(x, 'SliceBackward0', {
    shape,
    strides: stepped(x.strides),
    offset: from * x.strides[d],
    plainStrides: stepped(plain),
    plainOffset: from * plain[d],
  });
}

/** `length` elements from `start` along `dim` (torch.narrow). */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  checkTensor('narrow', 'x', x);
  const size = x.shape[checkDim('narrow', dim, x.ndim)];
  const from = start < 0 ? start + size : start;
  if (
    !Number.isInteger(start) ||
    !Number.isInteger(length) ||
    from < 0 ||
    length < 0 ||
    from + length > size
  ) {
    throw new RangeError(
      `narrow: start ${start} and length ${length} do not lie within the ${size} elements of dimension ${dim}`,
    );
  }
  return slice(x, dim, from, from + length);
}

/** Inserts a dimension of size 1 before `dim` (torch.unsqueeze). */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  checkTensor('unsqueeze', 'x', x);
  const d = checkDim('unsqueeze', dim, x.ndim + 1);
  const shape = [...x.shape.slice(0, d), 1, ...x.shape.slice(d)];
  const step = d < x.ndim ? x.shape[d] * x.strides[d] : 1;
  const strides = [...x.strides.slice(0, d), step, ...x.strides.slice(d)];
  return viewOf(x, 'UnsqueezeBackward0', shape, strides, x.offset, (g) => [squeeze(g, d)]);
}

/** Removes all dimensions of size 1, or `dim` if its size is 1 (torch.squeeze). */
export function squeeze(x: Tensor, dim?: number | readonly number[]): Tensor {
  checkTensor('squeeze', 'x', x);
  const chosen =
    dim === undefined
      ? x.shape.map((_, d) => d)
      : (typeof dim === 'number' ? [dim] : dim).map((d) => checkDim('squeeze', d, x.ndim));
  const drop = new Set(chosen.filter((d) => x.shape[d] === 1));
  const keep = <E>(list: readonly E[]): E[] => list.filter((_, d) => !drop.has(d));
  const from: Shape = x.shape;
  const name = `SqueezeBackward${dim === undefined ? 0 : typeof dim === 'number' ? 1 : 2}`;
  return viewOf(x, name, keep(x.shape), keep(x.strides), x.offset, (g) => [reshape(g, from)]);
}
