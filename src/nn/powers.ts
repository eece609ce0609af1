/** Powers of numbers and norms made of them, with the same bits in every JavaScript engine (see native/scalar). */
import { noGrad } from '../autograd/mode';
import { tensor } from '../ops';
import type { TypedArray } from '../tensor/dtype';
import { elementsOf } from '../tensor/tensor';

/** x^p for x ≥ 0. */
export function raised(x: number, p: number): number {
  switch (p) {
    case 0:
      return 1;
    case 0.5:
      return Math.sqrt(x);
    case 1:
      return x;
    case 2:
      return x * x;
    default:
      return noGrad(() => tensor([x], { dtype: 'float64' }).pow(p)).item();
  }
}

/** Σ |x|^p for p > 0, the largest |x| for p = ∞, how many are not 0 for p = 0; NaN where one is NaN. */
export function sumOfPowers(values: TypedArray, p: number): number {
  let sum = 0;
  switch (p) {
    case 0:
      for (const x of values) sum += Number.isNaN(x) ? NaN : Number(x !== 0);
      return sum;
    case 1:
      for (const x of values) sum += Math.abs(x);
      return sum;
    case 2:
      for (const x of values) sum += x * x;
      return sum;
    case Infinity:
      for (const x of values) sum = Math.max(sum, Math.abs(x));
      return sum;
    default: {
      const powers = noGrad(() => tensor(new Float64Array(values)).abs().pow(p));
      for (const x of elementsOf(powers, values.length)) sum += x;
      return sum;
    }
  }
}

/** The norm of order p that `sum` is the sum of powers of: sum^(1/p), for p = 0 and p = ∞ itself. */
export const rootOf = (sum: number, p: number): number =>
  p === 0 || p === Infinity ? sum : raised(sum, 1 / p);
