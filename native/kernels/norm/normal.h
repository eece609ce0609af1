// What the normalizations share: a normalized element, and threads over rows or channels.
#pragma once

#include "../grain.h"
#include "../simd/lanes.h"
#include "../sizes.h"
#include "../work.h"

namespace ostinato::OSTINATO_ISA {

// h = (x - mean) rstd. As floats a mean has two parts: x less the upper one is off by its own last
// place at most, and exact where they are close, so that nothing is lost where the mean is many
// deviations.
template <class T>
struct Normal {
  Vec<T> upper, lower, scale;
  OSTINATO_INLINE Normal(double mean, double rstd)
      : upper(broadcast(T(mean))),
        lower(broadcast(T(mean - double(T(mean))))),
        scale(broadcast(T(rstd))) {}
  OSTINATO_INLINE Vec<T> of(const Vec<T>& x) const {
    if constexpr (sizeof(T) == 8) return (x - upper) * scale;
    return ((x - upper) - lower) * scale;
  }
};

// body(begin, end) over [0, count), shared between threads when there is enough to do.
template <class Body>
OSTINATO_INLINE void share(Work& work, int64_t count, int64_t elementsEach, Body body) {
  constexpr int64_t piece = pieceOf(grains::rowElements);
  const int64_t perTask = elementsEach > 0 ? ceilDiv(piece, elementsEach) : count;
  if (perTask >= count ||
      !paysThreads(double(count * elementsEach), grains::rowElements, work.threads)) {
    body(int64_t(0), count);
    return;
  }
  parallel(work, ceilDiv(count, perTask), [&](int64_t task, int) {
    const int64_t begin = task * perTask;
    body(begin, min(begin + perTask, count));
  });
}

}  // namespace ostinato::OSTINATO_ISA
