// Reductions of [outer, n, inner] along n that choose: amax, amin, max and min with their places,
// any, all. Comparisons are exact, so their order changes nothing; a NaN wins over every number,
// the first of equal elements over the others.
#include "../kernels.h"
#include "rows.h"

namespace ostinato::OSTINATO_ISA {

// Whether x replaces the best element so far.
struct Greater {
  template <class T>
  OSTINATO_INLINE bool operator()(T x, T best) const {
    return x > best || (x != x && best == best);
  }
};
struct Less {
  template <class T>
  OSTINATO_INLINE bool operator()(T x, T best) const {
    return x < best || (x != x && best == best);
  }
};

// finish(place, element, its index along n)
template <class T, class Better, class Finish>
OSTINATO_INLINE static void choose(const T* x, int64_t outer, int64_t n, int64_t inner, Work& work,
                                   Better better, Finish finish) {
  forRows(work, outer * inner, n, [&](int64_t place) {
    const T* const p = x + place / inner * n * inner + place % inner;
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
void amax(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  choose(x, outer, n, inner, work, Greater{}, [&](int64_t i, T best, int64_t) { out[i] = best; });
}
template <class T>
void amin(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  choose(x, outer, n, inner, work, Less{}, [&](int64_t i, T best, int64_t) { out[i] = best; });
}
template <class T>
void max(const T* x, T* values, int32_t* indices, int64_t outer, int64_t n, int64_t inner,
         Work& work) {
  choose(x, outer, n, inner, work, Greater{}, [&](int64_t i, T best, int64_t where) {
    if (values) values[i] = best;
    indices[i] = int32_t(where);
  });
}
template <class T>
void min(const T* x, T* values, int32_t* indices, int64_t outer, int64_t n, int64_t inner,
         Work& work) {
  choose(x, outer, n, inner, work, Less{}, [&](int64_t i, T best, int64_t where) {
    if (values) values[i] = best;
    indices[i] = int32_t(where);
  });
}

void any(const uint8_t* x, uint8_t* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  forRows(work, outer * inner, n, [&](int64_t place) {
    const uint8_t* const p = x + place / inner * n * inner + place % inner;
    uint8_t found = 0;
    for (int64_t j = 0; j < n; ++j) found |= p[j * inner];
    out[place] = found != 0;
  });
}
void all(const uint8_t* x, uint8_t* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  forRows(work, outer * inner, n, [&](int64_t place) {
    const uint8_t* const p = x + place / inner * n * inner + place % inner;
    uint8_t missing = 0;
    for (int64_t j = 0; j < n; ++j) missing |= p[j * inner] == 0;
    out[place] = missing == 0;
  });
}

INSTANTIATE_NUMBER(amax)
INSTANTIATE_NUMBER(amin)
INSTANTIATE_NUMBER(max)
INSTANTIATE_NUMBER(min)

}  // namespace ostinato::OSTINATO_ISA
