// Reductions of [outer, n, inner] along n by comparison: amax, amin, max and min with their indices,
// any, all. Comparisons are exact, so any order gives the same result. NaN is greater than every number
// for the maxima and less for the minima; of equal elements the first one counts.
#include "../kernels.h"
#include "rows.h"

namespace ostinato::OSTINATO_ISA {

// Whether x replaces the best element so far.
struct Greater {
  template <class T>
  OSTINATO_INLINE bool operator()(T x, T best) const {
    return (x > best) | ((x != x) & (best == best));
  }
};
struct Less {
  template <class T>
  OSTINATO_INLINE bool operator()(T x, T best) const {
    return (x < best) | ((x != x) & (best == best));
  }
};

// Contiguous floats: the best element by vectors, then the first place that holds it.
template <class T, class Better>
OSTINATO_INLINE static T bestOf(const T* p, int64_t n) {
  constexpr int lanes = Vec<T>::lanes;
  constexpr bool largest = sameType<Better, Greater>;
  if (n < lanes) {
    T best = p[0];
    for (int64_t j = 1; j < n; ++j)
      if (Better{}(p[j], best)) best = p[j];
    return best;
  }
  // The last vector overlaps the one before; choosing twice changes nothing.
  Vec<T> best = load(p + n - lanes);
  for (int64_t j = 0; j + lanes <= n; j += lanes)
    best = largest ? max(best, load(p + j)) : min(best, load(p + j));
  T chosen = best[0];
  for (int l = 1; l < lanes; ++l)
    if (Better{}(best[l], chosen)) chosen = best[l];
  return chosen;
}
template <class T>
OSTINATO_INLINE static int64_t firstPlace(const T* p, int64_t n, T wanted) {
  constexpr int lanes = Vec<T>::lanes;
  const Vec<T> want = broadcast(wanted);
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    const Vec<T> x = load(p + j);
    const unsigned found = bits(wanted == wanted ? x == want : isNaN(x));
    if (found) return j + __builtin_ctz(found);
  }
  for (; j < n; ++j)
    if (wanted == wanted ? p[j] == wanted : p[j] != p[j]) return j;
  return 0;
}

template <class T, class Better>
__attribute__((noinline)) static int64_t placeOfBest(const T* p, int64_t n) {
  return firstPlace(p, n, bestOf<T, Better>(p, n));
}

// Columns next to each other are compared row by row: this many bytes of each at a time.
constexpr int64_t stripBytes = 512;

// The best elements of `width` columns and where they are. A function of its own: all kernels share it.
template <class T, class Better>
__attribute__((noinline)) static void bestOfStrip(const T* __restrict p, int64_t n, int64_t inner,
                                                  int64_t width, T* __restrict best,
                                                  int32_t* __restrict where) {
  const Better better;
  for (int64_t k = 0; k < width; ++k) {
    best[k] = p[k];
    where[k] = 0;
  }
  for (int64_t j = 1; j < n; ++j) {
    p += inner;
    for (int64_t k = 0; k < width; ++k) {
      const T v = p[k];
      const bool replaces = better(v, best[k]);
      best[k] = replaces ? v : best[k];
      where[k] = replaces ? int32_t(j) : where[k];
    }
  }
}

// finish(index in out, element, its index along n)
template <class T, class Better, class Finish>
OSTINATO_INLINE static void choose(const T* x, int64_t outer, int64_t n, int64_t inner, Work& work,
                                   Better better, Finish finish) {
  // A few columns of integers are faster one by one.
  if (inner >= (isFloating<T> ? 2 : 8)) {
    constexpr int64_t length = stripBytes / sizeof(T);
    forStrips(work, outer, n, inner, length, [&](int64_t at, int64_t width, int64_t place) {
      T best[length];
      int32_t where[length];
      bestOfStrip<T, Better>(x + at, n, inner, width, best, where);
      for (int64_t k = 0; k < width; ++k) finish(place + k, best[k], where[k]);
    });
    return;
  }
  forRows(work, outer * inner, n, [&](int64_t place) {
    const T* const p = x + place / inner * n * inner + place % inner;
    if constexpr (isFloating<T>) {
      const int64_t first = placeOfBest<T, Better>(p, n);
      return finish(place, p[first], first);
    }
    T best = p[0];
    int64_t where = 0;
    for (int64_t j = 1; j < n; ++j)
      if (better(p[j * inner], best)) {
        best = p[j * inner];
        where = j;
      }
    finish(place, best, where);
  });
}

template <class T>
void amax(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Flag, Work& work) {
  choose(x, outer, n, inner, work, Greater{}, [=](int64_t i, T best, int64_t) { out[i] = best; });
}
template <class T>
void amin(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Flag, Work& work) {
  choose(x, outer, n, inner, work, Less{}, [=](int64_t i, T best, int64_t) { out[i] = best; });
}
template <class T>
void max(const T* x, T* values, int32_t* indices, int64_t outer, int64_t n, int64_t inner,
         Work& work) {
  choose(x, outer, n, inner, work, Greater{}, [=](int64_t i, T best, int64_t where) {
    if (values) values[i] = best;
    indices[i] = int32_t(where);
  });
}
template <class T>
void min(const T* x, T* values, int32_t* indices, int64_t outer, int64_t n, int64_t inner,
         Work& work) {
  choose(x, outer, n, inner, work, Less{}, [=](int64_t i, T best, int64_t where) {
    if (values) values[i] = best;
    indices[i] = int32_t(where);
  });
}

// Whether one of x, or (wanted = false) one that is 0, is along n: 1 or 0.
template <bool wanted, class Finish>
OSTINATO_INLINE static void findAlong(const uint8_t* x, int64_t outer, int64_t n, int64_t inner,
                                      Work& work, Finish finish) {
  if (inner == 1) {
    forRows(work, outer, n, [&](int64_t place) {
      const uint8_t* const p = x + place * n;
      uint8_t found = 0;
      for (int64_t j = 0; j < n; ++j) found |= uint8_t((p[j] != 0) == wanted);
      finish(place, found);
    });
    return;
  }
  forStrips(work, outer, n, inner, stripBytes, [&](int64_t at, int64_t width, int64_t place) {
    uint8_t found[stripBytes] = {};
    for (int64_t j = 0; j < n; ++j, at += inner)
      for (int64_t k = 0; k < width; ++k) found[k] |= uint8_t((x[at + k] != 0) == wanted);
    for (int64_t k = 0; k < width; ++k) finish(place + k, found[k]);
  });
}

void any(const uint8_t* x, uint8_t* out, int64_t outer, int64_t n, int64_t inner, Flag,
         Work& work) {
  findAlong<true>(x, outer, n, inner, work, [=](int64_t i, uint8_t found) { out[i] = found; });
}
void all(const uint8_t* x, uint8_t* out, int64_t outer, int64_t n, int64_t inner, Flag,
         Work& work) {
  findAlong<false>(x, outer, n, inner, work, [=](int64_t i, uint8_t found) { out[i] = !found; });
}

INSTANTIATE_NUMBER(amax)
INSTANTIATE_NUMBER(amin)
INSTANTIATE_NUMBER(max)
INSTANTIATE_NUMBER(min)

}  // namespace ostinato::OSTINATO_ISA
