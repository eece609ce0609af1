// Where the blocked product of gemm finds A and B: A in place or packed by row tiles; B packed on first
// use, or packed beforehand.
#pragma once

#include "driver.h"
#include "pack.h"
#include "product.h"

namespace ostinato::OSTINATO_ISA {

// Columns n .. n + columns - 1 of B, packed over the range of k: [k][panelVectors][lanes].
template <class T>
struct PackedPanel {
  const T* p;
  int64_t n, columns;
};

// Elements that a packed B of N columns and K rows takes: whole panels.
template <class T>
constexpr int64_t packedElements(int64_t N, int64_t K) {
  return roundUp(N, panelColumns<T>) * K;
}

// A: packed where that pays, else read in place.
template <class T>
struct RowsOfA {
  const Product<T>& p;
  T* const memory;
  bool packs = false;
  int64_t m0 = 0, k0 = 0, depth = 0;

  // Reading A in place is cheaper while few panels read it, unless its rows map to one set of L1, as
  // rows a multiple of 4 KB apart do.
  static bool packsFor(const Product<T>& p, int64_t columns) {
    const bool collides = p.aRow * int64_t(sizeof(T)) % 4096 == 0;
    return p.aColumn != 1 || columns > (collides ? 4 : 16) * panelColumns<T>;
  }
  void block(const Range& range, const RowTiles& tiles, int64_t t0, int64_t t1) {
    packs = packsFor(p, range.columns);
    m0 = tiles.firstRow(t0);
    k0 = range.k0;
    depth = range.depth;
    if (packs) packRows(p.a + k0 * p.aColumn, p.aRow, p.aColumn, depth, tiles, t0, t1, memory);
  }
  // Calls body(the rows from m on): PackedRows or Rows.
  template <class Body>
  OSTINATO_INLINE void rows(int64_t m, Body body) const {
    if (packs)
      body(PackedRows<T>{memory + (m - m0) * depth});
    else
      body(inPlace(m));
  }
  OSTINATO_INLINE Rows<T> inPlace(int64_t m) const {
    return {p.a + m * p.aRow + k0 * p.aColumn, p.aRow, p.aColumn};
  }
};

// B: a panel is packed when the first block of rows passes over it. A panel that no later block reads
// stays in L1.
template <class T>
struct PackedOnFirstUse {
  static constexpr int64_t NR = panelColumns<T>;
  const Product<T>& p;
  T* const memory;
  const bool keeps;   // several blocks of rows read it
  const bool fusing;  // the first tile packs, where it can
  Range r = {};
  // The current panel is row-major B, to be packed by the first tile.
  bool fused = false;

  void range(const Range& range) { r = range; }
  int64_t panels() const { return ceilDiv(r.columns, NR); }
  const T* source(int64_t n) const { return p.b + r.k0 * p.bRow + n * p.bColumn; }

  PackedPanel<T> panel(int64_t index, bool first) {
    T* const to = memory + (keeps ? index * NR : 0) * r.depth;
    const int64_t n = r.n0 + index * NR, columns = min(NR, r.n0 + r.columns - n);
    const PackedPanel<T> panel = {to, n, columns};
    fused = first && fusing && columns == NR;
    if (first && !fused)
      for (int64_t v = 0; v < NR; v += Vec<T>::lanes)
        packColumns(source(0), p.bRow, p.bColumn, r.depth,
                    {n + v, int(max(0, min(columns - v, Vec<T>::lanes)))}, to + v, NR);
    return panel;
  }
  // The source of the panels to come, or the next packed one. Of a row-major B, 4 cache lines of a row
  // at once; a transposed B has long runs of its own.
  PrefetchRows next(int64_t index, bool first, int64_t tiles) const {
    constexpr int64_t size = sizeof(T);
    if (!first) {
      if (index + 1 >= panels()) return {};
      const T* const panel = memory + (index + 1) * NR * r.depth;
      return {panel, r.depth, NR * size, NR * size, tiles, false};
    }
    const int64_t group = p.bColumn == 1 ? max(4 / panelVectors, 1) : 1, done = index % group;
    const int64_t n = (index - done + group) * NR, columns = min(group * NR, r.columns - n);
    if (columns <= 0) return {};
    const T* const b = source(r.n0 + n);
    if (p.bColumn == 1)
      return PrefetchRows(b, r.depth, p.bRow * size, columns * size, group * tiles, true)
          .after(done * tiles);
    return {b, columns, p.bColumn * size, r.depth * size, tiles, true};
  }
};

// B: packed beforehand, whole panels of all K steps one after another.
template <class T>
struct PackedBefore {
  static constexpr int64_t NR = panelColumns<T>;
  const T* const packed;
  const int64_t N, K;
  Range r = {};

  void range(const Range& range) { r = range; }
  int64_t panels() const { return ceilDiv(r.columns, NR); }
  PackedPanel<T> panel(int64_t index, bool) const {
    const int64_t n = r.n0 + index * NR, columns = min(NR, r.n0 + r.columns - n);
    return {packed + n * K + r.k0 * NR, n, columns};
  }
  PrefetchRows next(int64_t index, bool, int64_t tiles) const {
    if (index + 1 >= panels()) return {};
    constexpr int64_t line = NR * int64_t(sizeof(T));
    return {panel(index + 1, false).p, r.depth, line, line, tiles, false};
  }
};

// One tile of p: rows from m on against a panel, over the range.
template <int MR, class T>
OSTINATO_INLINE void tileOfPanel(const Product<T>& p, const RowsOfA<T>& a, const Range& range,
                                 int64_t m, const PackedPanel<T>& panel) {
  const Edge<T> c = p.tile(m, panel.n, panel.columns, range.k0 > 0);
  if (c.start == c.c) prefetchTile(c.c + MR * c.cRow, c.cRow);
  a.rows(m, [&](auto rows) OSTINATO_INLINE_LAMBDA {
    multiplyTile<MR, panelVectors>(range.depth, rows, PanelColumns<T>{panel.p}, c, NoHook<T>{});
  });
}

}  // namespace ostinato::OSTINATO_ISA
