/**
 * sort, argsort, topk: elements along a dimension in order. NaN counts as the greatest number, equal elements keep
 * their order. The gradient goes back to where each value came from. Saves the indices.
 */
import { boolean, calledAs, got, integer, isPlain, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { family } from '../../native/families';
import { runSortRows, runTopkRows } from '../../native/calls';
import { itemSize } from '../../tensor/dtype';
import { checkDim } from '../../tensor/shape';
import { allocate } from '../../tensor/storage';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { gradient } from '../declare/gradient';
import { pick } from '../kernels/launch';
import { constant } from '../creation/factories';
import { ValuesAndIndices } from '../declare/named';
import { transpose } from '../view/permute';
import { copyInto, copyOf, dense } from '../kernels/copy';
import { emptyAs } from '../kernels/result';

const sortRows = family('sort_rows');
const topkRows = family('topk_rows');

/** The values in order, and the index that each of them had along the dimension: int32. */
export type Sorted = ValuesAndIndices;

/** Options of `sort` and `argsort`. */
export interface SortOptions {
  /** In descending order. Default: false. */
  descending?: boolean;
  /** Whether equal elements keep their order. They always do. */
  stable?: boolean;
}

/** Options of `topk`. */
export interface TopkOptions {
  /** The largest elements (default), or the smallest. */
  largest?: boolean;
  /** Whether they come in order. They always do. */
  sorted?: boolean;
}

const sortOptions = optionsTable<SortOptions>('sort', {
  descending: boolean.or(false),
  stable: boolean.or(true),
});
const argsortOptions = optionsTable<SortOptions>('argsort', sortOptions.fields);
const topkOptions = optionsTable<TopkOptions>('topk', {
  largest: boolean.or(true),
  sorted: boolean.or(true),
});
/** The dimension among the options of `topk`: `x.topk(2, { dim: 0 })` is `x.topk(2, 0)`. */
export interface TopkDimOptions extends TopkOptions {
  /** Along which dimension. Default: −1. */
  dim?: number;
}
const topkDimOptions = optionsTable<TopkDimOptions>('topk', {
  ...topkOptions.fields,
  dim: integer.or(-1),
});

// Makes results lie in the order of x in memory.
const inOrderOf =
  (x: Tensor) =>
  (y: Tensor): Tensor =>
    x.contiguousLayout ? dense(y) : copyInto(y, emptyAs(x, y.dtype));

// The last dimension is sorted; `dim` changes places with it. No history.
function alongLast(
  x: Tensor,
  dim: number,
  sorted: (rows: Tensor) => readonly [Tensor, Tensor],
  placed: (y: Tensor) => Tensor = dense,
): Sorted {
  const swap = (y: Tensor): Tensor => (x.ndim < 2 ? y : transpose(y, dim, -1));
  return noGrad(() => {
    const [values, indices] = sorted(swap(x));
    return new ValuesAndIndices(placed(swap(values)), placed(swap(indices)));
  });
}

interface Picked {
  readonly dim: number;
  readonly indices: Tensor;
}
const recordedAs = (operation: string, node: string) =>
  gradient<[Tensor], [Tensor], Picked>(operation, {
    node,
    saves: (_, _y, { indices }) => [indices],
    rule: (g, [indices], { dim }, self) => [
      constant(self.next[0]!.shape, 0, g.dtype).scatterAdd(dim, indices, g),
    ],
  });
const recordedSort = recordedAs('sort', 'SortBackward0');
const recordedTopk = recordedAs('topk', 'TopkBackward0');

/**
 * The elements along `dim` in order: `[values, indices]`, also by these names (torch.sort).
 * @example const [values, order] = sort(tensor([3, 1, 2])); // [1, 2, 3], [1, 2, 0]
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 */
export function sort(x: Tensor, dim = -1, options?: SortOptions): Sorted {
  if (arguments.length > 3) surplus('sort', arguments, 3, 'options');
  const { descending } = sortOptions.read(options);
  checkTensor('sort', 'x', x);
  const d = checkDim('sort', dim, x.ndim);
  const run = pick('sort', sortRows, x.dtype);
  const out = alongLast(
    x,
    d,
    (source) => {
      const values = copyOf(source);
      const indices = empty(sizesOf(source), 'int32');
      const n = sizesOf(source)[source.ndim - 1] ?? 1;
      const spareValues = allocate(n * itemSize(x.dtype));
      const spareIndices = allocate(n * itemSize('int32'));
      const rows = n === 0 ? 0 : values.numel / n;
      runSortRows(run, {
        values,
        index: indices,
        spareValues,
        spareIndex: spareIndices,
        rows,
        n,
        descending,
      });
      return [values, indices];
    },
    inOrderOf(x),
  );
  recordedSort(out.values, { dim: d, indices: out.indices }, x);
  return out;
}

/**
 * The indices that would sort `x` along `dim` (torch.argsort): int32.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example argsort(tensor([3, 1, 2])) // [1, 2, 0]
 */
export function argsort(x: Tensor, dim = -1, options?: SortOptions): Tensor {
  if (arguments.length > 3) surplus('argsort', arguments, 3, 'options');
  checkTensor('argsort', 'x', x);
  const checked = argsortOptions.read(options);
  return calledAs('argsort', () => noGrad(() => sort(x, dim, checked))).indices;
}

/**
 * The `k` largest (or smallest) elements along `dim`, in order: `[values, indices]`, also by these names (torch.topk).
 * @throws TypeError for bool tensors; RangeError unless k is an integer from 0 to the size of the dimension.
 * @example const [best, classes] = topk(tensor([1, 3, 2]), 2); // [3, 2], [1, 2]
 */
export function topk(
  x: Tensor,
  k: number,
  dim: number | TopkDimOptions = -1,
  options?: TopkOptions,
): Sorted {
  if (arguments.length > 4) surplus('topk', arguments, 4, 'options');
  if (options === undefined && isPlain(dim)) {
    const { dim: along, largest } = topkDimOptions.read(dim);
    return topk(x, k, along, { largest });
  }
  const { largest } = topkOptions.read(options);
  checkTensor('topk', 'x', x);
  if (x.dtype === 'bool') {
    throw new TypeError("topk: is not defined for bool tensors; convert with to('int32')");
  }
  const d = checkDim('topk', dim, x.ndim);
  const size = sizesOf(x)[d] ?? 1;
  if (!Number.isInteger(k) || k < 0 || k > size) {
    throw new RangeError(
      `topk: k must be an integer from 0 to ${size}, the size of dimension ${d}, got ${got('topk', 'k', k)}`,
    );
  }
  const run = pick('topk', topkRows, x.dtype);
  const out = alongLast(x, d, (source) => {
    const rows = dense(source);
    const shape = x.ndim === 0 ? (k === 0 ? [0] : []) : [...sizesOf(source).slice(0, -1), k];
    const values = empty(shape, x.dtype);
    const indices = empty(shape, 'int32');
    const count = size === 0 ? 0 : rows.numel / size;
    runTopkRows(run, {
      x: rows,
      values,
      index: indices,
      spareValues: allocate(4 * k * itemSize(x.dtype)),
      spareIndex: allocate(4 * k * itemSize('int32')),
      rows: count,
      n: size,
      k,
      largest,
    });
    return [values, indices];
  });
  recordedTopk(out.values, { dim: d, indices: out.indices }, x);
  return out;
}

/**
 * The elements in order along dimension 0, without indices (torch.msort).
 * @throws TypeError unless `x` is a tensor.
 * @example msort(tensor([[3, 1], [2, 4]])) // [[2, 1], [3, 4]]
 */
export function msort(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('msort', arguments, 1, 'x');
  return calledAs('msort', () => sort(x, 0)).values;
}
