// Products of few rows, whose B is read in place: packing would cost as much as the product itself. The loops are not
// the blocked driver's: a tile takes as many vectors of columns as its rows leave registers for (vectorsFor), where a packed
// panel has panelVectors, and the columns that fill no vector are padded on the stack, without scratch memory. A transposed B
// has one tile of rows, so that nothing is blocked.
//
//   B row-major    vectors of columns. A large B is taken a few of its rows at a time, so that it is
//                  read in long runs; C carries the running sums from one run to the next
//   B transposed   blocks of B are transposed in registers, so that lanes are columns of C and each
//                  chain stays in the order of k
#pragma once

#include "pack.h"
#include "product.h"

namespace ostinato::OSTINATO_ISA {

// A B that fits into L2 beside the other operands.
template <class T>
inline constexpr int64_t directElements = (int64_t(256) << 10) / sizeof(T);

// How many rows of B one run takes. A column of tiles reads B with a stride of a whole row, which
// defeats the prefetcher and the TLB once B exceeds L2; many runs load and store C as
// often.
template <class T>
int64_t runDepth(const Product<T>& p) {
  if (p.cColumn != 1 || p.N * p.K <= directElements<T>) return p.K;
  return p.M <= 2 ? 8 : p.M <= 4 ? 16 : 32;
}

template <class T>
void rowMajorRows(const Product<T>& p) {
  constexpr int lanes = Vec<T>::lanes;
  const RowTiles tiles(p.M);
  const int vectors = vectorsFor(tiles.tiles == 1 ? int(p.M) : tileRows);
  const int64_t width = vectors * lanes, depth = runDepth(p);
  for (int64_t k = 0; k < p.K; k += depth) {
    const int64_t count = p.K - k < depth ? p.K - k : depth;
    const T* b = p.b + k * p.bRow;
    const auto column = [&](int64_t n, int64_t columns, int64_t k, int64_t count, const T* b,
                            int64_t bRow) {
      for (int64_t t = 0; t < tiles.tiles; ++t)
        withRows(tiles.rows(t), [&](auto rows) OSTINATO_INLINE_LAMBDA {
          constexpr int MR = decltype(rows)::v, NV = vectorsFor(MR);
          if constexpr (MR <= directRows<T>) {
            const int64_t m = tiles.firstRow(t);
            const Rows<T> a = {p.a + m * p.aRow + k * p.aColumn, p.aRow, p.aColumn};
            const Edge<T> c = p.tile(m, n, columns, k > 0);
            const AdjacentColumns<T> columnsOfB = {b, bRow};
            if (columns == NV * lanes)
              multiplyTile<MR, NV>(count, a, columnsOfB, c, NoHook<T>{});
            else
              multiplyTile<MR, 1>(count, a, columnsOfB, c, NoHook<T>{});
          }
        });
    };
    int64_t n = 0;
    for (; n + width <= p.N; n += width) column(n, width, k, count, b + n, p.bRow);
    for (; n + lanes <= p.N; n += lanes) column(n, lanes, k, count, b + n, p.bRow);
    // The last columns, padded to a vector a few rows at a time.
    constexpr int64_t padded = 64;
    for (int64_t i = 0; n < p.N && i < count; i += padded) {
      alignas(64) T block[padded * lanes];
      const int64_t rows = padded < count - i ? padded : count - i;
      packBlock(b + i * p.bRow, p.bRow, rows, {n, int(p.N - n)}, block, lanes);
      column(n, p.N - n, k + i, rows, block, lanes);
    }
  }
}

#if defined(__AVX512F__)
OSTINATO_INLINE auto fmaWide(Transposition<float>::Wide a, Transposition<float>::Wide b,
                             Transposition<float>::Wide c) {
  return (Transposition<float>::Wide)_mm256_fmadd_ps(a, b, c);
}
OSTINATO_INLINE auto fmaWide(Transposition<double>::Wide a, Transposition<double>::Wide b,
                             Transposition<double>::Wide c) {
  return (Transposition<double>::Wide)_mm256_fmadd_pd(a, b, c);
}
#else
OSTINATO_INLINE auto fmaWide(Register<float> a, Register<float> b, Register<float> c) {
  return fmaRegister(a, b, c);
}
OSTINATO_INLINE auto fmaWide(Register<double> a, Register<double> b, Register<double> c) {
  return fmaRegister(a, b, c);
}
#endif

// MR rows against `units` units of columns (see Transposition) of a transposed B. Not the micro-kernel of
// micro.h: that one reads vectors of B from memory, here they are made in registers, `depth` steps of k and
// half a register at a time, and never stored. Columns n ..
// n + columns - 1, which may be fewer: those that are not there have any sums.
template <class T, int MR, int units>
__attribute__((noinline)) void transposedTile(const Product<T>& p, int64_t n, int64_t columns,
                                              const Whole<T>& c) {
  using Unit = Transposition<T>;
  using Wide = typename Unit::Wide;
  constexpr int width = units * Unit::width;
  constexpr int line = 64 / sizeof(T);
  const int64_t ldb = p.bColumn;
  Wide sum[MR][units];
  OSTINATO_UNROLL
  for (int m = 0; m < MR; ++m) OSTINATO_UNROLL
  for (int u = 0; u < units; ++u)
    sum[m][u] = *(const typename Unit::UnalignedWide*)(c.from + m * c.fromRow + u * Unit::width);

  const T* a = p.a;
  const T* b = p.b + n * ldb;
  int64_t k = 0;
  // A step of the chains of unit u; x points to row 0 of A.
  const auto step = [&](int u, const T* x, const Wide& column) OSTINATO_INLINE_LAMBDA {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) sum[m][u] = fmaWide(x[m * p.aRow] - Wide{}, column, sum[m][u]);
  };
  // `depth` of them, y pointing to B.
  const auto steps = [&](int u, const T* x, const T* y) OSTINATO_INLINE_LAMBDA {
    Wide column[Unit::depth];
    Unit::transposeStrided(y + u * Unit::width * ldb, ldb, column);
    OSTINATO_UNROLL
    for (int d = 0; d < Unit::depth; ++d, x += p.aColumn) step(u, x, column[d]);
  };
  if (columns == width && ldb * int64_t(sizeof(T)) % 4096 != 0) {
    // Units are interleaved, so that their dependency chains overlap.
#pragma GCC unroll 1
    for (; k + Unit::depth <= p.K; k += Unit::depth, a += Unit::depth * p.aColumn, b += Unit::depth)
      OSTINATO_UNROLL
    for (int u = 0; u < units; ++u) steps(u, a, b);
  } else if (columns == width) {
    // Rows a multiple of 4 KB apart map to one 8-way set of L1: one unit's cache lines at a time. They
    // are more streams than the processor follows: each row is prefetched into L2, at its end those
    // of the next tile.
    constexpr int64_t ahead = 8 * line;
    const int64_t wrap = width * ldb - p.K;
    for (; k + line <= p.K; k += line, a += line * p.aColumn, b += line) OSTINATO_UNROLL
    for (int u = 0; u < units; ++u) {
      uintptr_t next =
          uintptr_t(b) + (u * Unit::width * ldb + ahead + (k + ahead < p.K ? 0 : wrap)) * sizeof(T);
      OSTINATO_UNROLL
      for (int i = 0; i < Unit::width; ++i, next += ldb * sizeof(T))
        __builtin_prefetch((const char*)next, 0, 2);
#pragma GCC unroll 1
      for (int i = 0; i < line; i += Unit::depth) steps(u, a + i * p.aColumn, b + i);
    }
  }
  // Columns past the end repeat the last one.
  const T* row[width];
  for (int i = 0; i < width; ++i) row[i] = p.b + (n + (i < columns ? i : columns - 1)) * ldb;
  for (; k < p.K; ++k, a += p.aColumn) OSTINATO_UNROLL
  for (int u = 0; u < units; ++u) {
    Wide column;
    for (int i = 0; i < Unit::width; ++i) column[i] = row[u * Unit::width + i][k];
    step(u, a, column);
  }

  OSTINATO_UNROLL
  for (int m = 0; m < MR; ++m) OSTINATO_UNROLL
  for (int u = 0; u < units; ++u)
    *(typename Unit::UnalignedWide*)(c.to + m * c.toRow + u * Unit::width) = sum[m][u];
}

template <class T, int MR, int units>
void transposedRows(const Product<T>& p) {
  constexpr int width = units * Transposition<T>::width, narrow = Transposition<T>::width;
  const auto tile = [&](auto count, int64_t n, int64_t columns) {
    constexpr int U = decltype(count)::v;
    onWhole<MR, U * narrow>(p.tile(0, n, columns, false),
                            [&](const Whole<T>& c) { transposedTile<T, MR, U>(p, n, columns, c); });
  };
  int64_t n = 0;
  for (; n + width <= p.N; n += width) tile(Constant<units>{}, n, width);
  for (; n < p.N; n += narrow) tile(Constant<1>{}, n, min(narrow, p.N - n));
}

// A B that fills half a packed panel at most: packed, its other columns would be computed for nothing. A's rows are read in
// place, once for each vector of columns: side by side, or few, or from L1.
template <class T>
bool isNarrow(const Product<T>& p) {
  const int64_t width = roundUp(p.N, Vec<T>::lanes);
  constexpr int64_t lines = 512;
  return 2 * width <= panelColumns<T> && directRows<T> == tileRows &&
         width * p.K <= directElements<T> &&
         (p.M <= 4 * tileRows || p.aColumn == 1 || p.K <= lines);
}

// One tile of rows is not worth packing B, several neither while L2 holds B and its rows do not
// map to one set of L1, and any number where B is narrow.
template <class T>
bool prefersDirect(const Product<T>& p) {
  if (p.bColumn != 1) return p.M <= directTransposedRows<T>;
  if (p.M <= tileRows || sizeof(T) != 4) return p.M <= directRows<T>;
  return (isNarrow(p) || (p.M <= 4 * tileRows && p.N * p.K <= directElements<T>)) &&
         p.bRow * int64_t(sizeof(T)) % 4096 != 0;
}

// It is transposed into rows of whole vectors, and read in place there.
template <class T>
bool isNarrowTransposed(const Product<T>& p) {
  return p.bColumn != 1 && p.M > directTransposedRows<T> && isNarrow(p);
}

template <class T>
void narrowTransposedProduct(const Product<T>& p, T* rows) {
  const int64_t width = roundUp(p.N, Vec<T>::lanes);
  for (int64_t n = 0; n < p.N; n += Vec<T>::lanes)
    packBlockTransposed(p.b, p.bColumn, p.K, {n, int(min(p.N - n, Vec<T>::lanes))}, rows + n,
                        width);
  Product<T> q = p;
  q.b = rows;
  q.bRow = width;
  q.bColumn = 1;
  rowMajorRows(q);
}

template <class T>
void directProduct(const Product<T>& p) {
  if (p.bColumn == 1) return rowMajorRows(p);
  if constexpr (directTransposedRows < T >> 1)
    if (p.M == 2) return transposedRows<T, 2, 2>(p);
  transposedRows<T, 1, 2>(p);
}

}  // namespace ostinato::OSTINATO_ISA
