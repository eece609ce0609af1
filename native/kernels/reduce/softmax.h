// Softmax of one row and its gradient, for softmax.cc and attention/.
#pragma once

#include "rows.h"

namespace ostinato::OSTINATO_ISA {

// e^(x - m) / s; `to` may be `from`.
template <class T>
OSTINATO_INLINE void softmaxRow(const Row<T>& from, const Row<T>& to) {
  const int64_t n = from.n;
  const Vec<T> m = broadcast(largest<T>({from.p, n, from.stride}));
  LaneSums<T> sums;
  forEachVector<T>(0, n, [&](int64_t i, int count) {
    const Vec<T> e = exp(from.at(i, count, 0) - m);
    to.put(i, count, e);
    sums.addFirst(e, count);
  });
  const Vec<T> s = broadcast(T(sums.total()));
  forEachVector<T>(0, n, [&](int64_t i, int count) { to.put(i, count, to.at(i, count, 0) / s); });
}

// y (g - sum of g y); `to` may be g.
template <class T>
OSTINATO_INLINE void softmaxGradientRow(const Row<T>& g, const Row<T>& y, const Row<T>& to) {
  LaneSums<T> sums;
  forEachVector<T>(0, g.n, [&](int64_t i, int count) {
    sums.addFirst(g.at(i, count, 0) * y.at(i, count, 0), count);
  });
  const Vec<T> total = broadcast(T(sums.total()));
  forEachVector<T>(0, g.n, [&](int64_t i, int count) {
    to.put(i, count, y.at(i, count, 0) * (g.at(i, count, 0) - total));
  });
}

}  // namespace ostinato::OSTINATO_ISA
