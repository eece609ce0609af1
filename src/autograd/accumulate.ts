/** Accumulation of gradients into a leaf's `grad`. */
import { itemSize } from '../tensor/dtype';
import { isUnshared } from '../tensor/pool';
import { accumulatedOf, setAccumulated, type Tensor } from '../tensor/tensor';
import { arithmetic } from './arithmetic';
import { isGradEnabled } from './mode';

/** leaf.grad += grad. */
export function accumulate(leaf: Tensor, grad: Tensor): void {
  const before = accumulatedOf(leaf);
  if (before === null) setAccumulated(leaf, takeOwnership(grad));
  else if (isGradEnabled()) setAccumulated(leaf, arithmetic.add(before, grad));
  else arithmetic.addInPlace(before, grad);
}

// `grad` itself when it shares its memory with nothing and has no other reference, else a copy.
function takeOwnership(grad: Tensor): Tensor {
  const { storage, numel, dtype, contiguousLayout } = grad;
  const fills = contiguousLayout && storage.byteLength === numel * itemSize(dtype);
  return fills && isUnshared(storage) ? grad : arithmetic.clone(grad);
}
