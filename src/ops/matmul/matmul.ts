/**
 * matmul: chooses the product for the ranks of its arguments, by PyTorch's rules. A vector is a row on the
 * left and a column on the right, and that dimension is removed from the result; leading dimensions are a batch and
 * broadcast. outer is here too, as the product of a column and a row.
 */
import { calledAs, surplus } from '../../check';
import { broadcastShapes, numelOf, sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { contiguous } from '../copying/clone';
import { checkTensor } from '../arguments/check';
import { mul } from '../elementwise/arithmetic';
import { expand } from '../view/expand';
import { squeeze, unsqueeze } from '../view/select';
import { batched, batchedGradient } from './bmm';
import { checkInner, isReadable } from './layout';
import { dot, foldedProduct, productGradient } from './mm';

/**
 * The matrix product for tensors of any rank from 1 (torch.matmul).
 *
 * | a | b | result |
 * |---|---|---|
 * | [K] | [K] | [] |
 * | [M, K] | [K] | [M] |
 * | [K] | [K, N] | [N] |
 * | [M, K] | [K, N] | [M, N] |
 * | [...batch, M, K] | [...batch, K, N] | [...batch, M, N], batches broadcast |
 *
 * @throws RangeError when the inner sizes differ or the batches do not broadcast; TypeError when the element types
 * differ.
 * @example matmul(randn([8, 20, 64]), randn([64, 10])) // [8, 20, 10]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('matmul', arguments, 2, 'b');
  checkTensor('matmul', 'a', a);
  checkTensor('matmul', 'b', b);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new RangeError(
      `matmul: both arguments must have at least one dimension: a is ${showShape(sizesOf(a))}, b is ${showShape(sizesOf(b))}; use mul with single numbers`,
    );
  }
  checkInner('matmul', a, b);
  if (b.ndim > 2) return byBatch(a, b);
  if (a.ndim === 1 && b.ndim === 1) return calledAs('matmul', () => dot(a, b));
  return byMatrix(a, b);
}

const recordedMatmul = productGradient('matmul');

// b is a matrix or a vector: all of a's leading dimensions are rows of one product.
function byMatrix(a: Tensor, b: Tensor): Tensor {
  const k = sizesOf(a)[a.ndim - 1];
  const rows = sizesOf(a).slice(0, -1);
  const columns = sizesOf(b).slice(1);
  const sizes = [numelOf(rows), k, numelOf(columns)] as const;
  return foldedProduct('matmul', recordedMatmul, a, b, sizes, [...rows, ...columns]);
}

const recordedBatches = batchedGradient('matmul', 'UnsafeViewBackward0');

function byBatch(a: Tensor, b: Tensor): Tensor {
  const x = a.ndim === 1 ? unsqueeze(a, 0) : a;
  const batch = broadcastShapes('matmul', sizesOf(x).slice(0, -2), sizesOf(b).slice(0, -2));
  const repeated = (y: Tensor): Tensor => {
    const shape = [...batch, ...sizesOf(y).slice(-2)];
    if (sameShape(sizesOf(y), shape)) return y;
    // A copy that the kernel will need is cheaper before the batch repeats it.
    return expand(isReadable(y) ? y : contiguous(y), shape);
  };
  const out = batched('matmul', recordedBatches, repeated(x), repeated(b));
  return a.ndim === 1 ? squeeze(out, -2) : out;
}

/**
 * The matrix of all products of an element of `a` [M] and one of `b` [N]: [M, N] (torch.outer).
 * @throws RangeError when one is not a vector.
 * @example outer(tensor([1, 2]), tensor([3, 4])) // [[3, 4], [6, 8]]
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('outer', arguments, 2, 'b');
  checkTensor('outer', 'a', a);
  checkTensor('outer', 'b', b);
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new RangeError(
      `outer: takes two vectors, got shapes ${showShape(sizesOf(a))} and ${showShape(sizesOf(b))}`,
    );
  }
  return mul(unsqueeze(a, 1), b);
}

/**
 * The matrix of all products of an element of `a` [M] and one of `b` [N]: another name for `outer` (torch.ger).
 * @throws RangeError when one is not a vector.
 * @example ger(tensor([1, 2]), tensor([3, 4])) // [[3, 4], [6, 8]]
 */
export function ger(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('ger', arguments, 2, 'b');
  return calledAs('ger', () => outer(a, b));
}
