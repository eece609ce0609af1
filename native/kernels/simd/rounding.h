// Rounding of Vec<T> to integers in floating point, by additions and comparisons only, so that it is the
// same on every instruction set. Infinities, NaN, numbers too large to have a fraction and the sign
// of zero pass through.
#pragma once

#include "math.h"

namespace ostinato::OSTINATO_ISA {

// To nearest, ties to even.
template <class T>
OSTINATO_INLINE Vec<T> roundEven(const Vec<T>& x) {
  // Adding 2^fractionBits pushes the fraction out of the number; what is larger has none, and gets 0 added. (x itself selected at the
  // end would be a masked vpternlog of AVX-512, for which LLVM 22 has a wrong table: see ternary_logic in scripts/check-prebuilds.py.)
  const Vec<T> a = abs(x), limit = broadcast(T(int64_t(1) << Format<T>::fractionBits));
  const Vec<T> added = select(a < limit, limit, zero<T>());
  return copySign((a + added) - added, x);
}
template <class T>
OSTINATO_INLINE Vec<T> floor(const Vec<T>& x) {
  const Vec<T> r = roundEven(x);
  return select(x < r, r - broadcast(T(1)), r);
}
template <class T>
OSTINATO_INLINE Vec<T> ceil(const Vec<T>& x) {
  return -floor(-x);
}
// Towards zero.
template <class T>
OSTINATO_INLINE Vec<T> truncate(const Vec<T>& x) {
  return copySign(floor(abs(x)), x);
}

}  // namespace ostinato::OSTINATO_ISA
