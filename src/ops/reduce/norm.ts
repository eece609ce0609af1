/**
 * norm: (Σ |x|^p)^(1/p) over some dimensions. With y the result, dx = g·x / y for p = 2, and in general
 * g·sign(x)·(|x| / y)^(p−1), 0 where y = 0; for p = ∞ it is shared by all that are largest.
 */
import { calledAs, got, surplus } from '../../check';
import { family } from '../../native/families';
import { floatDType } from '../../tensor/rules';
import type { Shape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { gradient } from '../declare/gradient';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import {
  checkNotEmpty,
  normalizeDims,
  ownDims,
  reduceOver,
  reductionOptions,
  type Dims,
  type ReductionOptions,
} from '../kernels/reduce';
import { unrecorded } from '../declare/composed';

const euclidean = family('norm');
const normOptions = reductionOptions('norm', floatDType);

interface Norm {
  readonly p: number;
  readonly dim: Dims;
  readonly keptShape: Shape;
}
const recorded = gradient<[Tensor], [Tensor, Tensor], Norm>('norm', {
  node: 'LinalgVectorNormBackward0',
  saves: ([x], y) => [x, y],
  rule: (g, [x, y], { p, dim, keptShape }) => [
    p === 0 ? null : slope(g.reshape(keptShape), x, y.reshape(keptShape), p, dim),
  ],
});

/**
 * The p-norm of all elements, or over `dim` (torch.norm, torch.linalg.vector_norm): p is a number, Infinity or
 * −Infinity (largest and smallest |x|), 0 (how many are not 0), or 'fro' for 2.
 * @throws TypeError for int32 and bool, and for a `dtype` narrower than `x`; RangeError where an infinite or negative norm
 * has no elements.
 * @example norm(tensor([3, 4])) // 5
 */
export function norm(
  x: Tensor,
  p: number | 'fro' = 2,
  dims?: Dims,
  options?: ReductionOptions,
): Tensor {
  if (arguments.length > 4) surplus('norm', arguments, 4, 'options');
  checkTensor('norm', 'x', x);
  const dim = ownDims('norm', dims, x.ndim);
  checkFloat('norm', x);
  const { keepdim, dtype = x.dtype } = normOptions.read(options);
  if (dtype === 'float32' && x.dtype === 'float64') {
    throw new TypeError(
      "norm: dtype float32 is narrower than x, which is float64; convert the result with to('float32')",
    );
  }
  const input = cast(x, dtype);
  const order = p === 'fro' ? 2 : p;
  if (typeof order !== 'number' || Number.isNaN(order)) {
    throw new TypeError(`norm: p must be a number or 'fro', got ${got('norm', 'p', p)}`);
  }
  const out = calledAs('norm', () => unrecorded(() => value(input, order, dim, keepdim)));
  const reduced = new Set(normalizeDims('norm', dim, x.ndim));
  const keptShape = sizesOf(x).map((size, d) => (reduced.has(d) ? 1 : size));
  return recorded(out, { p: order, dim, keptShape }, input);
}

function value(x: Tensor, p: number, dim: Dims, keepdim: boolean): Tensor {
  const options = { keepdim };
  if (p === 2) {
    const make = (shape: readonly number[]): Tensor => empty(shape, x.dtype);
    return reduceOver('norm', euclidean, x, dim, keepdim, make).out;
  }
  if (p === 0) return cast(x.ne(0), x.dtype).sum(dim, options);
  if (p === 1) return x.abs().sum(dim, options);
  if (p < 0 || p === Infinity) {
    const n = normalizeDims('norm', dim, x.ndim).reduce((count, d) => count * sizesOf(x)[d], 1);
    checkNotEmpty('norm', n, x);
  }
  if (Number.isFinite(p))
    return x
      .abs()
      .pow(p)
      .sum(dim, options)
      .pow(1 / p);
  return p > 0 ? x.abs().amax(dim, options) : x.abs().amin(dim, options);
}

function slope(g: Tensor, x: Tensor, y: Tensor, p: number, dim: Dims): Tensor {
  if (p === 1) return g.mul(x.sign());
  // The divisor is 1 where the norm is 0, so that the second derivative is 0 there, not 0 / 0.
  const isZero = y.eq(0);
  if (p === 2) return x.mul(g.div(y.maskedFill(isZero, 1))).maskedFill(isZero, 0);
  if (!Number.isFinite(p)) {
    const chosen = cast(x.abs().eq(y), x.dtype);
    return x
      .sign()
      .mul(chosen)
      .mul(g.div(chosen.sum(dim, { keepdim: true })));
  }
  // sign(0) is 0, but 0 to a power below 0 is not.
  const magnitude = p < 1 ? x.abs().maskedFill(x.eq(0), 1) : x.abs();
  const ratio = magnitude.div(y.maskedFill(isZero, 1)).pow(p - 1);
  return g.mul(x.sign().mul(ratio)).maskedFill(isZero, 0);
}
