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

// Packs rows of A by tiles first .. last - 1: packed[r * K + k * rows(tile) + i], where r counts
// rows from the first tile's. Writes up to `lanes` elements past the last tile.
template <class T>
void packRows(const Product<T>& p, const RowTiles& tiles, int64_t first, int64_t last, T* packed) {
  using Unit = Transposition<T>;
  T* out = packed;
  for (int64_t tile = first; tile < last; out += tiles.rows(tile) * p.K, ++tile) {
    const T* a = p.a + tiles.firstRow(tile) * p.aRow;
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
      for (int u = 0; u < units; ++u)
        Unit::transpose([&](int i) { return row[u * Unit::width + i] + k; }, column[u]);
      OSTINATO_UNROLL
      for (int d = 0; d < Unit::depth; ++d) OSTINATO_UNROLL
      for (int u = 0; u < units; ++u)
        *(typename Unit::UnalignedWide*)(out + (k + d) * rows + u * Unit::width) = column[u][d];
    }
    for (; k < p.K; ++k)
      for (int i = 0; i < rows; ++i) out[k * rows + i] = row[i][k];
  }
}

// One tile of rows, the first of which is m, against the packed panel of columns n .. n + columns
// - 1.
template <class T, int MR>
__attribute__((noinline)) void panelTile(const Tile<T>& tile, int64_t K, const T* a, int64_t aRow,
                                         int64_t aColumn, const T* panel) {
  runTile<T, MR, panelVectors>(
      tile, [&](auto& acc) __attribute__((always_inline)) {
        multiplyAdd(acc, K, a, aRow, aColumn, panel, 0);
      });
}
// The same against a whole panel's columns of a row-major B, which it packs on the way.
template <class T, int MR>
__attribute__((noinline)) void packingTile(const Tile<T>& tile, int64_t K, const T* a, int64_t aRow,
                                           int64_t aColumn, const T* b, int64_t bRow, T* panel) {
  runTile<T, MR, panelVectors>(
      tile, [&](auto& acc) __attribute__((always_inline)) {
        multiplyAddStrided<T, MR, panelVectors, panelVectors, true>(acc, K, a, aRow, aColumn, b,
                                                                    bRow, 0, panel);
      });
}

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
// The size of `total` cut into equal blocks of at most `most`, rounded up to a multiple of `unit`.
inline int64_t evenBlock(int64_t total, int64_t most, int64_t unit) {
  return ceilDivide(ceilDivide(total, ceilDivide(total, most)), unit) * unit;
}

// Packs the panel of p.b's columns n .. n + columns - 1.
template <class T>
void packPanel(const Product<T>& p, int64_t n, int64_t columns, T* panel) {
  constexpr int lanes = Vec<T>::lanes;
  for (int j = 0; j < panelVectors; ++j) {
    const int64_t rest = columns - j * lanes;
    const ColumnBlock block = {n + j * lanes, int(rest < 0 ? 0 : least(rest, lanes))};
    if (p.bColumn == 1)
      packBlock(p.b, p.bRow, p.K, block, panel + j * lanes, panelColumns<T>);
    else
      packBlockTransposed(p.b, p.bColumn, p.K, block, panel + j * lanes, panelColumns<T>);
  }
}

// Brings `rows` rows of `lines` cache lines nearer, `stride` bytes apart, while tiles run on other
// memory: a fixed number of rows in each of `parts` parts, which the branch predictor likes.
struct Prefetch {
  uintptr_t from;
  int64_t stride, lines, step;
  Prefetch(const void* from, int64_t rows, int64_t stride, int64_t bytes, int64_t parts)
      : from(uintptr_t(from)),
        stride(stride),
        lines(ceilDivide(bytes, 64)),
        step(ceilDivide(rows, parts)) {}
  // Part `index`, to L1 or (far) to L2 only.
  template <bool far>
  OSTINATO_INLINE void part(int64_t index) const {
    uintptr_t row = from + index * step * stride;
    for (int64_t i = 0; i < step; ++i, row += stride)
      for (int64_t at = 0; at < lines; ++at)
        __builtin_prefetch((const char*)(row + at * 64), 0, far ? 2 : 3);
  }
};

// Panels whose source is prefetched at once: 4 cache lines of a row of B. A transposed B has long
// runs of its own.
template <class T>
int64_t sourceGroup(const Product<T>& p) {
  return p.bColumn == 1 ? 4 / panelVectors * panelColumns<T> : panelColumns<T>;
}
template <class T>
Prefetch sourceOf(const Product<T>& p, int64_t n, int64_t parts) {
  constexpr int64_t size = sizeof(T);
  const int64_t columns = least(sourceGroup(p), p.N - n);
  if (columns <= 0) return {nullptr, 0, 0, 0, 1};
  const T* b = p.b + n * p.bColumn;
  if (p.bColumn == 1) return {b, p.K, p.bRow * size, columns * size, parts};
  return {b, columns, p.bColumn * size, p.K * size, parts};
}

// The next tile's rows of C, which its chains wait for.
template <class T>
OSTINATO_INLINE void prefetchRows(const T* c, int64_t ldc) {
  OSTINATO_UNROLL
  for (int i = 0; i < tileRows; ++i)
    __builtin_prefetch((const char*)((uintptr_t)c + i * ldc * sizeof(T)));
}

template <class T>
void packedProduct(const Product<T>& whole, char* scratch) {
  constexpr int NR = panelColumns<T>;
  constexpr int64_t line = NR * int64_t(sizeof(T));
  const int64_t KC = evenBlock(whole.K, blockDepth<T>, 4);
  const int64_t NC = evenBlock(whole.N, blockColumns<T>, NR);
  const RowTiles tiles(whole.M);
  const int64_t blockTiles = evenBlock(tiles.tiles, blockRows<T> / tileRows, 1);
  T* const panels = reinterpret_cast<T*>(scratch);
  T* const packedRows = panels + NC * KC;
  for (int64_t n0 = 0; n0 < whole.N; n0 += NC) {
    const int64_t columns = least(NC, whole.N - n0);
    for (int64_t k0 = 0; k0 < whole.K; k0 += KC) {
      const Product<T> block =
          whole.part(0, whole.M, n0, columns).range(k0, least(KC, whole.K - k0));
      const int64_t K = block.K, group = sourceGroup(block);
      // Reading A in place is cheaper while few panels read it, unless its rows lie so that they
      // share 8 places in L1.
      const bool packsA = block.aColumn != 1 ||
                          columns > (block.aRow * int64_t(sizeof(T)) % 4096 == 0 ? 4 : 16) * NR;
      for (int64_t t0 = 0; t0 < tiles.tiles; t0 += blockTiles) {
        const int64_t t1 = least(t0 + blockTiles, tiles.tiles), m0 = tiles.firstRow(t0);
        if (packsA) packRows(block, tiles, t0, t1, packedRows);
        // The first rows pass over B as it lies and pack it; a panel that no later rows read stays
        // in its place in L1.
        const bool packsB = t0 == 0, keeps = blockTiles < tiles.tiles;
        for (int64_t n = 0; n < columns; n += NR) {
          T* const panel = panels + (keeps ? n : 0) * K;
          const int64_t width = least(NR, columns - n), inGroup = n % group;
          const bool fuses =
              sizeof(T) == 4 && packsB && block.bColumn == 1 && width == NR && tiles.rows(0) >= 4;
          if (packsB && !fuses) packPanel(block, n, width, panel);
          const int64_t parts = t1 - t0;
          const Prefetch next = packsB ? sourceOf(block, n - inGroup + group, group / NR * parts)
                                       : Prefetch(panel + NR * K, K, line, line, parts);
          for (int64_t t = t0; t < t1; ++t) {
            const int64_t m = tiles.firstRow(t);
            const Tile<T> tile(block, m, n, width, false);
            if (packsB)
              next.part<true>(inGroup / NR * parts + t);
            else
              next.part<false>(t - t0);
            if (block.accumulate) prefetchRows(tile.c + tiles.rows(t) * tile.cRow, tile.cRow);
            withRows(tiles.rows(t), [&](auto count) {
              constexpr int MR = decltype(count)::v;
              // Of more rows than a tile's, balanced tiles have half as many at least; fewer rows
              // in all come here only where direct.h leaves them.
              if constexpr (2 * MR >= tileRows || MR > directTransposedRows<T>) {
                const T* a = packsA ? packedRows + (m - m0) * K : block.a + m * block.aRow;
                const int64_t aRow = packsA ? 1 : block.aRow, aColumn = packsA ? MR : block.aColumn;
                if constexpr (MR >= 4 && sizeof(T) == 4)
                  if (fuses && t == 0)
                    return packingTile<T, MR>(tile, K, a, aRow, aColumn, block.b + n, block.bRow,
                                              panel);
                panelTile<T, MR>(tile, K, a, aRow, aColumn, panel);
              }
            });
          }
        }
      }
    }
  }
}

}  // namespace ostinato::OSTINATO_ISA
