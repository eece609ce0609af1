/**
 * In which order elements are drawn. A tensor takes its numbers in the order of its memory, not of its indices:
 * the transpose of a matrix gets the transposed numbers. This file finds that order and has kernels, which
 * write row after row, draw in it.
 */
import { copyInto, copyOf } from '../ops/kernels/copy';
import { contiguousStrides, numelOf, showShape, type Shape } from '../tensor/shape';
import { allocate } from '../tensor/storage';
import { sizesOf, elementStridesOf, empty, Tensor } from '../tensor/tensor';
import { itemSize, type DType } from '../tensor/dtype';

/**
 * Dimensions from the outermost in memory to the innermost. Strides decide; for equal ones the longer
 * dimension is the outer one. A stride of 0 says nothing, and leaves dimensions as they are.
 */
function memoryOrder(shape: Shape, strides: readonly number[]): number[] {
  const order = shape.map((_, i) => shape.length - 1 - i);
  // Whether dimension a belongs further out than b: 1 yes, -1 no, 0 undecided.
  const outer = (a: number, b: number): number => {
    if (strides[a] === 0 || strides[b] === 0) return 0;
    if (strides[a] !== strides[b]) return strides[a] > strides[b] ? 1 : -1;
    return shape[a] > shape[b] ? 1 : 0;
  };
  // Insertion that steps over the undecided, which no ordinary sort does.
  for (let i = 1; i < order.length; i++) {
    let moving = i;
    for (let j = i - 1; j >= 0; j--) {
      const decision = outer(order[j], order[moving]);
      if (decision < 0) break;
      if (decision > 0) {
        [order[j], order[moving]] = [order[moving], order[j]];
        moving = j;
      }
    }
  }
  return order.reverse();
}

/** The same elements with dimension order[i] as dimension i. */
function reorder(x: Tensor, order: readonly number[]): Tensor {
  return new Tensor(
    x.storage,
    x.dtype,
    order.map((d) => sizesOf(x)[d]),
    order.map((d) => elementStridesOf(x)[d]),
    x.offset,
  );
}

/** An uninitialised tensor without gaps with the order of dimensions in memory that x has (torch.empty_like). */
export function emptyAs(x: Tensor, dtype: DType = x.dtype): Tensor {
  if (x.contiguousLayout) return empty(sizesOf(x), dtype);
  const order = memoryOrder(sizesOf(x), elementStridesOf(x));
  const dense = contiguousStrides(order.map((d) => sizesOf(x)[d]));
  const strides = new Array<number>(x.ndim);
  order.forEach((d, i) => (strides[d] = dense[i]));
  return new Tensor(allocate(numelOf(sizesOf(x)) * itemSize(dtype)), dtype, sizesOf(x), strides);
}

/**
 * Draws the elements of `target`: `fill` is given contiguous tensors to fill in row-major order. Not recorded;
 * the caller counts the change.
 * @throws RangeError when elements of `target` share memory.
 */
export function drawInto(operation: string, target: Tensor, fill: (rows: Tensor) => void): void {
  if (target.numel === 0) return;
  if (target.contiguousLayout) {
    fill(target);
    return;
  }
  if (elementStridesOf(target).some((stride, d) => stride === 0 && sizesOf(target)[d] > 1)) {
    throw new RangeError(
      `${operation}: several elements of the expanded tensor (shape ${showShape(sizesOf(target))}) refer to one memory location; change a clone() instead`,
    );
  }
  const rows = reorder(target, memoryOrder(sizesOf(target), elementStridesOf(target)));
  if (rows.contiguousLayout) {
    fill(rows);
    return;
  }
  const drawn = empty(sizesOf(rows), rows.dtype);
  fill(drawn);
  copyInto(drawn, rows);
}

/** x's elements in the order of its memory, one after the other; a copy. */
export function inMemoryOrder(x: Tensor): Tensor {
  const rows = x.contiguousLayout ? x : reorder(x, memoryOrder(sizesOf(x), elementStridesOf(x)));
  return copyOf(rows);
}
