/** Copies of elements that no graph sees: what records a copy is `clone`, or the operation that needs one. */
import { family } from '../../native/families';
import { maxDims } from '../../native/strided';
import { itemSize } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { acquire, release } from '../../tensor/storage';
import { sizesOf, elementStridesOf, empty, Tensor } from '../../tensor/tensor';
import { applyUnary } from './launch';

const kernels = family('copy');

/** Copies the elements of `x` into `out`, which has the same shape and element type. Not recorded. */
export function copyInto(x: Tensor, out: Tensor): Tensor {
  executor.uses(x);
  return x.ndim > maxDims && !(x.contiguousLayout && out.contiguousLayout)
    ? copyManyDims(x, out)
    : applyUnary('copy', kernels, x, out);
}

// A kernel walks at most maxDims dimensions. Where more than that are larger than 1, parts along the first of them are
// copied one by one.
function copyManyDims(x: Tensor, out: Tensor): Tensor {
  const large = sizesOf(x).flatMap((size, d) => (size === 1 ? [] : [d]));
  const shape = large.map((d) => sizesOf(x)[d]);
  const [from, to] = [
    large.map((d) => elementStridesOf(x)[d]),
    large.map((d) => elementStridesOf(out)[d]),
  ];
  const walk = (dim: number, xOffset: number, outOffset: number): void => {
    if (shape.length - dim <= maxDims) {
      const part = shape.slice(dim);
      applyUnary(
        'copy',
        kernels,
        new Tensor(x.storage, x.dtype, part, from.slice(dim), xOffset),
        new Tensor(out.storage, out.dtype, part, to.slice(dim), outOffset),
      );
      return;
    }
    for (let i = 0; i < shape[dim]; i++) {
      walk(dim + 1, xOffset + i * from[dim], outOffset + i * to[dim]);
    }
  };
  walk(0, x.offset, out.offset);
  return out;
}

/** A contiguous copy of `x` in memory of its own. Not recorded. */
export const copyOf = (x: Tensor): Tensor => copyInto(x, empty(sizesOf(x), x.dtype));

/** `x` itself where it is contiguous, else a contiguous copy. Not recorded. */
export function dense(x: Tensor): Tensor {
  if (!x.contiguousLayout) return copyOf(x);
  executor.uses(x);
  return x;
}

/** `x` itself where it is contiguous, else a contiguous copy for the calls until `giveBack`. Not recorded. */
export function borrowDense(x: Tensor): Tensor {
  if (!x.contiguousLayout) {
    const { dtype, numel } = x;
    const memory = acquire(numel * itemSize(dtype));
    return copyInto(x, new Tensor(memory, dtype, sizesOf(x), null, 0, true, numel));
  }
  executor.uses(x);
  return x;
}

/** Ends the use of what `borrowDense` made of x. */
export function giveBack(borrowed: Tensor, x: Tensor): void {
  if (borrowed !== x) release(borrowed.storage);
}
