/** How an initialization writes a tensor: unrecorded, in row-major order, counted as a change in place. */
import { noGrad } from '../../autograd/mode';
import { copyInto } from '../../ops/kernels/copy';
import type { TypedArray } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import { sizesOf, elementsOf, bumpVersion, empty, type Tensor } from '../../tensor/tensor';

/** Gives `write` the elements of `tensor` (uninitialised) and returns the tensor. */
export function fillBy(
  operation: string,
  tensor: Tensor,
  write: (memory: TypedArray) => void,
): Tensor {
  anyTensor.check(operation, 'tensor', tensor);
  const rows = tensor.contiguousLayout ? tensor : empty(sizesOf(tensor), tensor.dtype);
  write(elementsOf(rows, rows.numel));
  if (rows !== tensor) copyInto(rows, tensor);
  bumpVersion(tensor);
  return tensor;
}

/** Lets `draw` change `tensor` by in-place operations although it may be a leaf that requires gradients. */
export function unrecorded(
  operation: string,
  tensor: Tensor,
  draw: (tensor: Tensor) => void,
): Tensor {
  anyTensor.check(operation, 'tensor', tensor);
  noGrad(() => draw(tensor));
  return tensor;
}
