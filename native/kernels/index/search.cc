// What is looked for: the places of values in sorted rows (search_sorted), whether values are among others (is_in), the longest
// run of equal ones in sorted rows (longest_run), and the largest elements of bags of rows (bag_largest).
#include "../grain.h"
#include "../kernels.h"
#include "../sizes.h"
#include "../simd/lanes.h"

namespace ostinato::OSTINATO_ISA {

// The first place whose element is not below v, with `right` the first one above it. A NaN comes after every number: no
// comparison with it is true.
template <bool right, class T>
OSTINATO_INLINE static int64_t placeIn(const T* row, int64_t n, T v) {
  int64_t low = 0, high = n;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    const bool isBelow = !(right ? row[middle] > v : row[middle] >= v);
    low = isBelow ? middle + 1 : low;
    high = isBelow ? high : middle;
  }
  return low;
}

template <bool right, class T>
static void placesIn(const T* row, int64_t n, const T* x, int32_t* out, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i) out[i] = int32_t(placeIn<right>(row, n, x[i]));
}

// body(row, from, to) for pieces of rows of m values, each of which costs `cost` comparisons.
template <class Body>
OSTINATO_INLINE static void forPieces(Work& work, int64_t rows, int64_t m, int64_t cost,
                                      Body body) {
  const int64_t piece = ceilDiv(grains::heavyElements, cost), parts = ceilDiv(m, piece);
  const auto one = [&](int64_t index, int) {
    const int64_t from = index % parts * piece;
    body(index / parts, from, min(m, from + piece));
  };
  if (paysThreads(double(rows * m * cost), grains::heavyElements, work.threads))
    parallel(work, rows * parts, one);
  else
    for (int64_t i = 0; i < rows * parts; ++i) one(i, 0);
}

// Comparisons of a search among n.
OSTINATO_INLINE static int64_t costAmong(int64_t n) {
  return 2 + 64 - __builtin_clzll(uint64_t(n) | 1);
}

template <class T>
void search_sorted(const T* sorted, const T* x, int32_t* out, int64_t rows, int64_t n, int64_t m,
                   int64_t right, Work& work) {
  forPieces(work, rows, m, costAmong(n), [&](int64_t row, int64_t from, int64_t to) {
    if (right)
      placesIn<true>(sorted + row * n, n, x + row * m, out + row * m, from, to);
    else
      placesIn<false>(sorted + row * n, n, x + row * m, out + row * m, from, to);
  });
}

// Among a few others: each is compared with some vectors of values.
template <class T>
__attribute__((noinline)) static void amongFew(const T* x, const T* others, uint8_t* out,
                                               int64_t from, int64_t to, int64_t m, bool invert) {
  constexpr int64_t vectors = 4, block = vectors * W<T>;
  T rest[block] = {};
  for (; from < to; from += block) {
    const int64_t count = min(to - from, block);
    const T* values = x + from;
    if (count < block) {
      for (int64_t i = 0; i < count; ++i) rest[i] = values[i];
      values = rest;
    }
    Mask<T> isOne[vectors];
    for (int64_t k = 0; k < vectors; ++k) isOne[k] = firstLanes<T>(0);
    for (int64_t j = 0; j < m; ++j) {
      const Vec<T> other = broadcast(others[j]);
      OSTINATO_UNROLL
      for (int64_t k = 0; k < vectors; ++k)
        isOne[k] = isOne[k] | (load(values + k * W<T>) == other);
    }
    uint64_t all = 0;
    for (int64_t k = 0; k < vectors; ++k) all |= uint64_t(bits(isOne[k])) << (k * W<T>);
    for (int64_t i = 0; i < count; ++i) out[from + i] = uint8_t(all >> i & 1) ^ uint8_t(invert);
  }
}

// Among others in order: searches that run in step, as many steps for each, none of which waits for another's loads.
template <class T>
__attribute__((noinline)) static void amongSorted(const T* x, const T* others, uint8_t* out,
                                                  int64_t from, int64_t to, int64_t m,
                                                  bool invert) {
  constexpr int64_t searches = 8;
  T rest[searches] = {};
  for (; from < to; from += searches) {
    const int64_t count = min(to - from, searches);
    const T* values = x + from;
    if (count < searches) {
      for (int64_t k = 0; k < count; ++k) rest[k] = values[k];
      values = rest;
    }
    // The last of the elements up to `places + left` that is not above the value, if there is one, is at places or after it.
    int64_t places[searches] = {};
    for (int64_t left = m; left > 1; left -= left / 2) {
      const int64_t half = left / 2;
      OSTINATO_UNROLL
      for (int64_t k = 0; k < searches; ++k)
        places[k] += half & -int64_t(others[places[k] + half] <= values[k]);
    }
    for (int64_t k = 0; k < count; ++k)
      out[from + k] = (m > 0 && others[places[k]] == values[k]) != invert;
  }
}

template <class T>
void is_in(const T* x, const T* others, uint8_t* out, int64_t n, int64_t m, int64_t sorted,
           int64_t invert, Work& work) {
  if (sorted) {
    forPieces(work, 1, n, costAmong(m), [&](int64_t, int64_t from, int64_t to) {
      amongSorted(x, others, out, from, to, m, invert);
    });
  } else {
    forPieces(work, 1, n, 1 + m / 8, [&](int64_t, int64_t from, int64_t to) {
      amongFew(x, others, out, from, to, m, invert);
    });
  }
}

template <class T>
void longest_run(const T* sorted, int32_t* places, int64_t outer, int64_t n, int64_t inner) {
  for (int64_t place = 0; place < outer * inner; ++place) {
    const T* const p = sorted + place / inner * n * inner + place % inner;
    int64_t longest = 0, run = 0, last = 0;
    for (int64_t j = 0; j < n; ++j) {
      run = j > 0 && p[j * inner] == p[(j - 1) * inner] ? run + 1 : 1;
      if (run > longest) {
        longest = run;
        last = j;
      }
    }
    places[place] = int32_t(last);
  }
}

template <class T>
void bag_largest(const T* x, const int32_t* bag, const uint8_t* skipped, int32_t* best, int64_t n,
                 int64_t bags, int64_t features) {
  for (int64_t i = 0; i < bags * features; ++i) best[i] = -1;
  for (int64_t i = 0; i < n; ++i) {
    if (bag[i] >= bags || (skipped && skipped[i])) continue;
    const T* const row = x + i * features;
    int32_t* const own = best + bag[i] * features;
    for (int64_t k = 0; k < features; ++k)
      if (own[k] < 0 || row[k] > x[own[k] * features + k]) own[k] = int32_t(i);
  }
}

INSTANTIATE_NUMBER(search_sorted)
INSTANTIATE_NUMBER(is_in)
INSTANTIATE_ANY(longest_run)
INSTANTIATE_FLOAT(bag_largest)

}  // namespace ostinato::OSTINATO_ISA
