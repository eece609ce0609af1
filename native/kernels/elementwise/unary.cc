// Elementwise functions of one tensor that are a formula on lanes. Those that serve as activations
// of a network are in activations.cc, conversions in cast.cc and copy.cc.
#include "walk.h"
#include "../simd/math.h"
#include "../simd/rounding.h"
#include "../simd/erf.h"
#include "../simd/trigonometry.h"

namespace ostinato::OSTINATO_ISA {

#define UNARY(name, grain, expression)                                   \
  template <class T>                                                     \
  void name(const T* x, T* out, const Strided& s, Work& work) {          \
    const auto f = [](const Vec<T>& v) -> Vec<T> { return expression; }; \
    mapLanes<T>(s, work, grain, f, out, x);                              \
  }                                                                      \
  INSTANTIATE_FLOAT(name)

UNARY(exp, heavyGrain, exp(v))
UNARY(expm1, heavyGrain, expm1(v))
UNARY(log, heavyGrain, log(v))
UNARY(log1p, heavyGrain, log1p(v))
UNARY(log2, heavyGrain, logToBase(v, T(0x1.71547652b82fep+0)))
UNARY(log10, heavyGrain, logToBase(v, T(0x1.bcb7b1526e50ep-2)))
UNARY(erf, heavyGrain, erf(v))
UNARY(sin, heavyGrain, sin(v))
UNARY(cos, heavyGrain, cos(v))
UNARY(sqrt, lightGrain, sqrt(v))
UNARY(rsqrt, lightGrain, broadcast(T(1)) / sqrt(v))
UNARY(reciprocal, lightGrain, broadcast(T(1)) / v)
UNARY(floor, lightGrain, floor(v))
UNARY(ceil, lightGrain, ceil(v))
UNARY(round, lightGrain, roundEven(v))
UNARY(trunc, lightGrain, truncate(v))
#undef UNARY

// Floats by lanes, int32 by elements computed modulo 2^32.
#define UNARY_NUMBER(name, lanes, element)                                  \
  template <class T>                                                        \
  void name(const T* x, T* out, const Strided& s, Work& work) {             \
    if constexpr (isFloating<T>) {                                          \
      const auto f = [](const Vec<T>& v) -> Vec<T> { return lanes; };       \
      mapLanes<T>(s, work, lightGrain, f, out, x);                          \
    } else {                                                                \
      const auto f = [](int32_t v) -> int32_t { return int32_t(element); }; \
      mapScalars(s, work, f, out, x);                                       \
    }                                                                       \
  }                                                                         \
  INSTANTIATE_NUMBER(name)

template <class T>
OSTINATO_INLINE Vec<T> signOf(const Vec<T>& v) {
  const Vec<T> none = zero<T>(), one = broadcast(T(1));
  return select(none < v, one, select(v < none, -one, none));
}
UNARY_NUMBER(neg, -v, 0u - uint32_t(v))
UNARY_NUMBER(abs, abs(v), v < 0 ? 0u - uint32_t(v) : uint32_t(v))
UNARY_NUMBER(sign, signOf(v), (v > 0) - (v < 0))
UNARY_NUMBER(square, v* v, uint32_t(v) * uint32_t(v))
// NaN stays NaN.
UNARY_NUMBER(relu, select(v < zero<T>(), zero<T>(), v), v < 0 ? 0 : v)
#undef UNARY_NUMBER

template <class T>
void clamp(const T* x, T* out, double low, double high, const Strided& s, Work& work) {
  if constexpr (isFloating<T>) {
    // The order of the operands lets NaN through; high wins where it is below low.
    const auto f = [low = T(low), high = T(high)](const Vec<T>& v) -> Vec<T> {
      return lesser(broadcast(high), greater(broadcast(low), v));
    };
    mapLanes<T>(s, work, lightGrain, f, out, x);
  } else {
    const auto f = [low, high](int32_t v) -> int32_t {
      const double bounded = v < low ? low : v;
      return int32_t(bounded > high ? high : bounded);
    };
    mapScalars(s, work, f, out, x);
  }
}
INSTANTIATE_NUMBER(clamp)

#define TEST(name, expression)                                        \
  template <class T>                                                  \
  void name(const T* x, uint8_t* out, const Strided& s, Work& work) { \
    mapScalars(                                                       \
        s, work, [](T v) -> uint8_t { return expression; }, out, x);  \
  }                                                                   \
  INSTANTIATE_FLOAT(name)
TEST(isnan, v != v)
TEST(isinf, v == Format<T>::infinity || v == -Format<T>::infinity)
TEST(isfinite, v - v == T(0))
#undef TEST

}  // namespace ostinato::OSTINATO_ISA
