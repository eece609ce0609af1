/** bmm: a product of matrices for each member of a batch. dA = g·Bᵀ, dB = Aᵀ·g. Saves A and B. */
import { surplus } from '../../check';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { gradient, type Recorder } from '../declare/gradient';
import { batchedProduct, checkInner } from './layout';
import { savedFactors } from './mm';

/** @internal Declares the gradient of `batched`. */
export const batchedGradient = (
  operation: string,
  node: string,
): Recorder<[Tensor, Tensor], undefined> =>
  gradient<[Tensor, Tensor], [Tensor | null, Tensor | null]>(operation, {
    node,
    saves: savedFactors,
    rule: (g, [a, b]) => [
      b && batched('bmm', recordedBmm, g, b.transpose(-2, -1)),
      a && batched('bmm', recordedBmm, a.transpose(-2, -1), g),
    ],
  });
const recordedBmm = batchedGradient('bmm', 'BmmBackward0');

/**
 * @internal The products of a [..., M, K] and b [..., K, N] with equal batch dimensions. Shapes have been checked.
 */
export const batched = (
  operation: string,
  recorded: Recorder<[Tensor, Tensor], undefined>,
  a: Tensor,
  b: Tensor,
): Tensor => recorded(batchedProduct(operation, a, b), undefined, a, b);

/**
 * The products of the matrices of [B, M, K] and [B, K, N] (torch.bmm).
 * @throws RangeError for other shapes; TypeError when the element types differ.
 * @example bmm(ones([1, 1, 2]), ones([1, 2, 1])) // [[[2]]]
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('bmm', arguments, 2, 'b');
  checkTensor('bmm', 'a', a);
  checkTensor('bmm', 'b', b);
  if (a.ndim !== 3 || b.ndim !== 3 || sizesOf(a)[0] !== sizesOf(b)[0]) {
    throw new RangeError(
      `bmm: takes [B, M, K] and [B, K, N] with one B, got shapes ${showShape(sizesOf(a))} and ${showShape(sizesOf(b))}; matmul broadcasts`,
    );
  }
  checkInner('bmm', a, b);
  return batched('bmm', recordedBmm, a, b);
}
