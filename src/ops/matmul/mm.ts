/**
 * mm, mv, dot and every product that is one of two matrices once leading dimensions are folded: C = A·B.
 * dA = g·Bᵀ, dB = Aᵀ·g. Saves A and B where the other's gradient needs them.
 */
import { record, save } from '../../autograd/node';
import { sameShape, showShape, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { mul } from '../elementwise/arithmetic';
import { t } from '../view/permute';
import { reshape } from '../view/reshape';
import { asMatrix, checkInner, checkTypes, product } from './layout';

const shaped = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.sizes, shape) ? x : reshape(x, shape);

/**
 * @internal The product of a seen as [M, K] and b seen as [K, N], in the given shape of M·N elements, recorded
 * under `name`. Shapes have been checked.
 */
export function foldedProduct(
  operation: string,
  name: string,
  a: Tensor,
  b: Tensor,
  [m, k, n]: readonly [number, number, number],
  shape: Shape,
): Tensor {
  const out = product(operation, asMatrix(a, m, k), asMatrix(b, k, n), null, shape);
  const savedA = b.requiresGrad ? save(operation, a) : null;
  const savedB = a.requiresGrad ? save(operation, b) : null;
  const [aShape, bShape] = [a.sizes, b.sizes];
  return record(name, [a, b], out, (g) => {
    const matrix = shaped(g, [m, n]);
    return [
      savedB && shaped(mm(matrix, t(shaped(savedB.get(), [k, n]))), aShape),
      savedA && shaped(mm(t(shaped(savedA.get(), [m, k])), matrix), bShape),
    ];
  });
}

/**
 * The product of two matrices (torch.mm).
 * @throws RangeError unless a is [M, K] and b [K, N]; TypeError when the element types differ.
 * @example mm(tensor([[1, 2]]), tensor([[3], [4]])) // tensor([[11.]])
 */
export function mm(a: Tensor, b: Tensor): Tensor {
  checkTensor('mm', 'a', a);
  checkTensor('mm', 'b', b);
  if (a.ndim !== 2 || b.ndim !== 2) {
    throw new RangeError(
      `mm: takes two matrices, got shapes ${showShape(a.sizes)} and ${showShape(b.sizes)}; matmul takes other ranks`,
    );
  }
  checkInner('mm', a, b);
  const [m, k] = a.sizes;
  const n = b.sizes[1];
  return foldedProduct('mm', 'MmBackward0', a, b, [m, k, n], [m, n]);
}

/**
 * The product of a matrix [M, K] and a vector [K] (torch.mv).
 * @throws RangeError for other shapes; TypeError when the element types differ.
 * @example mv(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // [3, 7]
 */
export function mv(a: Tensor, b: Tensor): Tensor {
  checkTensor('mv', 'a', a);
  checkTensor('mv', 'b', b);
  if (a.ndim !== 2 || b.ndim !== 1) {
    throw new RangeError(
      `mv: takes a matrix and a vector, got shapes ${showShape(a.sizes)} and ${showShape(b.sizes)}`,
    );
  }
  checkInner('mv', a, b);
  const [m, k] = a.sizes;
  return foldedProduct('mv', 'MvBackward0', a, b, [m, k, 1], [m]);
}

/**
 * Σ a·b of two vectors of equal length, a 0-dimensional tensor (torch.dot).
 * @throws RangeError for other shapes; TypeError when the element types differ.
 * @example dot(tensor([1, 2]), tensor([3, 4])) // 11
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkTensor('dot', 'a', a);
  checkTensor('dot', 'b', b);
  if (a.ndim !== 1 || b.ndim !== 1 || a.numel !== b.numel) {
    throw new RangeError(
      `dot: takes two vectors of equal length, got shapes ${showShape(a.sizes)} and ${showShape(b.sizes)}`,
    );
  }
  checkTypes('dot', a, b);
  const k = a.numel;
  const out = product('dot', asMatrix(a, 1, k), asMatrix(b, k, 1), null, []);
  const savedA = b.requiresGrad ? save('dot', a) : null;
  const savedB = a.requiresGrad ? save('dot', b) : null;
  return record('DotBackward0', [a, b], out, (g) => [
    savedB && mul(g, savedB.get()),
    savedA && mul(g, savedA.get()),
  ]);
}
