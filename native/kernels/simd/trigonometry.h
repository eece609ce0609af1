// sin and cos on Vec<T>.
#pragma once

#include "math.h"

namespace ostinato::OSTINATO_ISA {

// f for each lane, evaluated by the C library.
template <class T, class F>
OSTINATO_INLINE Vec<T> eachLane(const Vec<T>& x, F f) {
  alignas(64) T lanes[Vec<T>::lanes];
  for (int i = 0; i < Vec<T>::lanes; ++i) lanes[i] = T(f(double(x[i])));
  return load(lanes);
}
template <class T>
OSTINATO_INLINE Vec<T> sin(const Vec<T>& x) {
  return eachLane(x, [](double v) { return __builtin_sin(v); });
}
template <class T>
OSTINATO_INLINE Vec<T> cos(const Vec<T>& x) {
  return eachLane(x, [](double v) { return __builtin_cos(v); });
}

}  // namespace ostinato::OSTINATO_ISA
