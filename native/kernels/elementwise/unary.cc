// Elementwise functions of one tensor: the code of the lines of unary.inc, clamp and nan_to_num. Activations are in
// activations.cc, conversions in copy.cc.
#include "walk.h"
#include "../simd/math.h"
#include "../simd/rounding.h"
#include "../simd/erf.h"
#include "../simd/trigonometry.h"

namespace ostinato::OSTINATO_ISA {

#define KERNEL_UNARY(name, weight, expression)                           \
  template <class T>                                                     \
  void name(const T* in, T* out, const Strided& s, Work& work) {         \
    const auto f = [](const Vec<T>& x) -> Vec<T> { return expression; }; \
    mapLanes<T, weight>(s, work, f, out, in);                            \
  }                                                                      \
  INSTANTIATE_FLOAT(name)
#define KERNEL_UNARY_NUMBER(name, lanes, element)                           \
  template <class T>                                                        \
  void name(const T* in, T* out, const Strided& s, Work& work) {            \
    if constexpr (isFloating<T>) {                                          \
      const auto f = [](const Vec<T>& x) -> Vec<T> { return lanes; };       \
      mapLanes<T, medium>(s, work, f, out, in);                             \
    } else {                                                                \
      const auto f = [](int32_t x) -> int32_t { return int32_t(element); }; \
      mapScalars(s, work, f, out, in);                                      \
    }                                                                       \
  }                                                                         \
  INSTANTIATE_NUMBER(name)
#define KERNEL_TEST(name, expression)                                     \
  template <class T>                                                      \
  void name(const T* in, uint8_t* out, const Strided& s, Work& work) {    \
    const auto f = [](const Vec<T>& x) -> Mask<T> { return expression; }; \
    mapLanes<T, medium>(s, work, f, out, in);                             \
  }                                                                       \
  INSTANTIATE_FLOAT(name)
#include "../kernels.inc"

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

template <class T>
void nan_to_num(const T* x, T* out, double nan, double posinf, double neginf, const Strided& s,
                Work& work) {
  const auto f = [nan = T(nan), most = T(posinf), least = T(neginf)](const Vec<T>& v) -> Vec<T> {
    const Vec<T> infinity = broadcast(Format<T>::infinity);
    const Vec<T> finite = select(v == infinity, broadcast(most), v);
    return select(isNaN(v), broadcast(nan), select(v == -infinity, broadcast(least), finite));
  };
  mapLanes<T, medium>(s, work, f, out, x);
}
INSTANTIATE_FLOAT(nan_to_num)

}  // namespace ostinato::OSTINATO_ISA
