/** bmm: a product of matrices for each member of a batch. dA = g·Bᵀ, dB = Aᵀ·g. Saves A and B. */
import { record, save } from '../../autograd/node';
import { showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { transpose } from '../view/permute';
import { batchedProduct, checkInner } from './layout';

/**
 * @internal The products of a [..., M, K] and b [..., K, N] with equal batch dimensions, recorded under `name`.
 * Shapes have been checked.
 */
export function batched(operation: string, name: string, a: Tensor, b: Tensor): Tensor {
  const out = batchedProduct(operation, a, b);
  const savedA = b.requiresGrad ? save(operation, a) : null;
  const savedB = a.requiresGrad ? save(operation, b) : null;
  return record(name, [a, b], out, (g) => [
    savedB && batched('bmm', 'BmmBackward0', g, transpose(savedB.get(), -2, -1)),
    savedA && batched('bmm', 'BmmBackward0', transpose(savedA.get(), -2, -1), g),
  ]);
}

/**
 * The products of the matrices of [B, M, K] and [B, K, N] (torch.bmm).
 * @throws RangeError for other shapes; TypeError when the element types differ.
 * @example bmm(ones([1, 1, 2]), ones([1, 2, 1])) // [[[2]]]
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  checkTensor('bmm', 'a', a);
  checkTensor('bmm', 'b', b);
  if (a.ndim !== 3 || b.ndim !== 3 || a.sizes[0] !== b.sizes[0]) {
    throw new RangeError(
      `bmm: takes [B, M, K] and [B, K, N] with one B, got shapes ${showShape(a.sizes)} and ${showShape(b.sizes)}; matmul broadcasts`,
    );
  }
  checkInner('bmm', a, b);
  return batched('bmm', 'BmmBackward0', a, b);
}
