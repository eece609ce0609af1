/** Masks as indices: where a bool tensor is true. */
import { boolean, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { cast } from '../copying/cast';
import { showShape } from '../../tensor/shape';
import { elementsOf, sizesOf, empty, Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { dense } from '../kernels/copy';

/** What true and false mean as an index: the one element of a new dimension, or none of it. */
export function truth(value: boolean): Tensor {
  const out = empty([value ? 1 : 0], 'int32');
  elementsOf(out, out.numel).fill(0);
  return out;
}

/**
 * Positions, in row-major order, of the elements that are not zero: int32 [count], or float64 where int32 does not hold them.
 * @throws RangeError for a dimension that indices, which are int32, cannot tell apart.
 */
export function positions(operation: string, x: Tensor): Tensor {
  if (sizesOf(x).some((size) => size > 2 ** 31)) {
    throw new RangeError(
      `${operation}: takes dimensions of at most 2^31 elements, got shape ${showShape(sizesOf(x))}`,
    );
  }
  const flags = noGrad(() => dense(cast(x, 'bool')));
  const memory = elementsOf(flags, x.numel, operation);
  // Arithmetic in place of branches, which no processor foresees; of bytes alone, so that V8 knows what it reads.
  let count = 0;
  for (let i = 0; i < memory.length; i++) count += memory[i];
  const found = empty([count], x.numel > 2 ** 31 ? 'float64' : 'int32');
  const places = elementsOf(found, count);
  for (let i = 0, at = 0; at < count; i++) {
    places[at] = i;
    at += memory[i];
  }
  return found;
}

/** For each dimension of `x`, the indices along it of the elements that are not zero: int32 vectors. */
export function nonzeroColumns(operation: string, x: Tensor): Tensor[] {
  let rest = positions(operation, x);
  const columns: Tensor[] = [];
  for (let d = x.ndim - 1; d >= 0; d--) {
    const [rows, column] = d === 0 ? [rest, cast(rest, 'int32')] : divided(rest, sizesOf(x)[d]);
    columns.unshift(column);
    rest = rows;
  }
  return columns;
}

// The quotients and remainders of ascending numbers, which divide nothing: the next row is not far.
function divided(ascending: Tensor, size: number): readonly [Tensor, Tensor] {
  const quotients = empty(sizesOf(ascending), ascending.dtype);
  const remainders = empty(sizesOf(ascending), 'int32');
  const n = ascending.numel;
  const values = elementsOf(ascending, n);
  const [rows, columns] = [elementsOf(quotients, n), elementsOf(remainders, n)];
  let [row, start] = [0, 0];
  for (let i = 0; i < n; i++) {
    const value = values[i];
    if (value >= start + 8 * size) row = Math.floor(value / size);
    else while (value >= (row + 1) * size) row++;
    start = row * size;
    rows[i] = row;
    columns[i] = value - start;
  }
  return [quotients, remainders];
}

/** Options of `nonzero`. */
export interface NonzeroOptions {
  /** A vector of indices for each dimension, which index `x` together, in place of one matrix. Default: false. */
  asTuple?: boolean;
}
const nonzeroOptions = optionsTable<NonzeroOptions>('nonzero', { asTuple: boolean.or(false) });

/**
 * The indices of the elements that are not zero: int32 [count, ndim], a row for each, in row-major order
 * (torch.nonzero, torch.argwhere); with `asTuple` the columns of that matrix (a scalar has one).
 * @example nonzero(tensor([[0, 5], [7, 0]])) // [[0, 1], [1, 0]]
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension of more than 2^31 elements.
 */
export function nonzero(x: Tensor, options?: NonzeroOptions & { asTuple?: false }): Tensor;
export function nonzero(x: Tensor, options: NonzeroOptions & { asTuple: true }): Tensor[];
export function nonzero(x: Tensor, options?: NonzeroOptions): Tensor | Tensor[] {
  if (arguments.length > 2) surplus('nonzero', arguments, 2, 'options');
  checkTensor('nonzero', 'x', x);
  const { asTuple } = nonzeroOptions.read(options);
  if (asTuple) return nonzeroColumns('nonzero', x.ndim === 0 ? x.reshape([1]) : x);
  if (x.ndim === 0) return empty([positions('nonzero', x).numel, 0], 'int32');
  const columns = nonzeroColumns('nonzero', x);
  const count = columns[0].numel;
  // Column by column in memory too, as PyTorch's is.
  const out = empty([x.ndim, count], 'int32');
  const memory = elementsOf(out, out.numel);
  for (const [d, column] of columns.entries()) memory.set(elementsOf(column, count), d * count);
  return new Tensor(out.storage, 'int32', [count, x.ndim], [1, count], out.offset);
}
