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

// What a tile of C starts from and where it ends: element (i, j) starts from start[i * startRow + j
// * startColumn] (start null: from zero) and goes to c[i * cRow + j * cColumn], j < columns.
template <class T>
struct Tile {
  int64_t columns;
  T* c;
  int64_t cRow, cColumn;
  const T* start;
  int64_t startRow, startColumn;

  // The tile of p whose first element is (m, n); `goesOn`: an earlier range of k has been there.
  OSTINATO_INLINE Tile(const Product<T>& p, int64_t m, int64_t n, int64_t columns, bool goesOn)
      : columns(columns),
        c(p.c + m * p.cRow + n * p.cColumn),
        cRow(p.cRow),
        cColumn(p.cColumn),
        start(c),
        startRow(cRow),
        startColumn(cColumn) {
    if (goesOn || p.accumulate) return;
    startRow = p.biasRow;
    startColumn = p.biasColumn;
    start = p.bias ? p.bias + m * startRow + n * startColumn : nullptr;
  }
  // Fills memory[rows][width] with the start values; columns that C does not have become zero.
  __attribute__((noinline)) void begin(T* memory, int64_t rows, int64_t width) const {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < width; ++j)
        memory[i * width + j] = start && j < columns ? start[i * startRow + j * startColumn] : T(0);
  }
  __attribute__((noinline)) void end(const T* memory, int64_t rows, int64_t width) const {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) c[i * cRow + j * cColumn] = memory[i * width + j];
  }
};

// Where the sums of a tile of MR rows and `width` columns are loaded from and stored to: start and
// C themselves, or `memory` for a tile that is not whole or lies strided.
template <class T, int MR, int width>
struct Ends {
  const T* from;
  T* to;
  int64_t fromRow, toRow;
  OSTINATO_INLINE Ends(const Tile<T>& tile, T* memory)
      : from(memory), to(memory), fromRow(width), toRow(width) {
    alignas(64) static constexpr T zeros[width] = {};
    if (tile.columns != width || tile.cColumn != 1 || (tile.startColumn != 1 && tile.start)) {
      tile.begin(memory, MR, width);
      return;
    }
    to = tile.c;
    toRow = tile.cRow;
    from = tile.start ? tile.start : zeros;
    fromRow = tile.start ? tile.startRow : 0;
  }
  OSTINATO_INLINE void close(const Tile<T>& tile) const {
    if (to != tile.c) tile.end(to, MR, width);
  }
};

// compute(acc) runs the loop over k on accumulators that hold the start values; C gets the result.
template <class T, int MR, int NV, class Compute>
OSTINATO_INLINE void runTile(const Tile<T>& tile, Compute compute) {
  constexpr int width = NV * Vec<T>::lanes;
  alignas(64) T memory[MR * width];
  const Ends<T, MR, width> ends(tile, memory);
  Accumulators<T, MR, NV> acc;
  acc.load(ends.from, ends.fromRow);
  compute(acc);
  acc.store(ends.to, ends.toRow);
  ends.close(tile);
}

}  // namespace ostinato::OSTINATO_ISA
