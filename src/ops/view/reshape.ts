/** reshape, view, flatten: other sizes for the same elements in the same order. dx = g in x's shape. */
import { checkDim, inferShape, sameShape, showShape, viewStrides } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { contiguous } from '../clone';
import { checkTensor } from '../elementwise';
import { viewOf } from './view';

function seenAs(operation: string, x: Tensor, requested: readonly number[]): Tensor | null {
  checkTensor(operation, 'x', x);
  if (!Array.isArray(requested)) {
    throw new TypeError(
      `${operation}: the shape must be an array of sizes such as [2, -1], got ${typeof requested}`,
    );
  }
  const shape = inferShape(operation, requested, x.numel);
  const from = x.shape;
  if (sameShape(shape, from) && x.contiguousLayout && operation === 'reshape') return x;
  const strides = viewStrides(x.shape, x.strides, shape);
  if (strides === null) return null;
  return viewOf(x, 'ViewBackward0', shape, strides, x.offset, (g) => [reshape(g, from)]);
}

/**
 * The elements in another shape; one size may be -1. Copies only where it must (torch.reshape).
 * @throws RangeError when the number of elements differs.
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return seenAs('reshape', x, shape) ?? seenAs('reshape', contiguous(x), shape)!;
}

/**
 * As `reshape`, but never copies (torch.Tensor.view).
 * @throws RangeError when the memory layout does not allow it.
 */
export function view(x: Tensor, shape: readonly number[]): Tensor {
  const out = seenAs('view', x, shape);
  if (out === null) {
    throw new RangeError(
      `view: a tensor of shape ${showShape(x.shape)} and strides ${showShape(x.strides)} cannot be seen as ${showShape(shape)} without copying; use reshape()`,
    );
  }
  return out;
}

/** Merges dimensions startDim … endDim into one (torch.flatten). */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  checkTensor('flatten', 'x', x);
  const start = checkDim('flatten', startDim, x.ndim);
  const end = checkDim('flatten', endDim, x.ndim);
  if (start > end) {
    throw new RangeError(`flatten: startDim ${startDim} comes after endDim ${endDim}`);
  }
  if (x.ndim === 0) return reshape(x, [1]);
  const merged = x.shape.slice(start, end + 1).reduce((n, size) => n * size, 1);
  return reshape(x, [...x.shape.slice(0, start), merged, ...x.shape.slice(end + 1)]);
}
