// Arrays as vectors: loops over whole and partial vectors, and sums of lanes in double precision.
#pragma once

#include "vec.h"

namespace ostinato::OSTINATO_ISA {

// Lanes of a vector.
template <class T>
inline constexpr int W = Vec<T>::lanes;

// The first n lanes of p, n >= 1, the others zero; all of them where n >= lanes.
template <class T>
OSTINATO_LONG_INLINE Vec<T> load(const T* p, int64_t n) {
  return n >= Vec<T>::lanes ? load(p) : loadPartial(p, int(n));
}
// Writes the first n lanes, n >= 1; all of them where n >= lanes.
template <class T>
OSTINATO_LONG_INLINE void store(T* p, const Vec<T>& v, int64_t n) {
  if (n >= Vec<T>::lanes)
    store(p, v);
  else
    storePartial(p, v, int(n));
}
// v with the lanes from n on set to 0.
template <class T>
OSTINATO_INLINE Vec<T> keepFirst(const Vec<T>& v, int n) {
  return n == Vec<T>::lanes ? v : select(firstLanes<T>(n), v, zero<T>());
}

// Calls body(i, n) for the vector at each i of [begin, end): n == lanes, less for the last one.
template <class T, class Body>
OSTINATO_INLINE void forEachVector(int64_t begin, int64_t end, Body body) {
  constexpr int lanes = Vec<T>::lanes;
  if constexpr (forSize) {
    for (int64_t i = begin; i < end; i += lanes) body(i, end - i < lanes ? int(end - i) : lanes);
  } else {
    int64_t i = begin;
    for (; i + lanes <= end; i += lanes) body(i, lanes);
    if (i < end) body(i, int(end - i));
  }
}

// Vectors of doubles that hold the lanes of one Vec<T>, and the part-th of them.
template <class T>
inline constexpr int doubleParts = Vec<T>::lanes / Vec<double>::lanes;
template <int part, class T>
OSTINATO_INLINE Vec<double> widen(const Vec<T>& v) {
  if constexpr (doubleParts<T> == 2)
    return halfAsDouble<part>(v);
  else
    return v;
}

// `slots` independent sums in double for each lane of Vec<T>, so that additions overlap. The order of
// total() is the same on every instruction set.
template <class T, int slots = 1>
struct LaneSums {
  static constexpr int parts = doubleParts<T>;
  static_assert(slots * parts <= 2);
  Vec<double> sum[slots * parts];
  OSTINATO_INLINE LaneSums() {
    for (int h = 0; h < slots * parts; ++h) sum[h] = zero<double>();
  }
  OSTINATO_INLINE void addTo(int slot, const Vec<T>& v) {
    Vec<double>* const own = sum + slot * parts;
    own[0] = own[0] + widen<0>(v);
    if constexpr (parts == 2) own[1] = own[1] + widen<1>(v);
  }
  // The first n lanes of v, to the first sum.
  OSTINATO_INLINE void addFirst(const Vec<T>& v, int n) { addTo(0, keepFirst(v, n)); }
  OSTINATO_INLINE double total() const {
    if constexpr (slots * parts == 2) return sumLanes(sum[0] + sum[1]);
    return sumLanes(sum[0]);
  }
};

}  // namespace ostinato::OSTINATO_ISA
