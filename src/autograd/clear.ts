/** Forgetting gradients, as modules and optimizers do between steps. */
import { giveBackUnseen } from '../tensor/storage';
import { empty, type Tensor } from '../tensor/tensor';

/**
 * Drops `x.grad`, or (when not `setToNone`) fills it with zeros and cuts its history. The memory of a gradient that
 * only the engine and its optimizers have seen is kept for the next one.
 */
export function clearGrad(x: Tensor, setToNone: boolean): void {
  const grad = x.accumulated;
  if (grad === null || setToNone) {
    x.accumulated = null;
    if (grad !== null) giveBackUnseen(grad.storage);
    return;
  }
  const zeros = grad.contiguousLayout && !grad.requiresGrad ? grad : empty(grad.shape, grad.dtype);
  zeros.memory(zeros.numel).fill(0);
  zeros.storage.version++;
  x.accumulated = zeros;
}
