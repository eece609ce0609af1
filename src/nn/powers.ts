/** Powers of numbers for norms, with the same bits in every JavaScript engine (see native/scalar). */
import { noGrad } from '../autograd/mode';
import { tensor } from '../ops';

/** x^p for each x ≥ 0. */
export function powers(values: Float64Array, p: number): Float64Array {
  if (p === 1) return values;
  if (p === 2) return values.map((x) => x * x);
  if (p === 0.5) return values.map(Math.sqrt);
  return Float64Array.from(noGrad(() => tensor(values).pow(p)).toTypedArray());
}

/** (Σ x^p)^(1/p) for x ≥ 0 and p > 0, the largest x for p = ∞. */
export function normOf(values: Float64Array, p: number): number {
  if (p === Infinity) return values.reduce((norm, x) => Math.max(norm, x), 0);
  const sum = powers(values, p).reduce((total, x) => total + x, 0);
  return powers(Float64Array.of(sum), 1 / p)[0];
}
