/**
 * In which order elements are drawn. A tensor takes its numbers in the order of its memory, not of its indices:
 * the transpose of a matrix gets the transposed numbers. Kernels write row after row; here they draw in that order.
 */
import { copyInto, copyOf } from '../ops/kernels/copy';
import { memoryOrder } from '../ops/kernels/result';
import { showShape } from '../tensor/shape';
import { sizesOf, elementStridesOf, empty, Tensor } from '../tensor/tensor';

const orderOf = (x: Tensor): number[] => memoryOrder(sizesOf(x), [elementStridesOf(x)]);

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
  const rows = reorder(target, orderOf(target));
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
  const rows = x.contiguousLayout ? x : reorder(x, orderOf(x));
  return copyOf(rows);
}
