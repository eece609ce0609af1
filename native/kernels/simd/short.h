// Inverse trigonometric and hyperbolic functions and the error function's kin of floats. asin, acos and atan are computed in floats; the
// others in double precision by polynomials that are as long as a float needs: what is left of their error, 2^-28 of the result, and the
// arithmetic's, which is less, are far below a float's rounding, so that none of it needs compensation.
#pragma once

#include "math.h"

namespace ostinato::OSTINATO_ISA {

namespace shortened {

OSTINATO_INLINE Vec<double> number(double x) { return broadcast(x); }

// ln x for x that are neither 0, denormal, infinite nor NaN.
OSTINATO_LONG_INLINE Vec<double> ln(const Vec<double>& x) {
  // ln(1 + f) / f
  static constexpr double coefficients[] = {
      0x1.00000000269cdp+0, -0x1.0000001c5fc53p-1, 0x1.5555541b41596p-2, -0x1.ffffa6c2f234dp-3,
      0x1.999a32d3d3371p-3, -0x1.55695100e6d17p-3, 0x1.24910ea15918cp-3, -0x1.fc566e7426861p-4,
      0x1.c3702fbea59dbp-4, -0x1.bdb44c9ba8c96p-4, 0x1.b79b589cf6470p-4, -0x1.ea22743f2d038p-5};
  const auto k = logExponent(x);
  const Vec<double> m =
      bitCast<double>(bitCast<int64_t>(x) - shiftLeft(k, Format<double>::fractionBits));
  const Vec<double> f = m - number(1);
  return fma(fromSmallInteger<double>(k), number(Format<double>::ln2),
             f * polynomial(f, coefficients));
}

// e^-x for x from 0 to 700.
OSTINATO_LONG_INLINE Vec<double> expOfMinus(const Vec<double>& x) {
  static constexpr double coefficients[] = {
      0x1.ffffffffabbf4p-1, 0x1.000000010b7f8p+0, 0x1.00000059cabc4p-1,  0x1.555553439036fp-3,
      0x1.555468730261cp-5, 0x1.1112faa4859adp-7, 0x1.6da4ab860eb61p-10, 0x1.9eb69409a5fe3p-13};
  const auto [n, r] = reduceExp<double>(-x);
  return polynomial(r, coefficients) * powerOfTwo<double>(n);
}

// sign(x) ln(|x| + √(x^2 + 1)), and x - x^3 / 6 near 0
OSTINATO_LONG_INLINE Vec<double> asinhOf(const Vec<double>& x) {
  const Vec<double> a = abs(x), square = a * a;
  const Vec<double> far = ln(a + sqrt(square + number(1)));
  const Vec<double> near = fma(a * square, number(-1.0 / 6), a);
  const Vec<double> y = select(a < number(0x1p-10), near, far);
  return copySign(select(a < number(Format<double>::infinity), y, a), x);
}
// ln(x + √(x^2 - 1)) for x >= 1
OSTINATO_LONG_INLINE Vec<double> acoshOf(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> y = ln(x + sqrt(fma(x, x, number(-1))));
  return select(number(1) <= x, select(x == number(F::infinity), x, y), number(F::nan));
}
// ln((1 + |x|) / (1 - |x|)) / 2 with the sign of x, and x + x^3 / 3 near 0
OSTINATO_LONG_INLINE Vec<double> atanhOf(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> a = abs(x), one = number(1);
  const Vec<double> far = number(0.5) * ln((one + a) / (one - a));
  const Vec<double> near = fma(a * a * a, number(1.0 / 3), a);
  const Vec<double> inside = select(a < number(0x1p-12), near, far);
  const Vec<double> edge = select(a == one, number(F::infinity), number(F::nan));
  return copySign(select(a < one, inside, edge), x);
}

// 1 - erf(x): a polynomial up to 1/2, farther out e^(-a^2) t P(t) with t = 1 / (a + 2).
OSTINATO_LONG_INLINE Vec<double> erfcOf(const Vec<double>& x) {
  // erf(a) / a as a polynomial in a^2
  static constexpr double near[] = {0x1.20dd75041af07p+0, -0x1.8127466e3a8a6p-2,
                                    0x1.ce2ef1aa88f03p-4, -0x1.b820173dc1c46p-6,
                                    0x1.54ceb065df476p-8, -0x1.9353a3cd41a3ap-11};
  static constexpr double far[] = {
      0x1.058671b536587p+0,  0x1.5fd3866a6d054p+1,  0x1.1e2dee7baace5p+2, 0x1.2a890d453189dp+1,
      -0x1.606dd6d9f703bp+2, -0x1.a8b28dd63b44bp+2, 0x1.94ea427e2f157p+3, 0x1.bb2ccddf5cbf5p+3,
      -0x1.5763e1348eef5p+5, -0x1.f16bc3652bdc2p+3, 0x1.0109720638dedp+7};
  // Where it is 0 as a float.
  const Vec<double> a = lesser(number(10.5), abs(x)), square = a * a;
  const Vec<double> t = number(1) / (a + number(2));
  const Vec<double> tail = expOfMinus(square) * t * polynomial(t - number(0.25), far);
  const Vec<double> right = select(x < zero<double>(), number(2) - tail, tail);
  const Vec<double> inner = fma(-x, polynomial(square, near), number(1));
  return select(a < number(0.5), inner, right);
}

// x times a polynomial of w = -ln(1 - x^2), or of √w where that is large.
OSTINATO_LONG_INLINE Vec<double> erfinvOf(const Vec<double>& x) {
  using F = Format<double>;
  static constexpr double near[] = {
      0x1.805c5cff6df3dp+0,  0x1.f91e8972ec617p-3,   -0x1.11c3e0b5d0e10p-8,  -0x1.486399c90fe1dp-10,
      0x1.c9bb5b75084b3p-13, -0x1.4f7625a1283fdp-18, -0x1.cbd4f11b5781ap-19, 0x1.01899d99d4886p-21,
      0x1.1abd14b50f48ep-26, -0x1.7ac44aa050451p-27, 0x1.e07f8209326fep-32,  0x1.243432e4cd3f2p-33};
  static constexpr double far[] = {
      0x1.6a9efbdc08274p+1,   0x1.006dc9cdcfc1ep+0,  0x1.358103d3d471bp-7,  -0x1.f4e01ecab4caap-8,
      0x1.74be52aa493eep-8,   -0x1.d38ebc11140d2p-9, 0x1.82c59388440b7p-10, -0x1.f6916b33b5b7ap-14,
      -0x1.2375409a299acp-12, 0x1.5058ea713a481p-13, -0x1.ead8a7272ff6fp-16};
  const Vec<double> a = abs(x), one = number(1);
  const Vec<double> w = -ln(fma(-a, a, one));
  const auto isNear = w < number(5);
  Vec<double> p = polynomial(w - number(2.5), near);
  // One in 300 numbers between -1 and 1.
  if (any(~isNear)) p = select(isNear, p, polynomial(sqrt(w) - number(3), far));
  const Vec<double> y = x * p;
  const Vec<double> edge = select(a == one, number(F::infinity), number(F::nan));
  return select(a < one, y, copySign(edge, x));
}

// π/2 as a sum of two floats.
inline constexpr float quarterTurn = 0x1.921fb6p+0f, quarterTurnLow = -0x1.777a5cp-25f;

// Within 1 ulp of every float. Beyond 1 it is π/2 - atan(1 / a), with what rounding the quotient and the difference loses.
OSTINATO_LONG_INLINE Vec<float> atanOf(const Vec<float>& x) {
  // (atan(t) - t) / t^3 as a polynomial in t^2
  static constexpr float coefficients[] = {
      -0x1.55555p-2f, 0x1.99979ap-3f,  -0x1.247008p-3f, 0x1.c4c6eep-4f,  -0x1.684bd8p-4f,
      0x1.12cc6cp-4f, -0x1.6a6f3ep-5f, 0x1.6b33fp-6f,   -0x1.d45acep-8f, 0x1.1b2506p-10f};
  const Vec<float> one = broadcast(1.0f), a = lesser(broadcast(0x1p60f), abs(x));
  const auto isSteep = one < a;
  const Vec<float> t = select(isSteep, one, a) / select(isSteep, a, one);
  const Vec<float> square = t * t, cube = t * square, p = polynomial(square, coefficients);
  const Vec<float> turn = broadcast(quarterTurn), head = turn - t, lost = (turn - head) - t;
  const Vec<float> tLow = exactFma(-t, a, one) * t * fma(square, broadcast(-0.5f), one);
  const Vec<float> steep = head + ((lost + broadcast(quarterTurnLow)) - fma(cube, p, tLow));
  return copySign(select(isSteep, steep, fma(cube, p, t)), x);
}

// The angle up to 1/2, beyond it half of what π/2 has more: that of √((1 - a) / 2). As the sine t and the rest.
struct HalfAngle {
  Vec<float> t, rest;
  Mask<float> isFar;
};
OSTINATO_LONG_INLINE HalfAngle halfAngle(const Vec<float>& a) {
  // (asin(t) - t) / t^3 as a polynomial in t^2
  static constexpr float coefficients[] = {0x1.5555cap-3f, 0x1.33015p-4f, 0x1.748c4ap-5f,
                                           0x1.8ba39ep-6f, 0x1.59d996p-5f};
  const auto isFar = broadcast(0.5f) < a;
  const Vec<float> half = broadcast(0.5f);
  const Vec<float> square = select(isFar, fma(-half, a, half), a * a);
  const Vec<float> t = select(isFar, sqrt(square), a);
  return {t, t * square * polynomial(square, coefficients), isFar};
}
// Within 1.2 ulp of every float, as acos.
OSTINATO_LONG_INLINE Vec<float> asinOf(const Vec<float>& x) {
  const auto [t, rest, isFar] = halfAngle(abs(x));
  const Vec<float> turn = broadcast(quarterTurn), twice = t + t;
  const Vec<float> head = turn - twice, lost = (turn - head) - twice;
  const Vec<float> far = head + (lost + (broadcast(quarterTurnLow) - (rest + rest)));
  return copySign(select(isFar, far, t + rest), x);
}
OSTINATO_LONG_INLINE Vec<float> acosOf(const Vec<float>& x) {
  const auto [t, rest, isFar] = halfAngle(abs(x));
  const Vec<float> turn = broadcast(quarterTurn), low = broadcast(quarterTurnLow);
  const Vec<float> twice = t + t, twiceRest = rest + rest;
  const Vec<float> obtuse = ((turn + turn) - twice) + ((low + low) - twiceRest);
  const Vec<float> far = select(x < zero<float>(), obtuse, twice + twiceRest);
  const Vec<float> near = (turn - copySign(t, x)) + (low - copySign(rest, x));
  return select(isFar, far, near);
}

}  // namespace shortened

// The functions of special.cc that floats have a shorter way for.
template <class T>
struct Short {};
template <>
struct Short<float> {
  static Vec<float> asin(const Vec<float>& x) { return shortened::asinOf(x); }
  static Vec<float> acos(const Vec<float>& x) { return shortened::acosOf(x); }
  static Vec<float> atan(const Vec<float>& x) { return shortened::atanOf(x); }
#define OSTINATO_SHORT(name)                                                              \
  static Vec<float> name(const Vec<float>& x) {                                           \
    return throughDouble([](const Vec<double>& v) { return shortened::name##Of(v); }, x); \
  }
  OSTINATO_SHORT(asinh)
  OSTINATO_SHORT(acosh)
  OSTINATO_SHORT(atanh)
  OSTINATO_SHORT(erfc)
  OSTINATO_SHORT(erfinv)
#undef OSTINATO_SHORT
};

}  // namespace ostinato::OSTINATO_ISA
