/** Masks as indices: where a bool tensor is true. */
import { boolean, optionsTable, surplus } from '../../check';
import type { TypedArray } from '../../tensor/dtype';
import { showShape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { dense } from '../kernels/copy';

/** What true and false mean as an index: the one element of a new dimension, or none of it. */
export function truth(value: boolean): Tensor {
  const out = empty([value ? 1 : 0], 'int32');
  out.memory(out.numel).fill(0);
  return out;
}

// Positions, in row-major order, of the elements that are not zero; in memory of a tensor, since an array of JavaScript's
// cannot hold more than 2^27.
function positionsOf(operation: string, x: Tensor): TypedArray {
  // Indices are int32.
  if (x.sizes.some((size) => size > 2 ** 31)) {
    throw new RangeError(
      `${operation}: takes dimensions of at most 2^31 elements, got shape ${showShape(x.sizes)}`,
    );
  }
  const memory = dense(x).memory(x.numel, operation);
  let count = 0;
  for (let i = 0; i < memory.length; i++) if (memory[i] !== 0) count++;
  const found = empty([count], 'float64').memory(count);
  for (let i = 0, at = 0; at < count; i++) if (memory[i] !== 0) found[at++] = i;
  return found;
}

/** For each dimension of `x`, the indices along it of the elements that are not zero: int32 vectors. */
export function nonzeroColumns(operation: string, x: Tensor): Tensor[] {
  const found = positionsOf(operation, x);
  const columns: Tensor[] = [];
  let step = x.numel;
  for (const size of x.sizes) {
    step = size === 0 ? 0 : step / size;
    const column = empty([found.length], 'int32');
    const memory = column.memory(found.length);
    for (let i = 0; i < found.length; i++) memory[i] = Math.floor(found[i] / step) % size;
    columns.push(column);
  }
  return columns;
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
  const found = positionsOf('nonzero', x);
  const out = empty([found.length, x.ndim], 'int32');
  const memory = out.memory(out.numel);
  for (let i = 0; i < found.length; i++) {
    let rest = found[i];
    for (let d = x.ndim - 1; d >= 0; d--) {
      memory[i * x.ndim + d] = rest % x.sizes[d];
      rest = Math.floor(rest / x.sizes[d]);
    }
  }
  return out;
}
