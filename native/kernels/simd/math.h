// exp, expm1, log, log1p, tanh and sigmoid on Vec<T>, within 2 ulp for float and double, and right
// at NaN, the infinities, both zeros and denormals. Every function is a fixed sequence of IEEE
// operations on lanes, so that all instruction sets give the same bits: no tables, no estimates.
// sin, cos, erf and pow, which are rarer and longer, are in their own headers.
//
// The polynomials are minimax fits; their number of terms makes the approximation error a few
// hundredths of an ulp, so that what is left is rounding.
#pragma once

#include "vec.h"

namespace ostinato::OSTINATO_ISA {

// What the functions need to know of a floating-point format.
template <class T>
struct Format;
template <>
struct Format<float> {
  static constexpr int fractionBits = 23;
  static constexpr int32_t bias = 127;
  static constexpr float infinity = __builtin_inff(), nan = __builtin_nanf("");
  static constexpr float smallestNormal = 0x1p-126f, largest = 0x1.fffffep127f;
  // Adding it rounds a number below 2^22 to an integer, which is then in the low bits.
  static constexpr float integerShift = 0x1.8p23f;
  static constexpr float log2e = 0x1.715476p+0f;
  static constexpr float ln2 = 0x1.62e43p-1f;
  static constexpr float ln2High = 0x1.62e400p-1f, ln2Low = 0x1.7f7d1cp-20f;
  static constexpr float log10e = 0x1.bcb7b2p-2f;
  static constexpr float log10Two = 0x1.344136p-2f, log10Two2 = -0x1.ec10cp-27f;
  // exp is infinite above, 0 below; expm1 is -1 (rounded) below; tanh is 1 (rounded) above.
  static constexpr float expMax = 89, expMin = -104, expm1Min = -20, tanhMax = 10;
  static constexpr float expm1Tiny = 0x1p-25f;
  static constexpr float sigmoidMin = -20, sigmoidScale = 0x1p-64f;
  // (e^r - 1 - r) / r^2 for |r| <= ln2 / 2.
  static constexpr float exp[] = {0x1p-1f, 0x1.5554bp-3f, 0x1.555488p-5f, 0x1.1227b8p-7f,
                                  0x1.6d9876p-10f};
  // (tanh(x) - x) / x^3 as a polynomial in x^2, for |x| < tanhMiddle.
  static constexpr float tanhMiddle = 0x1.193ea8p-1f;
  static constexpr float tanh[] = {-0x1.55554cp-2f, 0x1.110d4cp-3f, -0x1.b92e08p-5f, 0x1.596742p-6f,
                                   -0x1.9c0fe8p-8f};
  // (ln(1 + f) - f + f^2 / 2) / f^3 for 1 + f in [sqrt(1/2), sqrt(2)].
  static constexpr float log[] = {0x1.555548p-2f,  -0x1.ffffeep-3f, 0x1.99a412p-3f,
                                  -0x1.556264p-3f, 0x1.234734p-3f,  -0x1.fb661cp-4f,
                                  0x1.e5641ap-4f,  -0x1.e1e0f8p-4f, 0x1.1bfafcp-4f};
};
template <>
struct Format<double> {
  static constexpr int fractionBits = 52;
  static constexpr int64_t bias = 1023;
  static constexpr double infinity = __builtin_inf(), nan = __builtin_nan("");
  static constexpr double smallestNormal = 0x1p-1022, largest = 0x1.fffffffffffffp1023;
  static constexpr double integerShift = 0x1.8p52;
  static constexpr double log2e = 0x1.71547652b82fep+0;
  static constexpr double ln2 = 0x1.62e42fefa39efp-1, ln2Tail = 0x1.abc9e3b39803fp-56;
  // ln2High times an exponent is exact even where there is no fused multiply-add.
  static constexpr double ln2High = 0x1.62e42fefa3800p-1, ln2Low = 0x1.ef35793c76730p-45;
  static constexpr double log10e = 0x1.bcb7b1526e50ep-2;
  static constexpr double log10Two = 0x1.34413509f79ffp-2, log10Two2 = -0x1.9dc1da994fd21p-59;
  static constexpr double expMax = 710, expMin = -746, expm1Min = -40, tanhMax = 22;
  static constexpr double expm1Tiny = 0x1p-54;
  static constexpr double sigmoidMin = -40, sigmoidScale = 0x1p-512;
  static constexpr double exp[] = {0x1p-1,
                                   0x1.5555555555559p-3,
                                   0x1.555555555555ap-5,
                                   0x1.111111110f725p-7,
                                   0x1.6c16c16c1451bp-10,
                                   0x1.a01a01afbe211p-13,
                                   0x1.a01a01b0887e2p-16,
                                   0x1.71ddf8a78a98ep-19,
                                   0x1.27e4c5ef4ef28p-22,
                                   0x1.af5e405bd956bp-26,
                                   0x1.1f94ffbdc1514p-29};
  static constexpr double tanhMiddle = 0x1.193ea7aad030bp-1;
  static constexpr double tanh[] = {
      -0x1.555555555555p-2,   0x1.11111111108cdp-3,  -0x1.ba1ba1b98c0fbp-5,  0x1.664f485c4ddf1p-6,
      -0x1.226e2f695d0afp-7,  0x1.d6d2a7eb4dd16p-9,  -0x1.7d9067acbf452p-10, 0x1.3488289573d47p-11,
      -0x1.e99af84269c7ep-13, 0x1.5dea7439d4df6p-14, -0x1.48288a9f9b09p-16};
  // (ln(1 + f) - 2 s) / s^3 as a polynomial in s^2, s = f / (2 + f).
  static constexpr double log[] = {0x1.5555555555581p-1, 0x1.9999999984578p-2, 0x1.2492493e9dfb7p-2,
                                   0x1.c71c5463085c1p-3, 0x1.7465d0f2cc38cp-3, 0x1.39abc3c2039c0p-3,
                                   0x1.2ea8bd32142b8p-3};
};

// coefficients[0] + coefficients[1] x + ..., by Horner's rule.
template <class T, int count>
OSTINATO_INLINE Vec<T> polynomial(const Vec<T>& x, const T (&coefficients)[count]) {
  Vec<T> sum = broadcast(coefficients[count - 1]);
  OSTINATO_UNROLL
  for (int i = count - 2; i >= 0; --i) {
    sum = fma(sum, x, broadcast(coefficients[i]));
  }
  return sum;
}

// 2^n for n from 1 - bias to bias.
template <class T>
OSTINATO_INLINE Vec<T> powerOfTwo(const Vec<Integer<T>>& n) {
  return bitCast<T>(shiftLeft(n + broadcast<Integer<T>>(Format<T>::bias), Format<T>::fractionBits));
}
// An integer of fewer than fractionBits bits as a floating-point number.
template <class T>
OSTINATO_INLINE Vec<T> fromSmallInteger(const Vec<Integer<T>>& n) {
  const Vec<T> shift = broadcast(Format<T>::integerShift);
  return bitCast<T>(n + bitCast<Integer<T>>(shift)) - shift;
}

// x = n ln2 + r with |r| <= ln2 / 2.
template <class T>
struct ExpArgument {
  Vec<Integer<T>> n;
  Vec<T> r;
};
template <class T>
OSTINATO_INLINE ExpArgument<T> reduceExp(const Vec<T>& x) {
  using F = Format<T>;
  const Vec<T> shift = broadcast(F::integerShift);
  const Vec<T> shifted = fma(x, broadcast(F::log2e), shift);
  const Vec<T> n = shifted - shift;
  Vec<T> r = fma(n, broadcast(-F::ln2High), x);
  r = fma(n, broadcast(-F::ln2Low), r);
  return {bitCast<Integer<T>>(shifted) - bitCast<Integer<T>>(shift), r};
}

template <class T>
OSTINATO_LONG_INLINE Vec<T> exp(const Vec<T>& x) {
  using F = Format<T>;
  const Vec<T> one = broadcast(T(1));
  // The order of the operands lets NaN through.
  const auto [n, r] = reduceExp<T>(greater(broadcast(F::expMin), lesser(broadcast(F::expMax), x)));
  const Vec<T> y = fma(fma(polynomial(r, F::exp), r, one), r, one);
  // Two steps, so that neither factor leaves the exponent's range and a denormal is rounded once.
  const auto half = shiftRight(n, 1);
  return y * powerOfTwo<T>(half) * powerOfTwo<T>(n - half);
}

// 2^n (e^r - 1) + (2^n - 1): e^x - 1 without cancellation.
template <class T>
OSTINATO_LONG_INLINE Vec<T> expm1(const Vec<T>& x) {
  using F = Format<T>;
  const auto [n, r] =
      reduceExp<T>(greater(broadcast(F::expm1Min), lesser(broadcast(F::expMax), x)));
  const Vec<T> p = fma(r * r, polynomial(r, F::exp), r);
  // 2^(n-1) instead of 2^n, because e^89 would need 2^128.
  const Vec<T> scale = powerOfTwo<T>(n - broadcast<Integer<T>>(1));
  const Vec<T> y = fma(p, scale, scale - broadcast(T(0.5)));
  return select(abs(x) < broadcast(F::expm1Tiny), x, y + y);
}

// c / (c + c e^-x), where the factor c keeps the divisor finite although the quotient may be
// denormal. With e^-x = 2^n (1 + p) and scale = c 2^n, the divisor is (c + scale) + p scale; the
// sum in parentheses is inexact from 2^24 on, and its error is carried over.
template <class T>
OSTINATO_LONG_INLINE Vec<T> sigmoid(const Vec<T>& x) {
  using F = Format<T>;
  const Vec<T> c = broadcast(F::sigmoidScale);
  const auto [n, r] =
      reduceExp<T>(greater(broadcast(F::sigmoidMin), lesser(broadcast(-F::expMin), -x)));
  const Vec<T> p = fma(r * r, polynomial(r, F::exp), r);
  const Vec<T> scale = bitCast<T>(shiftLeft(n, F::fractionBits) + bitCast<Integer<T>>(c));
  const Vec<T> sum = c + scale;
  return c / (sum + fma(p, scale, c - (sum - scale)));
}

// a + a^3 P(a^2) for a = |x| < ln(3) / 2, and 1 - 2 / (e^2a + 1), which is above 1/2, from there
// on.
template <class T>
OSTINATO_LONG_INLINE Vec<T> tanh(const Vec<T>& x) {
  using F = Format<T>;
  const Vec<T> one = broadcast(T(1));
  const Vec<T> a = abs(x);
  const Vec<T> square = a * a;
  const Vec<T> small = fma(a * square, polynomial(square, F::tanh), a);
  // The low part of ln2 is left out: an error of n 2^-29 in r is n 2^(-28-n) in the result.
  const Vec<T> bounded = lesser(broadcast(F::tanhMax), a);
  const Vec<T> shift = broadcast(F::integerShift);
  const Vec<T> shifted = fma(bounded, broadcast(F::log2e * 2), shift);
  const Vec<T> r = fma(shifted - shift, broadcast(-F::ln2), bounded + bounded);
  const Vec<T> scale = powerOfTwo<T>(bitCast<Integer<T>>(shifted) - bitCast<Integer<T>>(shift));
  const Vec<T> e = fma(fma(polynomial(r, F::exp), r, one), r, one);
  const Vec<T> large = one - broadcast(T(2)) / fma(e, scale, one);
  return copySign(select(a < broadcast(F::tanhMiddle), small, large), x);
}

// k ln2 + ln(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)].
OSTINATO_INLINE Vec<float> logOf(const Vec<float>& f, const Vec<float>& k) {
  using F = Format<float>;
  const Vec<float> square = f * f;
  const Vec<float> tail = fma(square * f, polynomial(f, F::log), k * broadcast(F::ln2Low));
  const Vec<float> y = f + fma(f * broadcast(-0.5f), f, tail);
  return fma(k, broadcast(F::ln2High), y);
}
// With s = f / (2 + f):  ln(1 + f) = 2 s + s R = f - (f^2/2 - s (f^2/2 + R)).
OSTINATO_INLINE Vec<double> logOf(const Vec<double>& f, const Vec<double>& k) {
  using F = Format<double>;
  const Vec<double> s = f / (f + broadcast(2.0));
  const Vec<double> square = s * s;
  const Vec<double> rest = square * polynomial(square, F::log);
  const Vec<double> halfSquare = f * f * broadcast(0.5);
  const Vec<double> tail = fma(s, halfSquare + rest, k * broadcast(F::ln2Low));
  return fma(k, broadcast(F::ln2High), f - (halfSquare - tail));
}
// k such that x 2^-k is in [sqrt(1/2), sqrt(2)), for normal positive x.
template <class T>
OSTINATO_INLINE Vec<Integer<T>> logExponent(const Vec<T>& x) {
  const Vec<T> sqrtHalf = broadcast(T(0x1.6a09e667f3bcdp-1));
  return shiftRight(bitCast<Integer<T>>(x) - bitCast<Integer<T>>(sqrtHalf),
                    Format<T>::fractionBits);
}
// y where x > pole, -infinity at the pole, NaN below; x itself where it is infinite or NaN.
template <class T>
OSTINATO_INLINE Vec<T> logEdges(const Vec<T>& x, T pole, const Vec<T>& y) {
  using F = Format<T>;
  const Vec<T> edge = broadcast(pole);
  const Vec<T> below = select(x == edge, broadcast(-F::infinity), broadcast(F::nan));
  return select(x < broadcast(F::infinity), select(edge < x, y, below),
                select(x == broadcast(F::infinity), x, broadcast(F::nan)));
}

// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive x.
template <class T>
struct LogParts {
  Vec<T> f, k;
};
template <class T>
OSTINATO_INLINE LogParts<T> logParts(const Vec<T>& x) {
  using F = Format<T>;
  const auto denormal = x < broadcast(F::smallestNormal);
  const T scale = T(int64_t(1) << F::fractionBits);
  const Vec<T> normal = select(denormal, x * broadcast(scale), x);
  const auto k = logExponent(normal);
  const Vec<T> m = bitCast<T>(bitCast<Integer<T>>(normal) - shiftLeft(k, F::fractionBits));
  return {m - broadcast(T(1)),
          fromSmallInteger<T>(k) - select(denormal, broadcast(T(F::fractionBits)), zero<T>())};
}

template <class T>
OSTINATO_LONG_INLINE Vec<T> log(const Vec<T>& x) {
  const auto [f, k] = logParts(x);
  return logEdges(x, T(0), logOf(f, k));
}

// 1 + x = 2^k (1 + f) gives f = 2^-k x + (2^-k - 1), rounded once.
template <class T>
OSTINATO_LONG_INLINE Vec<T> log1p(const Vec<T>& x) {
  const Vec<T> one = broadcast(T(1));
  const auto k = logExponent(one + x);
  // 2^-k by way of 2^(2-k), because k reaches the largest exponent.
  const Vec<T> scale = powerOfTwo<T>(broadcast<Integer<T>>(2) - k) * broadcast(T(0.25));
  const Vec<T> f = fma(x, scale, scale - one);
  const Vec<T> y = logEdges(x, T(-1), logOf(f, fromSmallInteger<T>(k)));
  return select(x == zero<T>(), x, y);
}

// k log_b(2) + ln(x 2^-k) / ln(b); exact for powers of two in base 2.
template <class T>
OSTINATO_LONG_INLINE Vec<T> log2(const Vec<T>& x) {
  const auto [f, k] = logParts(x);
  return logEdges(x, T(0), fma(logOf(f, zero<T>()), broadcast(Format<T>::log2e), k));
}
template <class T>
OSTINATO_LONG_INLINE Vec<T> log10(const Vec<T>& x) {
  using F = Format<T>;
  const auto [f, k] = logParts(x);
  const Vec<T> tail = fma(logOf(f, zero<T>()), broadcast(F::log10e), k * broadcast(F::log10Two2));
  return logEdges(x, T(0), fma(k, broadcast(F::log10Two), tail));
}

// Functions that exist for double only: f on the lanes as doubles, rounded once more at the end.
template <class F, class... X>
OSTINATO_INLINE Vec<float> throughDouble(F f, const X&... x) {
  alignas(64) float lanes[Vec<float>::lanes];
  storeAs(lanes, f(halfAsDouble<0>(x)...));
  storeAs(lanes + Vec<double>::lanes, f(halfAsDouble<1>(x)...));
  return load(lanes);
}

// ln(e^a + e^b) = max(a, b) + ln(1 + e^-|a - b|), in which nothing overflows. The larger operand alone where the difference is
// infinite or NaN: a sum of two NaNs takes the sign of either, as the compiler orders them.
template <class T>
OSTINATO_INLINE Vec<T> logAddExp(const Vec<T>& a, const Vec<T>& b) {
  const Vec<T> larger = max(a, b), distance = abs(a - b);
  const auto finite = distance < broadcast(T(Format<T>::infinity));
  return select(finite, larger + log1p(exp(-distance)), larger);
}

}  // namespace ostinato::OSTINATO_ISA
