// What softmax and cross-entropy share: walking a row of n elements in whole vectors, its largest
// element, and the sum of the exponentials above it. Rows may be strided, with the same lanes and
// so the same bits as a contiguous one.
#pragma once

#include "../simd/math.h"
#include "../simd/vec.h"
#include "../work.h"

namespace ostinato::OSTINATO_ISA {

// n elements, `stride` apart.
template <class T>
struct Row {
  T* p;
  int64_t n, stride;

  // Lanes i .. i + count - 1; the others are `fill`.
  OSTINATO_INLINE Vec<T> at(int64_t i, int count, T fill) const {
    constexpr int lanes = Vec<T>::lanes;
    if (stride == 1 && count == lanes) return load(p + i);
    if (stride == 1)
      return select(firstLanes<T>(count), loadPartial(p + i, count), broadcast(fill));
    alignas(64) T some[lanes];
    for (int l = 0; l < lanes; ++l) some[l] = l < count ? p[(i + l) * stride] : fill;
    return load(some);
  }
  OSTINATO_INLINE void put(int64_t i, int count, const Vec<T>& v) const {
    constexpr int lanes = Vec<T>::lanes;
    if (stride == 1) return count == lanes ? store(p + i, v) : storePartial(p + i, v, count);
    alignas(64) T some[lanes];
    store(some, v);
    for (int l = 0; l < count; ++l) p[(i + l) * stride] = some[l];
  }
};

// Calls body(i, count) for each vector's worth of [0, n).
template <class T, class Body>
OSTINATO_INLINE void forVectors(int64_t n, Body body) {
  int64_t i = 0;
  for (; i + Vec<T>::lanes <= n; i += Vec<T>::lanes) body(i, Vec<T>::lanes);
  if (i < n) body(i, int(n - i));
}

// Sums in double, one for each lane of Vec<T>, met in a tree at the end.
template <class T>
struct LaneSums {
  static constexpr int parts = Vec<T>::lanes / Vec<double>::lanes;
  Vec<double> sum[parts];
  OSTINATO_INLINE LaneSums() {
    for (int h = 0; h < parts; ++h) sum[h] = zero<double>();
  }
  // Adds the first `count` lanes.
  OSTINATO_INLINE void add(const Vec<T>& v, int count) {
    const Vec<T> x = count == Vec<T>::lanes ? v : select(firstLanes<T>(count), v, zero<T>());
    if constexpr (parts == 2) {
      sum[0] = sum[0] + halfAsDouble<0>(x);
      sum[1] = sum[1] + halfAsDouble<1>(x);
    } else {
      sum[0] = sum[0] + x;
    }
  }
  OSTINATO_INLINE double total() const {
    if constexpr (parts == 2) return sumLanes(sum[0] + sum[1]);
    return sumLanes(sum[0]);
  }
};

// The largest element; NaN if there is one.
template <class T>
OSTINATO_INLINE T largest(const Row<const T>& row) {
  constexpr T lowest = -Format<T>::infinity;
  Vec<T> top = broadcast(lowest);
  forVectors<T>(row.n, [&](int64_t i, int count) {
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
OSTINATO_INLINE double logOf(double x) { return log(broadcast(x))[0]; }

// Splits `rows` of about `cost` elements each over the threads.
template <class Body>
OSTINATO_INLINE void forRows(Work& work, int64_t rows, int64_t cost, Body body) {
  constexpr int64_t worth = 32768;  // elements of exponentials that pay for waking a thread
  if (work.threads <= 1 || rows < 2 || rows * cost < worth) {
    for (int64_t r = 0; r < rows; ++r) body(r);
    return;
  }
  const int64_t pieces = rows < 4 * work.threads ? rows : 4 * work.threads;
  parallel(work, pieces, [&](int64_t piece, int) {
    for (int64_t r = rows * piece / pieces; r < rows * (piece + 1) / pieces; ++r) body(r);
  });
}

}  // namespace ostinato::OSTINATO_ISA
