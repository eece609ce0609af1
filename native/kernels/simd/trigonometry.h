// sin and cos on Vec<double>, within 1 ulp; on Vec<float> by way of double, which leaves nothing
// but the last rounding. x is reduced to r = x - n π/2, |r| <= π/4: by three parts of π/2 for |x| <
// 2^20, lane by lane against the bits of 2/π beyond (Payne and Hanek).
#pragma once

#include "math.h"

namespace ostinato::OSTINATO_ISA {

// x = n π/2 + (r + tail), n modulo 4 (in its two low bits), |tail| within half an ulp of r.
struct Angle {
  Vec<int64_t> n;
  Vec<double> r, tail;
};

// π/2 = high + middle + low, to 2^-164.
constexpr double halfPiHigh = 0x1.921fb54442d18p+0, halfPiMiddle = 0x1.1a62633145c07p-54,
                 halfPiLow = -0x1.f1976b7ed8fbcp-110;

// One finite |x| >= 2^20.
inline __attribute__((noinline)) void reduceLarge(double x, int64_t& n, double& r, double& tail) {
  // The fraction bits of 2/π.
  static constexpr uint64_t twoOverPi[] = {
      0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
      0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
      0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
      0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
      0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab};
  uint64_t bits;
  __builtin_memcpy(&bits, &x, 8);
  // |x| = m 2^e. Bit k of 2/π weighs 2^-k; where m 2^(e-k) is a multiple of 4 it only adds whole
  // turns.
  const int e = int(bits >> 52 & 0x7ff) - 1075;
  const uint64_t m = (bits & ((uint64_t(1) << 52) - 1)) | uint64_t(1) << 52;
  uint64_t window[3];  // 192 bits from bit e - 1 on
  for (int i = 0; i < 3; ++i) {
    const int at = e - 2 + 64 * i, shift = at & 63;
    if (at < 0)
      window[i] = twoOverPi[0] >> -at;
    else
      window[i] = shift == 0 ? twoOverPi[at / 64]
                             : twoOverPi[at / 64] << shift | twoOverPi[at / 64 + 1] >> (64 - shift);
  }
  // The low 192 bits of m times the window are |x| 2/π modulo 4, in units of 2^-190.
  const auto low = (unsigned __int128)m * window[2];
  const auto middle = (unsigned __int128)m * window[1] + uint64_t(low >> 64);
  const uint64_t high = m * window[0] + uint64_t(middle >> 64);
  const auto top = (unsigned __int128)high << 64 | uint64_t(middle);
  const auto fraction = (__int128)(top << 2) >> 1;  // from -1/2 to 1/2, in units of 2^-127
  const uint64_t quarter = uint64_t(top >> 126) + (fraction < 0);
  const double unit = x < 0 ? -0x1p-127 : 0x1p-127;
  const double f = double(fraction);
  const double fTail = double(fraction - (__int128)f) * unit, fHead = f * unit;
  n = int64_t(x < 0 ? 0 - quarter : quarter);
  r = fHead * halfPiHigh;
  tail = __builtin_fma(fHead, halfPiHigh, -r) + (fHead * halfPiMiddle + fTail * halfPiHigh);
}

OSTINATO_INLINE Angle reduceAngle(const Vec<double>& x) {
  using F = Format<double>;
  const Vec<double> limit = broadcast(0x1p20);
  const auto large = limit <= abs(x);
  const Vec<double> small = select(large, zero<double>(), x);
  const Vec<double> shift = broadcast(F::integerShift);
  const Vec<double> shifted = fma(small, broadcast(0x1.45f306dc9c883p-1), shift);
  const Vec<double> minusN = shift - shifted;
  // Exact: both products' bits end where x's do.
  const Vec<double> head = exactFma(minusN, broadcast(halfPiHigh), small);
  const Vec<double> r = exactFma(minusN, broadcast(halfPiMiddle), head);
  const Vec<double> tail =
      exactFma(minusN, broadcast(halfPiLow), exactFma(minusN, broadcast(halfPiMiddle), head - r));
  Angle angle = {bitCast<int64_t>(shifted) - bitCast<int64_t>(shift), r, tail};
  if (any(large)) {
    alignas(64) double xs[8], rs[8], tails[8];
    alignas(64) int64_t ns[8];
    store(xs, x);
    store(rs, angle.r);
    store(tails, angle.tail);
    store(ns, angle.n);
    for (int i = 0; i < 8; ++i)
      if (xs[i] - xs[i] == 0 && __builtin_fabs(xs[i]) >= 0x1p20)
        reduceLarge(xs[i], ns[i], rs[i], tails[i]);
      else if (xs[i] - xs[i] != 0)
        rs[i] = F::nan;
    angle = {load(ns), load(rs), load(tails)};
  }
  return angle;
}

// sin(x + quarters π/2)
OSTINATO_INLINE Vec<double> sinOf(const Vec<double>& x, int64_t quarters) {
  static constexpr double sine[] = {-0x1.5555555555549p-3,  0x1.111111110f8cbp-7,
                                    -0x1.a01a019c19c9ap-13, 0x1.71de357dc3152p-19,
                                    -0x1.ae5e6a629156p-26,  0x1.5d94155c8d1a7p-33};
  static constexpr double cosine[] = {0x1.555555555554ep-5,  -0x1.6c16c16c1551dp-10,
                                      0x1.a01a019d009ccp-16, -0x1.27e4f83cc570dp-22,
                                      0x1.1eea0b42bf2ccp-29, -0x1.8fbd8721fe9ap-37};
  const Angle angle = reduceAngle(x);
  const Vec<double> r = angle.r, square = r * r, half = square * broadcast(0.5);
  const Vec<int64_t> n = angle.n + broadcast(quarters);
  // sin(r + tail) = sin r + tail cos r, and so on; the correction is below half an ulp.
  const Vec<double> s =
      r + fma(square * r, polynomial(square, sine), angle.tail - angle.tail * half);
  const Vec<double> one = broadcast(1.0), head = one - half;
  const Vec<double> rest = (one - head) - half;  // what rounding head has lost
  const Vec<double> c =
      head + (rest + fma(square * square, polynomial(square, cosine), -(r * angle.tail)));
  const auto odd = (n & broadcast<int64_t>(1)) != zero<int64_t>();
  const Vec<double> y = select(odd, c, s);
  const Vec<double> signedY =
      bitCast<double>(bitCast<int64_t>(y) ^ shiftLeft(n & broadcast<int64_t>(2), 62));
  // sin(-0) is -0: its r has lost the sign.
  return quarters == 0 ? select(x == zero<double>(), x, signedY) : signedY;
}

OSTINATO_INLINE Vec<double> sin(const Vec<double>& x) { return sinOf(x, 0); }
OSTINATO_INLINE Vec<double> cos(const Vec<double>& x) { return sinOf(x, 1); }
OSTINATO_INLINE Vec<float> sin(const Vec<float>& x) {
  return throughDouble([](const Vec<double>& v) { return sin(v); }, x);
}
OSTINATO_INLINE Vec<float> cos(const Vec<float>& x) {
  return throughDouble([](const Vec<double>& v) { return cos(v); }, x);
}

}  // namespace ostinato::OSTINATO_ISA
