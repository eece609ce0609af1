/** Tensors from outside that a program uses, and what it relies on of them. */
import type { Storage } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';

export interface Captured {
  readonly tensor: Tensor;
  readonly storage: Storage;
  readonly requiresGrad: boolean;
}

export const capture = (tensor: Tensor): Captured => {
  const { storage, requiresGrad } = tensor;
  return { tensor, storage, requiresGrad };
};

/**
 * Whether the tensors are where, and what, they were.
 * @param training whether it matters which of them require gradients
 */
export function areCurrent(captured: readonly Captured[], training: boolean): boolean {
  for (const { tensor, storage, requiresGrad } of captured) {
    if (tensor.storage !== storage) return false;
    if (training && tensor.requiresGrad !== requiresGrad) return false;
  }
  return true;
}
