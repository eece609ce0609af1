// Columns of [n, inner] side by side, for softmax and logsumexp: a strip of them is walked row by row, so that memory is read in order,
// and has a sum for each column and each lane that a row would have, so that the bits are a row's.
#pragma once

#include "rows.h"

namespace ostinato::OSTINATO_ISA {

constexpr int64_t columnsOfStrip = 64;

// Fewer columns than lanes are faster one by one.
template <class T>
constexpr int64_t fewColumns = W<T>;

template <class T>
struct Strip {
  int64_t at, n, inner, width;

  // body(j, k, offset, count) for the vectors of row j from column k on.
  template <class Body>
  OSTINATO_INLINE void each(Body body) const {
    for (int64_t j = 0; j < n; ++j)
      for (int64_t k = 0; k < width; k += W<T>) body(j, k, at + j * inner + k, width - k);
  }
};

// The largest elements of a strip, NaN where there is one.
template <class T>
OSTINATO_INLINE void largestOfStrip(const Strip<T>& strip, const T* x, T* top) {
  for (int64_t k = 0; k < columnsOfStrip; ++k) top[k] = -Format<T>::infinity;
  strip.each([&](int64_t, int64_t k, int64_t at, int64_t count) {
    store(top + k, max(load(top + k), load(x + at, count)));
  });
}

// LaneSums of each column of a strip.
template <class T>
struct StripSums {
  alignas(64) double sums[W<T>][columnsOfStrip] = {};

  OSTINATO_INLINE void add(int64_t j, int64_t k, const Vec<T>& v) {
    double* const own = sums[j % W<T>] + k;
    store(own, load(own) + widen<0>(v));
    if constexpr (doubleParts<T> == 2) store(own + W<double>, load(own + W<double>) + widen<1>(v));
  }
  OSTINATO_INLINE double total(int64_t k) const {
    LaneSums<T> ofRow;
    alignas(64) double lanes[W<T>];
    for (int l = 0; l < W<T>; ++l) lanes[l] = sums[l][k];
    for (int h = 0; h < doubleParts<T>; ++h) ofRow.sum[h] = load(lanes + h * W<double>);
    return ofRow.total();
  }
};

// body(strip, place of the first result) for each strip of x [outer, n, inner].
template <class T, class Body>
OSTINATO_INLINE void forColumns(Work& work, int64_t outer, int64_t n, int64_t inner, Body body) {
  forStrips(work, outer, n, inner, columnsOfStrip, [&](int64_t at, int64_t width, int64_t place) {
    body(Strip<T>{at, n, inner, width}, place);
  });
}

}  // namespace ostinato::OSTINATO_ISA
