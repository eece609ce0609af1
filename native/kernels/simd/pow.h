// x^y on Vec<T>.
#pragma once

#include "math.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
OSTINATO_INLINE Vec<T> pow(const Vec<T>& x, const Vec<T>& y) {
  alignas(64) T lanes[Vec<T>::lanes];
  for (int i = 0; i < Vec<T>::lanes; ++i) lanes[i] = T(__builtin_pow(double(x[i]), double(y[i])));
  return load(lanes);
}

}  // namespace ostinato::OSTINATO_ISA
