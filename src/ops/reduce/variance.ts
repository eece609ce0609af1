/**
 * var and std: v = Σ (x − mean)² / (n − correction), s = √v. dx = g·2·(x − mean) / (n − correction) for v, and
 * that of v with g / (2·s) for s, 0 where s = 0. Saves x, and for s the result.
 */
import { boolean, finite, optionsTable, surplus, withName } from '../../check';
import { family } from '../../native/families';
import { runVariance } from '../../native/calls';
import type { Shape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { gradient } from '../declare/gradient';
import { checkTensor } from '../arguments/check';
import { applyUnary, pick } from '../kernels/launch';
import { checkFloat } from '../arguments/floating';
import {
  isLeading,
  ownDims,
  reductionView,
  type Dims,
  type KeepdimOptions,
} from '../kernels/reduce';

const kernels = family('variance');
const rootKernels = family('sqrt');

/** Options of `std` and `var`. */
export interface VarianceOptions extends KeepdimOptions {
  /** What is subtracted from n in the divisor: 1 (unbiased) unless given. */
  correction?: number;
  /** false is correction 0. */
  unbiased?: boolean;
}

const varianceOptions = optionsTable<VarianceOptions, 'correction'>('var', {
  keepdim: boolean.or(false),
  correction: finite.optional,
  unbiased: boolean.or(true),
});

interface Variance {
  readonly out: Tensor;
  readonly dim: Dims;
  readonly keptShape: Shape;
  readonly divisor: number;
}

function computed(operation: string, x: Tensor, dims: Dims, given?: VarianceOptions): Variance {
  checkTensor(operation, 'x', x);
  const dim = ownDims(operation, dims, x.ndim);
  checkFloat(operation, x);
  const {
    keepdim,
    unbiased,
    correction = unbiased ? 1 : 0,
  } = varianceOptions.read(given, operation);
  const { source, outShape, keptShape, outer, n, inner } = reductionView(
    operation,
    x,
    dim,
    keepdim,
  );
  const out = empty(outShape, x.dtype);
  const run = pick(operation, kernels, x.dtype);
  const keptMean = null;
  // NaN of no elements, whatever is subtracted from their number.
  runVariance(run, {
    x: source,
    out,
    mean: keptMean,
    correction: n === 0 ? 0 : correction,
    outer,
    n,
    inner,
  });
  return { out, dim, keptShape, divisor: Math.max(n - correction, 0) };
}

// dx from the gradient of the variance.
function centredGradient(g: Tensor, x: Tensor, { dim, keptShape, divisor }: Variance): Tensor {
  const centred = x.sub(x.mean(dim, { keepdim: true }));
  return g.reshape(keptShape).mul(centred.mul(2 / divisor));
}
const recordedVariance = gradient<[Tensor], [Tensor], Variance>('var', {
  node: 'VarBackward0',
  saves: ([x]) => [x],
  rule: (g, [x], of) => [centredGradient(g, x, of)],
});
const recordedDeviation = gradient<[Tensor], [Tensor, Tensor], Variance>('std', {
  node: 'StdBackward0',
  saves: ([x], y) => [x, y],
  rule: (g, [x, y], of) => [centredGradient(g.div(y.mul(2)).maskedFill(y.eq(0), 0), x, of)],
});

/**
 * Variance over all dimensions, or over `dim`, unbiased by default (torch.var); NaN where n ≤ correction. Options may stand alone:
 * `x.var({ correction: 0 })`.
 * @throws TypeError for int32 and bool.
 * @example tensor([1, 2, 3, 4]).var() // 1.6667
 */
export function varOf(x: Tensor, dim?: Dims | VarianceOptions, options?: VarianceOptions): Tensor {
  if (arguments.length > 3) surplus('var', arguments, 3, 'options');
  if (isLeading(dim)) {
    if (options !== undefined) surplus('var', arguments, 2, 'options');
    return varOf(x, undefined, dim);
  }
  return squaredDeviation('var', x, dim, options);
}
withName('var', varOf);

/**
 * The variance, as `var` (torch.var), under a name that a variable can have.
 * @throws TypeError for int32 and bool.
 * @example variance(tensor([1, 2, 3, 4])) // 1.6667
 */
export function variance(
  x: Tensor,
  dim?: Dims | VarianceOptions,
  options?: VarianceOptions,
): Tensor {
  if (arguments.length > 3) surplus('variance', arguments, 3, 'options');
  if (isLeading(dim)) {
    if (options !== undefined) surplus('variance', arguments, 2, 'options');
    return variance(x, undefined, dim);
  }
  return squaredDeviation('variance', x, dim, options);
}

function squaredDeviation(operation: string, x: Tensor, dim: Dims, options?: VarianceOptions) {
  const result = computed(operation, x, dim, options);
  return recordedVariance(result.out, result, x);
}

/**
 * Standard deviation: the square root of the variance (torch.std).
 * @throws TypeError unless `x` is a tensor of floats; RangeError for a dimension that x does not have.
 * @example std(tensor([1, 2, 3, 4])) // 1.291
 */
export function std(x: Tensor, dim?: Dims | VarianceOptions, options?: VarianceOptions): Tensor {
  if (arguments.length > 3) surplus('std', arguments, 3, 'options');
  if (isLeading(dim)) {
    if (options !== undefined) surplus('std', arguments, 2, 'options');
    return std(x, undefined, dim);
  }
  const result = computed('std', x, dim, options);
  applyUnary('std', rootKernels, result.out, result.out);
  return recordedDeviation(result.out, result, x);
}
