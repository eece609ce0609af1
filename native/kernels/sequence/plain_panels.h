// Products with a matrix that has no gates: W_hr, and the weights as they stand in backward.
#pragma once

#include "../gemm/pack.h"
#include "product.h"

namespace ostinato::OSTINATO_ISA {

// A matrix [K, columns] as Panels of plainVectors vectors: packed, or (direct not null) its whole
// vectors read where they stand, row-major, and only the group that holds a part of a vector
// packed.
template <class T>
struct PlainPanels {
  T* base;
  int64_t columns, K;
  const T* direct = nullptr;

  int64_t vectors() const { return ceilDiv(columns, W<T>); }
  int64_t groups() const { return ceilDiv(vectors(), plainVectors); }
  int64_t elements() const { return vectors() * W<T> * K; }
  // Whether the group is used where it stands.
  bool stands(int64_t group) const {
    return direct && least((group + 1) * plainVectors, vectors()) * W<T> <= columns;
  }
  Panel<T> panel(int64_t group) const {
    const int64_t first = group * plainVectors;
    const int64_t count = least(vectors() - first, plainVectors);
    if (stands(group)) return {direct + first * W<T>, count, columns, W<T>};
    return panelOf<T>(base + first * W<T> * K, count, K);
  }
  // Packs a group out of b: [K, columns] row-major, or [columns, K] when transposed.
  void pack(int64_t group, const T* b, bool transposed) const {
    if (stands(group)) return;
    const Panel<T> panel = this->panel(group);
    for (int64_t v = 0; v < panel.vectors; ++v) {
      const int64_t first = (group * plainVectors + v) * W<T>;
      const ColumnBlock block = {first, int(least(columns - first, W<T>))};
      T* const to = const_cast<T*>(panel.p) + v * panel.vStride;
      if (transposed)
        packBlockTransposed<T>(b, K, K, block, to, panel.kStride);
      else
        packBlock<T>(b, columns, K, block, to, panel.kStride);
    }
  }
};

// Rows of a product that are passed over the panels without being copied.
inline constexpr int64_t uncopiedRows = tileRows;
// Bytes of weights that L2 keeps from one use to the next.
inline constexpr int64_t inCache = 131072;

// C[rows, ldc] = A * panels from their step k0 on, groups g0 .. g1-1; fromZero, or else continuing
// what C holds. strips: stripElements(mostRows, mostK) of scratch. Panels that stand row-major are
// passed in blocks of K, the next block being asked for meanwhile.
template <class T>
void productOfRows(int64_t rows, int64_t K, Rows<T> a, const PlainPanels<T>& panels, int64_t k0,
                   int64_t g0, int64_t g1, bool fromZero, T* c, int64_t ldc, T* strips) {
  if (rows <= uncopiedRows || panels.direct) {
    const bool cut = panels.direct && K * panels.columns * int64_t(sizeof(T)) > inCache;
    const int64_t block = cut ? 64 : K;
    for (int64_t k = 0; k < K; k += block)
      for (int64_t g = g0; g < g1; ++g) {
        const Panel<T> panel = panels.panel(g).from(k0 + k);
        multiply<T>(rows, least(block, K - k), {a.p + k, a.rowStride, 1}, panel,
                    fromZero && k == 0 ? zeroRow<T> : nullptr, c + g * plainVectors * W<T>, ldc,
                    cut && k + block < K ? block * panel.kStride : 0);
      }
    return;
  }
  const int64_t block = blockK<T>(K);
  for (int64_t r = 0; r < rows; r += mostRows) {
    const int64_t count = least(rows - r, mostRows);
    for (int64_t k = 0; k < K; k += block) {
      const int64_t kb = least(block, K - k);
      copyStrips<T>(
          count, kb, 0, kb, [&](int64_t row) { return a.p + (r + row) * a.rowStride + k; }, strips);
      for (int64_t g = g0; g < g1; ++g)
        multiplyBlock<true>(count, kb, strips, panels.panel(g).from(k0 + k),
                            fromZero && k == 0 ? zeroRow<T> : nullptr,
                            c + r * ldc + g * plainVectors * W<T>, ldc,
                            panels.panel(g + 1 < g1 ? g + 1 : g0).from(k0 + k).p);
    }
  }
}

}  // namespace ostinato::OSTINATO_ISA
