// The blocked product with B packed on first use. For products of more rows than one tile.
#pragma once

#include "sources.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void packedProduct(const Product<T>& p, char* scratch) {
  const RowTiles tiles(p.M);
  const Blocks blocks = {evenBlock(p.N, blockColumns<T>, panelColumns<T>),
                         evenBlock(p.K, blockDepth<T>, 4),
                         evenBlock(tiles.tiles, blockRows<T> / tileRows, 1)};
  T* const panels = reinterpret_cast<T*>(scratch);
  // Of a row-major float B, a first tile of at least 4 rows packs whole panels as it reads them.
  const bool fusing = sizeof(T) == 4 && p.bColumn == 1 && tiles.rows(0) >= 4;
  RowsOfA<T> a = {p, panels + blocks.columns * blocks.depth};
  PackedOnFirstUse<T> b = {p, panels, blocks.tiles < tiles.tiles, fusing};
  blockedProduct(tiles, p.N, p.K, blocks, a, b,
                 [&](auto rows, const Range& range, int64_t t, const PackedPanel<T>& panel)
                     OSTINATO_INLINE_LAMBDA {
                       constexpr int MR = decltype(rows)::v;
                       const int64_t m = tiles.firstRow(t);
                       if constexpr (MR >= 4 && sizeof(T) == 4)
                         if (b.fused && t == 0) {
                           const Rows<T> first = a.packs ? Rows<T>{a.memory, 1, MR} : a.inPlace(m);
                           return multiplyTile<MR, panelVectors>(
                               range.depth, first, AdjacentColumns<T>{b.source(panel.n), p.bRow},
                               p.tile(m, panel.n, panel.columns, range.k0 > 0),
                               PackPanel<T>{const_cast<T*>(panel.p)});
                         }
                       tileOfPanel<MR>(p, a, range, m, panel);
                     });
}

}  // namespace ostinato::OSTINATO_ISA
