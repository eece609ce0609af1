/**
 * In-place operations: x.add_(y), x.copy_(y), x.setAt(i, v). Not recorded, they write the memory and raise its
 * version. Recorded, the result is computed out of place from the tensor's old history, written into the
 * memory, and becomes the tensor's new history; for a view, that of the tensor it is part of.
 */
import { isGradEnabled } from '../autograd/mode';
import { sameShape, showShape } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';
import { cast } from './cast';
import { clone, copyInto } from './clone';
import { checkTensor } from './elementwise';
import { rebaseRegion } from './view/region';
import { expand } from './view/expand';

function checkTarget(operation: string, target: Tensor): void {
  const root = target.origin?.base ?? target;
  if (target.requiresGrad && root.isLeaf) {
    throw new Error(
      `${operation}: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()`,
    );
  }
  for (let d = 0; d < target.ndim; d++) {
    if (target.strides[d] === 0 && target.shape[d] > 1) {
      throw new RangeError(
        `${operation}: several elements of the expanded tensor (shape ${showShape(target.shape)}) share one place in memory; change a clone() instead`,
      );
    }
  }
}

// The same memory with the same history, as a tensor of its own.
function alias(x: Tensor): Tensor {
  const out = new Tensor(x.storage, x.dtype, x.shape, x.strides, x.offset, x.contiguousLayout);
  const { gradFn } = x;
  out.node = gradFn;
  out.outputIndex = x.outputIndex;
  out.wantsGrad = x.requiresGrad;
  return out;
}

/**
 * Replaces the elements of `target` by `compute(target)`, a tensor that broadcasts to its shape and is converted
 * to its element type. Returns `target`.
 * @param inputs the other tensors that `compute` reads
 * @param direct writes the result straight into the memory, for when nothing is recorded
 */
export function inPlace(
  operation: string,
  target: Tensor,
  inputs: readonly (Tensor | number)[],
  compute: (before: Tensor) => Tensor,
  direct?: (target: Tensor) => void,
): Tensor {
  checkTensor(operation, 'x', target);
  const recorded =
    isGradEnabled() &&
    (target.requiresGrad || inputs.some((x) => typeof x !== 'number' && x.requiresGrad));
  if (isGradEnabled()) checkTarget(operation, target);
  if (!recorded) {
    if (direct !== undefined) direct(target);
    else write(operation, target, compute(target));
    target.storage.version++;
    return target;
  }
  const root = target.origin?.base ?? target;
  const before = alias(root);
  // The value is computed from a copy, so that what it saves is not what is overwritten here.
  const value = conform(operation, target, compute(clone(target)));
  copyInto(value, target);
  target.storage.version++;
  if (target.origin !== null) rebaseRegion(root, before, target, value);
  else {
    const { gradFn } = value;
    target.node = gradFn;
    target.outputIndex = value.outputIndex;
    target.wantsGrad = value.requiresGrad;
    target.rebased++;
  }
  return target;
}

function conform(operation: string, target: Tensor, value: Tensor): Tensor {
  const same = value.dtype === target.dtype ? value : cast(value, target.dtype);
  if (sameShape(same.shape, target.shape)) return same;
  if (same.ndim > target.ndim) {
    throw new RangeError(
      `${operation}: the result has shape ${showShape(value.shape)}, which does not fit into ${showShape(target.shape)}`,
    );
  }
  return expand(same, target.shape);
}

function write(operation: string, target: Tensor, value: Tensor): void {
  copyInto(conform(operation, target, value), target);
}

/** Copies `source`, broadcast and converted, into `target` (torch.Tensor.copy_). */
export function copy_(target: Tensor, source: Tensor): Tensor {
  checkTensor('copy_', 'source', source);
  // Overlapping memory: x.copy_(x.t()) must read before it writes.
  const own = source.storage === target.storage ? clone(source) : source;
  return inPlace('copy_', target, [source], () => own);
}
