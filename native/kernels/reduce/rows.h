// What reductions, softmax and cross-entropy share: rows of n elements read by vectors, their largest
// element, and rows split over threads. A strided row has the lanes, and so the bits, of a contiguous one.
#pragma once

#include "../grain.h"
#include "../simd/lanes.h"
#include "../simd/math.h"
#include "../sizes.h"
#include "../work.h"

namespace ostinato::OSTINATO_ISA {

// n elements, `stride` apart.
template <class T>
struct Row {
  T* p;
  int64_t n, stride;

  // Lanes i .. i + count - 1; the others are `fill`.
  OSTINATO_LONG_INLINE Vec<T> at(int64_t i, int count, T fill) const {
    constexpr int lanes = Vec<T>::lanes;
    if (stride == 1 && count == lanes) return load(p + i);
    if (stride == 1)
      return select(firstLanes<T>(count), loadPartial(p + i, count), broadcast(fill));
    alignas(64) T some[lanes];
    for (int l = 0; l < lanes; ++l) some[l] = l < count ? p[(i + l) * stride] : fill;
    return load(some);
  }
  OSTINATO_LONG_INLINE void put(int64_t i, int count, const Vec<T>& v) const {
    constexpr int lanes = Vec<T>::lanes;
    if (stride == 1) return count == lanes ? store(p + i, v) : storePartial(p + i, v, count);
    alignas(64) T some[lanes];
    store(some, v);
    for (int l = 0; l < count; ++l) p[(i + l) * stride] = some[l];
  }
};

// The largest element; NaN if there is one.
template <class T>
OSTINATO_LONG_INLINE T largest(const Row<const T>& row) {
  constexpr T lowest = -Format<T>::infinity;
  Vec<T> top = broadcast(lowest);
  forEachVector<T>(0, row.n, [&](int64_t i, int count) {
    const Vec<T> x = Row<T>{const_cast<T*>(row.p), row.n, row.stride}.at(i, count, lowest);
    top = max(top, x);
  });
  alignas(64) T lanes[Vec<T>::lanes];
  store(lanes, top);
  T best = lanes[0];
  for (T x : lanes) best = x > best || x != x ? x : best;
  return best;
}

// The natural logarithm of one double, the same on every instruction set.
OSTINATO_LONG_INLINE double logOf(double x) { return log(broadcast(x))[0]; }

// Splits `rows` of about `cost` elements each over the threads.
template <class Body>
OSTINATO_INLINE void forRows(Work& work, int64_t rows, int64_t cost, Body body) {
  // Called from two places, and so there once: what a body does is long.
  const auto run = [&](int64_t begin, int64_t end) __attribute__((noinline)) {
    for (int64_t r = begin; r < end; ++r) body(r);
  };
  if (rows < 2 || !paysThreads(double(rows * cost), grains::rowElements, work.threads)) {
    run(0, rows);
    return;
  }
  const int64_t pieces = min(rows, 4 * work.threads);
  parallel(work, pieces,
           [&](int64_t piece, int) { run(rows * piece / pieces, rows * (piece + 1) / pieces); });
}

// Strips of `length` neighbouring columns of x [outer, n, inner], shared by threads: body(offset of the first element, columns,
// place of the first result). A strip is walked row by row, so that memory is read in order.
template <class Body>
OSTINATO_INLINE void forStrips(Work& work, int64_t outer, int64_t n, int64_t inner, int64_t length,
                               Body body) {
  const int64_t strips = ceilDiv(inner, length);
  forRows(work, outer * strips, n * min(inner, length), [&](int64_t item) {
    const int64_t o = item / strips, first = item % strips * length;
    body(o * n * inner + first, min(inner - first, length), o * inner + first);
  });
}

}  // namespace ostinato::OSTINATO_ISA
