// What the paths of the matrix product share: the operands, where a chain of sums starts, and one
// tile from packed or plain memory to C.
#pragma once

#include "micro.h"
#include "pack.h"

namespace ostinato::OSTINATO_ISA {

// C[M, N] = start + A[M, K] * B[K, N]. Element (i, j) of a matrix x stands at x[i * row + j *
// column]; for A and B one of the two strides is 1. C overlaps neither A nor B.
template <class T>
struct Product {
  int64_t M, N, K;
  const T* a;
  int64_t aRow, aColumn;
  const T* b;
  int64_t bRow, bColumn;
  T* c;
  int64_t cRow, cColumn;
  // The chains start from C when `accumulate`, else from bias[i * biasRow + j * biasColumn], else
  // (bias null) from zero.
  bool accumulate;
  const T* bias;
  int64_t biasRow, biasColumn;

  // Rows m .. m + rows - 1 and columns n .. n + columns - 1 of the same product.
  Product part(int64_t m, int64_t rows, int64_t n, int64_t columns) const {
    Product p = *this;
    p.M = rows;
    p.N = columns;
    p.a += m * aRow;
    p.b += n * bColumn;
    p.c += m * cRow + n * cColumn;
    if (p.bias) p.bias += m * biasRow + n * biasColumn;
    return p;
  }
  // The same over k .. k + count - 1; a later range goes on from C.
  Product range(int64_t k, int64_t count) const {
    Product p = *this;
    p.K = count;
    p.a += k * aColumn;
    p.b += k * bRow;
    if (k > 0) p.accumulate = true;
    return p;
  }
  // The transposed product: C' = B' A', element for element the same chains, since fma(a, b, c) is
  // fma(b, a, c).
  Product transposed() const {
    return {N,    M, K,       b,    bColumn,    bRow, a,          aColumn,
            aRow, c, cColumn, cRow, accumulate, bias, biasColumn, biasRow};
  }
};

// Fills tile[rows][ld] (ld >= columns) with what the chains start from; the tile's other columns up
// to `width` become zero.
template <class T>
void startTile(const Product<T>& p, T* tile, int64_t rows, int64_t columns, int64_t width) {
  for (int64_t i = 0; i < rows; ++i) {
    T* out = tile + i * width;
    for (int64_t j = 0; j < columns; ++j)
      out[j] = p.accumulate ? p.c[i * p.cRow + j * p.cColumn]
               : p.bias     ? p.bias[i * p.biasRow + j * p.biasColumn]
                            : T(0);
    for (int64_t j = columns; j < width; ++j) out[j] = T(0);
  }
}

// One tile: compute(acc) runs the loop over k on accumulators that hold the start values; C gets
// the result. p is the tile's own product: p.M <= MR is not needed to be equal, p.N <= NV * lanes.
// A tile that is not whole, or whose C is strided, goes through memory of its own.
template <class T, int MR, int NV, class Compute>
OSTINATO_INLINE void runTile(const Product<T>& p, Compute compute) {
  constexpr int width = NV * Vec<T>::lanes;
  Accumulators<T, MR, NV> acc;
  if (p.N == width && p.cColumn == 1 && (p.accumulate || !p.bias || p.biasColumn == 1)) {
    if (p.accumulate)
      acc.load(p.c, p.cRow);
    else if (p.bias)
      acc.load(p.bias, p.biasRow);
    else
      acc.zero();
    compute(acc);
    acc.store(p.c, p.cRow);
    return;
  }
  alignas(64) T tile[MR * width];
  startTile(p, tile, MR, p.N, width);
  acc.load(tile, width);
  compute(acc);
  acc.store(tile, width);
  for (int i = 0; i < MR; ++i)
    for (int64_t j = 0; j < p.N; ++j) p.c[i * p.cRow + j * p.cColumn] = tile[i * width + j];
}

}  // namespace ostinato::OSTINATO_ISA
