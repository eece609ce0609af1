// Gradient clipping: sum of squares and scaling over a table of gradients. Row: numel, address.
#include "../kernels.h"
#include "table.h"

namespace ostinato::OSTINATO_ISA {

// out[0] = the sum of squares of all elements in double: sixteen sums within a chunk, added as a tree,
// then the chunks in order. Chunk sums are kept in the caller's scratch.
template <class T>
void table_sum_squares(const double* table, int64_t rows, double* out, Work& work) {
  double* const sums = reinterpret_cast<double*>(work.scratch(work, 0));
  const int64_t capacity = Work::scratchBytes / int64_t(sizeof(double));
  double total = 0;
  // More chunks than scratch holds (17 billion elements) never arrive: tensors are smaller.
  const int64_t chunks = tableChunks(table, rows, 2);
  if (chunks > capacity) {
    *out = -1;
    return;
  }
  forEachChunk(work, table, rows, 2,
               [&](const double* row, int64_t begin, int64_t end, int64_t chunk) {
                 const T* const x = tableAddress<T>(row[1]);
                 double lanes[16] = {};
                 int64_t i = begin;
                 for (; i + 16 <= end; i += 16)
                   for (int l = 0; l < 16; ++l) {
                     const double value = double(x[i + l]);
                     lanes[l] += value * value;
                   }
                 for (int l = 0; i < end; ++i, ++l) {
                   const double value = double(x[i]);
                   lanes[l] += value * value;
                 }
                 for (int half = 8; half > 0; half /= 2)
                   for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
                 sums[chunk] = lanes[0];
               });
  for (int64_t chunk = 0; chunk < chunks; ++chunk) total += sums[chunk];
  *out = total;
}

template <class T>
void table_scale(const double* table, int64_t rows, double factor, Work& work) {
  const Vec<T> by = broadcast(T(factor));
  forEachChunk(work, table, rows, 2, [&](const double* row, int64_t begin, int64_t end, int64_t) {
    T* const x = tableAddress<T>(row[1]);
    forEachVector<T>(begin, end, [&](int64_t i, int n) { store(x + i, load(x + i, n) * by, n); });
  });
}

INSTANTIATE_FLOAT(table_sum_squares)
INSTANTIATE_FLOAT(table_scale)

}  // namespace ostinato::OSTINATO_ISA
