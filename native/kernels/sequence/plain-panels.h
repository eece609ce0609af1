// Products with a matrix that has no gates: W_hr, and the unpacked weights in backward.
#pragma once

#include "../gemm/pack.h"
#include "product.h"

namespace ostinato::OSTINATO_ISA {

// A matrix [K, columns] as Panels of plainVectors vectors: packed, or (direct not null) its whole
// vectors read in place, row-major, and only the group that holds a part of a vector
// packed.
template <class T>
struct PlainPanels {
  const T* base;
  int64_t columns, K;
  const T* direct = nullptr;

  int64_t vectors() const { return ceilDiv(columns, W<T>); }
  int64_t groups() const { return ceilDiv(vectors(), plainVectors); }
  int64_t elements() const { return vectors() * W<T> * K; }
  // Whether the group is read in place.
  bool readsInPlace(int64_t group) const {
    return direct && min((group + 1) * plainVectors, vectors()) * W<T> <= columns;
  }
  Panel<T> panel(int64_t group) const {
    const int64_t first = group * plainVectors;
    const int64_t count = min(vectors() - first, plainVectors);
    if (readsInPlace(group)) return {direct + first * W<T>, count, columns, W<T>};
    return panelOf<T>(base + first * W<T> * K, count, K);
  }
  // Packs a group out of b: [K, columns] row-major, or [columns, K] when transposed.
  void pack(int64_t group, const T* b, bool transposed) const {
    if (readsInPlace(group)) return;
    const Panel<T> panel = this->panel(group);
    for (int64_t v = 0; v < panel.vectors; ++v) {
      const int64_t first = (group * plainVectors + v) * W<T>;
      const ColumnBlock block = {first, int(min(columns - first, W<T>))};
      packColumns<T>(b, transposed ? 1 : columns, transposed ? K : 1, K, block,
                     writable(panel) + v * panel.vStride, panel.kStride);
    }
  }
};

// Rows of a product that are multiplied by the panels without being copied.
inline constexpr int64_t uncopiedRows = tileRows;
// Bytes of weights that L2 keeps from one use to the next.
inline constexpr int64_t inCache = 131072;

// The driver's A: the strips of a range, copied when it begins.
template <class T>
struct CopiedStrips {
  const T* p;
  int64_t rowStride;
  T* strips;
  void block(const Range& range, const RowTiles& tiles, int64_t, int64_t t1) {
    copyStrips<T>(
        tiles.firstRow(t1), range.depth, 0, range.depth,
        [&](int64_t row) { return p + row * rowStride + range.k0; }, strips);
  }
  const T* at(const Range&) const { return strips; }
};

// C[rows, ldc] = A * panels from their step k0 on, groups g0 .. g1-1; fromZero, or else
// continuing what C holds. strips: stripElements(maxRows, stripDepth) of scratch. Panels read in place are
// read in blocks of K, the next block being prefetched meanwhile.
template <class T>
void productOfRows(int64_t rows, int64_t K, DenseRows<T> a, const PlainPanels<T>& panels,
                   int64_t k0, int64_t g0, int64_t g1, bool fromZero, T* c, int64_t ldc,
                   T* strips) {
  if (rows <= uncopiedRows || panels.direct) {
    const bool cut = panels.direct && K * panels.columns * int64_t(sizeof(T)) > inCache;
    const int64_t block = cut ? 64 : K;
    for (int64_t k = 0; k < K; k += block)
      for (int64_t g = g0; g < g1; ++g) {
        const Panel<T> panel = panels.panel(g).from(k0 + k);
        multiply<T>(rows, min(block, K - k), {a.p + k, a.rowStride}, panel,
                    fromZero && k == 0 ? zeroRow<T> : nullptr, c + g * plainVectors * W<T>, ldc,
                    cut && k + block < K ? block * panel.kStride : 0);
      }
    return;
  }
  const auto panelAt = [&](int64_t g) { return panels.panel(g0 + g).from(k0); };
  for (int64_t r = 0; r < rows; r += maxRows) {
    CopiedStrips<T> source = {a.p + r * a.rowStride, a.rowStride, strips};
    multiplyStrips<T>(min(rows - r, maxRows), K, blockK<T>(K), source,
                      PanelGroups<T, decltype(panelAt)>{panelAt, g1 - g0, K, panelAt(0).p},
                      fromZero ? zeroRow<T> : nullptr, c + r * ldc + g0 * plainVectors * W<T>, ldc);
  }
}

}  // namespace ostinato::OSTINATO_ISA
