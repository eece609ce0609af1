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
  // ln Γ(x) / ((x - 1) (x - 2)) = lead + near[0] + t near[1] + ...
  constexpr double lead = 0x1.0585766811385p-1;
  static constexpr double near[] = {
      -0x1.43407fafaedccp-55, -0x1.d0bf28730ccc0p-2, 0x1.08a497cf3f1aep-3, -0x1.3facdc523e13fp-3,
      0x1.60815740deb67p-4,   -0x1.88541da623016p-4, 0x1.071f23c3f6bacp-4, -0x1.1b68626686ad6p-4,
      0x1.a3293b39b152cp-5,   -0x1.bbc9c1765aed0p-5, 0x1.5c2113792a9cdp-5, -0x1.6cae6a4527073p-5,
      0x1.29a782ec01d51p-5,   -0x1.3596a2b336bd8p-5, 0x1.03801307769bep-5, -0x1.0bf51c359124bp-5,
      0x1.d6ce0b14eff2cp-6,   -0x1.ed6a035f9a50ep-6, 0x1.5b41f03660ee6p-6, -0x1.3d9511b9b7a68p-6,
      0x1.3d6ec06cac629p-5,   -0x1.6c74cb93f991bp-5};
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
  for (int i = 0; i < 8; ++i) {
    const auto isAbove = upper <= y;
    y = select(isAbove, y - one, y);
    factor = select(isAbove, factor * y, factor);
  }
  const DoublePair ln = logPair(select(isFar, x, factor));
  // The product of the three factors as sums of two doubles, of which only the last is rounded.
  const Vec<double> two = broadcast(2.0), below = y - two, belowLow = (y - below) - two;
  const Vec<double> zeros = (y - one) * below;
  const Vec<double> zerosLow = fma(y - one, belowLow, exactFma(y - one, below, -zeros));
  const Vec<double> first = broadcast(lead), rest = polynomial(gammaArgument(y), near);
  const Vec<double> p = first + rest, pLow = rest - (p - first);
  const Vec<double> core = fma(zeros, p, fma(zerosLow, p, zeros * pLow));
  const Vec<double> middle = select(isSmall, core - ln.high, core + ln.high);
  const Vec<double> inverse = one / x;
  const Vec<double> series =
      fma(inverse, polynomial(inverse * inverse, far), broadcast(0x1.acfe390c97d69p-2));
  const Vec<double> stirling = (x - broadcast(0.5)) * ((ln.high - one) + ln.low) + series;
  return select(x < broadcast(F::infinity), select(isFar, stirling, middle), x);
}
// Γ(x) Γ(-x) = -π / (x sin πx); infinite at 0, -1, -2, ...
OSTINATO_LONG_INLINE Vec<double> lgamma(const Vec<double>& x) {
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
  // ψ(x) / (x - x0) = lead + near[0] + t near[1] + ..., x0 being the zero of ψ
  constexpr double lead = 0x1.089063f0b3ccdp+0;
  static constexpr double near[] = {
      -0x1.ee7bdb7f03be4p-54, -0x1.635ce998e6f99p+0, 0x1.ff6e85e440104p-1, -0x1.11505365d76eap+0,
      0x1.03c194030bfc5p+0,   -0x1.0b909a250a8cbp+0, 0x1.061ac23d9e895p+0, -0x1.0a140620da448p+0,
      0x1.070b5989f0c86p+0,   -0x1.096f96668910bp+0, 0x1.07801534b1d83p+0, -0x1.0918321242196p+0,
      0x1.07cb0cadd38a0p+0,   -0x1.08fe596e8a73ep+0, 0x1.07440235806b0p+0, -0x1.075181eddec63p+0,
      0x1.0f91f1139f649p+0,   -0x1.170151c76536fp+0, 0x1.a53f5bf7c06b2p-1, -0x1.66b5d6fa23f77p-1,
      0x1.d3915490914d7p+0,   -0x1.09ff81c035921p+1};
  // x^2 (ln x - 1 / 2x - ψ(x)), in 1 / x^2
  static constexpr double far[] = {
      0x1.5555555555555p-4, -0x1.111111111078cp-7, 0x1.041040fc9a309p-8, -0x1.1110ff75e3545p-8,
      0x1.f0683c005132ep-8, -0x1.56ac501b00d28p-6, 0x1.1deb5fed42197p-4};
  using F = Format<double>;
  const Vec<double> none = zero<double>(), one = broadcast(1.0), upper = broadcast(2.5);
  const auto isFar = broadcast(10.0) <= x, isSmall = x < broadcast(0.7);
  // ψ(x) = 1 / (x - 1) + 1 / (x - 2) + ... + ψ(y), the sum as a fraction; ψ(x) = ψ(x + 1) - 1 / x
  Vec<double> y = select(isSmall, x + one, x);
  DoublePair over = {select(isSmall, -one, none), none}, under = {select(isSmall, x, one), none};
  for (int i = 0; i < 8; ++i) {
    const auto isAbove = (upper <= y) & ~isFar;
    y = select(isAbove, y - one, y);
    // over y + under and under y
    const Vec<double> p = over.high * y, q = under.high * y;
    const DoublePair sum = exactSum(p, under.high);
    const Vec<double> pLow = sum.low + (exactFma(over.high, y, -p) + fma(over.low, y, under.low));
    const Vec<double> qLow = fma(under.low, y, exactFma(under.high, y, -q));
    over = {select(isAbove, sum.high, over.high), select(isAbove, pLow, over.low)};
    under = {select(isAbove, q, under.high), select(isAbove, qLow, under.low)};
  }
  const Vec<double> quotient = over.high / under.high;
  const Vec<double> rounded = exactFma(-quotient, under.high, over.high);
  const Vec<double> quotientLow = (rounded + (over.low - quotient * under.low)) / under.high;
  const Vec<double> distance =
      (y - broadcast(0x1.762d86356be3fp+0)) - broadcast(0x1.b86a722197829p-54);
  const Vec<double> atZero = distance * (broadcast(lead) + polynomial(gammaArgument(y), near));
  const DoublePair whole = exactSum(atZero, quotient);
  const Vec<double> core =
      select(isSmall & (x < broadcast(0x1p-60)), quotient, whole.high + (whole.low + quotientLow));
  const DoublePair ln = logPair(x);
  const Vec<double> inverse = one / x, square = inverse * inverse;
  const Vec<double> rest = fma(square, polynomial(square, far), inverse * broadcast(0.5));
  return select(x < broadcast(F::infinity), select(isFar, ln.high + (ln.low - rest), core), x);
}
// ψ(-a) = ψ(a) + 1 / a + π cot(π a); at 0 the infinity of the other sign, NaN at -1, -2, ...
OSTINATO_LONG_INLINE Vec<double> digamma(const Vec<double>& x) {
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
OSTINATO_LONG_INLINE Vec<double> polygamma(const Vec<double>& x, double order) {
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
