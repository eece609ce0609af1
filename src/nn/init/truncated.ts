/** Truncated normal numbers, by rejection, as PyTorch 2.13 draws them. */
import { number, optionsTable, surplus } from '../../check';
import { drawFields, type DrawOptions } from '../../random/generator';
import { normal_, uniform_ } from '../../random/inplace';
import { emptyAs } from '../../ops/kernels/result';
import { copyInto } from '../../ops/kernels/copy';
import { elementsOf, type Tensor } from '../../tensor/tensor';
import { unrecorded } from './fill';
import { log } from '../../native/scalar';

/** Options of `truncNormal_`. */
export interface TruncatedOptions extends DrawOptions {
  /** Mean of the normal distribution before truncation. Default: 0. */
  mean?: number;
  /** Standard deviation of the normal distribution before truncation. Default: 1. */
  std?: number;
  /** Lower bound of the values (absolute, not in standard deviations). Default: −2. */
  a?: number;
  /** Upper bound of the values. Default: 2. */
  b?: number;
}

const truncatedOptions = optionsTable<TruncatedOptions, 'generator'>('truncNormal_', {
  mean: number.or(0),
  std: number.or(1),
  a: number.or(-2),
  b: number.or(2),
  ...drawFields,
});

// erf(x) = 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms have one sign.
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  // eslint-disable-next-line no-restricted-syntax -- compared with a bound only
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/**
 * Fills `tensor` with normal numbers in [a, b], drawing again those that do not
 * (torch.nn.init.trunc_normal_).
 * @throws TypeError for what is no tensor of floats or no option; RangeError unless std > 0 and a < b, and for bounds that
 * hardly any number would lie in.
 * @example nn.init.truncNormal_(zeros([4, 4]), { std: 0.02, a: -0.04, b: 0.04 })
 */
export function truncNormal_(tensor: Tensor, options?: TruncatedOptions): Tensor {
  if (arguments.length > 2) surplus('truncNormal_', arguments, 2, 'options');
  const { mean, std, a, b, generator } = truncatedOptions.read(options);
  if (!(std > 0) || !(a < b) || Number.isNaN(mean)) {
    throw new RangeError(
      `truncNormal_: std must be above 0 and a below b, got mean ${mean}, std ${std}, a ${a}, b ${b}`,
    );
  }
  // Behind the bound nearest to a mean outside of them, the density falls by e within about std²/distance.
  const distance = Math.max(a - mean, mean - b, 0);
  if (distance > 0 && (std * std) / distance < 1e-4 * (b - a)) {
    throw new RangeError(
      `truncNormal_: mean ${mean} is too far from [${a}, ${b}] for std ${std}: of 10,000 numbers drawn, less than one would do`,
    );
  }
  return unrecorded('truncNormal_', tensor, (x) => {
    const inside = normalCdf((b - mean) / std) - normalCdf((a - mean) / std);
    if (inside > 0.3) fromNormal(x, mean, std, a, b, { generator });
    else fromUniform(x, mean, std, a, b, { generator });
  });
}

const rounder = (x: Tensor): ((value: number) => number) =>
  x.dtype === 'float32' ? Math.fround : (value) => value;

// Most of the normal distribution is inside: draw from it until everything does. Every round draws as
// many numbers as the tensor has, and uses those where the last did not fit.
function fromNormal(
  x: Tensor,
  mean: number,
  std: number,
  a: number,
  b: number,
  draw: DrawOptions,
): void {
  const round = rounder(x);
  const [low, high] = [round(a), round(b)];
  normal_(x, mean, std, draw);
  const result = copyInto(x, emptyAs(x));
  const values = elementsOf(result, result.numel);
  const fresh = emptyAs(x);
  const candidates = elementsOf(fresh, fresh.numel);
  const outside = (value: number): boolean => value < low || value > high;
  while (values.some(outside)) {
    normal_(fresh, mean, std, draw);
    for (let i = 0; i < values.length; i++) if (outside(values[i])) values[i] = candidates[i];
  }
  copyInto(result, x);
}

// Little of it is inside: uniform candidates, each accepted with probability density / maximum density.
function fromUniform(
  x: Tensor,
  mean: number,
  std: number,
  a: number,
  b: number,
  draw: DrawOptions,
): void {
  const round = rounder(x);
  const mode = Math.max(a, Math.min(mean, b));
  const peak = (mode - mean) / std;
  const logPeak = -0.5 * peak * peak;
  const tosses = emptyAs(x);
  const toss = elementsOf(tosses, tosses.numel);
  const accepted = (value: number, i: number): boolean => {
    const deviation = round(round(value - mean) / std);
    const logDensity = round(round(round(deviation * deviation) * -0.5) - logPeak);
    return !(round(log(toss[i])) > logDensity);
  };
  uniform_(x, a, b, draw);
  const result = copyInto(x, emptyAs(x));
  const values = elementsOf(result, result.numel);
  const fresh = emptyAs(x);
  const candidates = elementsOf(fresh, fresh.numel);
  uniform_(tosses, 0, 1, draw);
  const pending = Uint8Array.from(values, (value, i) => (accepted(value, i) ? 0 : 1));
  while (pending.includes(1)) {
    uniform_(fresh, a, b, draw);
    uniform_(tosses, 0, 1, draw);
    for (let i = 0; i < values.length; i++) {
      if (pending[i] === 0) continue;
      values[i] = candidates[i];
      if (accepted(candidates[i], i)) pending[i] = 0;
    }
  }
  copyInto(result, x);
}
