// The error function and the normal distribution function on Vec<T>.
#pragma once

#include "trigonometry.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
OSTINATO_INLINE Vec<T> erf(const Vec<T>& x) {
  return eachLane(x, [](double v) { return __builtin_erf(v); });
}
// Φ(x) = erfc(-x / √2) / 2
template <class T>
OSTINATO_INLINE Vec<T> normalCdf(const Vec<T>& x) {
  return eachLane(x, [](double v) { return 0.5 * __builtin_erfc(v * -0x1.6a09e667f3bcdp-1); });
}

}  // namespace ostinato::OSTINATO_ISA
