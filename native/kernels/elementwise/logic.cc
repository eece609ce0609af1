// Comparisons, logic on bools, bits of int32, selection. Bools are bytes of 0 or 1.
#include "walk.h"

namespace ostinato::OSTINATO_ISA {

#define KERNEL_COMPARE(name, expression)                                                     \
  template <class T>                                                                         \
  void name(const T* left, const T* right, uint8_t* out, const Strided& s, Work& work) {     \
    if constexpr (sizeof(T) == 1 || forSize) {                                               \
      mapScalars(                                                                            \
          s, work, [](T a, T b) -> uint8_t { return expression; }, out, left, right);        \
    } else {                                                                                 \
      const auto f = [](const Vec<T>& a, const Vec<T>& b) -> Mask<T> { return expression; }; \
      mapLanes<T, medium>(s, work, f, out, left, right);                                     \
    }                                                                                        \
  }                                                                                          \
  INSTANTIATE_ANY(name)
// By no bits outside of 0 to 31: then all that come in are zeros, or the sign.
OSTINATO_INLINE int32_t shiftedLeft(int32_t a, int32_t b) {
  return b < 0 || b > 31 ? 0 : int32_t(uint32_t(a) << b);
}
OSTINATO_INLINE int32_t shiftedRight(int32_t a, int32_t b) {
  return b < 0 || b > 31 ? (a < 0 ? -1 : 0) : a >> b;
}

#define KERNEL_INTEGER(name, expression)                                                        \
  void name(const int32_t* left, const int32_t* right, int32_t* out, const Strided& s,          \
            Work& work) {                                                                       \
    mapScalars(                                                                                 \
        s, work, [](int32_t a, int32_t b) -> int32_t { return expression; }, out, left, right); \
  }
#define KERNEL_LOGICAL(name, expression)                                                        \
  void name(const uint8_t* left, const uint8_t* right, uint8_t* out, const Strided& s,          \
            Work& work) {                                                                       \
    mapScalars(                                                                                 \
        s, work, [](uint8_t a, uint8_t b) -> uint8_t { return expression; }, out, left, right); \
  }
#include "../kernels.inc"

void logical_not(const uint8_t* x, uint8_t* out, const Strided& s, Work& work) {
  mapScalars(
      s, work, [](uint8_t v) -> uint8_t { return v ^ 1; }, out, x);
}

template <class T>
void where(const uint8_t* condition, const T* a, const T* b, T* out, const Strided& s, Work& work) {
  const auto f = [](uint8_t chosen, T x, T y) -> T { return chosen ? x : y; };
  mapScalars(s, work, f, out, condition, a, b);
}
INSTANTIATE_ANY(where)

}  // namespace ostinato::OSTINATO_ISA
