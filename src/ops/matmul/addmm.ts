/**
 * addmm, baddbmm: beta·C + alpha·A·B. dC = beta·g, dA = alpha·g·Bᵀ, dB = alpha·Aᵀ·g. Saves A and B.
 * With beta = alpha = 1 the sums start from C, inside the product.
 */
import { number, optionsTable, surplus } from '../../check';
import { withGradMode } from '../../autograd/mode';
import { broadcastShapes, sameShape, showShape, type Shape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { copyInto } from '../kernels/copy';
import { checkTensor, checkTypes } from '../arguments/check';
import { checkFactor } from '../arguments/factor';
import { gradient, type ContextOf } from '../declare/gradient';
import { unbroadcast } from '../declare/unbroadcast';
import { expand } from '../view/expand';
import { batchedProduct, checkInner, product, productInto } from './layout';
import { savedFactors } from './mm';

/** Options of `addmm` and `baddbmm`. */
export interface AddmmOptions {
  /** Factor of the added term; with 0 its values are not read (default 1). */
  beta?: number;
  /** Factor of the product (default 1). */
  alpha?: number;
}
const addmmOptions = optionsTable<AddmmOptions>('addmm', {
  beta: number.or(1),
  alpha: number.or(1),
});

/** @throws TypeError for a fraction where integers are computed. */
function optionsOf(operation: string, x: Tensor, options: AddmmOptions | undefined) {
  const read = addmmOptions.read(options, operation);
  for (const name of ['beta', 'alpha'] as const) checkFactor(operation, name, read[name], x.dtype);
  return read;
}

const scaled = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : x.mul(factor));

type Scales = Readonly<Required<AddmmOptions>>;
const recordedAs = (operation: 'addmm' | 'baddbmm', multiply: 'mm' | 'bmm') =>
  gradient<[Tensor, Tensor, Tensor], [Tensor | null, Tensor | null], Scales>(operation, {
    saves: ([, a, b]) => savedFactors([a, b]),
    rule: (g, [a, b], { beta, alpha }, self) => [
      self.needs(0) ? unbroadcast(scaled(g, beta), self.next[0]!.shape) : null,
      b && scaled(g[multiply](b.transpose(-2, -1)), alpha),
      a && scaled(a.transpose(-2, -1)[multiply](g), alpha),
    ],
  });
const recordedAddmm = recordedAs('addmm', 'mm');
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type AddmmContext = ContextOf<typeof recordedAddmm>;
const recordedBaddbmm = recordedAs('baddbmm', 'bmm');

function checkAdded(operation: string, c: Tensor, a: Tensor, b: Tensor, shape: Shape): void {
  checkInner(operation, a, b, ['mat1', 'mat2']);
  checkTypes(operation, c, a, ['input', 'mat1']);
  if (!sameShape(broadcastShapes(operation, sizesOf(c), shape), shape)) {
    throw new RangeError(
      `${operation}: input has shape ${showShape(sizesOf(c))}, which does not broadcast to the product's ${showShape(shape)}`,
    );
  }
}

/**
 * beta·input + alpha·mat1·mat2; `input` broadcasts to the product's shape [M, N] (torch.addmm).
 * @throws RangeError when shapes do not fit; TypeError when the element types differ.
 * @example addmm(tensor([1, 1]), eye(2), tensor([[1, 2], [3, 4]])) // [[2, 3], [4, 5]]
 */
export function addmm(input: Tensor, mat1: Tensor, mat2: Tensor, options?: AddmmOptions): Tensor {
  if (arguments.length > 4) surplus('addmm', arguments, 4, 'options');
  checkTensor('addmm', 'input', input);
  const { beta, alpha } = optionsOf('addmm', input, options);
  checkTensor('addmm', 'mat1', mat1);
  checkTensor('addmm', 'mat2', mat2);
  if (mat1.ndim !== 2 || mat2.ndim !== 2) {
    throw new RangeError(
      `addmm: mat1 and mat2 must be matrices, got shapes ${showShape(sizesOf(mat1))} and ${showShape(sizesOf(mat2))}`,
    );
  }
  const shape = [sizesOf(mat1)[0], sizesOf(mat2)[1]];
  checkAdded('addmm', input, mat1, mat2, shape);
  const out = withGradMode(false, () => addProduct(input, mat1, mat2, beta, alpha, shape));
  return recordedAddmm(out, { beta, alpha }, input, mat1, mat2);
}

function addProduct(
  c: Tensor,
  a: Tensor,
  b: Tensor,
  beta: number,
  alpha: number,
  shape: Shape,
): Tensor {
  if (beta === 0) return scaled(product('addmm', a, b, null, shape), alpha);
  if (alpha !== 1) return scaled(product('addmm', a, b, null, shape), alpha).add(scaled(c, beta));
  const out = copyInto(expand(scaled(c, beta), shape), empty(shape, a.dtype));
  productInto('addmm', a, b, null, out, true);
  return out;
}

/**
 * beta·input + alpha·batch1·batch2 for each member of a batch: [B, M, K] and [B, K, N]; `input` broadcasts
 * (torch.baddbmm).
 * @throws RangeError when shapes do not fit; TypeError when the element types differ.
 * @example baddbmm(zeros([1]), ones([1, 1, 2]), ones([1, 2, 1])) // [[[2]]]
 */
export function baddbmm(
  input: Tensor,
  batch1: Tensor,
  batch2: Tensor,
  options?: AddmmOptions,
): Tensor {
  if (arguments.length > 4) surplus('baddbmm', arguments, 4, 'options');
  checkTensor('baddbmm', 'input', input);
  const { beta, alpha } = optionsOf('baddbmm', input, options);
  checkTensor('baddbmm', 'batch1', batch1);
  checkTensor('baddbmm', 'batch2', batch2);
  if (batch1.ndim !== 3 || batch2.ndim !== 3 || sizesOf(batch1)[0] !== sizesOf(batch2)[0]) {
    throw new RangeError(
      `baddbmm: takes [B, M, K] and [B, K, N] with one B, got shapes ${showShape(sizesOf(batch1))} and ${showShape(sizesOf(batch2))}`,
    );
  }
  const shape = [...sizesOf(batch1).slice(0, 2), sizesOf(batch2)[2]];
  checkAdded('baddbmm', input, batch1, batch2, shape);
  const out = withGradMode(false, () => {
    const scaledProduct = scaled(batchedProduct('baddbmm', batch1, batch2), alpha);
    return beta === 0 ? scaledProduct : scaledProduct.add(scaled(input, beta));
  });
  return recordedBaddbmm(out, { beta, alpha }, input, batch1, batch2);
}
