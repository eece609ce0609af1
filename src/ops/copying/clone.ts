/** clone, contiguous, detach. d clone = g. Saves nothing. */
import { family } from '../../native/families';
import { executor } from '../../tensor/executor';
import { empty, Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { gradient } from '../declare/gradient';
import { applyUnary } from '../kernels/launch';
import { maxDims } from '../../native/strided';

const kernels = family('copy');
const recorded = gradient<[Tensor]>('clone', { rule: (g) => [g] });

/** Copies the elements of `x` into `out`, which has the same shape and element type. Not recorded. */
export function copyInto(x: Tensor, out: Tensor): Tensor {
  return x.ndim > maxDims && !(x.contiguousLayout && out.contiguousLayout)
    ? copyManyDims(x, out)
    : applyUnary('copy', kernels, x, out);
}

// A kernel walks at most maxDims dimensions. Where more than that are larger than 1, parts along the first of them are
// copied one by one.
function copyManyDims(x: Tensor, out: Tensor): Tensor {
  const large = x.sizes.flatMap((size, d) => (size === 1 ? [] : [d]));
  const shape = large.map((d) => x.sizes[d]);
  const [from, to] = [
    large.map((d) => x.elementStrides[d]),
    large.map((d) => out.elementStrides[d]),
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

/**
 * A copy in memory of its own, in row-major order (torch.clone).
 * @throws TypeError unless `x` is a tensor.
 * @example clone(tensor([1, 2])) // [1, 2]
 */
export function clone(x: Tensor): Tensor {
  checkTensor('clone', 'x', x);
  return recorded(copyInto(x, empty(x.sizes, x.dtype)), undefined, x);
}

/** `x` itself when it is contiguous (row-major), else a contiguous copy (torch.Tensor.contiguous). */
export const contiguous = (x: Tensor): Tensor => (x.contiguousLayout ? x : clone(x));

/**
 * A tensor over the same memory that is detached from the graph (torch.Tensor.detach). In-place changes of either are seen in both.
 * @throws TypeError unless `x` is a tensor.
 * @example detach(ones([2], { requiresGrad: true })).requiresGrad // false
 */
export function detach(x: Tensor): Tensor {
  checkTensor('detach', 'x', x);
  return new Tensor(x.storage, x.dtype, x.sizes, x.elementStrides, x.offset, x.contiguousLayout);
}

/**
 * Detaches `x` itself from the graph, and returns it: it becomes a leaf (torch.Tensor.detach_).
 * @throws Error on a view, whose base would keep the history.
 */
export function detach_(x: Tensor): Tensor {
  checkTensor('detach_', 'x', x);
  if (x.origin?.recorded) {
    throw new Error('detach_: a view cannot be detached in place; use detach()');
  }
  executor.changes('detach_', x);
  x.node = null;
  x.wantsGrad = false;
  return x;
}
