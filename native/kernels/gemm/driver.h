// The blocked product, one loop nest for every source of A and B:
//
//   for n0 in steps of columns              a slice of B's columns: L3
//     for k0 in steps of depth              C carries the running sums from one range of k to the next
//       for t0 in steps of tiles            a block of A: L2
//         for each panel of B               L1
//           for each tile of rows           registers
//
//   A  block(range, tiles, t0, t1)          what has to be done before tiles t0 .. t1 - 1 are read
//   B  range(range)                         the same for a slice and range of k
//      panels()                             how many the slice has
//      panel(index, first)                  the index'th, packed; `first`: no tile has read it yet
//      next(index, first, tiles)            what to prefetch while `tiles` tiles pass over it
//   compute(rows, range, tile, panel)       one tile, `rows` a Constant: starts, multiplies and stores
#pragma once

#include "micro.h"

namespace ostinato::OSTINATO_ISA {

// The columns of C and the steps of k that one pass of the inner loops covers.
struct Range {
  int64_t n0, columns, k0, depth;
};

struct Blocks {
  int64_t columns, depth, tiles;
};

// Prefetches `rows` rows of `bytes` bytes, `stride` bytes apart, while tiles run on other memory: a
// fixed number of rows before each of `parts` tiles, which keeps the loop's branches predictable.
struct PrefetchRows {
  uintptr_t from = 0;
  int64_t stride = 0, lines = 0, step = 0;
  bool far = false;  // to L2 only

  PrefetchRows() = default;
  PrefetchRows(const void* from, int64_t rows, int64_t stride, int64_t bytes, int64_t parts,
               bool far)
      : from(uintptr_t(from)),
        stride(stride),
        lines(ceilDiv(bytes, 64)),
        step(ceilDiv(rows, parts)),
        far(far) {}
  PrefetchRows after(int64_t parts) const {
    PrefetchRows rest = *this;
    rest.from += parts * step * stride;
    return rest;
  }
  OSTINATO_INLINE void part(int64_t index) const {
    uintptr_t row = from + index * step * stride;
    for (int64_t i = 0; i < step; ++i, row += stride)
      for (int64_t at = 0; at < lines; ++at)
        if (far)
          __builtin_prefetch((const char*)(row + at * 64), 0, 2);
        else
          __builtin_prefetch((const char*)(row + at * 64), 0, 3);
  }
};

// Rows of C that the next tile's chains wait for.
template <class T>
OSTINATO_INLINE void prefetchTile(const T* c, int64_t ldc) {
  OSTINATO_UNROLL
  for (int i = 0; i < tileRows; ++i)
    __builtin_prefetch((const char*)((uintptr_t)c + i * ldc * sizeof(T)));
}

template <class A, class B, class Compute>
OSTINATO_INLINE void blockedProduct(const RowTiles& tiles, int64_t N, int64_t K,
                                    const Blocks& blocks, A& a, B& b, Compute compute) {
  for (int64_t n0 = 0; n0 < N; n0 += blocks.columns) {
    for (int64_t k0 = 0; k0 < K; k0 += blocks.depth) {
      const Range range = {n0, min(blocks.columns, N - n0), k0, min(blocks.depth, K - k0)};
      b.range(range);
      for (int64_t t0 = 0; t0 < tiles.tiles; t0 += blocks.tiles) {
        const int64_t t1 = min(t0 + blocks.tiles, tiles.tiles);
        a.block(range, tiles, t0, t1);
        for (int64_t index = 0; index < b.panels(); ++index) {
          const auto panel = b.panel(index, t0 == 0);
          const PrefetchRows next = b.next(index, t0 == 0, t1 - t0);
          for (int64_t t = t0; t < t1; ++t) {
            next.part(t - t0);
            withRows(tiles.rows(t),
                     [&](auto rows) OSTINATO_INLINE_LAMBDA { compute(rows, range, t, panel); });
          }
        }
      }
    }
  }
}

}  // namespace ostinato::OSTINATO_ISA
