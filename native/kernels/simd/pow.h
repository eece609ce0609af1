// x^y on Vec<T>: within 2 ulp for double, which needs the logarithm as a sum of two doubles; floats
// by way of double. C's rules for zeros, infinities, NaN and negative bases.
#pragma once

#include "rounding.h"

namespace ostinato::OSTINATO_ISA {

// An unevaluated sum, |low| within half an ulp of high.
struct DoublePair {
  Vec<double> high, low;
};

// log(x) for positive x, to about 2^-64 of itself.
OSTINATO_LONG_INLINE DoublePair logPair(const Vec<double>& x) {
  using F = Format<double>;
  // (ln(1 + f) - 2 s - 2/3 s^3) / s^5 as a polynomial in s^2, s = f / (2 + f).
  static constexpr double coefficients[] = {
      0x1.9999999999997p-2, 0x1.2492492492e1fp-2, 0x1.c71c71c5b4617p-3, 0x1.745d181d4d0b7p-3,
      0x1.3b13678a0fd2ap-3, 0x1.112012f49d0e7p-3, 0x1.de4a520fc1255p-4, 0x1.ea66664451bbbp-4};
  const auto [f, k] = logParts(x);
  // s = f / (2 + f) as a pair
  const Vec<double> d = f + broadcast(2.0), dLow = f - (d - broadcast(2.0));
  const Vec<double> s = f / d;
  const Vec<double> sLow = (exactFma(-s, d, f) - s * dLow) / d;
  // its square as a pair, and 2/3 s^3 as a pair
  const Vec<double> z = s * s, zLow = exactFma(s, s, -z) + (s + s) * sLow;
  const Vec<double> twoThirds = broadcast(0x1.5555555555555p-1);
  const Vec<double> c = z * twoThirds;
  const Vec<double> cLow =
      exactFma(z, twoThirds, -c) + exactFma(z, broadcast(0x1.5555555555555p-55), zLow * twoThirds);
  const Vec<double> cubic = s * c, cubicLow = exactFma(s, c, -cubic) + exactFma(s, cLow, sLow * c);
  const Vec<double> rest = s * z * z * polynomial(z, coefficients);
  // k ln2 + 2 s + cubic + rest, largest first
  const Vec<double> whole = k * broadcast(F::ln2);
  const Vec<double> wholeLow = exactFma(k, broadcast(F::ln2), -whole) + k * broadcast(F::ln2Tail);
  const Vec<double> twice = s + s;
  const Vec<double> ln = twice + cubic,
                    lnLow = (cubic - (ln - twice)) + (cubicLow + (sLow + sLow) + rest);
  // |k ln2| > |ln| unless k = 0, when whole is 0
  const Vec<double> isWhole = whole + ln;
  const Vec<double> low =
      select(k == zero<double>(), lnLow, (ln - (isWhole - whole)) + (lnLow + wholeLow));
  const Vec<double> high = isWhole + low;
  return {high, low - (high - isWhole)};
}

// e^(x.high + x.low)
OSTINATO_LONG_INLINE Vec<double> expPair(const DoublePair& x) {
  using F = Format<double>;
  const Vec<double> high = greater(broadcast(F::expMin), lesser(broadcast(F::expMax), x.high));
  const auto [n, r] = reduceExp<double>(high);
  const Vec<double> low = select(abs(x.high) < broadcast(F::expMax + 40), x.low, zero<double>());
  const Vec<double> all = r + low;
  const Vec<double> p = fma(all * all, polynomial(all, F::exp), all);
  const auto half = shiftRight(n, 1);
  return (p + broadcast(1.0)) * powerOfTwo<double>(half) * powerOfTwo<double>(n - half);
}

template <bool precise>
OSTINATO_INLINE Vec<double> powOf(const Vec<double>& x, const Vec<double>& y) {
  using F = Format<double>;
  const Vec<double> none = zero<double>(), one = broadcast(1.0);
  const Vec<double> infinity = broadcast(F::infinity), nan = broadcast(F::nan);
  const Vec<double> a = abs(x);
  Vec<double> power;
  if constexpr (precise) {
    const DoublePair ln = logPair(a);
    const Vec<double> product = y * ln.high;
    power = expPair({product, exactFma(y, ln.high, -product) + y * ln.low});
  } else {
    power = exp(y * log(a));
  }
  const auto grows = (a < one) & (y < none) | (one < a) & (none < y);
  const auto edge = (a == none) | (a == infinity) | (abs(y) == infinity);
  power = select(edge, select(grows, infinity, none), power);
  const auto isInteger = roundEven(y) == y;
  const Vec<double> halfY = y * broadcast(0.5);
  const auto isOdd = isInteger & (roundEven(halfY) != halfY) & (abs(y) < infinity);
  power = select(isOdd, copySign(power, x), power);
  power = select((x < none) & (a < infinity) & ~isInteger, nan, power);
  power = select(isNaN(x) | isNaN(y), nan, power);
  power = select((a == one) & ((none < x) | (abs(y) == infinity)), one, power);
  return select(y == none, one, power);
}

OSTINATO_INLINE Vec<double> pow(const Vec<double>& x, const Vec<double>& y) {
  return powOf<true>(x, y);
}
OSTINATO_INLINE Vec<float> pow(const Vec<float>& x, const Vec<float>& y) {
  return throughDouble(
      [](const Vec<double>& a, const Vec<double>& b) { return powOf<false>(a, b); }, x, y);
}

}  // namespace ostinato::OSTINATO_ISA
