// Remainders and the quotient of whole numbers, element by element: the code of the lines KERNEL_BINARY_SCALAR of binary.inc.
#include "walk.h"
#include "../simd/math.h"
#include "../simd/rounding.h"

namespace ostinato::OSTINATO_ISA {

// fmod is exact, so the C library's gives the same bits everywhere.
OSTINATO_INLINE float exactRemainder(float a, float b) { return __builtin_fmodf(a, b); }
OSTINATO_INLINE double exactRemainder(double a, double b) { return __builtin_fmod(a, b); }

// a - b floor(a / b)
template <class T>
OSTINATO_INLINE T remainderOf(T a, T b) {
  if (b == 0 || b == -1) return 0;
  const T r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

// a - b trunc(a / b)
template <class T>
OSTINATO_INLINE T truncatedRemainder(T a, T b) {
  return b == 0 || b == -1 ? 0 : a % b;
}

// floor(a / b)
template <class T>
OSTINATO_INLINE T floorQuotient(T a, T b) {
  if (b == 0) return 0;
  if (b == -1) return int32_t(0u - uint32_t(a));
  const T r = a % b;
  return a / b - (r != 0 && (r < 0) != (b < 0));
}

// The remainders of lanes with |a / b| below 2^21 (2^50) and finite b, which are most, by one division. With q = trunc(a / b) as it is
// rounded, at most one too large where the quotient is next to a whole number, a - q b and with it the remainder is a number of T, so that
// one fused operation computes it exactly. The C library's function has the other lanes, and the same bits.
template <class T>
OSTINATO_LONG_INLINE Vec<T> exactRemainder(const Vec<T>& a, const Vec<T>& b) {
  const Vec<T> quotient = a / b, none = zero<T>(), size = abs(b);
  const auto isNear = (abs(quotient) < broadcast(T(sizeof(T) == 8 ? 0x1p50 : 0x1p21))) &
                      (size < broadcast(Format<T>::infinity));
  const Vec<T> rest = exactFma(-truncate(quotient), b, a);
  const auto isPast = ((rest < none) & (none < a)) | ((none < rest) & (a < none));
  const auto isNone = (b == none) & (a == a);
  Vec<T> r = copySign(select(isPast, size - abs(rest), abs(rest)), a);
  r = select(isNone, broadcast(T(Format<T>::nan)), r);
  const auto isKnown = isNear | isNone;
  if (any(~isKnown)) {
    alignas(64) T lanes[Vec<T>::lanes];
    store(lanes, r);
    const unsigned known = bits(isKnown);
    for (int l = 0; l < Vec<T>::lanes; ++l)
      if (!(known >> l & 1)) lanes[l] = exactRemainder(a[l], b[l]);
    r = load(lanes);
  }
  return r;
}
template <class T>
OSTINATO_INLINE Vec<T> truncatedRemainder(const Vec<T>& a, const Vec<T>& b) {
  return exactRemainder(a, b);
}
template <class T>
OSTINATO_INLINE Mask<T> isOpposite(const Vec<T>& r, const Vec<T>& b) {
  const Vec<T> none = zero<T>();
  return ((r < none) & ~(b < none)) | ((none < r) & (b < none));
}
template <class T>
OSTINATO_INLINE Vec<T> remainderOf(const Vec<T>& a, const Vec<T>& b) {
  const Vec<T> r = exactRemainder(a, b);
  return select(isOpposite(r, b), r + b, r);
}
template <class T>
OSTINATO_LONG_INLINE Vec<T> floorQuotient(const Vec<T>& a, const Vec<T>& b) {
  const Vec<T> r = exactRemainder(a, b), none = zero<T>(), ratio = a / b;
  const Vec<T> exact = (a - r) / b;
  const Vec<T> quotient = select(isOpposite(r, b), exact - one<T>(), exact);
  const Vec<T> whole = floor(quotient);
  const Vec<T> rounded = select(broadcast(T(0.5)) < quotient - whole, whole + one<T>(), whole);
  return select(b == none, ratio, select(quotient == none, copySign(none, ratio), rounded));
}

#define KERNEL_BINARY_SCALAR(name, expression)                                              \
  template <class T>                                                                        \
  void name(const T* left, const T* right, T* out, const Strided& s, Work& work) {          \
    if constexpr (isFloating<T>) {                                                          \
      const auto f = [](const Vec<T>& a, const Vec<T>& b) -> Vec<T> { return expression; }; \
      mapLanes<T, heavy>(s, work, f, out, left, right);                                     \
    } else {                                                                                \
      const auto f = [](T a, T b) -> T { return expression; };                              \
      mapScalars(s, work, f, out, left, right);                                             \
    }                                                                                       \
  }                                                                                         \
  INSTANTIATE_NUMBER(name)
#include "../kernels.inc"

}  // namespace ostinato::OSTINATO_ISA
