/**
 * Products of tensors whose dimensions have labels, as einsum and tensordot need them: a label that both have is a batch
 * where it is kept, and summed over where it is not; what one alone has are the rows and columns of matrix products.
 * What to do follows from labels and sizes alone, so that it is found once for many calls.
 */
import { withGradMode } from '../../autograd/mode';
import { isFloat } from '../../tensor/dtype';
import { numelOf, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { checkTypes } from '../arguments/check';
import { gradient } from '../declare/gradient';
import { mul } from '../elementwise/arithmetic';
import { permute } from '../view/permute';
import { batched, batchedGradient } from './bmm';
import { foldedProduct, productGradient, savedFactors, shaped } from './mm';

/** The size and the distinct label of each dimension of a tensor. */
export interface Labelled {
  readonly sizes: Shape;
  readonly labels: readonly string[];
}

/** How an operand becomes a factor: summed over `sum`, in the order `order`, in the shape `shape`; null where it is so. */
interface Preparation {
  readonly sum: readonly number[] | null;
  readonly order: readonly number[] | null;
  readonly shape: Shape;
}

type Outer = readonly [batch: number, m: number, n: number];

/** How two tensors are contracted. */
export interface Contraction {
  readonly a: Preparation;
  readonly b: Preparation;
  /** M, K and N of the matrix products, or null where nothing is summed over. */
  readonly product: readonly [m: number, k: number, n: number] | null;
  /** The batch, M and N of outer products: nothing is summed over, and each factor lacks dimensions of the other; else null. */
  readonly outer: Outer | null;
  readonly isBatched: boolean;
  /** The batch, a's own dimensions, b's own. */
  readonly result: Labelled;
}

const recordedMatrices = productGradient('einsum');
const recordedBatches = batchedGradient('einsum', 'BmmBackward0');
// The gradients are products with a vector, where those of mul would be as large as the result before they are summed.
const recordedOuter = gradient<[Tensor, Tensor], [Tensor | null, Tensor | null], Outer>('einsum', {
  node: 'MulBackward0',
  saves: savedFactors,
  rule: (g, [a, b], [batch, m, n], { next }) => {
    const matrices = shaped(g, [batch, m, n]);
    return [
      b && shaped(matrices.bmm(shaped(b, [batch, n, 1])), next[0]!.shape),
      a && shaped(matrices.transpose(1, 2).bmm(shaped(a, [batch, m, 1])), next[1]!.shape),
    ];
  },
});

/** @internal The order that brings dimensions with the labels `from` into that of `to`; null where they are in it. */
export const orderOf = (from: readonly string[], to: readonly string[]): number[] | null =>
  to.every((label, d) => label === from[d]) ? null : to.map((label) => from.indexOf(label));

/** @internal The dimensions whose labels are not kept, or null where there are none, and the others. */
export function droppedBy(
  { sizes, labels }: Labelled,
  keeps: (label: string) => boolean,
): readonly [dims: readonly number[] | null, rest: Labelled] {
  const dims = labels.flatMap((label, d) => (keeps(label) ? [] : [d]));
  if (dims.length === 0) return [null, { sizes, labels }];
  const rest = { sizes: sizes.filter((_, d) => keeps(labels[d])), labels: labels.filter(keeps) };
  return [dims, rest];
}

const sizesAt = ({ sizes, labels }: Labelled, of: readonly string[]): number[] =>
  of.map((label) => sizes[labels.indexOf(label)]);

/** @internal How Σ a·b over the labels that are not kept is computed. Equal labels have equal sizes. */
export function contractionOf(
  left: Labelled,
  right: Labelled,
  keeps: (label: string) => boolean,
): Contraction {
  const [sumA, a] = droppedBy(left, (label) => keeps(label) || right.labels.includes(label));
  const [sumB, b] = droppedBy(right, (label) => keeps(label) || left.labels.includes(label));
  const both = a.labels.filter((label) => b.labels.includes(label));
  const batch = both.filter(keeps);
  const inner = both.filter((label) => !keeps(label));
  const rows = a.labels.filter((label) => !both.includes(label));
  const columns = b.labels.filter((label) => !both.includes(label));
  const [batchSizes, rowSizes] = [sizesAt(a, batch), sizesAt(a, rows)];
  const [columnSizes, innerSizes] = [sizesAt(b, columns), sizesAt(a, inner)];
  const orders = [
    orderOf(a.labels, [...batch, ...rows, ...inner]),
    orderOf(b.labels, [...batch, ...inner, ...columns]),
  ] as const;
  const isBatched = batch.length > 0;
  const result = {
    sizes: [...batchSizes, ...rowSizes, ...columnSizes],
    labels: [...batch, ...rows, ...columns],
  };
  const factors = (shapeA: Shape, shapeB: Shape) => ({
    a: { sum: sumA, order: orders[0], shape: shapeA },
    b: { sum: sumB, order: orders[1], shape: shapeB },
    isBatched,
    result,
  });
  if (inner.length === 0) {
    const single = (of: readonly string[]): number[] => of.map(() => 1);
    const shapeA = [...batchSizes, ...rowSizes, ...single(columns)];
    const shapeB = [...batchSizes, ...single(rows), ...columnSizes];
    const outer = [numelOf(batchSizes), numelOf(rowSizes), numelOf(columnSizes)] as const;
    const isOuter = rows.length > 0 && columns.length > 0;
    return { ...factors(shapeA, shapeB), product: null, outer: isOuter ? outer : null };
  }
  const product = [numelOf(rowSizes), numelOf(innerSizes), numelOf(columnSizes)] as const;
  const [m, k, n] = product;
  return { ...factors([...batchSizes, m, k], [...batchSizes, k, n]), product, outer: null };
}

function prepared(x: Tensor, { sum, order, shape }: Preparation): Tensor {
  let out = x;
  if (sum !== null) out = out.sum(sum);
  if (order !== null) out = permute(out, order);
  return shaped(out, shape);
}

/**
 * @internal The result of a contraction.
 * @throws TypeError when the element types of factors of a matrix product differ.
 */
export function contracted(
  operation: string,
  { a, b, product, outer, isBatched, result }: Contraction,
  left: Tensor,
  right: Tensor,
  names?: string[],
): Tensor {
  const [x, y] = [prepared(left, a), prepared(right, b)];
  if (product === null) {
    if (outer === null || x.dtype !== y.dtype || !isFloat(x.dtype)) return mul(x, y);
    const out = withGradMode(false, () => mul(x, y));
    return recordedOuter(out, outer, x, y);
  }
  checkTypes(operation, x, y, names);
  if (!isBatched) return foldedProduct(operation, recordedMatrices, x, y, product, result.sizes);
  return shaped(batched(operation, recordedBatches, x, y), result.sizes);
}
