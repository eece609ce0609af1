// gemm_pack and gemm_packed: a product whose B has been packed before, for a B that many products
// share. Elements are the chains of gemm.
#include "packed.h"
#include "../kernels.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void gemm_pack(int64_t N, int64_t K, const T* b, int64_t ldb, int64_t transposeB, T* packed) {
  const Product<T> p = {
      0,       N, K, nullptr, 0,       1, b, transposeB ? 1 : ldb, transposeB ? ldb : 1,
      nullptr, 0, 1, false,   nullptr, 0, 1};
  for (int64_t n = 0; n < N; n += panelColumns<T>)
    packPanel(p, n, least(panelColumns<T>, N - n), packed + n * K);
}

namespace {

// Columns n0 .. n1 - 1, whole panels but for the last.
template <class T>
void packedColumns(const Product<T>& whole, const T* packed, int64_t n0, int64_t n1, T* scratch) {
  constexpr int64_t NR = panelColumns<T>, line = NR * int64_t(sizeof(T));
  const int64_t KC = evenBlock(whole.K, blockDepth<T>, 4), MC = blockRows<T>;
  for (int64_t m0 = 0; m0 < whole.M; m0 += MC) {
    const RowTiles tiles(least(MC, whole.M - m0));
    for (int64_t k0 = 0; k0 < whole.K; k0 += KC) {
      const Product<T> block =
          whole.part(m0, least(MC, whole.M - m0), 0, whole.N).range(k0, least(KC, whole.K - k0));
      // As in packed.h: rows a multiple of 4 KB apart share 8 places in L1.
      const bool packsA = block.aRow * int64_t(sizeof(T)) % 4096 == 0 && n1 - n0 > 4 * NR;
      if (packsA) packRows(block, tiles, 0, tiles.tiles, scratch);
      for (int64_t n = n0; n < n1; n += NR) {
        const T* const panel = packed + n * whole.K + k0 * NR;
        const Prefetch next(panel + NR * whole.K, n + NR < n1 ? block.K : 0, line, line,
                            tiles.tiles);
        for (int64_t t = 0; t < tiles.tiles; ++t) {
          next.part<false>(t);
          const int64_t m = tiles.firstRow(t);
          const Tile<T> tile(block, m, n, least(NR, n1 - n), false);
          if (block.accumulate) prefetchRows(tile.c + tiles.rows(t) * tile.cRow, tile.cRow);
          withRows(tiles.rows(t), [&](auto count) {
            constexpr int MR = decltype(count)::v;
            if (packsA)
              panelTile<T, MR>(tile, block.K, scratch + m * block.K, 1, MR, panel);
            else
              panelTile<T, MR>(tile, block.K, block.a + m * block.aRow, block.aRow, 1, panel);
          });
        }
      }
    }
  }
}

}  // namespace

template <class T>
void gemm_packed(Work& work, int64_t M, int64_t N, int64_t K, const T* a, int64_t lda,
                 const T* packed, const T* bias, T* c, int64_t ldc) {
  if (M <= 0 || N <= 0) return;
  const Product<T> p = {M, N, K, a, lda, 1, nullptr, 0, 0, c, ldc, 1, false, bias, 0, 1};
  constexpr int64_t NR = panelColumns<T>;
  // Multiply-adds that are worth another thread: about 10 us of one.
  const double grains = double(M) * double(N) * double(K) / 5e5;
  const int64_t panels = ceilDivide(N, NR), most = 3 * int64_t(work.threads);
  int64_t pieces = work.threads <= 1 || grains < 2 ? 1 : least(int64_t(grains), most);
  pieces = least(pieces, panels);
  parallel(work, pieces, [&](int64_t i, int worker) {
    packedColumns(p, packed, panels * i / pieces * NR, least(panels * (i + 1) / pieces * NR, N),
                  reinterpret_cast<T*>(work.scratch(work, worker)));
  });
}

INSTANTIATE_FLOAT(gemm_pack)
INSTANTIATE_FLOAT(gemm_packed)

}  // namespace ostinato::OSTINATO_ISA
