/** indexSelect, indexAdd, indexCopy: whole sub-tensors picked or written along one dimension. */
import type { Node } from '../../autograd/node';
import { numberOrBoolean, optionsTable, surplus } from '../../check';
import { checkDim, sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes } from '../arguments/check';
import { checkFactor } from '../arguments/factor';
import { cast } from '../copying/cast';
import { constant } from '../creation/factories';
import { inPlace } from '../inplace/inplace';
import { mul } from '../elementwise/arithmetic';
import { reshape } from '../view/reshape';
import { gradient } from '../declare/gradient';
import {
  addRowsInto,
  checkIndex,
  putRowsInto,
  rowPicker,
  rowsAlong,
  rowsBetween,
  type Rows,
} from './rows';
import { copyOf } from '../kernels/copy';

const pickRows = rowPicker('indexSelect');

// The gradient of a source that was written at `index`.
const ofSource = (g: Tensor, rows: Rows, { next }: Node): Tensor =>
  pickRows(g, rowsBetween(rows, sizesOf(g), next[1]!.shape));
const recordedAdd = gradient<[x: Tensor, source: Tensor], [Tensor], Rows>('indexAdd', {
  saves: (_, _y, { index }) => [index],
  rule: (g, _, rows, node) => [g, node.needs(1) ? ofSource(g, rows, node) : null],
});
interface Put {
  readonly rows: Rows;
  readonly dim: number;
}
const recordedPut = gradient<[x: Tensor, source: Tensor], [Tensor], Put>('indexCopy', {
  saves: (_, _y, { rows }) => [rows.index],
  rule: (g, [index], { rows, dim }, node) => [
    node.needs(0) ? g.indexCopy(dim, index, constant(rows.to, 0, g.dtype)) : null,
    node.needs(1) ? ofSource(g, rows, node) : null,
  ],
});

/** Which rows of `x`. Where a 0-dimensional result is `single`, one index says which element it has. */
function rowsOf(operation: string, x: Tensor, dim: number, index: Tensor, single: boolean): Rows {
  checkTensor(operation, 'index', index);
  const d = checkDim(operation, dim, x.ndim);
  if (index.ndim > 1) {
    throw new RangeError(
      `${operation}: index must be a vector, got shape ${showShape(sizesOf(index))}`,
    );
  }
  if (single && x.ndim === 0 && index.numel !== 1) {
    throw new RangeError(
      `${operation}: index must have exactly one element where x is 0-dimensional, got ${index.numel}`,
    );
  }
  const shape = x.ndim === 0 ? [1] : sizesOf(x);
  const plain = checkIndex(operation, 'index', index, shape[d], `dimension ${d}`);
  return rowsAlong(shape, d, index.ndim === 0 ? reshape(plain, [1]) : plain);
}

/**
 * The sub-tensors of `x` at `index` (an int32 vector) along `dim` (torch.index_select).
 * @throws TypeError unless `index` is int32; RangeError when a value is out of range, and for other than one of a 0-dimensional `x`.
 * @example indexSelect(tensor([5, 6, 7]), 0, tensor([2, 0], { dtype: 'int32' })) // [7, 5]
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  if (arguments.length > 3) surplus('indexSelect', arguments, 3, 'index');
  checkTensor('indexSelect', 'x', x);
  const rows = rowsOf('indexSelect', x, dim, index, true);
  return pickRows(x, x.ndim === 0 ? rowsBetween(rows, [], []) : rows);
}

function checkSource(operation: string, x: Tensor, rows: Rows, source: Tensor): void {
  checkTensor(operation, 'source', source);
  checkTypes(operation, x, source, ['x', 'source']);
  const to = x.ndim === 0 && operation === 'indexAdd' ? [] : rows.to;
  if (
    sameShape(sizesOf(source), to) ||
    (source.ndim === 0 && x.ndim === 0 && rows.index.numel === 1)
  ) {
    return;
  }
  throw new RangeError(
    `${operation}: source must have shape ${showShape(to)} for this index, got ${showShape(sizesOf(source))}`,
  );
}

/** Options of `indexAdd`. */
export interface IndexAddOptions {
  /** Factor of the source: an integer for tensors of integers; an integer, whose truth counts, or a boolean for bool ones. Default: 1. */
  alpha?: number | boolean;
}
const indexAddOptions = optionsTable<IndexAddOptions>('indexAdd', { alpha: numberOrBoolean.or(1) });

/**
 * `x` with alpha·source[i] added at index[i] along `dim` (torch.index_add); repeated indices add up. Integers wrap around, and
 * the sum of bools is their or.
 * @throws TypeError unless `index` is int32; RangeError when a value is out of range or a shape does not fit.
 * @example indexAdd(zeros([3]), 0, tensor([0, 0], { dtype: 'int32' }), tensor([1, 2])) // [3, 0, 0]
 */
export function indexAdd(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options?: IndexAddOptions,
): Tensor {
  if (arguments.length > 5) surplus('indexAdd', arguments, 5, 'options');
  checkTensor('indexAdd', 'x', x);
  const { alpha } = indexAddOptions.read(options);
  const rows = rowsOf('indexAdd', x, dim, index, true);
  checkSource('indexAdd', x, rows, source);
  const scaled =
    alpha === 1 ? source : mul(source, checkFactor('indexAdd', 'alpha', alpha, source.dtype));
  // The sum of bools is whether it is not 0.
  const isBool = x.dtype === 'bool';
  const out = copyOf(isBool ? cast(x, 'int32') : x);
  addRowsInto('indexAdd', isBool ? cast(scaled, 'int32') : scaled, rows, out);
  return isBool ? cast(out, 'bool') : recordedAdd(out, rows, x, scaled);
}

/**
 * x[index[i]] += alpha·source[i] along `dim`; returns x (torch.Tensor.index_add_).
 * @throws as `indexAdd`; Error on a leaf that requires gradients.
 * @example ones([3]).indexAdd_(0, tensor([0, 0], { dtype: 'int32' }), tensor([1, 2])) // [4, 1, 1]
 */
export function indexAdd_(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options?: IndexAddOptions,
): Tensor {
  if (arguments.length > 5) surplus('indexAdd_', arguments, 5, 'options');
  return inPlace(
    'indexAdd_',
    x,
    [source],
    (before) => indexAdd(before, dim, index, source, options),
    {
      saves: false,
    },
  );
}

/**
 * `x` with source[i] in place of index[i] along `dim` (torch.index_copy); of repeated indices the last one stays.
 * @throws TypeError unless `index` is int32; RangeError when a value is out of range or a shape does not fit.
 * @example indexCopy(zeros([3]), 0, tensor([2], { dtype: 'int32' }), tensor([5])) // [0, 0, 5]
 */
export function indexCopy(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  if (arguments.length > 4) surplus('indexCopy', arguments, 4, 'source');
  checkTensor('indexCopy', 'x', x);
  const rows = rowsOf('indexCopy', x, dim, index, false);
  checkSource('indexCopy', x, rows, source);
  const out = copyOf(x);
  putRowsInto('indexCopy', source, rows, out);
  return recordedPut(out, { rows, dim }, x, source);
}

/**
 * x[index[i]] = source[i] along `dim`, of repeated indices the last; returns x (torch.Tensor.index_copy_).
 * @throws as `indexCopy`; Error on a leaf that requires gradients.
 * @example ones([3]).indexCopy_(0, tensor([2], { dtype: 'int32' }), tensor([5])) // [1, 1, 5]
 */
export function indexCopy_(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  if (arguments.length > 4) surplus('indexCopy_', arguments, 4, 'source');
  return inPlace('indexCopy_', x, [source], (before) => indexCopy(before, dim, index, source), {
    saves: false,
  });
}
