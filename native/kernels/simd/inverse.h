// Inverse trigonometric and hyperbolic functions, sinh, cosh and 2^x on Vec<double>, within 2 ulp, most
// within 1. What would cancel is kept as an unevaluated sum of two doubles. Edges follow C's: NaN
// outside of a function's domain (of either sign: the loops of special.cc settle which).
#pragma once

#include "pow.h"
#include "trigonometry.h"
#include "vec.h"

namespace ostinato::OSTINATO_ISA {

#define OSTINATO_FUNCTION inline __attribute__((noinline))

// a + b and what rounding it loses.
OSTINATO_LONG_INLINE DoublePair exactSum(const Vec<double>& a, const Vec<double>& b) {
  const Vec<double> sum = a + b, second = sum - a;
  return {sum, (a - (sum - second)) + (b - second)};
}
// √(x.high + x.low), 0 for 0.
OSTINATO_LONG_INLINE DoublePair sqrtPair(const DoublePair& x) {
  const Vec<double> root = sqrt(x.high);
  const Vec<double> rest = (exactFma(-root, root, x.high) + x.low) / (root + root);
  return {root, select(root == zero<double>(), root, rest)};
}
// ln(x.high + x.low) for a positive x.high, to about 2^-64 of itself.
OSTINATO_FUNCTION DoublePair logOfPair(const DoublePair& x) {
  const DoublePair y = logPair(x.high);
  return {y.high, y.low + x.low / x.high};
}

// The angle of the point (x, y) with y >= 0, from 0 to π: k π/4 ± atan(t) with |t| <= tan(π/8).
OSTINATO_FUNCTION Vec<double> angleOf(const Vec<double>& y, const Vec<double>& x) {
  // (atan(t) - t) / t^3 as a polynomial in t^2
  static constexpr double coefficients[] = {
      -0x1.5555555555555p-2, 0x1.9999999999344p-3, -0x1.2492492435beep-3, 0x1.c71c7185006ddp-4,
      -0x1.745d0b1ef71ecp-4, 0x1.3b1262253e208p-4, -0x1.10fa6b502376ep-4, 0x1.dfe57271156bbp-5,
      -0x1.a095374ce56bbp-5, 0x1.41560ea6668bfp-5, -0x1.3a129c8a05421p-6};
  using F = Format<double>;
  const Vec<double> none = zero<double>(), one = broadcast(1.0);
  const Vec<double> infinity = broadcast(F::infinity);
  const auto isNegative = bitCast<int64_t>(x) < zero<int64_t>();
  const Vec<double> a = abs(x);
  const auto isSteep = a < y;
  Vec<double> large = select(isSteep, y, a), small = select(isSteep, a, y);
  // Far from overflow and from denormals; of two infinities, 1 and 1.
  const auto isInfinite = large == infinity;
  small = select(isInfinite, select(small == infinity, one, small * none), small);
  large = select(isInfinite, one, large);
  const Vec<double> scale = select(broadcast(0x1p900) < large, broadcast(0x1p-200),
                                   select(large < broadcast(0x1p-900), broadcast(0x1p200), one));
  small = small * scale;
  large = select(large == none, one, large * scale);
  // atan(s / l) = π/4 + atan((s - l) / (s + l))
  const auto isMiddle = large * broadcast(0x1.a827999fcef32p-2) < small;
  const Vec<double> difference = small - large, sum = small + large;
  const Vec<double> numerator = select(isMiddle, difference, small);
  const Vec<double> denominator = select(isMiddle, sum, large);
  const Vec<double> t = numerator / denominator;
  const Vec<double> lost =
      select(isMiddle, (small - (difference + large)) - t * (small - (sum - large)), none);
  const Vec<double> tLow = (exactFma(-t, denominator, numerator) + lost) / denominator;
  const Vec<double> square = t * t;
  const Vec<double> tail = fma(t * square, polynomial(square, coefficients), tLow - tLow * square);
  // Reflections: at the diagonal where it is steep, at the y axis where x < 0.
  const Vec<double> eighths = select(isMiddle, one, none), two = broadcast(2.0);
  const Vec<double> k = select(isSteep, select(isNegative, two + eighths, two - eighths),
                               select(isNegative, broadcast(4.0) - eighths, eighths));
  // From the y axis on the angle grows with t below the diagonal where x > 0, above it where x < 0.
  const Vec<double> flip =
      select(isSteep, select(isNegative, one, -one), select(isNegative, -one, one));
  const Vec<double> head = k * broadcast(halfPiHigh * 0.5);
  const Vec<double> headLow =
      exactFma(k, broadcast(halfPiHigh * 0.5), -head) + k * broadcast(halfPiMiddle * 0.5);
  const Vec<double> step = t * flip, angle = head + step;
  return angle + ((step - (angle - head)) + (tail * flip + headLow));
}

OSTINATO_LONG_INLINE Vec<double> atan2(const Vec<double>& y, const Vec<double>& x) {
  return copySign(angleOf(abs(y), x), y);
}
OSTINATO_LONG_INLINE Vec<double> atan(const Vec<double>& x) {
  return copySign(angleOf(abs(x), broadcast(1.0)), x);
}
// The other leg √(1 - x^2) of the right triangle, of 1 - x^2 rounded once.
OSTINATO_INLINE Vec<double> otherLeg(const Vec<double>& x) {
  return sqrt(exactFma(-x, x, broadcast(1.0)));
}
OSTINATO_LONG_INLINE Vec<double> asin(const Vec<double>& x) {
  return copySign(angleOf(abs(x), otherLeg(x)), x);
}
OSTINATO_LONG_INLINE Vec<double> acos(const Vec<double>& x) { return angleOf(otherLeg(x), x); }

// e^x / 2, which is finite wherever sinh(x) is.
OSTINATO_FUNCTION Vec<double> halfExp(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> one = broadcast(1.0);
  const auto [n, r] = reduceExp<double>(lesser(broadcast(F::expMax + 1), x));
  const Vec<double> y = fma(fma(polynomial(r, F::exp), r, one), r, one);
  const auto half = shiftRight(n, 1);
  return y * powerOfTwo<double>(half) * powerOfTwo<double>(n - half - broadcast<int64_t>(1));
}
OSTINATO_LONG_INLINE Vec<double> cosh(const Vec<double>& x) {
  const Vec<double> h = halfExp(abs(x));
  return h + broadcast(0.25) / h;
}
OSTINATO_LONG_INLINE Vec<double> sinh(const Vec<double>& x) {
  // (sinh(x) - x) / x^3 as a polynomial in x^2, for |x| < 1
  static constexpr double coefficients[] = {
      0x1.5555555555555p-3,  0x1.11111111110fdp-7,  0x1.a01a01a01ee70p-13, 0x1.71de3a4e14f40p-19,
      0x1.ae6460fae3728p-26, 0x1.611cb330c1fe8p-33, 0x1.b41232cf9950fp-41};
  const Vec<double> a = abs(x), square = x * x, h = halfExp(a);
  const Vec<double> near = fma(a * square, polynomial(square, coefficients), a);
  return copySign(select(a < broadcast(1.0), near, h - broadcast(0.25) / h), x);
}

// 2^x = 2^n e^(r ln2)
OSTINATO_FUNCTION Vec<double> exp2(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> bounded = greater(broadcast(-1080.0), lesser(broadcast(1030.0), x));
  const Vec<double> shift = broadcast(F::integerShift), shifted = bounded + shift;
  const Vec<double> r = bounded - (shifted - shift), t = r * broadcast(F::ln2);
  const Vec<double> tLow = exactFma(r, broadcast(F::ln2), -t) + r * broadcast(F::ln2Tail);
  const Vec<double> y = broadcast(1.0) + (t + fma(t * t, polynomial(t, F::exp), tLow));
  const auto n = bitCast<int64_t>(shifted) - bitCast<int64_t>(shift), half = shiftRight(n, 1);
  return y * powerOfTwo<double>(half) * powerOfTwo<double>(n - half);
}

// sign(x) ln(|x| + √(x^2 + 1)); ln(2 |x|) where the 1 is lost
OSTINATO_LONG_INLINE Vec<double> asinh(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> a = abs(x), none = zero<double>();
  const auto isLarge = broadcast(0x1p30) < a;
  const Vec<double> bounded = select(isLarge, none, a), square = bounded * bounded;
  const DoublePair sum = exactSum(broadcast(1.0), square);
  const DoublePair root = sqrtPair({sum.high, sum.low + exactFma(bounded, bounded, -square)});
  const DoublePair base = exactSum(root.high, bounded);
  const DoublePair ln =
      logOfPair({select(isLarge, a, base.high), select(isLarge, none, base.low + root.low)});
  const Vec<double> whole = select(isLarge, broadcast(F::ln2), none);
  const Vec<double> y = ln.high + (ln.low + whole);
  return copySign(select(a < broadcast(F::infinity), y, a), x);
}
// ln(x + √(x^2 - 1)) for x >= 1
OSTINATO_LONG_INLINE Vec<double> acosh(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> none = zero<double>();
  const auto isLarge = broadcast(0x1p30) < x;
  const Vec<double> bounded = select(isLarge, broadcast(1.0), x), square = bounded * bounded;
  const DoublePair sum = exactSum(square, broadcast(-1.0));
  const DoublePair both = exactSum(sum.high, sum.low + exactFma(bounded, bounded, -square));
  const DoublePair root = sqrtPair(both), base = exactSum(bounded, root.high);
  const DoublePair ln =
      logOfPair({select(isLarge, x, base.high), select(isLarge, none, base.low + root.low)});
  const Vec<double> y = ln.high + (ln.low + select(isLarge, broadcast(F::ln2), none));
  return select(x < broadcast(1.0), broadcast(F::nan), select(x == broadcast(F::infinity), x, y));
}
// (ln(1 + |x|) - ln(1 - |x|)) / 2 with the sign of x
OSTINATO_LONG_INLINE Vec<double> atanh(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> a = abs(x), one = broadcast(1.0);
  const DoublePair above = logOfPair(exactSum(one, a)), below = logOfPair(exactSum(one, -a));
  const Vec<double> y = broadcast(0.5) * ((above.high - below.high) + (above.low - below.low));
  const Vec<double> edge = select(a == one, broadcast(F::infinity), broadcast(F::nan));
  // Below 2^-27 the next term of the series, x^3 / 3, is less than half a unit in the last place of x.
  const Vec<double> inside = select(a < broadcast(0x1p-27), a, y);
  return copySign(select(a < one, inside, edge), x);
}

// √(a^2 + b^2) without overflow half-way; infinite where either is
OSTINATO_LONG_INLINE Vec<double> hypot(const Vec<double>& a, const Vec<double>& b) {
  using F = Format<double>;
  const Vec<double> x = abs(a), y = abs(b), infinity = broadcast(F::infinity), one = broadcast(1.0);
  const Vec<double> large = max(x, y), small = min(x, y);
  const auto isHuge = broadcast(0x1p500) < large, isTiny = large < broadcast(0x1p-500);
  const Vec<double> scale =
      select(isHuge, broadcast(0x1p-600), select(isTiny, broadcast(0x1p600), one));
  const Vec<double> back =
      select(isHuge, broadcast(0x1p600), select(isTiny, broadcast(0x1p-600), one));
  const Vec<double> l = large * scale, s = small * scale;
  const Vec<double> length = sqrt(fma(l, l, s * s)) * back;
  return select(x == infinity, x, select(y == infinity, y, length));
}

}  // namespace ostinato::OSTINATO_ISA
