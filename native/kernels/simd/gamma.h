// The logarithm of the gamma function and its derivatives on Vec<double>. lgamma and digamma are within
// 2 ulp for x > 0, near their zeros there too; for x < 0 within 4 units of epsilon of the larger of 1
// and the result. A polynomial covers [0.68, 2.52], recurrence leads to it from up to 10, Stirling's
// series goes on from there, and reflection covers x < 0.
#pragma once

#include "inverse.h"
#include "rounding.h"

namespace ostinato::OSTINATO_ISA {

// The argument of the polynomials: it maps (0, ∞) to (-1, 1), which puts the poles beyond.
OSTINATO_INLINE Vec<double> gammaArgument(const Vec<double>& x) {
  const Vec<double> center = broadcast(1.325);
  return (x - center) / (x + center);
}

// sin(π x) with x - the nearest integer to x
OSTINATO_FUNCTION Vec<double> sinPi(const Vec<double>& x) {
  return sinOf((x - roundEven(x)) * broadcast(0x1.921fb54442d18p+1), 0);
}
// π cos(π x) / sin(π x), NaN at the integers
OSTINATO_FUNCTION Vec<double> cotPi(const Vec<double>& x) {
  const Vec<double> pi = broadcast(0x1.921fb54442d18p+1), r = x - roundEven(x), angle = r * pi;
  const Vec<double> y = pi * sinOf(angle, 1) / sinOf(angle, 0);
  return select(r == zero<double>(), broadcast(Format<double>::nan), y);
}

// ln Γ(x) for x > 0.
OSTINATO_FUNCTION Vec<double> lgammaOfPositive(const Vec<double>& x) {
  // ln Γ(x) / ((x - 1) (x - 2))
  static constexpr double near[] = {
      0x1.0585766811385p-1, -0x1.d0bf28730ccbdp-2, 0x1.08a497cf3f3d1p-3, -0x1.3facdc523f3bbp-3,
      0x1.608157408710dp-4, -0x1.88541da43f373p-4, 0x1.071f23ef89934p-4, -0x1.1b686319e5af4p-4,
      0x1.a329253579db3p-5, -0x1.bbc9791d7721fp-5, 0x1.5c2445fa185a9p-5, -0x1.6cb71889b68a9p-5,
      0x1.295f15b0bf24bp-5, -0x1.34f146c8ac222p-5, 0x1.0778781411843p-5, -0x1.13a320261c35fp-5,
      0x1.93657af35e65ap-6, -0x1.7eed4c086c816p-6, 0x1.4c341941dc10dp-5, -0x1.79b301d8beab7p-5};
  // x (ln Γ(x) - (x - 1/2) (ln x - 1) - (ln 2π - 1) / 2), in 1 / x^2
  static constexpr double far[] = {0x1.5555555555555p-4,  -0x1.6c16c16c0ba32p-9,
                                   0x1.a01a00d4c7c13p-11, -0x1.38122c1d3e56dp-11,
                                   0x1.b84da68f5e50cp-11, -0x1.c84004354542dp-10};
  using F = Format<double>;
  const Vec<double> one = broadcast(1.0), upper = broadcast(2.5);
  const auto isFar = broadcast(10.0) <= x;
  // Γ(x) = (x - 1) (x - 2) ... Γ(y), and Γ(x) = Γ(x + 1) / x for a small x
  const auto isSmall = x < broadcast(0.7);
  Vec<double> y = select(isSmall, x + one, x), factor = select(isSmall, x, one);
  OSTINATO_UNROLL
  for (int i = 0; i < 8; ++i) {
    const auto isAbove = upper <= y;
    y = select(isAbove, y - one, y);
    factor = select(isAbove, factor * y, factor);
  }
  const DoublePair ln = logPair(select(isFar, x, factor));
  const Vec<double> core = (y - one) * (y - broadcast(2.0)) * polynomial(gammaArgument(y), near);
  const Vec<double> middle = select(isSmall, core - ln.high, core + ln.high);
  const Vec<double> inverse = one / x;
  const Vec<double> series =
      fma(inverse, polynomial(inverse * inverse, far), broadcast(0x1.acfe390c97d69p-2));
  const Vec<double> stirling = (x - broadcast(0.5)) * ((ln.high - one) + ln.low) + series;
  return select(x < broadcast(F::infinity), select(isFar, stirling, middle), x);
}
// Γ(x) Γ(-x) = -π / (x sin πx); infinite at 0, -1, -2, ...
OSTINATO_INLINE Vec<double> lgamma(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> none = zero<double>(), a = abs(x);
  const Vec<double> positive = lgammaOfPositive(a);
  const auto isNegative = x < none;
  if (!any(isNegative) && !any(x == none)) return positive;
  const Vec<double> sine = abs(sinPi(a));
  const DoublePair ln = logOfPair({sine, none}), size = logOfPair({a, none});
  const Vec<double> reflected = (broadcast(0x1.250d048e7a1bdp+0) - ln.high - size.high) - positive;
  // As above 0 where -ln |x| is all: the sine of a denormal is as coarse as that.
  const auto isReflected = isNegative & (broadcast(0x1p-60) < a);
  const auto isPole = (x == none) | (isNegative & ((sine == none) | (a == broadcast(F::infinity))));
  return select(isPole, broadcast(F::infinity), select(isReflected, reflected, positive));
}

// ψ(x) = d ln Γ(x) / dx for x > 0.
OSTINATO_FUNCTION Vec<double> digammaOfPositive(const Vec<double>& x) {
  // ψ(x) / (x - x0), x0 its zero
  static constexpr double near[] = {
      0x1.089063f0b3ccdp+0, -0x1.635ce998e6f87p+0, 0x1.ff6e85e43fffep-1, -0x1.11505365daac1p+0,
      0x1.03c19403182a4p+0, -0x1.0b909a224e51ap+0, 0x1.061ac236b6ea4p+0, -0x1.0a1407301a03fp+0,
      0x1.070b5b7ff9c35p+0, -0x1.096f5c9969923p+0, 0x1.077fc4303e2e5p+0, -0x1.091f9b184c34ap+0,
      0x1.07d2f072322dap+0, -0x1.0865c6725601dp+0, 0x1.06cb2845fed52p+0, -0x1.0f130262bac07p+0,
      0x1.13e9c9ee6d25cp+0, -0x1.b2205213310a5p-1, 0x1.793b6e2a10973p-1, -0x1.c880fc2daf091p+0,
      0x1.01605f2f76c4fp+1};
  // x^2 (ln x - 1 / 2x - ψ(x)), in 1 / x^2
  static constexpr double far[] = {
      0x1.5555555555555p-4, -0x1.111111111078cp-7, 0x1.041040fc9a309p-8, -0x1.1110ff75e3545p-8,
      0x1.f0683c005132ep-8, -0x1.56ac501b00d28p-6, 0x1.1deb5fed42197p-4};
  using F = Format<double>;
  const Vec<double> none = zero<double>(), one = broadcast(1.0), upper = broadcast(2.5);
  const auto isFar = broadcast(10.0) <= x, isSmall = x < broadcast(0.7);
  // ψ(x) = 1 / (x - 1) + 1 / (x - 2) + ... + ψ(y), the sum as a fraction; ψ(x) = ψ(x + 1) - 1 / x
  Vec<double> y = select(isSmall, x + one, x);
  Vec<double> over = select(isSmall, -one, none), under = select(isSmall, x, one);
  OSTINATO_UNROLL
  for (int i = 0; i < 8; ++i) {
    const auto isAbove = (upper <= y) & ~isFar;
    y = select(isAbove, y - one, y);
    over = select(isAbove, fma(over, y, under), over);
    under = select(isAbove, under * y, under);
  }
  const Vec<double> distance =
      (y - broadcast(0x1.762d86356be3fp+0)) - broadcast(0x1.b86a722197829p-54);
  const Vec<double> core = distance * polynomial(gammaArgument(y), near) + over / under;
  const DoublePair ln = logPair(x);
  const Vec<double> inverse = one / x, square = inverse * inverse;
  const Vec<double> rest = fma(square, polynomial(square, far), inverse * broadcast(0.5));
  return select(x < broadcast(F::infinity), select(isFar, ln.high + (ln.low - rest), core), x);
}
// ψ(-a) = ψ(a) + 1 / a + π cot(π a); at 0 the infinity of the other sign, NaN at -1, -2, ...
OSTINATO_INLINE Vec<double> digamma(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> none = zero<double>(), a = abs(x);
  Vec<double> y = digammaOfPositive(a);
  const auto isNegative = x < none;
  if (any(isNegative)) {
    const Vec<double> inverse = broadcast(1.0) / a, reflected = (y + inverse) + cotPi(a);
    y = select(isNegative, select(broadcast(0x1p-60) < a, reflected, inverse), y);
  }
  return select(x == none, copySign(broadcast(F::infinity), -x), y);
}

// x^n for a whole n >= 0
OSTINATO_INLINE Vec<double> wholePower(const Vec<double>& x, int64_t n) {
  Vec<double> power = broadcast(1.0), square = x;
  for (; n; n >>= 1, square = square * square)
    if (n & 1) power = power * square;
  return power;
}
// Hurwitz' zeta function Σ (x + k)^-s over k >= 0, for x > 0 and a whole s >= 2: ten terms, then the formula of
// Euler and Maclaurin.
OSTINATO_FUNCTION Vec<double> zetaOf(int64_t s, const Vec<double>& x) {
  // B(2j) / (2j)!
  static constexpr double bernoulli[] = {
      0x1.5555555555555p-4,  -0x1.6c16c16c16c17p-10, 0x1.1566abc011567p-15, -0x1.bbd779334ef0bp-21,
      0x1.66a8f2bf70ebep-26, -0x1.22805d644267fp-31, 0x1.d6db2c4e09162p-37, -0x1.7da4e1f79955cp-42,
      0x1.355871d652e9ep-47, -0x1.f57d968caacf1p-53, 0x1.967e1f09c376fp-58, -0x1.497d9033a2b5cp-63};
  constexpr int terms = 10;
  const Vec<double> one = broadcast(1.0), z = x + broadcast(double(terms));
  const Vec<double> inverse = one / z, last = one / wholePower(z, s);
  Vec<double> factor = last * inverse * broadcast(double(s)), series = zero<double>();
  for (int j = 0; j < 12; ++j) {
    series = fma(factor, broadcast(bernoulli[j]), series);
    const double rising = (double(s) + 2 * j + 1) * (double(s) + 2 * j + 2);
    factor = factor * broadcast(rising) * inverse * inverse;
  }
  const Vec<double> integral = one / (wholePower(z, s - 1) * broadcast(double(s - 1)));
  DoublePair sum = exactSum(integral, fma(last, broadcast(0.5), series));
  for (int k = terms - 1; k >= 0; --k) {
    const DoublePair next = exactSum(sum.high, one / wholePower(x + broadcast(double(k)), s));
    sum = {next.high, sum.low + next.low};
  }
  // Of infinities the rest is NaN.
  return select(sum.low - sum.low == zero<double>(), sum.high + sum.low, sum.high);
}
// The n-th derivative of ψ, n >= 1: (-1)^(n+1) n! ζ(n + 1, x). For x < 0, with r = x - ⌊x⌋ and s = n + 1,
// ζ(s, x) = ζ(s, r) + (-1)^s (ζ(s, 1 - r) - ζ(s, 1 - x)).
OSTINATO_INLINE Vec<double> polygamma(const Vec<double>& x, double order) {
  using F = Format<double>;
  const int64_t s = int64_t(order) + 1;
  double factorial = s & 1 ? -1 : 1;
  for (int64_t k = 2; k < s && factorial - factorial == 0; ++k) factorial *= double(k);
  const Vec<double> none = zero<double>(), one = broadcast(1.0);
  const auto isNegative = x < none;
  const Vec<double> r = x - floor(x);
  Vec<double> zeta = zetaOf(s, select(isNegative, r, x));
  if (any(isNegative)) {
    const Vec<double> others = zetaOf(s, one - r) - zetaOf(s, one - x);
    zeta = select(isNegative, s & 1 ? zeta - others : zeta + others, zeta);
    zeta = select(isNegative & (r == none), broadcast(F::infinity), zeta);
  }
  return zeta * broadcast(factorial);
}

}  // namespace ostinato::OSTINATO_ISA
