/** Whether two tensors agree: exactly, or within a tolerance. */
import type { Tensor } from '../../tensor/tensor';
import { sameShape } from '../../tensor/shape';
import { noGrad } from '../../autograd/mode';
import { isFloat } from '../../tensor/dtype';
import { add } from '../add';
import { cast } from '../cast';
import { checkTensor } from '../elementwise';
import { mul } from '../mul';
import { all } from '../reduction/truth';
import { sub } from '../sub';
import { abs } from '../unary/rules';
import { eq, isfinite, isnan, le } from './compare';
import { logicalAnd, logicalOr } from './logical';

export interface CloseOptions {
  /** Allowed difference relative to |b|. */
  rtol?: number;
  /** Allowed absolute difference. */
  atol?: number;
  /** Whether NaN agrees with NaN. */
  equalNan?: boolean;
}

// Differences of integers could overflow.
const real = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : cast(x, 'float64'));

/** Where |a − b| ≤ atol + rtol·|b|, or a = b (torch.isclose). */
export function isclose(a: Tensor, b: Tensor, options: CloseOptions = {}): Tensor {
  checkTensor('isclose', 'a', a);
  checkTensor('isclose', 'b', b);
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  if (!(rtol >= 0) || !(atol >= 0)) {
    throw new RangeError(`isclose: rtol and atol must be at least 0, got ${rtol} and ${atol}`);
  }
  return noGrad(() => {
    const x = real(a);
    const y = real(b);
    const same = eq(x, y);
    // Infinities agree only when they are equal: their difference is not finite.
    const difference = abs(sub(x, y));
    const near = le(difference, add(mul(abs(y), rtol), atol));
    const close = logicalOr(same, logicalAnd(near, isfinite(difference)));
    return equalNan ? logicalOr(close, logicalAnd(isnan(x), isnan(y))) : close;
  });
}

/** Whether `isclose` holds everywhere (torch.allclose). */
export const allclose = (a: Tensor, b: Tensor, options: CloseOptions = {}): boolean =>
  all(isclose(a, b, options)).item() !== 0;

/** Whether a and b have the same shape and equal elements; NaN equals nothing (torch.equal). */
export function equal(a: Tensor, b: Tensor): boolean {
  checkTensor('equal', 'a', a);
  checkTensor('equal', 'b', b);
  return sameShape(a.shape, b.shape) && all(eq(a, b)).item() !== 0;
}
