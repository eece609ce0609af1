/** Whether two tensors agree: exactly, or within a tolerance. */
import { calledAs, boolean, nonNegative, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { isFloat } from '../../tensor/dtype';
import { sameShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';

/** Options of `isclose` and `allclose`. */
export interface CloseOptions {
  /** Allowed difference relative to |b|. */
  rtol?: number;
  /** Allowed absolute difference. */
  atol?: number;
  /** Whether NaN agrees with NaN. */
  equalNan?: boolean;
}

const closeOptions = optionsTable<CloseOptions>('isclose', {
  rtol: nonNegative.or(1e-5),
  atol: nonNegative.or(1e-8),
  equalNan: boolean.or(false),
});

// Differences of integers could overflow.
const real = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : x.to('float64'));

/**
 * Where |a − b| ≤ atol + rtol·|b|, or a = b (torch.isclose).
 * @throws TypeError unless both are tensors; RangeError when the shapes do not broadcast.
 * @example isclose(tensor([1, 2]), tensor([1, 2.1])) // [true, false]
 */
export function isclose(a: Tensor, b: Tensor, options?: CloseOptions): Tensor {
  if (arguments.length > 3) surplus('isclose', arguments, 3, 'options');
  return closeness('isclose', a, b, options);
}

function closeness(operation: string, a: Tensor, b: Tensor, options?: CloseOptions): Tensor {
  checkTensor(operation, 'a', a);
  checkTensor(operation, 'b', b);
  const { rtol, atol, equalNan } = closeOptions.read(options, operation);
  const closeTo = (): Tensor => {
    const [x, y] = [real(a), real(b)];
    // Infinities agree only when they are equal: their difference is not finite.
    const difference = x.sub(y).abs();
    const near = difference.le(y.abs().mul(rtol).add(atol));
    const close = x.eq(y).logicalOr(near.logicalAnd(difference.isfinite()));
    return equalNan ? close.logicalOr(x.isnan().logicalAnd(y.isnan())) : close;
  };
  return calledAs(operation, () => noGrad(closeTo));
}

/**
 * Whether `isclose` holds everywhere (torch.allclose).
 * @throws TypeError unless both are tensors; RangeError when the shapes do not broadcast.
 * @example allclose(tensor([1, 2]), tensor([1, 2.1])) // false
 */
export function allclose(a: Tensor, b: Tensor, options?: CloseOptions): boolean {
  if (arguments.length > 3) surplus('allclose', arguments, 3, 'options');
  return closeness('allclose', a, b, options).all().item() !== 0;
}

/**
 * Whether a and b have the same shape and equal elements; NaN equals nothing (torch.equal).
 * @throws TypeError unless both are tensors.
 * @example equal(tensor([1, 2]), tensor([1, 2])) // true
 */
export function equal(a: Tensor, b: Tensor): boolean {
  if (arguments.length > 2) surplus('equal', arguments, 2, 'b');
  checkTensor('equal', 'a', a);
  checkTensor('equal', 'b', b);
  return sameShape(sizesOf(a), sizesOf(b)) && a.eq(b).all().item() !== 0;
}
