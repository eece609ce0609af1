/** cumprod, logcumsumexp, cummax, cummin: running products, sums of exponentials and extremes along a dimension. */
import { surplus } from '../../check';
import { runCumprodBackward, runExtreme, runAlong } from '../../native/calls';
import { family } from '../../native/families';
import { arithmeticType } from '../../tensor/dtype';
import { checkDim } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { constant } from '../creation/factories';
import { gradient } from '../declare/gradient';
import { ValuesAndIndices } from '../declare/named';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';
import { reductionView, runningOptions, type RunningOptions } from '../kernels/reduce';

const products = family('cumprod');
const productGradients = family('cumprod_backward');
const logarithms = family('logcumsumexp');

const fromEnd = (x: Tensor, dim: number): Tensor => x.flip(dim).cumsum(dim).flip(dim);

// Σ_{j≥k} gⱼ Π_{i≤j, i≠k} xᵢ for the one k of each line where `place` is true, and 0 elsewhere.
function gradientAt(g: Tensor, x: Tensor, place: Tensor, dim: number): Tensor {
  const others = x.maskedFill(place, 1).cumprod(dim).mul(g);
  return fromEnd(others, dim).maskedFill(place.logicalNot(), 0);
}

const recordedProduct = gradient<[Tensor], [Tensor, Tensor], number>('cumprod', {
  saves: ([x], y) => [x, y],
  // dxₖ = Σ_{j≥k} gⱼ yⱼ / xₖ. Where xₖ = 0 the product of the others is computed instead: for the first 0 of a line (of
  // later ones dx is 0), and for the second one too, where the gradient itself is differentiated.
  rule: (g, [x, y], dim) => {
    if (x.numel <= 1) return [g];
    const zero = x.eq(0);
    const count = zero.cumsum(dim);
    const quotient = fromEnd(g.mul(y), dim).div(x.maskedFill(zero, 1)).maskedFill(zero, 0);
    const first = gradientAt(g, x, zero.logicalAnd(count.eq(1)), dim);
    const second = gradientAt(g, x, zero.logicalAnd(count.eq(2)), dim);
    return [quotient.add(first).add(second)];
  },
  fused: (g, [x, y], dim) => {
    const { source, outer, n, inner } = reductionView('cumprod', x, dim, true);
    const out = empty(sizesOf(x), x.dtype);
    const run = pick('cumprod', productGradients, x.dtype);
    runCumprodBackward(run, { g: dense(g), x: source, y: dense(y), out, outer, n, inner });
    return [out];
  },
});

/** Options of `cumprod`. */
export type CumprodOptions = RunningOptions;

/**
 * Running products yᵢ = Π_{j≤i} xⱼ along `dim` (torch.cumprod). bool, uint8 and int32 multiply to int32, which wraps around.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have, and for `dtype` bool.
 * @example cumprod(tensor([1, 2, 3]), 0) // [1, 2, 6]
 */
export function cumprod(x: Tensor, dim: number, options?: CumprodOptions): Tensor {
  if (arguments.length > 3) surplus('cumprod', arguments, 3, 'options');
  checkTensor('cumprod', 'x', x);
  const { dtype = arithmeticType(x.dtype) } = runningOptions.read(options, 'cumprod');
  const given = cast(cast(x, dtype), arithmeticType(dtype));
  const d = checkDim('cumprod', dim, x.ndim);
  const { source, outer, n, inner } = reductionView('cumprod', given, d, true);
  const out = empty(sizesOf(x), given.dtype);
  runAlong(pick('cumprod', products, given.dtype), source, out, outer, n, inner);
  return cast(recordedProduct(out, d, given), dtype);
}

const recordedLogarithm = gradient<[Tensor], [Tensor, Tensor], number>('logcumsumexp', {
  saves: ([x], y) => [x, y],
  // dxₖ = Σ_{j≥k} gⱼ e^(xₖ − yⱼ), as sums of logarithms for the positive and the negative gⱼ, in which nothing overflows
  rule: (g, [x, y], dim) => {
    if (x.ndim === 0) return [g];
    const part = (sign: Tensor): Tensor => {
      const isPart = sign.gt(0);
      const logs = sign.where(isPart, 1).log().maskedFill(isPart.logicalNot(), -Infinity);
      const sums = logs.sub(y).maskedFill(isPart.logicalNot(), -Infinity);
      return logcumsumexp(sums.flip(dim), dim).flip(dim).add(x).exp();
    };
    return [part(g).sub(part(g.neg()))];
  },
});

/**
 * yᵢ = ln Σ_{j≤i} e^xⱼ along `dim`, without overflow (torch.logcumsumexp).
 * @throws TypeError unless `x` is a tensor of floats; RangeError for a dimension that x does not have.
 * @example logcumsumexp(tensor([0, 0]), 0) // [0, 0.6931]
 */
export function logcumsumexp(x: Tensor, dim: number): Tensor {
  if (arguments.length > 2) surplus('logcumsumexp', arguments, 2, 'dim');
  checkTensor('logcumsumexp', 'x', x);
  checkFloat('logcumsumexp', x);
  const d = checkDim('logcumsumexp', dim, x.ndim);
  const { source, outer, n, inner } = reductionView('logcumsumexp', x, d, true);
  const out = empty(sizesOf(x), x.dtype);
  runAlong(pick('logcumsumexp', logarithms, x.dtype), source, out, outer, n, inner);
  return recordedLogarithm(out, d, x);
}

interface Picked {
  readonly dim: number;
  readonly indices: Tensor;
}

function runningExtreme(name: 'cummax' | 'cummin') {
  const kernels = family(name);
  const recorded = gradient<[Tensor], [Tensor], Picked>(name, {
    saves: (_, _y, { indices }) => [indices],
    rule: (g, [indices], { dim }, { next }) => [
      constant(next[0]!.shape, 0, g.dtype).scatterAdd(dim, indices, g),
    ],
  });
  return (argument: Tensor, dim: number): ValuesAndIndices => {
    checkTensor(name, 'x', argument);
    const x = cast(argument, arithmeticType(argument.dtype));
    const d = checkDim(name, dim, x.ndim);
    const { source, outer, n, inner } = reductionView(name, x, d, true);
    const values = empty(sizesOf(x), x.dtype);
    const indices = empty(sizesOf(x), 'int32');
    runExtreme(pick(name, kernels, x.dtype), source, values, indices, outer, n, inner);
    if (x !== argument) return new ValuesAndIndices(cast(values, argument.dtype), indices);
    recorded(values, { dim: d, indices }, x);
    return new ValuesAndIndices(values, indices);
  };
}
const largestSoFar = runningExtreme('cummax');
const smallestSoFar = runningExtreme('cummin');

/**
 * The largest element so far along `dim`, and where it is, the last of equal ones: `[values, indices]`, also by these names
 * (torch.cummax). NaN is larger than every number.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example cummax(tensor([1, 3, 2]), 0).values // [1, 3, 3]
 */
export function cummax(x: Tensor, dim: number): ValuesAndIndices {
  if (arguments.length > 2) surplus('cummax', arguments, 2, 'dim');
  return largestSoFar(x, dim);
}

/**
 * The smallest element so far along `dim`, and where it is, the last of equal ones: `[values, indices]`, also by these
 * names (torch.cummin). NaN is smaller than every number.
 * @throws TypeError unless `x` is a tensor; RangeError for a dimension that x does not have.
 * @example cummin(tensor([2, 3, 1]), 0).values // [2, 2, 1]
 */
export function cummin(x: Tensor, dim: number): ValuesAndIndices {
  if (arguments.length > 2) surplus('cummin', arguments, 2, 'dim');
  return smallestSoFar(x, dim);
}
