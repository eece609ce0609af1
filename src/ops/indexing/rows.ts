/**
 * Rows picked by index: what advanced indexing, indexSelect and embedding are made of. A tensor is seen as
 * [outer, size, inner]. Picking along the middle and adding rows into zeros are each other's gradient.
 */
import { family } from '../../native/families';
import { runIndexAdd, runIndexCopy, runIndexSelect } from '../../native/calls';
import { numelOf, type Shape } from '../../tensor/shape';
import { sizesOf, elementsOf, empty, type Tensor } from '../../tensor/tensor';
import { firstOutside } from '../kernels/bounds';
import { pick } from '../kernels/launch';
import { constant } from '../creation/factories';
import { gradient, nodeName } from '../declare/gradient';
import { dense } from '../kernels/copy';

const select = family('index_select');
const addInto = family('index_add');
const put = family('index_copy');

/** Which rows, of what. */
export interface Rows {
  /** int32, contiguous, every value in 0 … size-1. */
  readonly index: Tensor;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  /** The shape of the tensor picked from, and of the result. */
  readonly from: Shape;
  readonly to: Shape;
  /** An index whose row gets no gradient, or -1. */
  readonly skip?: number;
  /** Factor of each picked row's gradient; broadcasts to `to`. */
  readonly factor?: Tensor;
}

/** Rows of dimension `dim` of a tensor of shape `from`; which the index's shape replaces. */
export function rowsAlong(from: Shape, dim: number, index: Tensor, skip = -1): Rows {
  return {
    index: dense(index),
    outer: numelOf(from.slice(0, dim)),
    size: from[dim],
    inner: numelOf(from.slice(dim + 1)),
    from,
    to: [...from.slice(0, dim), ...sizesOf(index), ...from.slice(dim + 1)],
    skip,
  };
}

/** The same rows where a 0-dimensional tensor, a vector of one element, is picked from or results. */
export function rowsBetween(rows: Rows, from: Shape, to: Shape): Rows {
  const { index, outer, size, inner, skip } = rows;
  return { index, outer, size, inner, from, to, skip };
}

/**
 * @throws TypeError unless `index` is int32; RangeError when a value is outside 0 … size-1. Returns it contiguous.
 */
export function checkIndex(
  operation: string,
  name: string,
  index: Tensor,
  size: number,
  what: string,
): Tensor {
  if (index.dtype !== 'int32') {
    throw new TypeError(
      `${operation}: ${name} must be int32, got ${index.dtype}; convert it with to('int32')`,
    );
  }
  const plain = dense(index);
  const wrong = firstOutside(plain, 0, size);
  if (wrong >= 0) {
    throw new RangeError(
      `${operation}: ${name} ${elementsOf(plain, plain.numel)[wrong]} is out of range for ${what} of size ${size}; it must be from 0 to ${size - 1}`,
    );
  }
  return plain;
}

/**
 * Declares an operation that picks rows, out[o, i] = x[o, index[i]]. Its gradient adds: zeros(from) with
 * dx[o, index[i]] += g[o, i], rows of index `skip` left out.
 */
export function rowPicker(
  operation: string,
  node = nodeName(operation),
): (x: Tensor, rows: Rows) => Tensor {
  const recordedPick = gradient<[Tensor], [Tensor], Rows>(operation, {
    node,
    saves: (_, _y, { index }) => [index],
    rule: (g, _, rows) => [addRows(rows.factor === undefined ? g : g.mul(rows.factor), rows)],
  });
  const recordedSum = gradient<[Tensor], [], Rows>(operation, {
    node,
    rule: (g, _, rows) => [pickRows(kept(g, rows), rows)],
  });

  function pickRows(x: Tensor, rows: Rows): Tensor {
    const source = dense(x);
    const out = empty(rows.to, x.dtype);
    const run = pick(operation, select, x.dtype);
    const { index, outer, size, inner } = rows;
    runIndexSelect(run, { x: source, index, out, outer, size, n: index.numel, inner });
    return recordedPick(out, rows, x);
  }

  function addRows(g: Tensor, rows: Rows): Tensor {
    const out = constant(rows.from, 0, g.dtype);
    addRowsInto(operation, g, rows, out);
    return recordedSum(out, rows, g);
  }
  return pickRows;
}

// Zeros in the row that gets no gradient.
function kept(g: Tensor, { skip = -1, outer, size, inner, from }: Rows): Tensor {
  if (skip < 0) return g;
  const ones = constant([1, size, 1], 1, g.dtype);
  elementsOf(ones, size)[skip] = 0;
  return g.reshape([outer, size, inner]).mul(ones).reshape(from);
}

/** out[o, index[i]] += g[o, i] into a contiguous tensor of shape `from`. Not recorded. */
export function addRowsInto(operation: string, g: Tensor, rows: Rows, out: Tensor): void {
  const source = dense(g);
  const run = pick(operation, addInto, g.dtype);
  const { index, outer, size, inner, skip = -1 } = rows;
  runIndexAdd(run, { source, index, out, outer, size, n: index.numel, inner, skip });
}

/** out[o, index[i]] = value[o, i] into a contiguous tensor of shape `from`. Not recorded. */
export function putRowsInto(operation: string, value: Tensor, rows: Rows, out: Tensor): void {
  const source = dense(value);
  const run = pick(operation, put, value.dtype);
  const { index, outer, size, inner } = rows;
  runIndexCopy(run, { source, index, out, outer, size, n: index.numel, inner });
}
