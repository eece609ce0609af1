/** Values that an operation reads in JavaScript, where no kernel does its work. */
import type { TypedArray } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { elementsOf, type Tensor } from '../../tensor/tensor';

/**
 * The elements of a contiguous tensor.
 * @throws Error in a compiled function: a trace has no values.
 */
export function readValues(operation: string, x: Tensor): TypedArray {
  executor.refuse(operation, 'it reads the values of tensors, and a trace has none; do it outside');
  return elementsOf(x, x.numel);
}
