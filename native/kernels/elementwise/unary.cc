// Elementwise functions of one tensor that are a formula on lanes. Those that serve as activations
// of a network are in activations.cc, conversions in cast.cc and copy.cc.
#include "walk.h"
#include "../simd/math.h"
#include "../simd/rounding.h"
#include "../simd/erf.h"
#include "../simd/trigonometry.h"

namespace ostinato::OSTINATO_ISA {

#define UNARY(name, weight, expression)                                  \
  template <class T>                                                     \
  void name(const T* x, T* out, const Strided& s, Work& work) {          \
    const auto f = [](const Vec<T>& v) -> Vec<T> { return expression; }; \
    mapLanes<T, weight>(s, work, f, out, x);                             \
  }                                                                      \
  INSTANTIATE_FLOAT(name)

UNARY(exp, heavy, exp(v))
UNARY(expm1, heavy, expm1(v))
UNARY(log, heavy, log(v))
UNARY(log1p, heavy, log1p(v))
UNARY(log2, heavy, log2(v))
UNARY(log10, heavy, log10(v))
UNARY(erf, heavy, erf(v))
UNARY(sin, heavy, sin(v))
UNARY(cos, heavy, cos(v))
UNARY(sqrt, medium, sqrt(v))
UNARY(rsqrt, medium, broadcast(T(1)) / sqrt(v))
UNARY(reciprocal, medium, broadcast(T(1)) / v)
UNARY(floor, medium, floor(v))
UNARY(ceil, medium, ceil(v))
UNARY(round, medium, roundEven(v))
UNARY(trunc, medium, truncate(v))
#undef UNARY

// Floats by lanes, int32 by elements computed modulo 2^32.
#define UNARY_NUMBER(name, lanes, element)                                  \
  template <class T>                                                        \
  void name(const T* x, T* out, const Strided& s, Work& work) {             \
    if constexpr (isFloating<T>) {                                          \
      const auto f = [](const Vec<T>& v) -> Vec<T> { return lanes; };       \
      mapLanes<T, medium>(s, work, f, out, x);                              \
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
    mapLanes<T, medium>(s, work, f, out, x);
  } else {
    const auto f = [low, high](int32_t v) -> int32_t {
      const double bounded = v < low ? low : v;
      return int32_t(bounded > high ? high : bounded);
    };
    mapScalars(s, work, f, out, x);
  }
}
INSTANTIATE_NUMBER(clamp)

#define TEST(name, expression)                                            \
  template <class T>                                                      \
  void name(const T* x, uint8_t* out, const Strided& s, Work& work) {     \
    const auto f = [](const Vec<T>& v) -> Mask<T> { return expression; }; \
    mapLanes<T, medium>(s, work, f, out, x);                              \
  }                                                                       \
  INSTANTIATE_FLOAT(name)
TEST(isnan, isNaN(v))
TEST(isinf, abs(v) == broadcast(Format<T>::infinity))
TEST(isfinite, abs(v) < broadcast(Format<T>::infinity))
#undef TEST

}  // namespace ostinato::OSTINATO_ISA
