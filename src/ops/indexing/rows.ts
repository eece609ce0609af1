/**
 * Rows picked by index: the pair of operations that advanced indexing, indexSelect and embedding are made of.
 * A tensor is seen as [outer, size, inner]; `selectRows` picks along the middle, `addRows` adds rows into zeros.
 * Each is the other's gradient.
 */
import { record, save } from '../../autograd/node';
import { family, kernel } from '../../native/families';
import { runIndexAdd, runIndexBounds, runIndexCopy, runIndexSelect } from '../../native/generated';
import { Doubles } from '../../native/kernels';
import { executor } from '../../tensor/executor';
import { numelOf, type Shape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { contiguous } from '../copying/clone';
import { pick } from '../kernels/launch';
import { constant } from '../creation/factories';
import { mul } from '../elementwise/arithmetic';
import { reshape } from '../view/reshape';

const select = family('index_select');
const addInto = family('index_add');
const put = family('index_copy');
const bounds = kernel('index_bounds');

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
    index: contiguous(index),
    outer: numelOf(from.slice(0, dim)),
    size: from[dim],
    inner: numelOf(from.slice(dim + 1)),
    from,
    to: [...from.slice(0, dim), ...index.sizes, ...from.slice(dim + 1)],
    skip,
  };
}

const position = new Doubles(new Float64Array(1));

/**
 * Where (in row-major order) the first value of a contiguous int32 tensor outside [low, high) is, or -1. A trace
 * says -1; each of its runs throws a RangeError where there is one, with `message` if given.
 */
export function firstOutside(
  index: Tensor,
  low: number,
  high: number,
  message: string | null = null,
): number {
  executor.bounds(message);
  runIndexBounds(bounds, index, index.numel, low, high, position);
  return executor.isTrace ? -1 : position.values[0];
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
  const plain = contiguous(index);
  const wrong = firstOutside(plain, 0, size);
  if (wrong >= 0) {
    throw new RangeError(
      `${operation}: ${name} ${plain.memory(plain.numel)[wrong]} is out of range for ${what} of size ${size}; it must be from 0 to ${size - 1}`,
    );
  }
  return plain;
}

/** out[o, i] = x[o, index[i]], recorded under `name`. */
export function selectRows(operation: string, name: string, x: Tensor, rows: Rows): Tensor {
  const source = contiguous(x);
  const out = empty(rows.to, x.dtype);
  const run = pick(operation, select, x.dtype);
  const { index: picked, outer, size, inner } = rows;
  runIndexSelect(run, source, picked, out, outer, size, picked.numel, inner);
  const index = save(operation, rows.index);
  return record(name, [x], out, (g) => {
    index.get();
    return [addRows(operation, name, rows.factor === undefined ? g : mul(g, rows.factor), rows)];
  });
}

/** zeros(from) with out[o, index[i]] += g[o, i], rows of index `skip` left out; recorded under `name`. */
export function addRows(operation: string, name: string, g: Tensor, rows: Rows): Tensor {
  const out = constant(rows.from, 0, g.dtype);
  addRowsInto(operation, g, rows, out);
  return record(name, [g], out, (gg) => [selectKept(operation, name, gg, rows)]);
}

// The gradient of addRows: rows that it skipped are zero.
function selectKept(operation: string, name: string, gg: Tensor, rows: Rows): Tensor {
  const { skip = -1, outer, size, inner } = rows;
  if (skip < 0) return selectRows(operation, name, gg, rows);
  const kept = constant([1, size, 1], 1, gg.dtype);
  kept.memory(size)[skip] = 0;
  const masked = mul(reshape(gg, [outer, size, inner]), kept);
  return selectRows(operation, name, reshape(masked, rows.from), rows);
}

/** out[o, index[i]] += g[o, i] into a contiguous tensor of shape `from`. Not recorded. */
export function addRowsInto(operation: string, g: Tensor, rows: Rows, out: Tensor): void {
  const source = contiguous(g);
  const run = pick(operation, addInto, g.dtype);
  const { index, outer, size, inner, skip = -1 } = rows;
  runIndexAdd(run, source, index, out, outer, size, index.numel, inner, skip);
}

/** out[o, index[i]] = value[o, i] into a contiguous tensor of shape `from`. Not recorded. */
export function putRowsInto(operation: string, value: Tensor, rows: Rows, out: Tensor): void {
  const source = contiguous(value);
  const run = pick(operation, put, value.dtype);
  const { index, outer, size, inner } = rows;
  runIndexCopy(run, source, index, out, outer, size, index.numel, inner);
}
