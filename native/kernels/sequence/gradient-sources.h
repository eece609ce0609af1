// Where the blocked product of the weights' gradients, dG' * factor, finds its operands: the columns of dG as
// row tiles, the rows of the sequence as panels.
#pragma once

#include "../gemm/driver.h"
#include "../gemm/pack.h"
#include "product.h"
#include "sequence-rows.h"

namespace ostinato::OSTINATO_ISA {

// What dG is multiplied by, N columns. The result C is [M, N], null when not wanted.
template <class T>
struct Factor {
  RowsOf rows;
  int64_t N;
  T* C;
};

// The product's A, transposed: columns m0 .. of `a`, whose sums are added to `sums` unless it is
// null, as row tiles [tile][k][rows of the tile].
template <class T>
struct GateRows {
  // Columns of dG in a block, whose tiles stay in L2.
  static constexpr int64_t MC = 16 * tileRows;
  const T* a;
  int64_t lda, m0;
  T* sums;
  T* memory;
  int64_t first = 0, depth = 0;

  // Reads `a` row by row: its rows are often a power of two apart.
  void block(const Range& range, const RowTiles& tiles, int64_t t0, int64_t t1) {
    first = tiles.firstRow(t0);
    depth = range.depth;
    const int64_t rows = tiles.firstRow(t1) - first;
    const T* const from = a + range.k0 * lda + m0 + first;
    T* const sum = sums && range.n0 == 0 ? sums + m0 + first : nullptr;
    if (rows == MC) return wholeBlock(from, sum);
    for (int64_t t = t0; t < t1; ++t) {
      const int64_t row = tiles.firstRow(t) - first;
      withRows(tiles.rows(t), [&](auto count) {
        packTransposedTile<decltype(count)::v>(from + row, lda, depth, memory + row * depth);
      });
    }
    if (sum)
      forEachVector<T>(0, rows, [&](int64_t m, int n) {
        Vec<T> total = load(sum + m, n);
        for (int64_t k = 0; k < depth; ++k) total = total + load(from + k * lda + m, n);
        store(sum + m, total, n);
      });
  }
  // MC rows: all tiles are full, and filled together, so that each row of dG is read once, from end to end, for the tiles
  // and for the sums.
  void wholeBlock(const T* from, T* sum) const {
    constexpr int vectors = int(MC / W<T>), rows = tileRows;
    static_assert(MC % tileRows == 0 && MC % W<T> == 0);
    Vec<T> total[vectors];
    for (int v = 0; v < vectors; ++v) total[v] = sum ? load(sum + v * W<T>) : zero<T>();
    constexpr int64_t soon = 8;
    for (int64_t k = 0; k < depth; ++k, from += lda) {
      for (int v = 0; v < vectors; ++v)
        __builtin_prefetch(from + (k + soon < depth ? soon * lda : 0) + v * W<T>);
      T* to = memory + k * rows;
      for (int m = 0; m < MC; m += rows, to += depth * rows)
        __builtin_memcpy(to, from + m, rows * sizeof(T));
      for (int v = 0; v < vectors; ++v) total[v] = total[v] + load(from + v * W<T>);
    }
    for (int v = 0; v < vectors && sum; ++v) store(sum + v * W<T>, total[v]);
  }
};

// The product's B: rows of the sequence, the factors' columns one after another. [panel][k][vectors of the panel][W].
// Packed here, since rows are found one by one (the state before a step's first row may be h0's, or zeros) and not a stride
// apart, as packColumns reads them.
template <class T>
struct FactorPanels {
  // Rows of the sequence in a block, at most, and columns of the factors.
  static constexpr int64_t KC = stripDepth<T>, NC = 1536;
  struct Panel {
    const T* p;
    int64_t vectors, columns;
    const Factor<T>* factor;
    int64_t n;  // the first of the factor's columns
  };
  static constexpr int64_t NR = panelColumns<T>;
  const SequenceRows<T>& rows;
  const Factor<T>* factors;
  int count;
  T* memory;
  Range r = {};

  int64_t columnsOf(int f) const { return min(r.columns, factors[f].N - r.n0); }
  int64_t panels() const {
    int64_t sum = 0;
    for (int f = 0; f < count; ++f) sum += ceilDiv(columnsOf(f), NR);
    return sum;
  }
  void range(const Range& range) {
    r = range;
    const T* row[KC];
    T* to = memory;
    for (int f = 0; f < count; ++f) {
      rows.get(factors[f].rows, r.k0, r.depth, row);
      for (int64_t n = 0; n < columnsOf(f); n += NR) {
        const int64_t columns = min(NR, columnsOf(f) - n), vectors = ceilDiv(columns, W<T>);
        forEachVector<T>(0, columns, [&](int64_t c, int lanes) {
          T* packed = to + c;
          for (int64_t k = 0; k < r.depth; ++k, packed += vectors * W<T>)
            store(packed, row[k] ? load(row[k] + r.n0 + n + c, lanes) : zero<T>());
        });
        to += vectors * W<T> * r.depth;
      }
    }
  }
  Panel panel(int64_t index, bool) const {
    const T* p = memory;
    int f = 0;
    for (; index >= ceilDiv(columnsOf(f), NR); ++f) {
      index -= ceilDiv(columnsOf(f), NR);
      p += ceilDiv(columnsOf(f), W<T>) * W<T> * r.depth;
    }
    const int64_t n = index * NR, columns = min(NR, columnsOf(f) - n);
    return {p + n * r.depth, ceilDiv(columns, W<T>), columns, factors + f, r.n0 + n};
  }
  PrefetchRows next(int64_t index, bool, int64_t tiles) const {
    // Of few steps, the prefetches would cost as much as the products.
    if (index + 1 >= panels() || r.depth < tiles) return {};
    const Panel next = panel(index + 1, false);
    const int64_t bytes = next.vectors * 64;
    return {next.p, r.depth, bytes, bytes, tiles, true};
  }
};

}  // namespace ostinato::OSTINATO_ISA
