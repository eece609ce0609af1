/**
 * Advanced indexing: out = x[i0, :, i1, …] with int32 tensors that broadcast together, and its writing
 * counterpart. Where the indexed dimensions are adjacent, the index shape takes their place; else it comes
 * first (PyTorch's and NumPy's rule). dx = zeros with g added at the indices.
 */
import {
  expandsTo,
  broadcastShapes,
  broadcastStrides,
  numelOf,
  showShape,
} from '../../tensor/shape';
import { sizesOf, elementsOf, elementStridesOf, empty, Tensor } from '../../tensor/tensor';
import { executor } from '../../tensor/executor';
import { cast } from '../copying/cast';
import { constant } from '../creation/factories';
import { gradient } from '../declare/gradient';
import { add, mul } from '../elementwise/arithmetic';
import { ge } from '../elementwise/compare';
import { where } from '../elementwise/where';
import { expand } from '../view/expand';
import { permute } from '../view/permute';
import { reshape } from '../view/reshape';
import { wrapIndex } from './indices';
import { firstOutside } from '../kernels/bounds';
import { putRowsInto, rowPicker, type Rows } from './rows';
import { copyOf, dense } from '../kernels/copy';

/** Index tensors resolved: rows of `x` with its dimensions in the order `order`. */
interface Resolved {
  /** Null when the dimensions stay in their order. */
  readonly order: readonly number[] | null;
  readonly rows: Rows;
}

// The index tensors as one index over the product of their dimensions, negative ones wrapped.
function combine(operation: string, x: Tensor, dims: readonly number[], tensors: Tensor[]): Tensor {
  const sizes = dims.map((d) => sizesOf(x)[d]);
  if (executor.isTrace) return combineByOperations(operation, x, dims, tensors);
  if (tensors.length === 1) {
    const only = dense(tensors[0]);
    if (firstOutside(only, 0, sizes[0]) < 0) return only;
  }
  const shape = tensors
    .map((t) => sizesOf(t))
    .reduce((a, b) => broadcastShapes(`${operation}: index tensors`, a, b));
  const out = empty(shape, 'int32');
  const memory = elementsOf(out, out.numel).fill(0);
  if (numelOf(sizes) > 2 ** 31) {
    throw new RangeError(
      `${operation}: dimensions of sizes ${showShape(sizes)} hold more than 2^31 elements to pick from`,
    );
  }
  for (const [i, t] of tensors.entries()) {
    const strides = broadcastStrides(sizesOf(t), elementStridesOf(t), shape);
    const values = dense(new Tensor(t.storage, t.dtype, shape, strides, t.offset));
    const own = elementsOf(values, out.numel);
    const size = sizes[i];
    for (let k = 0; k < own.length; k++) {
      const index = own[k];
      memory[k] =
        memory[k] * size +
        (index >= 0 && index < size
          ? index
          : wrapIndex(operation, index, size, dims[i], sizesOf(x)));
    }
  }
  return out;
}

// The same where no values are known: a run looks at them.
function combineByOperations(
  operation: string,
  x: Tensor,
  dims: readonly number[],
  tensors: readonly Tensor[],
): Tensor {
  let all: Tensor | null = null;
  for (const [i, t] of tensors.entries()) {
    const size = sizesOf(x)[dims[i]];
    const message = `${operation}: an index is out of range for dimension ${dims[i]} of size ${size} (shape ${showShape(sizesOf(x))})`;
    firstOutside(dense(t), -size, size, message);
    const wrapped: Tensor = where(ge(t, 0), t, add(t, size));
    all = all === null ? wrapped : add(mul(all, size), wrapped);
  }
  return all!;
}

/** @throws RangeError when an index is out of range or index shapes do not broadcast. */
function resolve(operation: string, x: Tensor, tensors: readonly (Tensor | null)[]): Resolved {
  const dims: number[] = [];
  const used: Tensor[] = [];
  tensors.forEach((t, d) => {
    if (t === null) return;
    dims.push(d);
    used.push(t);
  });
  const index = combine(operation, x, dims, used);
  const adjacent = dims[dims.length - 1] - dims[0] === dims.length - 1;
  const rest = sizesOf(x)
    .map((_, d) => d)
    .filter((d) => !dims.includes(d));
  const order = adjacent ? null : [...dims, ...rest];
  const from = order === null ? sizesOf(x) : order.map((d) => sizesOf(x)[d]);
  const first = order === null ? dims[0] : 0;
  const before = from.slice(0, first);
  const after = from.slice(first + dims.length);
  const rows: Rows = {
    index,
    outer: numelOf(before),
    size: numelOf(dims.map((d) => sizesOf(x)[d])),
    inner: numelOf(after),
    from,
    to: [...before, ...sizesOf(index), ...after],
  };
  return { order, rows };
}

/** x[tensors], an index tensor or null for each dimension; `pickRows` is the `rowPicker` of the operation. */
export function indexWith(
  operation: string,
  pickRows: (x: Tensor, rows: Rows) => Tensor,
  x: Tensor,
  tensors: readonly (Tensor | null)[],
): Tensor {
  const { order, rows } = resolve(operation, x, tensors);
  return pickRows(order === null ? x : permute(x, order), rows);
}

function inverseOf(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length);
  order.forEach((d, i) => (inverse[d] = i));
  return inverse;
}

/**
 * A copy of `x` with x[tensors] = value; of values for one place the last one stays. dx = g with zeros at the indices,
 * dvalue = g[tensors].
 */
export function indexPut(
  operation: string,
  x: Tensor,
  tensors: readonly (Tensor | null)[],
  value: Tensor,
): Tensor {
  const { order, rows } = resolve(operation, x, tensors);
  const source = order === null ? x : permute(x, order);
  const values = fit(operation, value, rows, x);
  const out = putRows(source, values, rows);
  return order === null ? out : permute(out, inverseOf(order));
}

// value converted and broadcast to what the indices pick.
function fit(operation: string, value: Tensor, rows: Rows, x: Tensor): Tensor {
  let same = value.dtype === x.dtype ? value : cast(value, x.dtype);
  const extra = same.ndim - rows.to.length;
  if (
    extra > 0 &&
    sizesOf(same)
      .slice(0, extra)
      .every((size) => size === 1)
  ) {
    same = reshape(same, sizesOf(same).slice(extra));
  }
  if (!expandsTo(sizesOf(same), rows.to)) {
    throw new RangeError(
      `${operation}: a value of shape ${showShape(sizesOf(value))} does not fit the indexed part of shape ${showShape(rows.to)}`,
    );
  }
  return expand(same, rows.to);
}

const pickRows = rowPicker('setAt', 'IndexBackward0');
const recordedPut = gradient<[x: Tensor, values: Tensor], [Tensor], Rows>('setAt', {
  node: 'IndexPutBackward0',
  saves: (_, _y, { index }) => [index],
  rule: (g, _, rows, node) => [
    node.needs(0) ? putRows(g, constant(rows.to, 0, g.dtype), rows) : null,
    node.needs(1) ? pickRows(g, rows) : null,
  ],
});

function putRows(x: Tensor, values: Tensor, rows: Rows): Tensor {
  const out = copyOf(x);
  putRowsInto('setAt', values, rows, out);
  return recordedPut(out, rows, x, values);
}
