// The blocked product: panels of B packed on their first use, rows of A packed by tiles, blocks
// sized for the caches. For products with more rows than one tile.
//
//   for n0 in steps of NC                 a slice of B's columns, packed: L3
//     for k0 in steps of KC               C carries the running sums from one range of k to the
//     next
//       for m0 in steps of MC             a block of A, packed: L2
//         for each panel of B             L1
//           for each tile of rows         registers
#pragma once

#include "product.h"

namespace ostinato::OSTINATO_ISA {

// Packs rows of A by tiles: packed[firstRow(tile) * K + k * rows(tile) + i]. Writes up to `lanes`
// elements past the last tile.
template <class T>
void packRows(const Product<T>& p, const RowTiles& tiles, T* packed) {
  using Unit = Transposition<T>;
  for (int64_t tile = 0; tile < tiles.tiles; ++tile) {
    const T* a = p.a + tiles.firstRow(tile) * p.aRow;
    T* out = packed + tiles.firstRow(tile) * p.K;
    const int rows = tiles.rows(tile);
    if (p.aColumn != 1) {
      withRows(rows, [&](auto count) {
        constexpr int MR = decltype(count)::v;
        for (int64_t k = 0; k < p.K; ++k) OSTINATO_UNROLL
        for (int i = 0; i < MR; ++i) out[k * MR + i] = a[k * p.aColumn + i * p.aRow];
      });
      continue;
    }
    // Units of `width` rows, of which the last stand for rows that are not there: what they write
    // is overwritten by the next step of k.
    constexpr int units = (tileRows + Unit::width - 1) / Unit::width;
    const T* row[units * Unit::width];
    for (int i = 0; i < units * Unit::width; ++i) row[i] = a + (i < rows ? i : rows - 1) * p.aRow;
    int64_t k = 0;
    for (; k + Unit::depth <= p.K; k += Unit::depth) {
      typename Unit::Wide column[units][Unit::depth];
      OSTINATO_UNROLL
      for (int u = 0; u < units; ++u) Unit::transpose(row + u * Unit::width, k, column[u]);
      OSTINATO_UNROLL
      for (int d = 0; d < Unit::depth; ++d) OSTINATO_UNROLL
      for (int u = 0; u < units; ++u)
        *(typename Unit::UnalignedWide*)(out + (k + d) * rows + u * Unit::width) = column[u][d];
    }
    for (; k < p.K; ++k)
      for (int i = 0; i < rows; ++i) out[k * rows + i] = row[i][k];
  }
}

// One tile of rows against one panel, whole or not.
template <class T, int MR>
__attribute__((noinline)) void panelTile(const Product<T>& p, const T* a, int64_t aRow,
                                         int64_t aColumn, const T* panel) {
  runTile<T, MR, panelVectors>(
      p, [&](auto& acc)
             __attribute__((always_inline)) { multiplyAdd(acc, p.K, a, aRow, aColumn, panel, 0); });
}

template <class T, int MR>
__attribute__((noinline)) void packedTile(const Product<T>& p, const T* a, const T* panel) {
  runTile<T, MR, panelVectors>(
      p, [&](auto& acc)
             __attribute__((always_inline)) { multiplyAdd(acc, p.K, a, 1, MR, panel, 0); });
}

// Packs columns n .. n + NR - 1 of p.b.
template <class T>
void packPanel(const Product<T>& p, int64_t n, T* panel) {
  constexpr int lanes = Vec<T>::lanes;
  for (int j = 0; j < panelVectors; ++j) {
    const int64_t rest = p.N - n - j * lanes;
    const ColumnBlock block = {n + j * lanes, int(rest < 0 ? 0 : rest < lanes ? rest : lanes)};
    if (p.bColumn == 1)
      packBlock(p.b, p.bRow, p.K, block, panel + j * lanes, panelColumns<T>);
    else
      packBlockTransposed(p.b, p.bColumn, p.K, block, panel + j * lanes, panelColumns<T>);
  }
}

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
// The size of `total` cut into equal blocks of at most `most`, rounded up to a multiple of `unit`.
inline int64_t evenBlock(int64_t total, int64_t most, int64_t unit) {
  return ceilDivide(ceilDivide(total, ceilDivide(total, most)), unit) * unit;
}

template <class T>
void packedProduct(const Product<T>& whole, char* scratch) {
  constexpr int NR = panelColumns<T>;
  const int64_t KC = evenBlock(whole.K, blockDepth<T>, 4);
  const int64_t NC = evenBlock(whole.N, blockColumns<T>, NR);
  const int64_t MC = evenBlock(whole.M, blockRows<T>, tileRows);
  T* const panels = reinterpret_cast<T*>(scratch);
  T* const rows = panels + NC * KC;
  for (int64_t n0 = 0; n0 < whole.N; n0 += NC) {
    const int64_t columns = least(NC, whole.N - n0);
    for (int64_t k0 = 0; k0 < whole.K; k0 += KC) {
      const Product<T> slice =
          whole.part(0, whole.M, n0, columns).range(k0, least(KC, whole.K - k0));
      for (int64_t m0 = 0; m0 < whole.M; m0 += MC) {
        const Product<T> block = slice.part(m0, least(MC, whole.M - m0), 0, columns);
        const RowTiles tiles(block.M);
        // Reading A in place is cheaper while few panels read it.
        const bool packA = block.aColumn != 1 || columns > 4 * NR;
        if (packA) packRows(block, tiles, rows);
        for (int64_t n = 0; n < columns; n += NR) {
          // A panel that no later block of rows reads again stays in the same L1-resident place.
          T* const panel = whole.M <= MC ? panels : panels + n * block.K;
          if (m0 == 0) packPanel(block, n, panel);
          const int64_t width = least(NR, columns - n);
          for (int64_t t = 0; t < tiles.tiles; ++t) {
            const int64_t m = tiles.firstRow(t);
            const Product<T> tile = block.part(m, tiles.rows(t), n, width);
            withRows(tiles.rows(t), [&](auto count) {
              constexpr int MR = decltype(count)::v;
              if (packA)
                packedTile<T, MR>(tile, rows + m * block.K, panel);
              else
                panelTile<T, MR>(tile, tile.a, tile.aRow, tile.aColumn, panel);
            });
          }
        }
      }
    }
  }
}

}  // namespace ostinato::OSTINATO_ISA
