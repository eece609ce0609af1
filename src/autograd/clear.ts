/** Clearing gradients, as modules and optimizers do between steps. */
import { executor } from '../tensor/executor';
import {
  accumulatedOf,
  sizesOf,
  elementsOf,
  bumpVersion,
  empty,
  setAccumulated,
  type Tensor,
} from '../tensor/tensor';

/**
 * Drops `x.grad`, or (when not `setToNone`) fills it with zeros and cuts its history. The memory of a gradient that
 * only the engine and its optimizers have seen is kept for the next one.
 */
export function clearGrad(x: Tensor, setToNone: boolean): void {
  executor.refuse('zeroGrad', 'it changes grad; call it outside');
  const grad = accumulatedOf(x);
  if (grad === null || setToNone) {
    setAccumulated(x, null);
    return;
  }
  const zeros =
    grad.contiguousLayout && !grad.requiresGrad ? grad : empty(sizesOf(grad), grad.dtype);
  elementsOf(zeros, zeros.numel).fill(0);
  bumpVersion(zeros);
  if (zeros !== grad) setAccumulated(x, zeros);
}
