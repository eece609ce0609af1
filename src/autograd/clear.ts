/** Forgetting gradients, as modules and optimizers do between steps. */
import { empty, type Tensor } from '../tensor/tensor';

/** Drops `x.grad`, or (when not `setToNone`) fills it with zeros and cuts its history. */
export function clearGrad(x: Tensor, setToNone: boolean): void {
  const { grad } = x;
  if (grad === null || setToNone) {
    x.grad = null;
    return;
  }
  const zeros = grad.contiguousLayout && !grad.requiresGrad ? grad : empty(grad.shape, grad.dtype);
  zeros.memory(zeros.numel).fill(0);
  zeros.storage.version++;
  x.grad = zeros;
}
