// The matrix products inside a recurrent sequence, C += A * B on the micro-kernel of gemm/, with
// C's columns a whole number of vectors. It owns the layout of B (panels), of A (strips of row
// tiles) and the loops around the micro-kernel; every element is one chain over k, whatever they
// are.
#pragma once

#include "../gemm/driver.h"
#include "../simd/lanes.h"

namespace ostinato::OSTINATO_ISA {

// Some column vectors of B: vector v of step k is at p + k * kStride + v * vStride. Where a tile
// holds several vectors (AVX-512) those of one step are adjacent, [K][vectors][W]; elsewhere each
// vector is a panel of its own, [vectors][K][W], small enough to stay in L1 for all row tiles that
// read it.
inline constexpr bool vectorsTogether = panelVectors > 1;

// Vectors in a Panel of a matrix that has no gates (W_hr, and unpacked weights in backward).
inline constexpr int plainVectors = 4;

template <class T>
struct Panel {
  const T* p;
  int64_t vectors, kStride, vStride;
  OSTINATO_INLINE Panel from(int64_t k) const {
    return {p + k * kStride, vectors, kStride, vStride};
  }
  // Vectors v .. v + count - 1.
  OSTINATO_INLINE Panel<T> part(int64_t v, int64_t count) const {
    return {p + v * vStride, count, kStride, vStride};
  }
};
// A panel's memory, for who packs it.
template <class T>
OSTINATO_INLINE T* writable(const Panel<T>& panel) {
  return const_cast<T*>(panel.p);
}
template <class T>
OSTINATO_INLINE Panel<T> panelOf(const T* p, int64_t vectors, int64_t K) {
  if constexpr (vectorsTogether) return {p, vectors, vectors * W<T>, W<T>};
  return {p, vectors, W<T>, K * W<T>};
}

// At most this many steps of k are done for all row tiles before the next ones: that part of a
// panel and a tile of A stay in L1. K is cut into equal blocks.
template <class T>
inline constexpr int64_t stripDepth = 1088 / sizeof(T);
template <class T>
constexpr int64_t blockK(int64_t K) {
  return ceilDiv(K, ceilDiv(K, stripDepth<T>));
}

// Where a product's chains start: row, [vectors * W], for every row of C; null: what C holds.
template <class T>
OSTINATO_INLINE Whole<T> columnsOfC(const T* start, int64_t v, T* c, int64_t ldc) {
  T* const to = c + v * W<T>;
  return {start ? start + v * W<T> : to, start ? 0 : ldc, to, ldc};
}

// ---- A in place, for few rows.

// A start of zeros for plainVectors vectors.
template <class T>
alignas(64) inline constexpr T zeroRow[plainVectors * W<T>] = {};

constexpr int tileVectors(int rows) { return vectorsFor(rows) < 4 ? vectorsFor(rows) : 4; }

// Some vectors of a Panel, the first at p. The strides are read where they are: a copy of them, made in
// vectors just after the Panel was written by words, would wait for the stores.
template <class T>
struct PanelVectors {
  const T* p;
  const Panel<T>* panel;
  template <int NV>
  OSTINATO_INLINE Columns<T> of() const {
    return {p, panel->kStride, vectorsTogether ? W<T> : panel->vStride};
  }
};
template <class T>
OSTINATO_INLINE PanelVectors<T> columnsOf(const Panel<T>& b, int64_t v) {
  return {b.p + v * b.vStride, &b};
}

// C = start + A * b for rows of one tile. Software prefetch at `distance` elements, unless 0.
template <class T>
void multiplyFew(int rows, int64_t K, const DenseRows<T>& a, const Panel<T>& b, const T* start,
                 T* c, int64_t ldc, int64_t distance = 0) {
  withRows(rows, [&](auto mr) OSTINATO_INLINE_LAMBDA {
    constexpr int MR = decltype(mr)::v, step = tileVectors(MR);
    int64_t v = 0;
    for (; distance != 0 && v + step <= b.vectors; v += step)
      multiplyTile<MR, step>(K, a, columnsOf(b, v), columnsOfC(start, v, c, ldc),
                             PrefetchAhead<T>{b.p + v * b.vStride + distance});
    for (; v < b.vectors; v += step)
      withConstant<step>(min(b.vectors - v, step), [&](auto nv) OSTINATO_INLINE_LAMBDA {
        multiplyTile<MR, decltype(nv)::v>(K, a, columnsOf(b, v), columnsOfC(start, v, c, ldc),
                                          NoHook<T>{});
      });
  });
}
// The same for any number of rows: a few vectors stay in L1 for all row tiles. Not the blocked driver, which has nothing to
// block here: one range of k, A in place, and as many vectors at once as the rows of a tile want, not as a panel has.
template <class T>
void multiply(int64_t rows, int64_t K, DenseRows<T> a, const Panel<T>& b, const T* start, T* c,
              int64_t ldc, int64_t distance = 0) {
  if (rows <= 0) return;
  if (rows <= tileRows) return multiplyFew<T>(int(rows), K, a, b, start, c, ldc, distance);
  const RowTiles tiles(rows);
  const int64_t step = tileVectors(tiles.rows(0));
  for (int64_t v = 0; v < b.vectors; v += step)
    for (int64_t tile = 0; tile < tiles.tiles; ++tile) {
      const int64_t row = tiles.firstRow(tile);
      multiplyFew<T>(tiles.rows(tile), K, {a.p + row * a.rowStride, a.rowStride},
                     b.part(v, min(b.vectors - v, step)), start ? start + v * W<T> : nullptr,
                     c + row * ldc + v * W<T>, ldc, tile == 0 ? distance : 0);
    }
}

// ---- A copied into strips: blocks of K, one after another, each [rows][stripDepth] (filled up to the
// block). Rows a power of two apart would map to the same cache sets (conflict misses); these are an odd number
// of lines apart.

template <class T>
constexpr int64_t stripElements(int64_t rows, int64_t K) {
  return ceilDiv(K, stripDepth<T>) * rows * stripDepth<T>;
}
// Columns k0 .. k0+count-1 of the strips of a matrix of K columns; rowAt(row) points to their values.
template <class T, class RowAt>
OSTINATO_INLINE void copyStrips(int64_t rows, int64_t K, int64_t k0, int64_t count, RowAt rowAt,
                                T* strips) {
  const int64_t block = blockK<T>(K);
  for (int64_t k = k0; k < k0 + count;) {
    const int64_t inBlock = k % block, part = min(block - inBlock, k0 + count - k);
    T* to = strips + k / block * rows * stripDepth<T> + inBlock;
    for (int64_t row = 0; row < rows; ++row, to += stripDepth<T>)
      __builtin_memcpy(to, rowAt(row) + (k - k0), uint64_t(part) * sizeof(T));
    k += part;
  }
}

// A tile in a strip.
template <class T>
struct StripRows {
  const T* p;
  template <int MR>
  OSTINATO_INLINE Rows<T> of() const {
    return {p, stripDepth<T>, 1};
  }
};
// The driver's A: strips of a matrix of K columns, filled before.
template <class T>
struct FilledStrips {
  const T* strips;
  int64_t rows, blockDepth;
  void block(const Range&, const RowTiles&, int64_t, int64_t) {}
  const T* at(const Range& range) const {
    return strips + range.k0 / blockDepth * rows * stripDepth<T>;
  }
};

// The driver's B: some Panels of plainVectors vectors each, the last perhaps of fewer; at(g) is the
// g'th. `after` is what the caller will read next.
template <class T, class At>
struct PanelGroups {
  struct Vectors {
    const T* p;
    int64_t count, column;
    const T* next;
  };
  At at;
  int64_t groups, steps;
  const T* after;
  Range r = {};

  void range(const Range& range) { r = range; }
  int64_t panels() const {
    if constexpr (vectorsTogether) return groups;
    return (groups - 1) * plainVectors + at(groups - 1).vectors;
  }
  const T* vectorsAt(int64_t index, int64_t k) const {
    if constexpr (vectorsTogether) return at(index).from(k).p;
    const Panel<T> group = at(index / plainVectors);
    return group.from(k).p + index % plainVectors * group.vStride;
  }
  Vectors panel(int64_t index, bool) const {
    const bool lastPanel = index + 1 == panels(), lastRange = r.k0 + r.depth == steps;
    return {vectorsAt(index, r.k0), vectorsTogether ? at(index).vectors : 1,
            index * (vectorsTogether ? plainVectors : 1) * W<T>,
            !lastPanel   ? vectorsAt(index + 1, r.k0)
            : !lastRange ? vectorsAt(0, r.k0 + r.depth)
                         : after};
  }
  PrefetchRows next(int64_t, bool, int64_t) const { return {}; }
};

// C[rows, ldc] = start + A * B over K steps in ranges of `depth`, A in strips. `start` is a row of one
// group's columns, null for what C holds. While some vectors of B are in use, the next ones are prefetched into L2.
template <class T, class A, class At>
void multiplyStrips(int64_t rows, int64_t K, int64_t depth, A& a, PanelGroups<T, At> b,
                    const T* start, T* c, int64_t ldc) {
  const RowTiles tiles(rows);
  blockedProduct(
      tiles, 1, K, {1, depth, tiles.tiles}, a, b,
      [&](auto mr, const Range& range, int64_t t, const auto& vectors) OSTINATO_INLINE_LAMBDA {
        constexpr int MR = decltype(mr)::v;
        const int64_t row = tiles.firstRow(t), bytes = ceilDiv(vectors.count * 64, tiles.tiles);
        T* const to = c + row * ldc + vectors.column;
        prefetchTile(to + MR * ldc, ldc);
        const bool starts = start && range.k0 == 0;
        const Whole<T> target = {starts ? start + vectors.column % (plainVectors * W<T>) : to,
                                 starts ? 0 : ldc, to, ldc};
        const char* const next = reinterpret_cast<const char*>(vectors.next);
        withConstant<panelVectors>(vectors.count, [&](auto nv) OSTINATO_INLINE_LAMBDA {
          multiplyTile<MR, decltype(nv)::v>(range.depth,
                                            StripRows<T>{a.at(range) + row * stripDepth<T>},
                                            PanelColumns<T>{vectors.p}, target,
                                            PrefetchLine<T>{next + t * range.depth * bytes, bytes});
        });
      });
}

// The rows of A that one pass over the weights takes: their strips stay in L2, and in half of
// `capacity`.
inline constexpr int64_t maxRows = 96;
template <class T>
constexpr int64_t rowBlock(int64_t rows, int64_t K, int64_t capacity) {
  int64_t most = min(262144 / int64_t(sizeof(T)) / K, maxRows);
  if (most < 4 * tileRows) most = 4 * tileRows;
  most = min(most, capacity / 2 / stripElements<T>(1, K));
  return ceilDiv(rows, ceilDiv(rows, most < 1 ? 1 : most));
}

}  // namespace ostinato::OSTINATO_ISA
