/** The arithmetic that the backward walk and autograd.functional need, injected by ops/: autograd imports no operation. */
import type { DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
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
  /** Tensors of one shape along a new first dimension, differentiable. */
  stack(list: readonly Tensor[]): Tensor;
  /** Of another element type, differentiable. */
  convert(a: Tensor, dtype: DType): Tensor;
  /** Summed over the dimensions in which `shape` was broadcast to that of `a`, differentiable. */
  sumTo(a: Tensor, shape: Shape): Tensor;
  zeros(shape: Shape, dtype: DType): Tensor;
}

export let arithmetic: Arithmetic;

/** @internal */
export function setArithmetic(provided: Arithmetic): void {
  arithmetic = provided;
}
