/**
 * var and std: v = Σ (x − mean)² / (n − correction), s = √v. dx = g·2·(x − mean) / (n − correction) for v, and
 * that of v with g / (2·s) for s, 0 where s = 0. Saves x, and for s the result.
 */
import { isGradEnabled } from '../../autograd/mode';
import { record, save } from '../../autograd/node';
import { args, family } from '../../native/kernels';
import { empty, type Tensor } from '../../tensor/tensor';
import { div } from '../binary/div';
import { eq } from '../compare/compare';
import { where } from '../compare/where';
import { applyUnary, checkTensor, pick } from '../elementwise';
import { mul } from '../mul';
import { checkFloat, reductionView, type Dims } from '../reduce';
import { sub } from '../sub';
import { reshape } from '../view/reshape';
import { mean } from './mean';
import type { KeepdimOptions } from './truth';

const kernels = family('variance');
const rootKernels = family('sqrt');

export interface VarianceOptions extends KeepdimOptions {
  /** What is subtracted from n in the divisor: 1 (unbiased) unless given. */
  correction?: number;
  /** false stands for correction 0. */
  unbiased?: boolean;
}

interface Moments {
  out: Tensor;
  /** dx from the gradient of the variance. */
  gradient: (g: Tensor) => Tensor;
  keptShape: readonly number[];
}

function moments(operation: string, x: Tensor, dim: Dims, options: VarianceOptions): Moments {
  checkTensor(operation, 'x', x);
  checkFloat(operation, x);
  const correction = options.correction ?? (options.unbiased === false ? 0 : 1);
  if (!Number.isFinite(correction)) {
    throw new RangeError(`${operation}: correction must be a finite number, got ${correction}`);
  }
  const view = reductionView(operation, x, dim, options.keepdim ?? false);
  const out = empty(view.outShape, x.dtype);
  const run = pick(operation, kernels, x.dtype);
  args[0] = view.source.address;
  args[1] = out.address;
  args[2] = 0; // the mean is not kept
  args[3] = correction;
  args[4] = view.outer;
  args[5] = view.n;
  args[6] = view.inner;
  run();
  const saved = save(operation, x);
  const { keptShape, n } = view;
  const gradient = (g: Tensor): Tensor => {
    const v = saved.get();
    const centred = sub(v, mean(v, dim, { keepdim: true }));
    return mul(reshape(g, keptShape), mul(centred, 2 / Math.max(n - correction, 0)));
  };
  return { out, gradient, keptShape };
}

/**
 * Variance over all dimensions, or over `dim`, unbiased by default (torch.var); NaN where n ≤ correction.
 * @throws TypeError for int32 and bool.
 */
export function variance(x: Tensor, dim?: Dims, options: VarianceOptions = {}): Tensor {
  const { out, gradient } = moments('var', x, dim, options);
  if (!isGradEnabled() || !x.requiresGrad) return out;
  return record('VarBackward0', [x], out, (g) => [gradient(g)]);
}

/** Standard deviation: the square root of the variance (torch.std). */
export function std(x: Tensor, dim?: Dims, options: VarianceOptions = {}): Tensor {
  const { out, gradient } = moments('std', x, dim, options);
  applyUnary('std', rootKernels, out, out);
  if (!isGradEnabled() || !x.requiresGrad) return out;
  const saved = save('std', out);
  return record('StdBackward0', [x], out, (g) => {
    const s = saved.get();
    return [gradient(where(eq(s, 0), 0, div(g, mul(s, 2))))];
  });
}
