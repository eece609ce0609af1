// The tile parameters of the matrix product, for each instruction set. They steer speed only; no
// choice here changes a bit of a result.
//
//   tileRows       MR: rows of C that one micro-kernel call holds in registers, at most
//   panelVectors   Vec<T> columns of a packed panel: NR = panelVectors * lanes
//   vectorsFor(m)  Vec<T> columns that a micro-kernel call of m rows computes at once. With few rows
//                  it spans several panels: a multiply-add takes about 4 cycles and two start in each
//                  cycle, so that fewer than 8 independent registers of sums would leave them idle.
//
// Accumulators in registers: AVX-512 6 x 4 zmm of 32, AVX2 6 x 1 pair of ymm (12 of 16), NEON 5 x 1
// quadruple of q registers (20 of 32; with 6 rows gcc spills), SSE2 2 x 1 quadruple of xmm (8 of
// 16).
#pragma once

#include "../simd/vec.h"
#include "../sizes.h"

namespace ostinato::OSTINATO_ISA {

#if defined(__AVX512F__)
inline constexpr int tileRows = 6;
inline constexpr int panelVectors = 4;
constexpr int vectorsFor(int rows) { return rows == 1 ? 8 : 4; }
#elif defined(__AVX2__)
inline constexpr int tileRows = 6;
inline constexpr int panelVectors = 1;
constexpr int vectorsFor(int rows) { return rows == 1 ? 4 : rows <= 3 ? 2 : 1; }
#elif defined(__aarch64__)
inline constexpr int tileRows = 5;
inline constexpr int panelVectors = 1;
constexpr int vectorsFor(int rows) { return rows == 1 ? 4 : rows == 2 ? 2 : 1; }
#else
inline constexpr int tileRows = 2;
inline constexpr int panelVectors = 1;
constexpr int vectorsFor(int rows) { return rows == 1 ? 2 : 1; }
#endif

// NR: the columns of one packed panel.
template <class T>
inline constexpr int panelColumns = panelVectors* Vec<T>::lanes;

// Cache blocks of the packed product, in elements (see packed.h):
//   KC x NR   a panel of B, in half of L1 (AVX-512: in L2, which feeds a 6 x 64 tile fast enough)
//   MC x KC   a block of A, in half of L2
//   KC x NC   a slice of B, in L3 and in the worker's scratch
template <class T>
inline constexpr int64_t blockDepth = panelVectors == 1 ? 256 : 512;
template <class T>
inline constexpr int64_t blockRows = (int64_t(240) << 10) /
                                     (blockDepth<T> * sizeof(T)) / tileRows* tileRows;
template <class T>
inline constexpr int64_t blockColumns = (int64_t(4) << 20) / (blockDepth<T> * sizeof(T));

// Bytes of scratch that a product takes at most: a slice of B and a block of A, with what their rounding adds.
template <class T>
inline constexpr int64_t multiplyScratch = ((blockColumns<T> + panelColumns<T>)*(blockDepth<T> +
                                                                                 4) +
                                            (blockRows<T> + tileRows) * (blockDepth<T> + 4)) *
                                               int64_t(sizeof(T)) +
                                           4096;

// The most steps of k of one product of gemm_batch_reduce: with blockDepth, what a worker's scratch holds.
inline constexpr int64_t batchReduceDepth = 512;

// Up to how many rows a product is computed straight from B (direct.h), row-major or transposed.
// Doubles have fewer such paths, for the sake of the add-on's size.
template <class T>
inline constexpr int directRows = sizeof(T) == 4 ? tileRows : 2;
template <class T>
inline constexpr int directTransposedRows = sizeof(T) == 4 ? 2 : 1;

// Row tiles that differ by one row at most: 32 rows in tiles of up to 6 are 6,6,5,5,5,5, not
// 6,6,6,6,6,2.
struct RowTiles {
  int64_t tiles, base, extra;  // the first `extra` tiles have base + 1 rows, the others base
  explicit RowTiles(int64_t rows) {
    tiles = ceilDiv(rows, tileRows);
    base = tiles ? rows / tiles : 0;
    extra = tiles ? rows % tiles : 0;
  }
  int64_t firstRow(int64_t tile) const { return tile * base + (tile < extra ? tile : extra); }
  int rows(int64_t tile) const { return int(base) + (tile < extra); }
};

template <int value>
struct Constant {
  static constexpr int v = value;
};

// Calls body(Constant<n>{}) for a run-time n, 1 <= n <= most <= 6.
template <int most, class Body>
OSTINATO_INLINE void withConstant(int64_t n, Body body) {
  switch (n) {
    case 1:
      return body(Constant<1>{});
    case 2:
      if constexpr (most >= 2) return body(Constant<2>{});
      break;
    case 3:
      if constexpr (most >= 3) return body(Constant<3>{});
      break;
    case 4:
      if constexpr (most >= 4) return body(Constant<4>{});
      break;
    case 5:
      if constexpr (most >= 5) return body(Constant<5>{});
      break;
    case 6:
      if constexpr (most >= 6) return body(Constant<6>{});
      break;
  }
}
// For the rows of a tile.
template <class Body>
OSTINATO_INLINE void withRows(int rows, Body body) {
  withConstant<tileRows>(rows, body);
}

}  // namespace ostinato::OSTINATO_ISA
