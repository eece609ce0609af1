// What is looked for in sorted rows: the places of values (search_sorted), and the longest run of equal ones (longest_run).
#include "../grain.h"
#include "../kernels.h"
#include "../sizes.h"
#include "../simd/isa.h"

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

template <class T>
void search_sorted(const T* sorted, const T* x, int32_t* out, int64_t rows, int64_t n, int64_t m,
                   int64_t right, Work& work) {
  // A piece is a part of one row's values.
  const int64_t cost = 2 + 64 - __builtin_clzll(uint64_t(n) | 1);
  const int64_t piece = ceilDiv(grains::heavyElements, cost), parts = ceilDiv(m, piece);
  const auto body = [&](int64_t index, int) {
    const int64_t row = index / parts, from = index % parts * piece, to = min(m, from + piece);
    if (right)
      placesIn<true>(sorted + row * n, n, x + row * m, out + row * m, from, to);
    else
      placesIn<false>(sorted + row * n, n, x + row * m, out + row * m, from, to);
  };
  if (paysThreads(double(rows * m * cost), grains::heavyElements, work.threads))
    parallel(work, rows * parts, body);
  else
    for (int64_t i = 0; i < rows * parts; ++i) body(i, 0);
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

INSTANTIATE_NUMBER(search_sorted)
INSTANTIATE_ANY(longest_run)

}  // namespace ostinato::OSTINATO_ISA
