/**
 * norm: (Σ |x|^p)^(1/p) over some dimensions. With y the result, dx = g·x / y for p = 2, and in general
 * g·sign(x)·(|x| / y)^(p−1), 0 where y = 0; for p = ∞ it is shared by all that are largest. Saves x and the result.
 */
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { record, save } from '../../autograd/node';
import { family } from '../../native/kernels';
import { empty, type Tensor } from '../../tensor/tensor';
import { div } from '../binary/div';
import { pow } from '../binary/pow';
import { cast } from '../cast';
import { eq, ne } from '../compare/compare';
import { where } from '../compare/where';
import { checkTensor } from '../elementwise';
import { mul } from '../mul';
import { checkFloat, checkNotEmpty, normalizeDims, reduceOver, type Dims } from '../reduce';
import { sum } from '../sum';
import { abs, sign } from '../unary/rules';
import { reshape } from '../view/reshape';
import { amax, amin } from './extrema';
import type { KeepdimOptions } from './truth';

const euclidean = family('norm');

/**
 * The p-norm of all elements, or over `dim` (torch.norm, torch.linalg.vector_norm): p is a number, Infinity or
 * −Infinity (largest and smallest |x|), 0 (how many are not 0), or 'fro' for 2.
 * @throws TypeError for int32 and bool.
 */
export function norm(
  x: Tensor,
  p: number | 'fro' = 2,
  dim?: Dims,
  options: KeepdimOptions = {},
): Tensor {
  checkTensor('norm', 'x', x);
  checkFloat('norm', x);
  const order = p === 'fro' ? 2 : p;
  if (typeof order !== 'number' || Number.isNaN(order)) {
    throw new TypeError(`norm: p must be a number or 'fro', got ${String(p)}`);
  }
  const keepdim = options.keepdim ?? false;
  const out = noGrad(() => value(x, order, dim, keepdim));
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const [savedX, savedY] = [save('norm', x), save('norm', out)];
  const reduced = new Set(normalizeDims('norm', dim, x.ndim));
  const keptShape = x.shape.map((size, d) => (reduced.has(d) ? 1 : size));
  return record('LinalgVectorNormBackward0', [x], out, (g) => {
    if (order === 0) return [null];
    const y = reshape(savedY.get(), keptShape);
    return [gradient(reshape(g, keptShape), savedX.get(), y, order, dim)];
  });
}

function value(x: Tensor, p: number, dim: Dims, keepdim: boolean): Tensor {
  const options = { keepdim };
  if (p === 2) {
    const make = (shape: readonly number[]): Tensor => empty(shape, x.dtype);
    return reduceOver('norm', euclidean, x, dim, keepdim, make).out;
  }
  if (p === 0) return sum(cast(ne(x, 0), x.dtype), dim, options);
  if (p === 1) return sum(abs(x), dim, options);
  if (Number.isFinite(p)) return pow(sum(pow(abs(x), p), dim, options), 1 / p);
  const n = normalizeDims('norm', dim, x.ndim).reduce((count, d) => count * x.shape[d], 1);
  checkNotEmpty('norm', n, x);
  return p > 0 ? amax(abs(x), dim, options) : amin(abs(x), dim, options);
}

function gradient(g: Tensor, x: Tensor, y: Tensor, p: number, dim: Dims): Tensor {
  if (p === 1) return mul(g, sign(x));
  if (p === 2) return where(eq(y, 0), 0, mul(x, div(g, y)));
  if (!Number.isFinite(p)) {
    const chosen = cast(eq(abs(x), y), x.dtype);
    return mul(mul(sign(x), chosen), div(g, sum(chosen, dim, { keepdim: true })));
  }
  const ratio = pow(div(abs(x), y), p - 1);
  return where(eq(y, 0), 0, mul(g, mul(sign(x), ratio)));
}
