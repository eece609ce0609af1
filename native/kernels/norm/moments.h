// Sums over a row in double precision, in an order that depends on its length only, and the mean and variance
// made of them.
#pragma once

#include "normal.h"

namespace ostinato::OSTINATO_ISA {

// Two sums of doubles in parallel (two such pairs fill half of AVX2's registers): the halves of a vector
// of floats, or even and odd vectors of doubles.
template <class T>
inline constexpr int slots = 2 / doubleParts<T>;
template <class T>
using Sums = LaneSums<T, slots<T>>;

// Calls body(i, count, slot) for the vectors of a row; count is less than a vector in its tail.
template <class T, class Body>
OSTINATO_INLINE void forVectors(int64_t n, Body body) {
  int64_t i = 0;
  if constexpr (!forSize)
    for (; i + slots<T> * W<T> <= n; i += slots<T> * W<T>) {
      OSTINATO_UNROLL
      for (int k = 0; k < slots<T>; ++k) body(i + k * W<T>, W<T>, k);
    }
  for (int k = 0; i < n; i += W<T>, k = (k + 1) % slots<T>)
    body(i, n - i < W<T> ? int(n - i) : W<T>, k);
}

// Mean and variance of a row. Sums of d = x - c and of d d, with the row's first element as c:
// since (c - mean)^2 is at most n times the variance, what cancels costs n roundings of a double at
// most.
template <class T>
OSTINATO_LONG_INLINE void moments(const T* row, int64_t n, double& mean, double& variance) {
  const double c = double(row[0]);
  const Vec<double> centre = broadcast(c);
  Sums<T> first, second;
  forVectors<T>(n, [&](int64_t i, int count, int slot) {
    const Vec<T> x = count == W<T> ? load(row + i)
                                   : select(firstLanes<T>(count), loadPartial(row + i, count),
                                            broadcast(row[0]));
    Vec<double> d[doubleParts<T>];
    d[0] = widen<0>(x) - centre;
    if constexpr (doubleParts<T> == 2) d[1] = widen<1>(x) - centre;
    OSTINATO_UNROLL
    for (int h = 0; h < doubleParts<T>; ++h) {
      Vec<double>& own = first.sum[slot * doubleParts<T> + h];
      own = own + d[h];
    }
    OSTINATO_UNROLL
    for (int h = 0; h < doubleParts<T>; ++h) {
      Vec<double>& own = second.sum[slot * doubleParts<T> + h];
      own = fma(d[h], d[h], own);
    }
  });
  const double shift = first.total() / double(n);
  mean = c + shift;
  variance = second.total() / double(n) - shift * shift;
  if (variance < 0) variance = 0;
}

// 1 / sqrt(variance + eps).
inline double reciprocalDeviation(double variance, double eps) {
  return (broadcast(1.0) / sqrt(broadcast(variance + eps)))[0];
}

}  // namespace ostinato::OSTINATO_ISA
