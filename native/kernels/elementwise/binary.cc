// Arithmetic of two and three tensors: the code of the lines of binary.inc, and kernels with a parameter. Remainders are in
// remainder.cc.
// Floats by lanes, int32 by elements modulo 2^32.
#include "walk.h"
#include "../simd/math.h"
#include "../simd/pow.h"
#include "../simd/vec.h"

namespace ostinato::OSTINATO_ISA {

// x^n by repeated squaring; a negative n gives 1 / x^-n rounded to zero.
static int32_t integerPower(int32_t x, int32_t n) {
  if (n < 0) return x == 1 ? 1 : x == -1 ? (n & 1 ? -1 : 1) : 0;
  uint32_t power = 1, square = uint32_t(x);
  for (; n; n >>= 1, square *= square)
    if (n & 1) power *= square;
  return int32_t(power);
}

// NaN counts as below 0, as in torch.heaviside.
template <class T>
OSTINATO_INLINE Vec<T> stepOf(const Vec<T>& a, const Vec<T>& b) {
  const Vec<T> none = zero<T>();
  return select(a == none, b, select(none < a, one<T>(), none));
}

#define KERNEL_BINARY_FLOAT(name, weight, expression)                                     \
  template <class T>                                                                      \
  void name(const T* left, const T* right, T* out, const Strided& s, Work& work) {        \
    const auto f = [](const Vec<T>& a, const Vec<T>& b) -> Vec<T> { return expression; }; \
    mapLanes<T, weight>(s, work, f, out, left, right);                                    \
  }                                                                                       \
  INSTANTIATE_FLOAT(name)
#define KERNEL_BINARY(name, weight, lanes, element)                                    \
  template <class T>                                                                   \
  void name(const T* left, const T* right, T* out, const Strided& s, Work& work) {     \
    if constexpr (isFloating<T>) {                                                     \
      const auto f = [](const Vec<T>& a, const Vec<T>& b) -> Vec<T> { return lanes; }; \
      mapLanes<T, weight>(s, work, f, out, left, right);                               \
    } else {                                                                           \
      const auto f = [](int32_t a, int32_t b) -> int32_t { return int32_t(element); }; \
      mapScalars(s, work, f, out, left, right);                                        \
    }                                                                                  \
  }                                                                                    \
  INSTANTIATE_NUMBER(name)
#include "../kernels.inc"

template <class T>
void squared_difference_backward(const T* g, const T* a, const T* b, T* out, double factor,
                                 const Strided& s, Work& work) {
  const auto f = [factor = T(factor)](const Vec<T>& g, const Vec<T>& x, const Vec<T>& y) -> Vec<T> {
    return broadcast(factor) * (x - y) * g;
  };
  mapLanes<T, medium>(s, work, f, out, g, a, b);
}
INSTANTIATE_FLOAT(squared_difference_backward)

template <class T>
void lerp(const T* a, const T* b, const T* weight, T* out, const Strided& s, Work& work) {
  const auto f = [](const Vec<T>& a, const Vec<T>& b, const Vec<T>& w) -> Vec<T> {
    const Vec<T> way = b - a;
    return select(abs(w) < broadcast(T(0.5)), a + w * way, b - way * (one<T>() - w));
  };
  mapLanes<T, medium>(s, work, f, out, a, b, weight);
}
INSTANTIATE_FLOAT(lerp)

template <class T>
void addcmul(const T* x, const T* a, const T* b, T* out, double value, const Strided& s,
             Work& work) {
  if constexpr (isFloating<T>) {
    const auto f = [value = T(value)](const Vec<T>& x, const Vec<T>& a, const Vec<T>& b) -> Vec<T> {
      return x + broadcast(value) * a * b;
    };
    mapLanes<T, medium>(s, work, f, out, x, a, b);
  } else {
    const auto f = [value = uint32_t(int32_t(value))](int32_t x, int32_t a, int32_t b) -> int32_t {
      return int32_t(uint32_t(x) + value * uint32_t(a) * uint32_t(b));
    };
    mapScalars(s, work, f, out, x, a, b);
  }
}
INSTANTIATE_NUMBER(addcmul)
template <class T>
void addcdiv(const T* x, const T* a, const T* b, T* out, double value, const Strided& s,
             Work& work) {
  const auto f = [value = T(value)](const Vec<T>& x, const Vec<T>& a, const Vec<T>& b) -> Vec<T> {
    return x + broadcast(value) * a / b;
  };
  mapLanes<T, medium>(s, work, f, out, x, a, b);
}
INSTANTIATE_FLOAT(addcdiv)

}  // namespace ostinato::OSTINATO_ISA
