/** median, nanmedian, kthvalue, mode: the element at a place of the order along a dimension. Its gradient goes back to it. */
import { got, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { runLongestRun, runSelectRows } from '../../native/calls';
import { family } from '../../native/families';
import { checkDim, showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { constant } from '../creation/factories';
import { gradient, nodeName, type Recorder } from '../declare/gradient';
import { ValuesAndIndices } from '../declare/named';
import { gather } from '../indexing/gather';
import { pick } from '../kernels/launch';
import { keepsDim, reductionView, type KeepdimOptions } from '../kernels/reduce';
import { reshape } from '../view/reshape';
import { dense } from '../kernels/copy';
import { transpose } from '../view/permute';
import { squeeze, unsqueeze } from '../view/select';
import { sort } from './sort';

interface Picked {
  readonly dim: number;
  readonly keepdim: boolean;
  readonly indices: Tensor;
}
const pickGradient = (operation: string, node = nodeName(operation)): Recorder<[Tensor], Picked> =>
  gradient<[Tensor], [Tensor], Picked>(operation, {
    node,
    saves: (_, _y, { indices }) => [indices],
    rule: (g, [indices], { dim, keepdim }, { next }) => {
      const { shape } = next[0]!;
      const kept = keepdim || shape.length === 0 ? g : g.unsqueeze(dim);
      const where = keepdim || shape.length === 0 ? indices : indices.unsqueeze(dim);
      return [constant(shape, 0, g.dtype).scatterAdd(dim, where, kept)];
    },
  });

const selections = family('select_rows');

/** Which place of the order: that which is named, the median's (of a row with NaN the first NaN), or the median's of the numbers. */
type Middle = 0 | 1 | 2;

/** The element of each row of `x` at a place of its order, without sorting it. */
function selected(
  recorded: Recorder<[Tensor], Picked>,
  x: Tensor,
  dim: number,
  keepdim: boolean,
  k: number,
  middle: Middle,
): ValuesAndIndices {
  const [values, indices] = noGrad(() => {
    const rows = dense(x.ndim < 2 ? x : transpose(x, dim, -1));
    const shape = sizesOf(rows).slice(0, -1);
    const n = sizesOf(rows)[x.ndim - 1] ?? 1;
    const [best, places] = [empty(shape, x.dtype), empty(shape, 'int32')];
    const count = n === 0 ? 0 : rows.numel / n;
    runSelectRows(pick('kthvalue', selections, x.dtype), {
      x: rows,
      values: best,
      index: places,
      rows: count,
      n,
      k,
      middle,
    });
    if (x.ndim === 0) return [best, places];
    const finish = (y: Tensor): Tensor => {
      const kept = dense(transpose(unsqueeze(y, -1), dim, -1));
      return keepdim ? kept : squeeze(kept, dim);
    };
    return [finish(best), finish(places)];
  });
  recorded(values, { dim, keepdim, indices }, x);
  return new ValuesAndIndices(values, indices);
}

/** The rows along a dimension in order, and where each element came from. */
interface Ordered {
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly dim: number;
  readonly n: number;
}

/** The element of each row of `x` at the place that `placeOf` says, int32 with `dim` kept as 1. */
function pickOrdered(
  recorded: Recorder<[Tensor], Picked>,
  x: Tensor,
  dim: number,
  keepdim: boolean,
  placeOf: (rows: Ordered) => Tensor,
): ValuesAndIndices {
  const [values, indices] = noGrad(() => {
    const n = x.ndim === 0 ? 1 : sizesOf(x)[dim];
    const sorted = sort(x, dim);
    const place = placeOf({ ...spread(sorted), dim, n });
    const finish = (y: Tensor): Tensor => (keepdim || x.ndim === 0 ? y : squeeze(y, dim));
    return [finish(gather(sorted.values, dim, place)), finish(gather(sorted.indices, dim, place))];
  });
  recorded(values, { dim, keepdim, indices }, x);
  return new ValuesAndIndices(values, indices);
}

const spread = ({ values, indices }: ValuesAndIndices) => ({ values, indices });

interface Median {
  readonly name: 'median' | 'nanmedian';
  readonly middle: Middle;
  readonly whole: Recorder<[Tensor], undefined>;
  readonly along: Recorder<[Tensor], Picked>;
}

const medianOf = (name: Median['name'], middle: Middle): Median => ({
  name,
  middle,
  whole: gradient<[Tensor], [Tensor, Tensor]>(name, {
    saves: ([x], y) => [x, y],
    // Shared equally by all that are the median.
    rule: (g, [x, y]) => {
      const chosen = x.eq(y).logicalOr(x.isnan().logicalAnd(y.isnan()));
      return [g.div(chosen.to(g.dtype).sum()).where(chosen, 0)];
    },
  }),
  along: pickGradient(name, nodeName(name).replace('0', '1')),
});
const medians = medianOf('median', 1);
const numberMedians = medianOf('nanmedian', 2);

function checkOrder(operation: string, x: Tensor): void {
  checkTensor(operation, 'x', x);
  if (x.dtype === 'bool') {
    throw new TypeError(`${operation}: is not defined for bool tensors; convert with to('int32')`);
  }
}

function checkRow(operation: string, x: Tensor, dim: number): number {
  const d = checkDim(operation, dim, x.ndim);
  if (x.ndim > 0 && sizesOf(x)[d] === 0) {
    throw new RangeError(
      `${operation}: dimension ${d} has no elements to choose from (shape ${showShape(sizesOf(x))})`,
    );
  }
  return d;
}

function medianAlong(
  { name, middle, whole, along }: Median,
  x: Tensor,
  dim: number | undefined,
  options: KeepdimOptions | undefined,
): Tensor | ValuesAndIndices {
  checkOrder(name, x);
  const keepdim = keepsDim(name, options);
  if (dim !== undefined) return selected(along, x, checkRow(name, x, dim), keepdim, 0, middle);
  if (x.numel === 0) return whole(constant([], NaN, x.dtype), undefined, x);
  const flat = noGrad(() => reshape(x, [-1]));
  const [value] = noGrad(() => selected(along, flat, 0, false, 0, middle));
  return whole(value, undefined, x);
}

/**
 * The median: the element in the middle of the order, the lower one of two (torch.median). NaN where there is one. Along `dim`:
 * `[values, indices]`, also by these names.
 * @throws TypeError for bool; RangeError for a dimension that x does not have, or one without elements.
 * @example median(tensor([3, 1, 2, 4])) // 2
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: KeepdimOptions): ValuesAndIndices;
export function median(
  x: Tensor,
  dim?: number,
  options?: KeepdimOptions,
): Tensor | ValuesAndIndices {
  if (arguments.length > 3) surplus('median', arguments, 3, 'options');
  return medianAlong(medians, x, dim, options);
}

/**
 * The median of the numbers among the elements: NaN is left out, and the result of nothing else (torch.nanmedian). Along
 * `dim`: `[values, indices]`, also by these names.
 * @throws TypeError for bool; RangeError for a dimension that x does not have, or one without elements.
 * @example nanmedian(tensor([3, NaN, 1])) // 1
 */
export function nanmedian(x: Tensor): Tensor;
export function nanmedian(x: Tensor, dim: number, options?: KeepdimOptions): ValuesAndIndices;
export function nanmedian(
  x: Tensor,
  dim?: number,
  options?: KeepdimOptions,
): Tensor | ValuesAndIndices {
  if (arguments.length > 3) surplus('nanmedian', arguments, 3, 'options');
  return medianAlong(numberMedians, x, dim, options);
}

const recordedKth = pickGradient('kthvalue');

/**
 * The k-th smallest element along `dim`, k from 1, and where it is: `[values, indices]`, also by these names (torch.kthvalue).
 * @throws TypeError for bool; RangeError unless k is an integer from 1 to the size of the dimension.
 * @example kthvalue(tensor([3, 1, 2]), 2).values // 2
 */
export function kthvalue(
  x: Tensor,
  k: number,
  dim = -1,
  options?: KeepdimOptions,
): ValuesAndIndices {
  if (arguments.length > 4) surplus('kthvalue', arguments, 4, 'options');
  checkOrder('kthvalue', x);
  const keepdim = keepsDim('kthvalue', options);
  const d = checkRow('kthvalue', x, dim);
  const n = x.ndim === 0 ? 1 : sizesOf(x)[d];
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new RangeError(
      `kthvalue: k must be an integer from 1 to ${n}, the size of dimension ${d}, got ${got('kthvalue', 'k', k)}`,
    );
  }
  return selected(recordedKth, x, d, keepdim, k - 1, 0);
}

const recordedMode = pickGradient('mode');

const longestRuns = family('longest_run');

/** The last place of the longest run of equal elements in each row, the first one of several. */
function modePlace({ values, dim }: Ordered): Tensor {
  const { source, outer, n, inner } = reductionView('mode', values, dim, true);
  const places = empty(values.ndim === 0 ? [] : sizesOf(values).with(dim, 1), 'int32');
  runLongestRun(pick('mode', longestRuns, values.dtype), source, places, outer, n, inner);
  return places;
}

/**
 * The most frequent element along `dim`, the smallest of several, and where it is last: `[values, indices]`, also by
 * these names (torch.mode). NaN equals nothing, so each counts as an element that occurs once and comes after all numbers; PyTorch's
 * answer for rows with NaN depends on where they are, since it sorts by an order that NaN has no place in.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, or one without elements.
 * @example mode(tensor([2, 1, 2, 3])).values // 2
 */
export function mode(x: Tensor, dim = -1, options?: KeepdimOptions): ValuesAndIndices {
  if (arguments.length > 3) surplus('mode', arguments, 3, 'options');
  checkTensor('mode', 'x', x);
  const keepdim = keepsDim('mode', options);
  return pickOrdered(recordedMode, x, checkRow('mode', x, dim), keepdim, modePlace);
}
