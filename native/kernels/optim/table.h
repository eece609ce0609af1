// A table of tensors, one row of doubles each (a cell is a number or an address), and the loop over all
// their elements: in chunks of a fixed size within one tensor, which threads share without changing a
// bit.
#pragma once

#include "../grain.h"
#include "../simd/lanes.h"
#include "../sizes.h"
#include "../work.h"

namespace ostinato::OSTINATO_ISA {

inline constexpr int64_t tableChunk = 16384;  // part of the order of summation in clip.cc

template <class T>
OSTINATO_INLINE T* tableAddress(double cell) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(cell));
}

inline int64_t tableChunks(const double* table, int64_t rows, int64_t columns) {
  int64_t chunks = 0;
  for (int64_t r = 0; r < rows; ++r) chunks += ceilDiv(int64_t(table[r * columns]), tableChunk);
  return chunks;
}

// A running mean's step towards x, as torch.lerp(mean, x, weight) takes it: from the nearer end, since a mean that
// is 2^24 times x would leave nothing of x in the difference x - mean.
template <class T>
struct Lerp {
  bool near;
  Vec<T> weight, rest;
  explicit Lerp(double weight)
      : near(weight <= 0.5), weight(broadcast(T(weight))), rest(broadcast(T(1) - T(weight))) {}
  OSTINATO_INLINE Vec<T> operator()(const Vec<T>& mean, const Vec<T>& x) const {
    const Vec<T> difference = x - mean;
    return near ? fma(weight, difference, mean) : x - difference * rest;
  }
};

// Calls body(row, begin, end, chunk) for each chunk of each tensor; row[0] is the number of
// elements.
template <class Body>
OSTINATO_INLINE void forEachChunk(Work& work, const double* table, int64_t rows, int64_t columns,
                                  Body body) {
  int64_t total = 0;
  for (int64_t r = 0; r < rows; ++r) total += int64_t(table[r * columns]);
  if (!paysThreads(double(total), grains::plainElements, work.threads)) {
    int64_t chunk = 0;
    for (const double* row = table; row < table + rows * columns; row += columns)
      for (int64_t begin = 0, n = int64_t(row[0]); begin < n; begin += tableChunk)
        body(row, begin, min(begin + tableChunk, n), chunk++);
    return;
  }
  parallel(work, tableChunks(table, rows, columns), [&](int64_t chunk, int) {
    const double* row = table;
    int64_t before = 0;
    for (;; row += columns) {
      const int64_t own = ceilDiv(int64_t(row[0]), tableChunk);
      if (chunk < before + own) break;
      before += own;
    }
    const int64_t n = int64_t(row[0]), begin = (chunk - before) * tableChunk;
    body(row, begin, min(begin + tableChunk, n), chunk);
  });
}

}  // namespace ostinato::OSTINATO_ISA
