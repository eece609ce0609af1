/**
 * scatterReduce: elements of `src` combined with those of `x` at the places that `index` names along a dimension, by sum,
 * product, mean, or the larger or smaller one; and indexFill, which fills whole rows.
 */
import { boolean, oneOf, optionsTable, surplus } from '../../check';
import { family } from '../../native/families';
import { withGradMode } from '../../autograd/mode';
import { isFloat, type DType } from '../../tensor/dtype';
import { checkDim, showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes, type GivenOperand } from '../arguments/check';
import { constant } from '../creation/factories';
import { gradient } from '../declare/gradient';
import { inPlace } from '../inplace/inplace';
import { where } from '../elementwise/where';
import { applyBinary } from '../kernels/launch';
import { operand, operandOf } from '../kernels/operands';
import { reshape } from '../view/reshape';
import { indexCopy } from './along';
import { checkIndex } from './rows';
import { larger, multiplying, smaller, summing } from './combine';
import { checkAlong, fit, scatter, scatterAdd, written } from './gather';

/** How elements are combined. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

const quotients = family('floor_divide');
const kernels = {
  sum: summing,
  mean: summing,
  prod: multiplying,
  amax: () => larger,
  amin: () => smaller,
};

/** Options of `scatterReduce`. */
export interface ScatterReduceOptions {
  /** Whether the element of `x` is one of those that are combined. Default: true. */
  includeSelf?: boolean;
}
const scatterReduceOptions = optionsTable<ScatterReduceOptions>('scatterReduce', {
  includeSelf: boolean.or(true),
});
const reductions = oneOf('sum', 'prod', 'mean', 'amax', 'amin');

interface Combined {
  readonly dim: number;
  readonly index: Tensor;
  readonly reduce: ScatterReduction;
  readonly includeSelf: boolean;
}

/** How many elements each place of x is made of, at least 1. */
function countsOf(x: Tensor, { dim, index, includeSelf }: Combined): Tensor {
  const start = constant(sizesOf(x), Number(includeSelf), x.dtype);
  return scatterAdd(start, dim, index, constant(sizesOf(index), 1, x.dtype)).clamp(1);
}

const ranges: Readonly<Record<DType, readonly [lowest: number, highest: number]>> = {
  float32: [-Infinity, Infinity],
  float64: [-Infinity, Infinity],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  bool: [0, 1],
};

/** x with what changes nothing in the places that are written. */
function withoutSelf(x: Tensor, { dim, index, reduce }: Combined): Tensor {
  const [lowest, highest] = ranges[x.dtype];
  const neutral = { sum: 0, mean: 0, prod: 1, amax: lowest, amin: highest }[reduce];
  return scatter(x, dim, index, neutral);
}

function combined(x: Tensor, src: Tensor, how: Combined): Tensor {
  const { dim, index, reduce, includeSelf } = how;
  const start = includeSelf ? x : withoutSelf(x, how);
  const out = written('scatterReduce', kernels[reduce](x.dtype), start, dim, index, src);
  if (reduce !== 'mean') return out;
  const counts = countsOf(x, how);
  if (isFloat(x.dtype)) return out.div(counts);
  // No count is 0, which floorDivide would look for.
  return applyBinary('scatterReduce', quotients, out, counts, empty(sizesOf(x), x.dtype));
}

const recorded = gradient<[x: Tensor, src: Tensor], [Tensor, Tensor, Tensor, Tensor], Combined>(
  'scatterReduce',
  {
    saves: ([x, src], y, { index }) => [x, src, y, index],
    rule: (g, [x, src, y], how, node) => {
      const { dim, index, includeSelf } = how;
      const [dx, dsrc] = rules[how.reduce](g, x, src, y, how);
      return [
        node.needs(0) ? (includeSelf ? dx : dx.scatter(dim, index, 0)) : null,
        node.needs(1) ? dsrc : null,
      ];
    },
  },
);

type Gradients = readonly [dx: Tensor, dsrc: Tensor];
type Rule = (g: Tensor, x: Tensor, src: Tensor, y: Tensor, how: Combined) => Gradients;

// Shared equally by all that are the result.
const extreme: Rule = (g, x, src, y, { dim, index, includeSelf }) => {
  const own = x.eq(y).to(g.dtype);
  const given = src.eq(y.gather(dim, index)).to(g.dtype);
  const start = includeSelf ? own : constant(sizesOf(x), 0, g.dtype);
  const share = g.div(start.scatterAdd(dim, index, given).clamp(1));
  return [own.mul(share), given.mul(share.gather(dim, index))];
};

const rules: Readonly<Record<ScatterReduction, Rule>> = {
  sum: (g, _x, _src, _y, { dim, index }) => [g, g.gather(dim, index)],
  mean: (g, x, _src, _y, how) => {
    const share = g.div(countsOf(x, how));
    return [share, share.gather(how.dim, how.index)];
  },
  // The product of the others: the result divided by the element, or where it is 0 the product without it.
  prod: (g, x, src, y, how) => {
    const { dim, index, includeSelf } = how;
    const ownZero = x.eq(0);
    const others = x.maskedFill(ownZero, 1);
    const dx = g.mul(scatterReduce(others, dim, index, src, 'prod', { includeSelf }).div(others));
    const zero = src.eq(0);
    const zeros = constant(sizesOf(x), 0, g.dtype).scatterAdd(dim, index, zero.to(g.dtype));
    const isOnly = zero.logicalAnd(zeros.gather(dim, index).eq(1));
    const rest = scatterReduce(x, dim, index, src.maskedFill(isOnly, 1), 'prod', { includeSelf });
    const quotient = g.mul(y).gather(dim, index).div(src.maskedFill(zero, 1));
    return [dx, g.mul(rest).gather(dim, index).where(isOnly, quotient)];
  },
  amax: extreme,
  amin: extreme,
};

/**
 * `x` with the elements of `src` combined into it along `dim` at `index` (torch.scatter_reduce): those of one place, and
 * the element of x itself (`includeSelf`), by their sum, product, mean, largest or smallest one. Places that no index names keep theirs.
 * @param reduce `'sum'`, `'prod'`, `'mean'`, `'amax'` or `'amin'`
 * @throws TypeError unless `index` is int32 and the element types are one; RangeError when shapes do not fit or a value is
 * out of range.
 * @example
 * const index = tensor([0, 0, 1], { dtype: 'int32' });
 * scatterReduce(zeros([2]), 0, index, tensor([1, 5, 2]), 'amax'); // [5, 2]
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  options?: ScatterReduceOptions,
): Tensor {
  if (arguments.length > 6) surplus('scatterReduce', arguments, 6, 'options');
  checkTensor('scatterReduce', 'x', x);
  checkTensor('scatterReduce', 'src', src);
  reductions.check('scatterReduce', 'reduce', reduce);
  const { includeSelf } = scatterReduceOptions.read(options);
  const d = checkDim('scatterReduce', dim, x.ndim);
  const plain = checkAlong('scatterReduce', x, d, index);
  checkTypes('scatterReduce', x, src, ['x', 'src']);
  const source = fit('scatterReduce', plain, src);
  const how = { dim: d, index: plain, reduce, includeSelf };
  const out = withGradMode(false, () => combined(x, source, how));
  return recorded(out, how, x, source);
}

/**
 * x = scatterReduce(x, …); returns x (torch.Tensor.scatter_reduce_).
 * @throws as `scatterReduce`; Error on a leaf that requires gradients.
 * @example ones([2]).scatterReduce_(0, tensor([0, 0], { dtype: 'int32' }), tensor([2, 3]), 'sum') // [6, 1]
 */
export function scatterReduce_(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  options?: ScatterReduceOptions,
): Tensor {
  if (arguments.length > 6) surplus('scatterReduce_', arguments, 6, 'options');
  return inPlace('scatterReduce_', x, [src], (before) =>
    scatterReduce(before, dim, index, src, reduce, options),
  );
}

/**
 * `x` with `value` (a number, a boolean or a 0-dimensional tensor) in the rows of `dim` that `index` names (torch.index_fill).
 * @throws TypeError unless `index` is int32; RangeError for an index out of range or of more than one dimension, and a value that has
 * dimensions.
 * @example indexFill(zeros([3]), 0, tensor([2], { dtype: 'int32' }), 5) // [0, 0, 5]
 */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: GivenOperand): Tensor {
  if (arguments.length > 4) surplus('indexFill', arguments, 4, 'value');
  checkTensor('indexFill', 'x', x);
  checkTensor('indexFill', 'index', index);
  const given = operandOf('indexFill', 'value', value, x);
  const d = checkDim('indexFill', dim, x.ndim);
  if (index.dtype !== 'int32') {
    throw new TypeError(
      `indexFill: index must be int32, got ${index.dtype}; convert it with to('int32')`,
    );
  }
  if (index.ndim > 1) {
    throw new RangeError(
      `indexFill: index must be a vector, got shape ${showShape(sizesOf(index))}`,
    );
  }
  if (typeof given !== 'number' && given.ndim > 0) {
    throw new RangeError(
      `indexFill: value must be a number or a 0-dimensional tensor, got shape ${showShape(sizesOf(given))}`,
    );
  }
  const rows = reshape(index, [-1]);
  const size = x.ndim === 0 ? 1 : sizesOf(x)[d];
  const fromStart = rows.where(rows.ge(0), rows.add(size));
  const plain = checkIndex('indexFill', 'index', fromStart, size, `dimension ${d}`);
  // A row that is named twice is filled once, and counts once in the gradient of the value.
  const named = indexCopy(
    constant([size], 0, 'float32'),
    0,
    plain,
    constant([rows.numel], 1, 'float32'),
  ).gt(0);
  const along = sizesOf(x).map((_, i) => (i === d ? size : 1));
  return where(reshape(named, along), operand('indexFill', given, x.dtype), x);
}

/**
 * x = indexFill(x, …); returns x (torch.Tensor.index_fill_).
 * @throws as `indexFill`; Error on a leaf that requires gradients.
 * @example zeros([3]).indexFill_(0, tensor([2], { dtype: 'int32' }), 5) // [0, 0, 5]
 */
export function indexFill_(x: Tensor, dim: number, index: Tensor, value: GivenOperand): Tensor {
  if (arguments.length > 4) surplus('indexFill_', arguments, 4, 'value');
  const inputs = typeof value === 'object' ? [value] : [];
  return inPlace('indexFill_', x, inputs, (before) => indexFill(before, dim, index, value), {
    saves: false,
  });
}
