/** Reductions that add: sum, mean, logsumexp, and the running sums of cumsum. */
import { calledAs, surplus } from '../../check';
import { family } from '../../native/families';
import { runAlong } from '../../native/calls';
import { arithmeticType } from '../../tensor/dtype';
import { dtype as anyDType, floatDType } from '../../tensor/rules';
import { checkDim, checkDims } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { gradient, type ContextOf } from '../declare/gradient';
import { checkTensor } from '../arguments/check';
import { pick } from '../kernels/launch';
import {
  type Dims,
  type KeepdimOptions,
  reductionView,
  runningOptions,
  type RunningOptions,
} from '../kernels/reduce';
import { reduction, type ReductionTo } from './declaration';

/**
 * Sum over all dimensions, or over `dim` (one or several); 0 of no elements. bool, uint8 and int32 sum to int32; with the option
 * dtype, `x` is converted first, and bools then sum to whether one is true (torch.sum).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example sum(tensor([[1, 2], [3, 4]]), 1) // [3, 7]
 */
export const sum: ReductionTo = reduction('sum', {
  dtype: anyDType,
  node: ['SumBackward0', 'SumBackward1'],
  integers: 'int32',
  refusesEmpty: false,
  grad: (g) => g,
});

/**
 * Mean over all dimensions, or over `dim` (one or several); NaN of no elements (torch.mean).
 * @throws TypeError for integers and bool, unless the option dtype (float32 or float64) converts them.
 * @example mean(tensor([[1, 2], [3, 4]]), 1) // [1.5, 3.5]
 */
export const mean: ReductionTo = reduction('mean', {
  dtype: floatDType,
  node: ['MeanBackward0', 'MeanBackward1'],
  integers: 'refused',
  refusesEmpty: false,
  // Without elements there is nothing to divide, and the second derivative is a sum of none: 0, not 0·∞.
  grad: (g, { n }) => g.mul(1 / Math.max(n, 1)),
});

const logarithmOfSum = reduction('logsumexp', {
  node: 'LogsumexpBackward0',
  integers: 'float32',
  refusesEmpty: false,
  saves: 'xy',
  grad: (g, { x, y }) => g.mul(x.sub(y).exp()),
});

/**
 * ln Σ eˣ over `dim`, one or several, without overflow (torch.logsumexp). −Infinity of no elements.
 * @throws TypeError unless `x` is a tensor of floats; RangeError for a dimension that x does not have.
 * @example logsumexp(tensor([0, 0]), 0) // 0.6931
 */
export function logsumexp(
  x: Tensor,
  dim: number | readonly number[],
  options?: KeepdimOptions,
): Tensor {
  if (arguments.length > 3) surplus('logsumexp', arguments, 3, 'options');
  checkTensor('logsumexp', 'x', x);
  return logarithmOfSum(x, checkDims('logsumexp', dim, x.ndim), options);
}

/**
 * How many elements are not 0, over all dimensions or over `dim` (one or several), as int32 (torch.count_nonzero).
 * NaN counts. It has no gradient.
 * @example countNonzero(tensor([[0, 1], [2, 3]]), 1) // [1, 2]
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 */
export function countNonzero(x: Tensor, dim?: Dims): Tensor {
  if (arguments.length > 2) surplus('countNonzero', arguments, 2, 'dim');
  checkTensor('countNonzero', 'x', x);
  return calledAs('countNonzero', () => x.ne(0).sum(dim));
}

const runningSums = family('cumsum');
const recorded = gradient<[Tensor], [], number>('cumsum', {
  node: 'CumsumBackward0',
  // dxᵢ = Σ_{j≥i} gⱼ: the running sum from the other end
  rule: (g, _, dim) => [g.flip(dim).cumsum(dim).flip(dim)],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type CumsumContext = ContextOf<typeof recorded>;

/** Options of `cumsum`. */
export type CumsumOptions = RunningOptions;

/**
 * Running sums yᵢ = Σ_{j≤i} xⱼ along `dim` (torch.cumsum). bool, uint8 and int32 add to int32.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, and for `dtype` bool.
 * @example cumsum(tensor([1, 2, 3]), 0) // [1, 3, 6]
 */
export function cumsum(x: Tensor, dim: number, options?: CumsumOptions): Tensor {
  if (arguments.length > 3) surplus('cumsum', arguments, 3, 'options');
  checkTensor('cumsum', 'x', x);
  const dtype = options === undefined ? undefined : runningOptions.read(options).dtype;
  const given = dtype === undefined ? x : cast(x, dtype);
  checkDim('cumsum', dim, x.ndim);
  const summed = cast(given, arithmeticType(given.dtype));
  const view = reductionView('cumsum', summed, dim, true);
  const { source } = view;
  const out = empty(sizesOf(x), source.dtype);
  const run = pick('cumsum', runningSums, source.dtype);
  runAlong(run, source, out, view.outer, view.n, view.inner);
  return dtype === 'uint8' ? cast(out, dtype) : recorded(out, dim, given);
}
