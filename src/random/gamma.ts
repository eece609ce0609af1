/**
 * Gamma and Poisson draws, one element after the other: how many numbers each takes depends on them. PyTorch's numbers for
 * PyTorch's seed.
 */
import { exp, log, pow } from '../native/scalar';
import { sizesOf, elementsOf, empty, type Tensor } from '../tensor/tensor';
import { lgamma } from '../ops/elementwise/special';
import type { Generator } from './generator';
import { Numbers } from './numbers';

const identity = (x: number): number => x;
const third = Math.fround(1 / 3);
const squeeze = Math.fround(0.0331);
const tiny = { float32: 2 ** -126, float64: 2 ** -1022 };

/**
 * One draw of concentration α (Marsaglia and Tsang 2000): with d = α − 1/3, c = 1/√(9d), v = (1 + c·x)³ for normal x, d·v is accepted
 * if ln u < x²/2 + d(1 − v + ln v) for uniform u. For α < 1, that of α + 1 times u^(1/α). NaN where α is below 0 or NaN, for which nothing
 * would be accepted.
 */
function gammaOf(concentration: number, round: (x: number) => number, numbers: Numbers): number {
  if (!(concentration > 0)) return concentration === 0 ? 0 : NaN;
  let scale = 1;
  let alpha = concentration;
  if (alpha < 1) {
    scale = pow(1 - numbers.uniform(), round(1 / alpha));
    alpha = round(alpha + 1);
  }
  const d = round(alpha - third);
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    let x: number;
    let y: number;
    do {
      x = numbers.normal();
      y = 1 + c * x;
    } while (y <= 0);
    const v = y * y * y;
    const u = 1 - numbers.uniform();
    const square = x * x;
    if (u < 1 - squeeze * square * square) return scale * d * v;
    if (log(u) < 0.5 * square + d * (1 - v + log(v))) return scale * d * v;
  }
}

/** Draws of the gamma distribution of rate 1 (torch._standard_gamma), of the shape and type of `concentration`; without gradients. */
export function standardGamma(concentration: Tensor, generator: Generator): Tensor {
  const numbers = new Numbers(generator);
  const dtype = concentration.dtype as 'float32' | 'float64';
  const round = dtype === 'float32' ? Math.fround : identity;
  const values = concentration.toTypedArray();
  const out = empty(sizesOf(concentration), dtype);
  const memory = elementsOf(out, out.numel);
  for (let i = 0; i < memory.length; i++) {
    memory[i] = Math.max(tiny[dtype], round(gammaOf(values[i], round, numbers)));
  }
  numbers.settle();
  return out;
}

/** ln Γ(k + 1). */
const logFactorial = (k: number): number => {
  const x = empty([1], 'float64');
  elementsOf(x, 1)[0] = k + 1;
  return elementsOf(lgamma(x), 1)[0];
};

/** One draw of rate λ: by products of uniform numbers below 10, from there on by transformed rejection (Hörmann 1993, PTRS). */
function poissonOf(rate: number, numbers: Numbers): number {
  if (rate === 0) return 0;
  if (!(rate > 0)) throw new RangeError(`poisson: a rate must be at least 0, got ${rate}`);
  if (rate < 10) {
    const least = exp(-rate);
    let count = 0;
    for (let product = numbers.uniform(); product > least; product *= numbers.uniform()) count++;
    return count;
  }
  const root = Math.sqrt(rate);
  const logRate = log(rate);
  const b = 0.931 + 2.53 * root;
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = numbers.uniform() - 0.5;
    const v = numbers.uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const left = log(v) + log(inverse) - log(a / (us * us) + b);
    if (left <= -rate + k * logRate - logFactorial(k)) return k;
  }
}

/** Poisson draws of each rate (torch.poisson), of the shape and type of `rate`; without gradients. */
export function poisson(rate: Tensor, generator: Generator): Tensor {
  const numbers = new Numbers(generator);
  const values = rate.toTypedArray();
  const out = empty(sizesOf(rate), rate.dtype);
  const memory = elementsOf(out, out.numel);
  try {
    for (let i = 0; i < memory.length; i++) memory[i] = poissonOf(values[i], numbers);
  } finally {
    numbers.settle();
  }
  return out;
}

/** The least positive number of a type, below which no draw is. */
export const leastOf = ({ dtype }: Tensor): number => tiny[dtype as 'float32' | 'float64'];
