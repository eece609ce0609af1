// Remainders and the quotient of whole numbers, element by element: the code of the lines KERNEL_BINARY_SCALAR of binary.inc.
#include "walk.h"

namespace ostinato::OSTINATO_ISA {

// fmod is exact, so the C library's gives the same bits everywhere.
OSTINATO_INLINE float exactRemainder(float a, float b) { return __builtin_fmodf(a, b); }
OSTINATO_INLINE double exactRemainder(double a, double b) { return __builtin_fmod(a, b); }

// a - b floor(a / b)
template <class T>
OSTINATO_INLINE T remainderOf(T a, T b) {
  if constexpr (isFloating<T>) {
    const T r = exactRemainder(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  } else {
    if (b == 0 || b == -1) return 0;
    const T r = a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  }
}

// a - b trunc(a / b)
template <class T>
OSTINATO_INLINE T truncatedRemainder(T a, T b) {
  if constexpr (isFloating<T>)
    return exactRemainder(a, b);
  else
    return b == 0 || b == -1 ? 0 : a % b;
}

// floor(a / b)
template <class T>
OSTINATO_INLINE T floorQuotient(T a, T b) {
  if constexpr (isFloating<T>) {
    if (b == 0) return a / b;
    // As Python does it: from the exact remainder, so that the quotient's rounding cannot reach the
    // next integer.
    const T r = exactRemainder(a, b);
    T quotient = (a - r) / b;
    if (r != 0 && (b < 0) != (r < 0)) quotient -= 1;
    if (quotient == 0) return __builtin_copysign(T(0), a / b);
    const T whole = T(__builtin_floor(quotient));
    return quotient - whole > T(0.5) ? whole + 1 : whole;
  } else {
    if (b == 0) return 0;
    if (b == -1) return int32_t(0u - uint32_t(a));
    const T r = a % b;
    return a / b - (r != 0 && (r < 0) != (b < 0));
  }
}

#define KERNEL_BINARY_SCALAR(name, expression)                                     \
  template <class T>                                                               \
  void name(const T* left, const T* right, T* out, const Strided& s, Work& work) { \
    const auto f = [](T a, T b) -> T { return expression; };                       \
    mapScalars(s, work, f, out, left, right);                                      \
  }                                                                                \
  INSTANTIATE_NUMBER(name)
#include "../kernels.inc"

}  // namespace ostinato::OSTINATO_ISA
