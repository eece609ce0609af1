/**
 * mm, mv, dot and every product that is one of two matrices once leading dimensions are folded: C = A·B.
 * dA = g·Bᵀ, dB = Aᵀ·g. Saves A and B where the other's gradient needs them.
 */
import { surplus } from '../../check';
import { sameShape, showShape, type Shape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes } from '../arguments/check';
import { gradient, type Recorder } from '../declare/gradient';
import { asMatrix, checkInner, product } from './layout';

/** @internal `x` in another shape of as many elements. */
export const shaped = (x: Tensor, shape: Shape): Tensor =>
  sameShape(sizesOf(x), shape) ? x : x.reshape(shape);

/** M, K and N of a product. */
type Sizes = readonly [m: number, k: number, n: number];

/** PyTorch's node of the product of a [..., K] and a matrix or vector b. */
function nodeName([a, b]: readonly [Tensor, Tensor]): string {
  if (a.ndim === 1) return 'SqueezeBackward4';
  if (a.ndim > 2) return 'UnsafeViewBackward0';
  return b.ndim === 1 ? 'MvBackward0' : 'MmBackward0';
}

/** @internal What the gradient of a·b reads: each factor, where the other requires a gradient. */
export const savedFactors = ([a, b]: readonly [Tensor, Tensor]): [Tensor | null, Tensor | null] => [
  b.requiresGrad ? a : null,
  a.requiresGrad ? b : null,
];

/** @internal Declares the gradient of `foldedProduct`. */
export const productGradient = (operation: string): Recorder<[Tensor, Tensor], Sizes> =>
  gradient<[Tensor, Tensor], [Tensor | null, Tensor | null], Sizes>(operation, {
    node: nodeName,
    saves: savedFactors,
    rule: (g, [a, b], [m, k, n], { next }) => {
      const matrix = shaped(g, [m, n]);
      return [
        b && shaped(matrix.mm(shaped(b, [k, n]).t()), next[0]!.shape),
        a && shaped(shaped(a, [m, k]).t().mm(matrix), next[1]!.shape),
      ];
    },
  });

/**
 * @internal The product of a seen as [M, K] and b seen as [K, N], in the given shape of M·N elements. Shapes have been
 * checked.
 */
export function foldedProduct(
  operation: string,
  recorded: Recorder<[Tensor, Tensor], Sizes>,
  a: Tensor,
  b: Tensor,
  sizes: Sizes,
  shape: Shape,
): Tensor {
  const [m, k, n] = sizes;
  const out = product(operation, asMatrix(a, m, k), asMatrix(b, k, n), null, shape);
  return recorded(out, sizes, a, b);
}

const recordedMm = productGradient('mm');
const recordedMv = productGradient('mv');
const recordedDot = gradient<[Tensor, Tensor], [Tensor | null, Tensor | null]>('dot', {
  node: 'DotBackward0',
  saves: savedFactors,
  rule: (g, [a, b]) => [b && g.mul(b), a && g.mul(a)],
});

/**
 * The product of two matrices (torch.mm).
 * @throws RangeError unless a is [M, K] and b [K, N]; TypeError when the element types differ.
 * @example mm(tensor([[1, 2]]), tensor([[3], [4]])) // tensor([[11.]])
 */
export function mm(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('mm', arguments, 2, 'b');
  checkTensor('mm', 'a', a);
  checkTensor('mm', 'b', b);
  if (a.ndim !== 2 || b.ndim !== 2) {
    throw new RangeError(
      `mm: takes two matrices, got shapes ${showShape(sizesOf(a))} and ${showShape(sizesOf(b))}; matmul takes other ranks`,
    );
  }
  checkInner('mm', a, b);
  const [m, k] = sizesOf(a);
  const n = sizesOf(b)[1];
  return foldedProduct('mm', recordedMm, a, b, [m, k, n], [m, n]);
}

/**
 * The product of a matrix [M, K] and a vector [K] (torch.mv).
 * @throws RangeError for other shapes; TypeError when the element types differ.
 * @example mv(tensor([[1, 2], [3, 4]]), tensor([1, 1])) // [3, 7]
 */
export function mv(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('mv', arguments, 2, 'b');
  checkTensor('mv', 'a', a);
  checkTensor('mv', 'b', b);
  if (a.ndim !== 2 || b.ndim !== 1) {
    throw new RangeError(
      `mv: takes a matrix and a vector, got shapes ${showShape(sizesOf(a))} and ${showShape(sizesOf(b))}`,
    );
  }
  checkInner('mv', a, b);
  const [m, k] = sizesOf(a);
  return foldedProduct('mv', recordedMv, a, b, [m, k, 1], [m]);
}

/**
 * Σ a·b of two vectors of equal length, a 0-dimensional tensor (torch.dot).
 * @throws RangeError for other shapes; TypeError when the element types differ.
 * @example dot(tensor([1, 2]), tensor([3, 4])) // 11
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('dot', arguments, 2, 'b');
  checkTensor('dot', 'a', a);
  checkTensor('dot', 'b', b);
  if (a.ndim !== 1 || b.ndim !== 1 || a.numel !== b.numel) {
    throw new RangeError(
      `dot: takes two vectors of equal length, got shapes ${showShape(sizesOf(a))} and ${showShape(sizesOf(b))}`,
    );
  }
  checkTypes('dot', a, b);
  const k = a.numel;
  const out = product('dot', asMatrix(a, 1, k), asMatrix(b, k, 1), null, []);
  return recordedDot(out, undefined, a, b);
}
