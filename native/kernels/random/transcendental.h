// The logarithm, sine and cosine that the distributions need. Two families, because PyTorch has two:
//
// - float: the polynomials of Moshier's Cephes library (logf, sinf, cosf), each multiplication fused
//   with the addition after it, so that float normals are PyTorch's to the last bit.
// - double: evaluated on pairs of doubles to about 2^-60, so that the rounded result is a correctly
//   rounded libm's. libm itself would choose its variant by processor; ours must not depend on it.
//
// The domains are those of the callers: logarithms of (0, 1], angles of [0, 2π].
#pragma once

#include "../simd/vec.h"

namespace ostinato::OSTINATO_ISA {

template <class To, class From>
OSTINATO_INLINE Vec<To> convert(const Vec<From>& a) {
  static_assert(sizeof(To) == sizeof(From));
  Vec<To> v;
  OSTINATO_UNROLL
  for (int i = 0; i < Vec<To>::registers; ++i)
    v.r[i] = __builtin_convertvector(a.r[i], Register<To>);
  return v;
}

// a * b + c, rounded once on every instruction set, the scalar one included: pairs of doubles
// require it, and so does the equality of seeded numbers between machines.
template <class T>
OSTINATO_INLINE Vec<T> fused(const Vec<T>& a, const Vec<T>& b, const Vec<T>& c) {
#if defined(__FMA__) || defined(__aarch64__)
  return fma(a, b, c);
#else
  alignas(64) T lanes[Vec<T>::lanes];
  for (int i = 0; i < Vec<T>::lanes; ++i)
    lanes[i] = sizeof(T) == 4 ? T(__builtin_fmaf(float(a[i]), float(b[i]), float(c[i])))
                              : T(__builtin_fma(a[i], b[i], c[i]));
  return load(lanes);
#endif
}

// Coefficients from the highest power down, fused at every step.
template <class T>
OSTINATO_INLINE Vec<T> horner(const Vec<T>&, const Vec<T>& sum) {
  return sum;
}
template <class T, class... Rest>
OSTINATO_INLINE Vec<T> horner(const Vec<T>& x, const Vec<T>& sum, double next, Rest... rest) {
  return horner(x, fused(sum, x, broadcast(T(next))), rest...);
}

template <class T>
struct SinCos {
  Vec<T> sin, cos;
};

// ---- float

// x = 2^e · (1 + f) with √½ <= 1 + f < √2; log x = e·log 2 + f - f²/2 + f³·P(f). log 2 is split
// into an exact multiple of 2^-9 and a rest.
OSTINATO_INLINE Vec<float> logUnit(const Vec<float>& x) {
  const Vec<int32_t> bits = bitCast<int32_t>(x);
  const Vec<float> mantissa =
      bitCast<float>((bits & broadcast(0x007fffff)) | broadcast(0x3f000000));
  Vec<float> e = convert<float>(shiftRight(bits, 23) - broadcast(126));
  const Mask<float> low = mantissa < broadcast(0.707106781186547524f);
  const Vec<float> one = broadcast(1.0f);
  e = select<float>(low, e - one, e);
  Vec<float> f = mantissa - one;
  f = select<float>(low, f + mantissa, f);
  const Vec<float> square = f * f;
  const Vec<float> p =
      horner(f, broadcast(7.0376836292e-2f), -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
             1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1);
  Vec<float> rest = fused(p * f, square, e * broadcast(-2.12194440e-4f));
  rest = fused(square, broadcast(-0.5f), rest);
  return fused(e, broadcast(0.693359375f), f + rest);
}

// x = r + j·π/4 with even j and |r| <= π/4; π/4 is subtracted in three parts.
OSTINATO_INLINE SinCos<float> sinCos(const Vec<float>& x) {
  const Vec<int32_t> truncated = convert<int32_t>(x * broadcast(1.27323954473516f));
  const Vec<int32_t> octant = (truncated + broadcast(1)) & broadcast(~1);
  const Vec<float> j = convert<float>(octant);
  Vec<float> r = fused(j, broadcast(-0.78515625f), x);
  r = fused(j, broadcast(-2.4187564849853515625e-4f), r);
  r = fused(j, broadcast(-3.77489497744594108e-8f), r);
  const Vec<float> z = r * r;
  const Vec<float> c =
      horner(z, broadcast(2.443315711809948e-5f), -1.388731625493765e-3, 4.166664568298827e-2);
  const Vec<float> s = horner(z, broadcast(-1.9515295891e-4f), 8.3321608736e-3, -1.6666654611e-1);
  const Vec<float> cosine = fused(c * z, z, -(z * broadcast(0.5f))) + broadcast(1.0f);
  const Vec<float> sine = fused(s * z, r, r);
  const Mask<float> straight = (octant & broadcast(2)) == broadcast(0);
  const Vec<int32_t> sign = broadcast(INT32_MIN);
  // sin changes its sign in octants 4 to 7, cos in octants 2 to 5.
  const Vec<int32_t> sinSign = shiftLeft(octant, 29) & sign;
  const Vec<int32_t> cosSign = shiftLeft(~(octant - broadcast(2)), 29) & sign;
  const Vec<float> sin = select<float>(straight, sine, cosine);
  const Vec<float> cos = select<float>(straight, cosine, sine);
  return {bitCast<float>(bitCast<int32_t>(sin) ^ sinSign),
          bitCast<float>(bitCast<int32_t>(cos) ^ cosSign)};
}

// The double functions are long, and one copy of each serves all callers.
#define OSTINATO_OUTLINE __attribute__((noinline, unused))

// ---- double: a Pair is the unevaluated sum of two doubles, |low| <= ulp(high)

struct Pair {
  Vec<double> high, low;
};
// a + b exactly, if |a| >= |b| or a = 0.
OSTINATO_INLINE Pair quickTwoSum(const Vec<double>& a, const Vec<double>& b) {
  const Vec<double> sum = a + b;
  return {sum, b - (sum - a)};
}
// a + b exactly.
OSTINATO_INLINE Pair twoSum(const Vec<double>& a, const Vec<double>& b) {
  const Vec<double> sum = a + b;
  const Vec<double> part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}
OSTINATO_INLINE Pair multiply(const Pair& a, const Pair& b) {
  const Vec<double> product = a.high * b.high;
  return {product, fused(a.high, b.high, -product) + fused(a.high, b.low, a.low * b.high)};
}
OSTINATO_INLINE Pair constant(double high, double low) { return {broadcast(high), broadcast(low)}; }

// x = 2^e · m with √½ <= m < √2, s = (m - 1) / (m + 1), z = s²:
// log x = e·log 2 + 2s·(1 + z/3 + z²·(1/5 + z/7 + …)).
static OSTINATO_OUTLINE Vec<double> logUnit(const Vec<double>& x) {
  const Vec<int64_t> bits = bitCast<int64_t>(x);
  const Vec<int64_t> exponent =
      shiftRight(bits - broadcast<int64_t>(0x3fe6a09e667f3bcd), 52);  // √½
  const Vec<double> m = bitCast<double>(bits - shiftLeft(exponent, 52));
  // The lower bits of 1.5 · 2⁵² + e are e.
  const Vec<double> magic = broadcast(0x1.8p52);
  const Vec<double> e = bitCast<double>(bitCast<int64_t>(magic) + exponent) - magic;

  const Vec<double> one = broadcast(1.0);
  const Vec<double> f = m - one;
  const Pair d = quickTwoSum(one, m);
  const Vec<double> q = f / d.high;
  const Pair s = {q, (fused(-q, d.high, f) - q * d.low) / d.high};
  const Pair z = multiply(s, s);
  const Vec<double> tail =
      horner(z.high, broadcast(1.0 / 29), 1.0 / 27, 1.0 / 25, 1.0 / 23, 1.0 / 21, 1.0 / 19,
             1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5);
  Pair u = multiply(z, constant(0x1.5555555555555p-2, 0x1.5555555555555p-56));  // 1/3
  u = quickTwoSum(u.high, u.low + z.high * z.high * tail);
  const Pair correction = multiply(s, u);

  const Vec<double> two = broadcast(2.0);
  // The upper part of log 2 has 42 bits, so that its multiples are exact.
  const Pair a = twoSum(e * broadcast(0x1.62e42fefa38p-1), two * s.high);
  const Pair b = twoSum(a.high, two * correction.high);
  const Vec<double> low = two * (s.low + correction.low) + e * broadcast(0x1.ef35793c7673p-45);
  return b.high + (b.low + a.low + low);
}

// x = r + k·π/2 with |r| <= π/4; the first two parts of π/2 have 33 bits, so that their multiples
// are exact.
static OSTINATO_OUTLINE SinCos<double> sinCos(const Vec<double>& x) {
  const Vec<double> magic = broadcast(0x1.8p52);
  const Vec<double> shifted = x * broadcast(0x1.45f306dc9c883p-1) + magic;
  const Vec<int64_t> quadrant = bitCast<int64_t>(shifted);
  const Vec<double> k = shifted - magic;
  const Pair first = twoSum(x - k * broadcast(0x1.921fb544p+0), -(k * broadcast(0x1.0b4611a6p-34)));
  const Pair r = quickTwoSum(first.high, first.low - k * broadcast(0x1.3198a2e037073p-69));
  const Pair z = multiply(r, r);
  const Vec<double> zz = z.high * z.high;

  // sin r = r + r·(-z/6 + z²·(1/5! - z/7! + …))
  const Vec<double> sinTail =
      horner(z.high, broadcast(1.0 / 355687428096000), -1.0 / 1307674368000, 1.0 / 6227020800,
             -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120);
  Pair u = multiply(z, constant(-0x1.5555555555555p-3, -0x1.5555555555555p-57));
  u = quickTwoSum(u.high, u.low + zz * sinTail);
  const Pair bend = multiply(r, u);
  const Pair s = quickTwoSum(r.high, bend.high);
  const Vec<double> sine = s.high + (s.low + r.low + bend.low);

  // cos r = 1 - z/2 + z²·(1/4! - z/6! + …)
  const Vec<double> half = broadcast(0.5);
  const Vec<double> cosTail =
      horner(z.high, broadcast(-1.0 / 6402373705728000), 1.0 / 20922789888000, -1.0 / 87178291200,
             1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24);
  const Pair c = quickTwoSum(broadcast(1.0), -(half * z.high));
  const Vec<double> cosine = c.high + (c.low - half * z.low + zz * cosTail);

  const Mask<double> straight = (quadrant & broadcast<int64_t>(1)) == broadcast<int64_t>(0);
  const Vec<int64_t> sign = broadcast(INT64_MIN);
  // sin changes its sign in quadrants 2 and 3, cos in quadrants 1 and 2.
  const Vec<int64_t> sinSign = shiftLeft(quadrant, 62) & sign;
  const Vec<int64_t> cosSign = shiftLeft(quadrant + broadcast<int64_t>(1), 62) & sign;
  const Vec<double> sin = select<double>(straight, sine, cosine);
  const Vec<double> cos = select<double>(straight, cosine, sine);
  return {bitCast<double>(bitCast<int64_t>(sin) ^ sinSign),
          bitCast<double>(bitCast<int64_t>(cos) ^ cosSign)};
}

}  // namespace ostinato::OSTINATO_ISA
