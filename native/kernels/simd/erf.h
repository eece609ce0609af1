// The error function within 2 ulp, and the normal distribution function, on Vec<T>. Near zero a
// polynomial, farther out erfc(a) = e^(-a^2) t P(t) with t = 1 / (a + 2), which goes on to where it
// underflows.
#pragma once

#include "math.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
struct ErfFormat;
template <>
struct ErfFormat<float> {
  static constexpr float middle = 0.875f;  // the polynomial is good below, the exponential above
  static constexpr float farthest = 15;    // erfc is 0 from here on
  // erf(a) / a = lead + rest + a^2 near[0] + ..., lead being 2 / √π
  static constexpr float lead = 0x1.20dd76p+0f, rest = -0x1.f7ac92p-25f;
  static constexpr float near[] = {-0x1.812744p-2f, 0x1.ce2e8ep-4f,  -0x1.b81a72p-6f,
                                   0x1.5542a4p-8f,  -0x1.aec8ap-11f, 0x1.6cdc6cp-14f};
  static constexpr float center = 0x1.b8ba96p-3f;  // P is in powers of t - center
  static constexpr float far[] = {0x1.dccb44p-1f, 0x1.392fbcp+1f,  0x1.0c3af4p+2f,
                                  0x1.81168cp+1f, -0x1.0950c2p+2f, -0x1.198a6p+3f,
                                  0x1.f0bf64p+2f, 0x1.61a6c2p+4f,  -0x1.764fap+4f};
  static constexpr float sqrtHalf = 0x1.6a09e6p-1f;
};
template <>
struct ErfFormat<double> {
  static constexpr double middle = 0.875;
  static constexpr double farthest = 40;
  static constexpr double lead = 0x1.20dd750429b6dp+0, rest = 0x1.1ae3a914fed8p-56;
  static constexpr double near[] = {
      -0x1.812746b0379e7p-2,  0x1.ce2f21a042bd7p-4,  -0x1.b82ce312886b4p-6,  0x1.565bcd0e59093p-8,
      -0x1.c02db3fb6d91p-11,  0x1.f9a3261c5c36dp-14, -0x1.f4d241a143673p-17, 0x1.b9e4983bc2808p-20,
      -0x1.5f544b89d27e2p-23, 0x1.fa4fe06c13bfep-27, -0x1.41fbda1d4ee07p-30, 0x1.23983a6d14067p-34};
  static constexpr double center = 0x1.879fd6p-3;
  static constexpr double far[] = {
      0x1.bff80813d123dp-1,   0x1.2027194c49ee9p+1,  0x1.fb16eb558270bp+1,  0x1.ad46a9aa96cabp+1,
      -0x1.84288fe8f9733p+1,  -0x1.34dc061ae4b77p+3, 0x1.afb9977d1ee15p+1,  0x1.d0d6df75195f1p+4,
      -0x1.adb084fc10cfbp+3,  -0x1.91803c9d89ec8p+6, 0x1.a5bf089379c86p+6,  0x1.5535e39b6442dp+8,
      -0x1.8492b28bb5792p+9,  -0x1.789825b819545p+9, 0x1.28b929bbfece1p+12, -0x1.3845eed972aebp+11,
      -0x1.5641a682c1cd3p+14, 0x1.430cc8d55d236p+15, 0x1.d9e1c860f4a41p+15, -0x1.7c573cca706e2p+17,
      -0x1.3419f8e8de9c7p+15};
  static constexpr double sqrtHalf = 0x1.6a09e667f3bcdp-1;
};

// erf(a) for 0 <= a < middle.
template <class T>
OSTINATO_INLINE Vec<T> erfNear(const Vec<T>& a) {
  using E = ErfFormat<T>;
  const Vec<T> square = a * a;
  return fma(a, broadcast(E::lead),
             a * fma(square, polynomial(square, E::near), broadcast(E::rest)));
}
// erfc(a) for a >= middle; e is e^(-a^2).
template <class T>
OSTINATO_INLINE Vec<T> erfcFar(const Vec<T>& a, const Vec<T>& e) {
  using E = ErfFormat<T>;
  const Vec<T> t = broadcast(T(1)) / (a + broadcast(T(2)));
  return e * t * polynomial(t - broadcast(E::center), E::far);
}

template <class T>
OSTINATO_LONG_INLINE Vec<T> erf(const Vec<T>& x) {
  using E = ErfFormat<T>;
  const Vec<T> a = lesser(broadcast(E::farthest), abs(x));
  const Vec<T> far = broadcast(T(1)) - erfcFar(a, exp(-(a * a)));
  return copySign(select(a < broadcast(E::middle), erfNear(a), far), x);
}

// Φ(x) = erfc(-x / √2) / 2, with its relative precision kept in the lower tail.
template <class T>
OSTINATO_LONG_INLINE Vec<T> normalCdf(const Vec<T>& x) {
  using E = ErfFormat<T>;
  const Vec<T> half = broadcast(T(0.5));
  // The order of the operands makes a number of NaN, so that x·Φ(x) is the NaN that x is, sign and all.
  const Vec<T> bounded = lesser(abs(x), broadcast(T(E::farthest * T(1.4))));
  const Vec<T> a = bounded * broadcast(E::sqrtHalf);
  // e^(-x^2/2) with what rounding x^2 loses, which the exponential would magnify.
  const Vec<T> square = bounded * bounded, lost = exactFma(bounded, bounded, -square);
  const Vec<T> e = exp(square * -half);
  const Vec<T> density = fma(e, lost * -half, e);
  const Vec<T> tail = half * erfcFar(a, density), near = half * erfNear(a);
  const Vec<T> one = broadcast(T(1));
  return select(a < broadcast(E::middle), half + copySign(near, x),
                select(x < zero<T>(), tail, one - tail));
}

// 1 - erf(x), with its relative precision kept where it is small: the factors of erfcFar as sums of two
// doubles, of which only the last product is rounded.
inline __attribute__((noinline)) Vec<double> erfc(const Vec<double>& x) {
  using E = ErfFormat<double>;
  using F = Format<double>;
  const Vec<double> one = broadcast(1.0), two = broadcast(2.0);
  const Vec<double> a = lesser(broadcast(E::farthest), abs(x));
  const Vec<double> square = a * a, lost = exactFma(a, a, -square);
  // e^(-a^2) = 2^n (e + eLow)
  const auto [n, r] = reduceExp<double>(greater(broadcast(F::expMin), -square));
  const Vec<double> grown = fma(r * r, polynomial(r, F::exp), r);
  const Vec<double> power = grown - fma(lost, grown, lost);
  const Vec<double> e = one + power, eLow = power - (e - one);
  // t = 1 / (a + 2)
  const Vec<double> sum = a + two, sumLow = a - (sum - two);
  const Vec<double> t = one / sum;
  const Vec<double> tLow = t * (exactFma(-t, sum, one) - t * sumLow);
  // P = far[0] + rest
  static constexpr int count = sizeof(E::far) / sizeof(E::far[0]);
  const Vec<double> u = (t - broadcast(E::center)) + tLow;
  Vec<double> rest = broadcast(E::far[count - 1]);
  OSTINATO_UNROLL
  for (int i = count - 2; i > 0; --i) rest = fma(rest, u, broadcast(E::far[i]));
  rest = rest * u;
  const Vec<double> first = broadcast(E::far[0]), p = first + rest, pLow = rest - (p - first);
  const Vec<double> q = t * p, qLow = exactFma(t, p, -q) + fma(tLow, p, t * pLow);
  const auto half = shiftRight(n, 1);
  const Vec<double> tail =
      fma(e, q, fma(eLow, q, e * qLow)) * powerOfTwo<double>(half) * powerOfTwo<double>(n - half);
  // 1 - erf(a) near 0: the leading product exactly, since the difference magnifies its rounding.
  const Vec<double> head = a * broadcast(E::lead), headLow = exactFma(a, broadcast(E::lead), -head);
  const Vec<double> more =
      fma(a, fma(square, polynomial(square, E::near), broadcast(E::rest)), headLow);
  const Vec<double> difference = one - head, differenceLow = (one - difference) - head;
  const auto isNear = a < broadcast(E::middle);
  // between, where that difference would be small: a polynomial around 0.6875
  static constexpr double middle[] = {
      -0x1.914e12caa9bfbp-56, -0x1.681ff24b4ab04p-1, 0x1.ef2bed2786b2cp-2,  0x1.a4254557d72c3p-7,
      -0x1.532415c268f60p-3,  0x1.558b4c55a433dp-5,  0x1.1b7ad5bb0f2e1p-5,  -0x1.1201d3b7d2d35p-6,
      -0x1.2995ec98cb3ebp-8,  0x1.0294bd66d7893p-8,  0x1.15ad224991e16p-12, -0x1.63d2a88985d6bp-11,
      0x1.2d6569bcd0c05p-15,  0x1.7b7e872a65a77p-14};
  const Vec<double> between =
      broadcast(0x1.52db785a98acap-2) + polynomial(a - broadcast(0.6875), middle);
  const Vec<double> close =
      select(a < broadcast(0.5), difference + (differenceLow - more), between);
  const Vec<double> right = select(isNear, close, tail);
  const Vec<double> left = select(isNear, one + (head + more), two - tail);
  return select(x < zero<double>(), left, right);
}

// The inverse of erf: a polynomial up to 1/2, beyond it a step of Halley's method from a polynomial in
// √(-2 ln(1 - |x|)), on erfc, whose error shrinks there.
OSTINATO_LONG_INLINE Vec<double> erfinv(const Vec<double>& x) {
  using F = Format<double>;
  // erfinv(x) / x = √π/2 + near[0] + x^2 near[1] + ...
  static constexpr double near[] = {
      -0x1.5fb24e4891cdfp-55, 0x1.db29fb2fee5d7p-3,  0x1.053c2c0aba0f0p-3, 0x1.62847c46ffaf0p-4,
      0x1.0a1318d172be2p-4,   0x1.a7c84d5540be4p-5,  0x1.5eec884734d28p-5, 0x1.2aa37db6783a2p-5,
      0x1.04a11c69faa1cp-5,   0x1.b997f3668c7a1p-6,  0x1.fbcaeeda4cac7p-6, -0x1.ca784f0aa028ep-10,
      0x1.67f67416fcb34p-4,   -0x1.8e820ca289eddp-4, 0x1.edc8c143c064ep-4};
  static constexpr double far[] = {
      0x1.449733cd18310p+1,  0x1.79d47e055e195p-1,   -0x1.621c12d80ca91p-9, -0x1.6cc71eeeb85e8p-14,
      0x1.2eed156a859a9p-13, -0x1.d04dd8fe9ebccp-15, 0x1.10f5d01bf1223p-16, -0x1.13e91e9046a76p-18,
      0x1.09e2ce8cde6a8p-20, -0x1.154ea6da666cdp-22, 0x1.14478f50472cfp-24, -0x1.8dbbfa7d36471p-27,
      0x1.4ba44f6054466p-30, -0x1.d79d6137269e6p-35};
  const Vec<double> a = abs(x), one = broadcast(1.0), square = a * a;
  const Vec<double> small = fma(a, broadcast(0x1.c5bf891b4ef6bp-1), a * polynomial(square, near));
  const Vec<double> p = one - a;
  const Vec<double> guess = polynomial(sqrt(log(p) * broadcast(-2.0)) - broadcast(4.0), far);
  const Vec<double> slope = exp(-(guess * guess)) * broadcast(0x1.20dd750429b6dp+0);
  const Vec<double> step = (erfc(guess) - p) / slope;
  const Vec<double> large = guess + step / (one - step * guess);
  const Vec<double> y = select(a == one, broadcast(F::infinity), large);
  return copySign(select(a < broadcast(0.5), small, select(a <= one, y, broadcast(F::nan))), x);
}

}  // namespace ostinato::OSTINATO_ISA
