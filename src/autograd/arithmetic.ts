/** The arithmetic that the backward walk needs, injected by ops/: autograd imports no operation. */
import type { Tensor } from '../tensor/tensor';

export interface Arithmetic {
  /** a + b of equal shapes, differentiable. */
  add(a: Tensor, b: Tensor): Tensor;
  onesLike(a: Tensor): Tensor;
  /** a += b of equal shapes, not recorded. */
  addInPlace(a: Tensor, b: Tensor): void;
  /** Same values in memory of their own, differentiable. */
  clone(a: Tensor): Tensor;
  hasNaN(a: Tensor): boolean;
}

export let arithmetic: Arithmetic;

/** @internal */
export function setArithmetic(provided: Arithmetic): void {
  arithmetic = provided;
}
