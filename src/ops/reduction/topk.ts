/** topk: the k largest or smallest elements along a dimension. dx = g at their places, 0 elsewhere. Saves the indices. */
import { recordMany, save } from '../../autograd/node';
import type { TypedArray } from '../../tensor/dtype';
import { checkDim, showShape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { contiguous } from '../clone';
import { checkTensor } from '../elementwise';
import { zeros } from '../factories';
import { scatterAdd } from '../indexing/gather';
import { transpose } from '../view/permute';

export interface TopkOptions {
  /** The largest elements, or with false the smallest. Default: true. */
  largest?: boolean;
  /** Whether they come in order; they do in any case. Default: true. */
  sorted?: boolean;
}

/**
 * The places of the k first elements of row[from … from + n), in order; equal ones by their place. NaN counts as the
 * largest. Elements that do not beat the last of k candidates cost one comparison each.
 */
function select(
  row: TypedArray,
  from: number,
  n: number,
  k: number,
  largest: boolean,
  out: Int32Array,
): void {
  const before = (x: number, y: number): boolean =>
    largest ? x > y || (x !== x && y === y) : x < y || (y !== y && x === x);
  // A full sort is cheaper than shifting many candidates.
  if (k > 64) {
    const places = Int32Array.from({ length: n }, (_, i) => i);
    places.sort((a, b) => {
      const [x, y] = [row[from + a], row[from + b]];
      return before(x, y) ? -1 : before(y, x) ? 1 : a - b;
    });
    out.set(places.subarray(0, k));
    return;
  }
  let found = 0;
  for (let i = 0; i < n; i++) {
    const x = row[from + i];
    if (found === k && (k === 0 || !before(x, row[from + out[k - 1]]))) continue;
    let at = found < k ? found++ : k - 1;
    for (; at > 0 && before(x, row[from + out[at - 1]]); at--) out[at] = out[at - 1];
    out[at] = i;
  }
}

/**
 * The `k` largest elements along `dim` and where they stand, in falling order; of equal elements the first
 * (torch.topk).
 * @returns [values, indices], of x's shape with k in place of the size along `dim`; the indices are int32
 * @throws RangeError unless k is an integer from 0 to the size along `dim`; TypeError for bool.
 * @example topk(tensor([1, 5, 3]), 2) // [[5, 3], [1, 2]]
 */
export function topk(
  x: Tensor,
  k: number,
  dim = -1,
  { largest = true }: TopkOptions = {},
): [values: Tensor, indices: Tensor] {
  checkTensor('topk', 'x', x);
  if (x.dtype === 'bool') {
    throw new TypeError("topk: is not defined for bool tensors; convert with to('int32')");
  }
  const d = checkDim('topk', dim, x.ndim);
  const n = x.ndim === 0 ? 1 : x.shape[d];
  if (!Number.isSafeInteger(k) || k < 0 || k > n) {
    throw new RangeError(
      `topk: k must be an integer from 0 to ${n} (the size along dim ${dim} of shape ${showShape(x.shape)}), got ${k}`,
    );
  }
  const last = Math.max(x.ndim - 1, 0);
  const source = contiguous((d === last ? x : transpose(x, d, last)).detach());
  const row = source.memory(source.numel);
  const shape = x.ndim === 0 && k === 1 ? [] : [...source.shape.slice(0, -1), k];
  const values = empty(shape, x.dtype);
  const indices = empty(shape, 'int32');
  const places = indices.memory(indices.numel) as Int32Array;
  const picked = values.memory(values.numel);
  for (let from = 0, to = 0; from < row.length; from += n, to += k) {
    select(row, from, n, k, largest, places.subarray(to, to + k));
    for (let i = to; i < to + k; i++) picked[i] = row[from + places[i]];
  }
  const back = (y: Tensor): Tensor => (d === last ? y : contiguous(transpose(y, d, last)));
  const [outValues, outIndices] = [back(values), back(indices)];
  const saved = save('topk', outIndices);
  const { dtype } = x;
  const from = x.shape;
  recordMany('TopkBackward0', [x], [outValues], ([g]) => [
    scatterAdd(zeros(from, { dtype }), d, saved.get(), g!),
  ]);
  return [outValues, outIndices];
}
