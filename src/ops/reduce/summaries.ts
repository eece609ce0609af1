/** nansum, nanmean, stdMean, varMean, aminmax, trace: of other reductions, in one call. */
import { calledAs, boolean, integer, optionsTable, surplus } from '../../check';
import { dtype as anyDType } from '../../tensor/rules';
import { isFloat } from '../../tensor/dtype';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { named, type Named } from '../declare/named';
import {
  normalizeDims,
  ownDims,
  reductionOptions,
  type Dims,
  type ReductionOptions,
  isDTypeOption,
  type DTypeOption,
} from '../kernels/reduce';
import { std, variance, type VarianceOptions } from './variance';
import { composed } from '../declare/composed';

const nansumOptions = reductionOptions('nansum', anyDType);

/**
 * The sum over all dimensions, or over `dim` (one or several), NaN left out (torch.nansum).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example nansum(tensor([1, NaN, 2])) // 3
 */
export function nansum(x: Tensor, dim?: Dims | DTypeOption, options?: ReductionOptions): Tensor {
  if (arguments.length > 3) surplus('nansum', arguments, 3, 'options');
  if (options === undefined && isDTypeOption(dim)) return nansum(x, undefined, dim);
  checkTensor('nansum', 'x', x);
  const dims = normalizeDims('nansum', dim as Dims, x.ndim);
  const given = nansumOptions.read(options);
  if (!isFloat(x.dtype)) return x.sum(dims, given);
  return composed([x], () => x.maskedFill(x.isnan(), 0).sum(dims, given));
}

/**
 * The mean over all dimensions, or over `dim` (one or several), of what is not NaN; NaN of nothing else (torch.nanmean).
 * @throws TypeError for int32 and bool, unless the option dtype (float32 or float64) converts them; RangeError for a
 * dimension that x does not have.
 * @example nanmean(tensor([1, NaN, 2])) // 1.5
 */
export function nanmean(x: Tensor, dim?: Dims | DTypeOption, options?: ReductionOptions): Tensor {
  if (arguments.length > 3) surplus('nanmean', arguments, 3, 'options');
  if (options === undefined && isDTypeOption(dim)) return nanmean(x, undefined, dim);
  checkTensor('nanmean', 'x', x);
  const dims = normalizeDims('nanmean', dim as Dims, x.ndim);
  const { keepdim, dtype } = nansumOptions.read(options, 'nanmean');
  checkFloat('nanmean', x);
  return composed([x], () => {
    const isNaNThere = x.isnan();
    const total = x.maskedFill(isNaNThere, 0).sum(dims, { keepdim, dtype });
    return total.div(isNaNThere.logicalNot().sum(dims, { keepdim }));
  });
}

/**
 * Standard deviation and mean, as `std` and `mean` compute them: `[std, mean]` (torch.std_mean).
 * @throws TypeError for int32 and bool; RangeError for a dimension that x does not have.
 * @example const [deviation, mean] = stdMean(tensor([1, 2, 3])); // 1, 2
 */
export function stdMean(x: Tensor, dim?: Dims, options?: VarianceOptions): [Tensor, Tensor] {
  if (arguments.length > 3) surplus('stdMean', arguments, 3, 'options');
  checkTensor('stdMean', 'x', x);
  checkFloat('stdMean', x);
  const own = ownDims('stdMean', dim, x.ndim);
  return calledAs('stdMean', () => [
    std(x, own, options),
    x.mean(own, { keepdim: options?.keepdim ?? false }),
  ]);
}

/**
 * Variance and mean, as `var` and `mean` compute them: `[var, mean]` (torch.var_mean).
 * @throws TypeError for int32 and bool; RangeError for a dimension that x does not have.
 * @example const [squared, mean] = varMean(tensor([1, 2, 3])); // 1, 2
 */
export function varMean(x: Tensor, dim?: Dims, options?: VarianceOptions): [Tensor, Tensor] {
  if (arguments.length > 3) surplus('varMean', arguments, 3, 'options');
  checkTensor('varMean', 'x', x);
  checkFloat('varMean', x);
  const own = ownDims('varMean', dim, x.ndim);
  return calledAs('varMean', () => [
    variance(x, own, options),
    x.mean(own, { keepdim: options?.keepdim ?? false }),
  ]);
}

/** Options of `aminmax`. */
export interface AminmaxOptions {
  /** The dimension that is reduced. Default: all. */
  dim?: number;
  /** Keep the reduced dimensions with size 1. Default: false. */
  keepdim?: boolean;
}
const aminmaxOptions = optionsTable<AminmaxOptions, 'dim'>('aminmax', {
  dim: integer.optional,
  keepdim: boolean.or(false),
});

/**
 * The smallest and the largest elements: `[min, max]`, also by these names (torch.aminmax).
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, or without elements.
 * @example const { min, max } = aminmax(tensor([3, 1, 2])); // 1, 3
 */
export function aminmax(x: Tensor, options?: AminmaxOptions): Named<['min', 'max']> {
  if (arguments.length > 2) surplus('aminmax', arguments, 2, 'options');
  checkTensor('aminmax', 'x', x);
  const { dim, keepdim } = aminmaxOptions.read(options);
  const dims = normalizeDims('aminmax', dim, x.ndim);
  const n = dims.reduce((product, d) => product * sizesOf(x)[d], 1);
  if (n === 0) {
    throw new RangeError(
      `aminmax: is not defined for 0 elements (shape ${showShape(sizesOf(x))}); name a dim whose size is not 0`,
    );
  }
  return named<['min', 'max']>({ min: x.amin(dims, { keepdim }), max: x.amax(dims, { keepdim }) });
}

/**
 * The sum of a matrix's diagonal (torch.trace).
 * @throws TypeError for bool; RangeError for what is no matrix.
 * @example trace(tensor([[1, 2], [3, 4]])) // 5
 */
export function trace(x: Tensor): Tensor {
  if (arguments.length > 1) surplus('trace', arguments, 1, 'x');
  checkTensor('trace', 'x', x);
  if (x.dtype === 'bool') {
    throw new TypeError("trace: is not defined for bool tensors; convert with to('int32')");
  }
  if (x.ndim !== 2)
    throw new RangeError(`trace: takes a matrix, got shape ${showShape(sizesOf(x))}`);
  return x.diagonal().sum();
}
