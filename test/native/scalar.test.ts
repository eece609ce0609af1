import { cos, exp, log, pow, power, Powers } from '../../src/native/scalar';

/** x^n rounded once, in whole numbers of any length; for x below 1 whose power is normal. */
function exactPower(x: number, n: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const mantissa = (bits.getBigUint64(0) & 0xfffffffffffffn) | 0x10000000000000n;
  const exponent = (bits.getUint16(0) >> 4) - 1075;
  const whole = mantissa ** BigInt(n);
  const shift = whole.toString(2).length - 53;
  if (shift <= 0) return Number(whole) * 2 ** (exponent * n);
  const half = 1n << BigInt(shift - 1);
  const rest = whole & (2n * half - 1n);
  let top = whole >> BigInt(shift);
  if (rest > half || (rest === half && (top & 1n) === 1n)) top += 1n;
  return Number(top) * 2 ** (exponent * n + shift);
}

/** The same number; below 2⁻⁹⁶⁰ the same rest to 1. */
const isPower = (found: number, x: number, n: number): boolean => {
  const right = power(x, n);
  return (found === right || right < 2 ** -960) && 1 - found === 1 - right;
};

describe('Powers', () => {
  it('gives power, whatever was asked for before, of another number too', () => {
    const [rising, any] = [new Powers(), new Powers()];
    for (const x of [0.9, 0.999, 0.5, 0.123456789, 1, 0]) {
      const wrong: number[] = [];
      for (let n = 0; n < 5000; n++) {
        if (!isPower(rising.of(x, n), x, n)) wrong.push(n);
        const other = (n * 7919) % 100_003;
        if (!isPower(any.of(x, other), x, other)) wrong.push(other);
      }
      expect([x, wrong]).toEqual([x, []]);
    }
    expect(any.of(0.9, 1e9)).toBe(0);
    expect(any.of(0.999, 2 ** 53)).toBe(0);
    expect(any.of(NaN, 2)).toBeNaN();
    expect(any.of(0.9, 1)).toBe(0.9);
  });
});

describe('power', () => {
  it.each([0.9, 0.999, 0.95, 0.98, 0.8, 0.5, 0.1, 1 / 3])('of %d is rounded once', (x) => {
    for (let n = 1; n <= 400 && x ** n > 1e-290; n++)
      expect([n, power(x, n)]).toEqual([n, exactPower(x, n)]);
  });

  it('of the ends', () => {
    expect([power(0.9, 0), power(0, 0), power(0, 3), power(1, 2 ** 52)]).toEqual([1, 1, 0, 1]);
    expect(power(0.5, 1074)).toBe(2 ** -1074);
    expect([power(0.9, 1e9), power(0.999, 2 ** 53)]).toEqual([0, 0]);
    expect(power(NaN, 2)).toBeNaN();
  });

  it('to an exponent that is no number, or has no end, comes to one', () => {
    expect([power(0.5, Infinity), power(1, NaN), pow(2, -Infinity), pow(2, Infinity)]).toEqual([0, 1, 0, Infinity]);
    expect([power(0.5, NaN), pow(2, NaN), new Powers().of(0.9, NaN)]).toEqual([NaN, NaN, NaN]);
  }); // prettier-ignore
});

// Of Python 3's math.
const cosines: readonly (readonly [number, number])[] = [
  [0, 1],
  [0.1, 0.9950041652780258],
  [0.7853981633974483, 0.7071067811865476],
  [1, 0.5403023058681398],
  [1.5707963267948966, 6.123233995736766e-17],
  [2.5, -0.8011436155469337],
  [3.141592653589793, -1],
  [4, -0.6536436208636119],
  [-5.5, 0.70866977429126],
  [100, 0.8623188722876839],
];
const logarithms: readonly (readonly [number, number])[] = [
  [1, 0],
  [2, 0.6931471805599453],
  [0.5, -0.6931471805599453],
  [10, 2.302585092994046],
  [0.1, -2.3025850929940455],
  [1.0000001, 9.999999505838704e-8],
  [1e300, 690.7755278982137],
  [5e-324, -744.4400719213812],
];

describe('cos and log', () => {
  it.each(cosines)('cos %d', (x, value) => {
    expect(Math.abs(cos(x) - value)).toBeLessThanOrEqual(2 ** -53);
  });

  it.each(logarithms)('log %d', (x, value) => {
    expect(Math.abs(log(x) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -51);
  });

  it('agree with the engine within its own errors, everywhere', () => {
    for (let i = 0; i < 20_000; i++) {
      const x = (i - 10_000) * 0.013;
      expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThanOrEqual(2 ** -52);
      const y = 1.0007 ** (i - 10_000);
      expect(Math.abs(log(y) - Math.log(y))).toBeLessThanOrEqual(Math.abs(Math.log(y)) * 2 ** -51 + 2 ** -60); // prettier-ignore
    }
  });

  it('of the ends', () => {
    expect([log(0), log(Infinity), log(-1), log(NaN)]).toEqual([-Infinity, Infinity, NaN, NaN]);
    expect([cos(NaN), cos(Infinity)]).toEqual([NaN, NaN]);
  });
});

// Of Python 3: math.exp(x), x**y.
describe('exp and pow', () => {
  it.each([
    [0, 1.0],
    [1, 2.718281828459045],
    [-1, 0.36787944117144233],
    [0.3, 1.3498588075760032],
    [20.5, 799902177.4755054],
    [-37.7, 4.2373860474966705e-17],
    [700.1, 1.120899771073261e304],
    [-700.1, 8.921404266525102e-305],
  ])('exp %d', (x, value) => {
    expect(Math.abs(exp(x) - value)).toBeLessThanOrEqual(value * 2 ** -52);
  });
  it.each([
    [0.9, 0.9, 0.9095325760829622],
    [0.5, 1.5, 0.3535533905932738],
    [0.97, -3, 1.0956826815299676],
    [2, -4, 0.0625],
    [0, 0.5, 0.0],
    [12.5, 3.25, 3672.463958092181],
    [2, 7, 128],
    [1.25, 40, 7523.16384526264],
  ])('%d to the power of %d', (x, y, value) => {
    expect(Math.abs(pow(x, y) - value)).toBeLessThanOrEqual(value * 2 ** -50);
  });
  it('of the ends', () => {
    expect([exp(-Infinity), exp(-800), exp(800), exp(Infinity)]).toEqual([
      0,
      0,
      Infinity,
      Infinity,
    ]);
    expect([exp(NaN), pow(-2, 0.5)]).toEqual([NaN, NaN]);
    expect([pow(1.5, 2000), pow(1.5, -2000), pow(0, -1), pow(0, 0)]).toEqual([
      Infinity,
      0,
      Infinity,
      1,
    ]);
  });
});
