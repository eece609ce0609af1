/** Tensors from outside that a program uses, and what it relies on of them. */
import type { Shape } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import { elementStridesOf, sizesOf, type Tensor } from '../tensor/tensor';

export interface Captured {
  readonly tensor: Tensor;
  readonly storage: Storage;
  readonly address: number;
  /** The tensor's own arrays, which are never written to: it gets others with another layout (`t_`, `data`). */
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly requiresGrad: boolean;
}

export const capture = (tensor: Tensor): Captured => {
  const { storage, address, requiresGrad } = tensor;
  const [shape, strides] = [sizesOf(tensor), elementStridesOf(tensor)];
  return { tensor, storage, address, shape, strides, requiresGrad };
};

/**
 * Whether the tensors are where, and what, they were.
 * @param training whether it matters which of them require gradients
 */
export function areCurrent(captured: readonly Captured[], training: boolean): boolean {
  for (const { tensor, storage, address, shape, strides, requiresGrad } of captured) {
    if (tensor.storage !== storage || tensor.address !== address) return false;
    if (sizesOf(tensor) !== shape || elementStridesOf(tensor) !== strides) return false;
    if (training && tensor.requiresGrad !== requiresGrad) return false;
  }
  return true;
}
