// gemm_pack and gemm_packed: a product whose B has been packed before, for a B that many products
// share. Elements are the chains of gemm.
#include "../grain.h"
#include "../kernels.h"
#include "sources.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void gemm_pack(int64_t N, int64_t K, const T* b, int64_t ldb, int64_t transposeB, T* packed) {
  const Product<T> p = {
      0,       N, K, nullptr, 0,       1, b, transposeB ? 1 : ldb, transposeB ? ldb : 1,
      nullptr, 0, 1, false,   nullptr, 0, 1};
  PackedOnFirstUse<T> panels = {p, packed, true, false};
  panels.range({0, N, 0, K});
  for (int64_t i = 0; i < panels.panels(); ++i) panels.panel(i, true);
}

template <class T>
void gemm_packed(Work& work, int64_t M, int64_t N, int64_t K, const T* a, int64_t lda,
                 const T* packed, const T* bias, T* c, int64_t ldc) {
  if (M <= 0 || N <= 0) return;
  constexpr int64_t NR = panelColumns<T>;
  const Product<T> p = {M, N, K, a, lda, 1, nullptr, 0, 0, c, ldc, 1, false, bias, 0, 1};
  const RowTiles tiles(M);
  const int64_t panels = ceilDiv(N, NR);
  const double multiplyAdds = double(M) * double(N) * double(K);
  const int64_t pieces =
      min(piecesOf(multiplyAdds, grains::multiplyAdds, work.threads, 3 * work.threads), panels);
  parallel(work, pieces, [&](int64_t i, int worker) {
    const int64_t n0 = panels * i / pieces * NR, n1 = min(panels * (i + 1) / pieces * NR, N);
    const Product<T> part = p.part(0, M, n0, n1 - n0);
    RowsOfA<T> rows = {part, reinterpret_cast<T*>(work.scratch(work, worker))};
    PackedBefore<T> columns = {packed + n0 * K, n1 - n0, K};
    blockedProduct(tiles, n1 - n0, K,
                   {n1 - n0, evenBlock(K, blockDepth<T>, 4), blockRows<T> / tileRows}, rows,
                   columns,
                   [&](auto mr, const Range& range, int64_t t, const PackedPanel<T>& panel)
                       OSTINATO_INLINE_LAMBDA {
                         tileOfPanel<decltype(mr)::v>(part, rows, range, tiles.firstRow(t), panel);
                       });
  });
}

INSTANTIATE_FLOAT(gemm_pack)
INSTANTIATE_FLOAT(gemm_packed)

}  // namespace ostinato::OSTINATO_ISA
