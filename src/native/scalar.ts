/**
 * Functions of single numbers with the same bits in every JavaScript engine, from sums and products alone: `Math.cos`, `Math.log`
 * and `**` of two engines, or of two versions of one, differ in the last bit.
 */

// a·b = product + error exactly, by halves of 26 bits (Veltkamp, Dekker).
const splitter = 2 ** 27 + 1;
function productError(a: number, b: number, product: number): number {
  const aBig = splitter * a - (splitter * a - a);
  const bBig = splitter * b - (splitter * b - b);
  const aSmall = a - aBig;
  const bSmall = b - bBig;
  return aBig * bBig - product + aBig * bSmall + aSmall * bBig + aSmall * bSmall;
}

// The last power that was computed, as high + low. In an object: a variable of the module would get a number of its own in the heap
// at each assignment.
const last = { high: 1, low: 0 };

// x^n by squares of numbers in twice the precision.
function computePower(x: number, n: number): void {
  last.high = 1;
  last.low = 0;
  if (!Number.isFinite(n)) {
    const size = Math.abs(x);
    if (x === 1) return;
    last.high = Number.isNaN(n) ? NaN : size < 1 ? 0 : size === 1 ? 1 : size * Infinity;
    return;
  }
  let square = x;
  let squareLow = 0;
  for (let rest = n; ;) {
    if (rest % 2 === 1) multiplyBy(square, squareLow);
    rest = Math.floor(rest / 2);
    if (rest === 0 || last.high === 0) return;
    const product = square * square;
    const error = productError(square, square, product) + 2 * square * squareLow;
    square = product + error;
    squareLow = error - (square - product);
  }
}

function multiplyBy(factor: number, factorLow: number): void {
  const product = last.high * factor;
  const error =
    productError(last.high, factor, product) + (last.high * factorLow + last.low * factor);
  last.high = product + error;
  last.low = error - (last.high - product);
}

/**
 * x to the power of a whole n ≥ 0, for |x| ≤ 1: squares of numbers in twice the precision, rounded once at the end, which the C
 * library's `pow` is as well but for rare cases.
 */
export function power(x: number, n: number): number {
  computePower(x, n);
  return last.high;
}

const blockSize = 64;

/**
 * x^n where one x is asked for again and again, with exponents that mostly follow one another: one product each, of
 * x^(64 ⌊n / 64⌋) and x^(n mod 64). The result depends on x and n alone, not on which were asked for before.
 */
export class Powers {
  #x = NaN;
  // Of the exponents from 0 to 63: high and low parts; NaN where not computed yet.
  readonly #small = new Float64Array(2 * blockSize);
  #block = 0;
  #blockHigh = 1;
  #blockLow = 0;

  /** power(x, n); below 2⁻⁹⁶⁰, where low parts are subnormal, the last bits may differ. */
  of(x: number, n: number): number {
    if (!Number.isFinite(n)) return power(x, n);
    const small = this.#small;
    if (x !== this.#x) {
      this.#x = x;
      small.fill(NaN);
      this.#block = 0;
    }
    const rest = n % blockSize;
    if (n - rest !== this.#block) {
      this.#block = n - rest;
      computePower(x, this.#block);
      this.#blockHigh = last.high;
      this.#blockLow = last.low;
    }
    // NaN is computed again, and stays one.
    if (Number.isNaN(small[2 * rest])) {
      computePower(x, rest);
      small[2 * rest] = last.high;
      small[2 * rest + 1] = last.low;
    }
    last.high = small[2 * rest];
    last.low = small[2 * rest + 1];
    if (this.#block > 0) multiplyBy(this.#blockHigh, this.#blockLow);
    return last.high;
  }
}

/** Σ terms[k]·x^k by Horner's rule. */
function polynomial(x: number, terms: readonly number[]): number {
  let sum = 0;
  for (let k = terms.length - 1; k >= 0; k--) sum = sum * x + terms[k];
  return sum;
}

/** ±1/(first)!, ∓1/(first + 2)!, …: the terms of sine (first 3) and cosine (first 4) in x². */
function alternating(first: number, sign: number): number[] {
  let factorial = 1;
  for (let k = 2; k <= first; k++) factorial *= k;
  return Array.from({ length: 8 }, (_, i) => {
    if (i > 0) factorial *= (first + 2 * i - 1) * (first + 2 * i);
    return (i % 2 === 0 ? sign : -sign) / factorial;
  });
}
const sineTerms = alternating(3, -1);
const cosineTerms = alternating(4, 1);

// π/2 in parts of 33 bits, whose products with k < 2²⁰ are exact, and the rest.
const halfPi = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;

/** cos x, within 1 ulp of 1, for |x| < 10⁶. */
export function cos(x: number): number {
  const quarter = Math.round(x / (Math.PI / 2));
  const r = x - quarter * halfPi[0] - quarter * halfPi[1] - quarter * halfPi[2];
  const square = r * r;
  switch (((quarter % 4) + 4) % 4) {
    case 0:
      return 1 - square / 2 + square * square * polynomial(square, cosineTerms);
    case 1:
      return -(r + r * square * polynomial(square, sineTerms));
    case 2:
      return -(1 - square / 2 + square * square * polynomial(square, cosineTerms));
    default:
      return r + r * square * polynomial(square, sineTerms);
  }
}

// log m = 2·artanh s = 2·(s + s³/3 + s⁵/5 + …) with s = (m − 1)/(m + 1)
const artanhTerms = Array.from({ length: 12 }, (_, k) => 2 / (2 * k + 3));
// ln 2 in a part whose products with exponents are exact, and the rest.
const ln2 = [0.6931471803691238, 1.9082149292705877e-10] as const;
const word = new DataView(new ArrayBuffer(8));

/** The natural logarithm, within 2 ulp; −∞ of 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  const subnormal = x < 2 ** -1022;
  word.setFloat64(0, subnormal ? x * 2 ** 54 : x);
  let exponent = (word.getUint16(0) >> 4) - 1023 - (subnormal ? 54 : 0);
  word.setUint16(0, (word.getUint16(0) & 0x800f) | 0x3ff0);
  let m = word.getFloat64(0); // in [1, 2)
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const square = s * s;
  return exponent * ln2[0] + (2 * s + (s * square * polynomial(square, artanhTerms) + exponent * ln2[1])); // prettier-ignore
}

// eʳ = 1 + r + r²·(1/2! + r/3! + …) for |r| ≤ ln 2 / 2
const exponentialTerms = Array.from({ length: 13 }, (_, k) => {
  let factorial = 1;
  for (let i = 2; i <= k + 2; i++) factorial *= i;
  return 1 / factorial;
});

/** eˣ, within 1 ulp for results that are normal numbers. */
export function exp(x: number): number {
  if (!(x > -746)) return x < 0 ? 0 : NaN;
  if (x > 710) return Infinity;
  const exponent = Math.round(x / Math.LN2);
  const r = x - exponent * ln2[0] - exponent * ln2[1];
  const mantissa = 1 + (r + r * r * polynomial(r, exponentialTerms));
  const half = exponent >> 1;
  return mantissa * 2 ** half * 2 ** (exponent - half);
}

/** x to the power of y: by exact squares for the whole part of y, exp(y·log x) for the rest; NaN where it is not real. */
export function pow(x: number, y: number): number {
  if (Number.isNaN(y)) return x === 1 ? 1 : NaN;
  const whole = Math.trunc(y);
  const rest = y - whole === 0 || !Number.isFinite(y) ? 1 : exp((y - whole) * log(x));
  const result = power(x, Math.abs(whole));
  // Past the largest number the low part is Infinity − Infinity.
  const first = Number.isNaN(result) && x > 1 ? Infinity : result;
  return (whole >= 0 ? first : 1 / first) * rest;
}
