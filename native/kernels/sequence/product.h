// The matrix products inside a recurrent sequence: C[rows, vectors * W] += A[rows, K] * B on the
// micro-kernel of gemm/, with C's columns a whole number of vectors. It owns the layout of the
// packed weights and the order of the loops around the micro-kernel; every element is one chain
// over k.
#pragma once

#include "../gemm/micro.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
inline constexpr int W = Vec<T>::lanes;

constexpr int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// A group of `vectors` column vectors of B, K steps each, vectors * K * W elements in all: vector v
// of step k is at p + k * kStride + v * vStride. Where a tile holds several vectors (AVX-512) those
// of one step lie together, [K][vectors][W]; elsewhere each vector is a panel of its own,
// [vectors][K][W], small enough to stay in L1 while all row tiles pass by.
inline constexpr bool vectorsTogether = panelVectors > 1;

template <class T>
struct Panel {
  const T* p;
  int64_t vectors, kStride, vStride;
  OSTINATO_INLINE Panel from(int64_t k) const {
    return {p + k * kStride, vectors, kStride, vStride};
  }
};
template <class T>
OSTINATO_INLINE Panel<T> panelOf(const T* p, int64_t vectors, int64_t K) {
  if constexpr (vectorsTogether) return {p, vectors, vectors * W<T>, W<T>};
  return {p, vectors, W<T>, K * W<T>};
}

// A: element (row, k) at p + row * rowStride + k * kStride.
template <class T>
struct Rows {
  const T* p;
  int64_t rowStride, kStride;
};

// How many steps of k one pass over the row tiles takes: a panel's part of it, with A's rows, stays
// in L1.
template <class T>
inline constexpr int64_t blockK = vectorsTogether ? int64_t(1) << 40 : int64_t(16384 / 64);

template <class T, int MR, int NV>
__attribute__((noinline)) void multiplyTile(int64_t K, const T* a, int64_t rowStride,
                                            int64_t kStride, const T* b, int64_t bStride,
                                            int64_t vStride, T* c, int64_t ldc) {
  Accumulators<T, MR, NV> acc;
  acc.load(c, ldc);
  if constexpr (vectorsTogether)
    multiplyAddStrided<T, MR, NV, NV>(acc, K, a, rowStride, kStride, b, bStride, 0);
  else
    multiplyAddStrided<T, MR, NV, 1>(acc, K, a, rowStride, kStride, b, bStride, vStride);
  acc.store(c, ldc);
}

template <class T, int MR>
OSTINATO_INLINE void multiplyTileRow(int nv, int64_t K, const Rows<T>& a, const T* b,
                                     int64_t bStride, int64_t vStride, T* c, int64_t ldc) {
  constexpr int most = vectorsFor(MR) < 4 ? vectorsFor(MR) : 4;
#define OSTINATO_TILE(NV)   \
  if constexpr (most >= NV) \
    if (nv == NV)           \
      return multiplyTile<T, MR, NV>(K, a.p, a.rowStride, a.kStride, b, bStride, vStride, c, ldc);
  OSTINATO_TILE(4) OSTINATO_TILE(3) OSTINATO_TILE(2) OSTINATO_TILE(1)
#undef OSTINATO_TILE
}

// C += A * B; C's row stride ldc >= b.vectors * W.
template <class T>
void multiply(int64_t rows, int64_t K, Rows<T> a, const Panel<T>& b, T* c, int64_t ldc) {
  if (rows <= 0 || K <= 0) return;
  const RowTiles tiles(rows);
  const int mostVectors = vectorsFor(tiles.rows(0)) < 4 ? vectorsFor(tiles.rows(0)) : 4;
  for (int64_t v = 0; v < b.vectors;) {
    const int nv = int(b.vectors - v < mostVectors ? b.vectors - v : mostVectors);
    for (int64_t k = 0; k < K; k += blockK<T>) {
      const int64_t kb = K - k < blockK<T> ? K - k : blockK<T>;
      const T* const p = b.p + v * b.vStride + k * b.kStride;
      for (int64_t tile = 0; tile < tiles.tiles; ++tile) {
        const int64_t row = tiles.firstRow(tile);
        const Rows<T> at = {a.p + row * a.rowStride + k * a.kStride, a.rowStride, a.kStride};
        withRows(tiles.rows(tile), [&](auto mr) {
          constexpr int most = vectorsFor(mr.v);
          for (int w = 0; w < nv; w += most)
            multiplyTileRow<T, mr.v>(nv - w < most ? nv - w : most, kb, at, p + w * b.vStride,
                                     b.kStride, b.vStride, c + row * ldc + (v + w) * W<T>, ldc);
        });
      }
    }
    v += nv;
  }
}

// The first n of the lanes at p, n >= 1; all of them where n >= W.
template <class T>
OSTINATO_INLINE Vec<T> loadUpTo(const T* p, int64_t n) {
  return n >= W<T> ? load(p) : loadPartial(p, int(n));
}
template <class T>
OSTINATO_INLINE void storeUpTo(T* p, const Vec<T>& v, int64_t n) {
  if (n >= W<T>)
    store(p, v);
  else
    storePartial(p, v, int(n));
}

}  // namespace ostinato::OSTINATO_ISA
