// gemm_batch_reduce: C = sum over i of A_i^T * B_i, products of few steps of k each, as the gradient of
// a weight that a function uses at every step of a sequence. Products and sums round as gemm and add
// do, one after the other; but C is read and written once for several products, and no product is
// stored.
#include "../grain.h"
#include "../kernels.h"
#include "driver.h"
#include "pack.h"

namespace ostinato::OSTINATO_ISA {

namespace {

// To the driver, the products are one of count * K steps of k, cut between products.
template <class T>
struct Batch {
  const double* operands;
  int64_t N, K, lda, ldb;

  const T* a(int64_t i) const { return address(operands[2 * i]); }
  const T* b(int64_t i) const { return address(operands[2 * i + 1]); }
  static const T* address(double value) {
    return reinterpret_cast<const T*>(static_cast<uintptr_t>(value));
  }
};

// Columns m0 + .. of every A_i, by row tiles: [tile][product][k][rows of the tile].
template <class T>
struct BatchRows {
  const Batch<T>& batch;
  const int64_t m0;
  T* const memory;
  int64_t first = 0;

  void block(const Range& range, const RowTiles& tiles, int64_t t0, int64_t t1) {
    T* to = memory;
    first = tiles.firstRow(t0);
    for (int64_t t = t0; t < t1; ++t)
      withRows(tiles.rows(t), [&](auto rows) {
        constexpr int MR = decltype(rows)::v;
        for (int64_t i = range.k0 / batch.K; i < (range.k0 + range.depth) / batch.K; ++i) {
          packTransposedTile<MR>(batch.a(i) + m0 + tiles.firstRow(t), batch.lda, batch.K, to);
          to += batch.K * MR;
        }
      });
  }
};

// The panels of a slice of the B_i: [panel][product][k][vectors of the panel][lanes].
template <class T>
struct BatchPanels {
  static constexpr int64_t NR = panelColumns<T>;
  struct Panel {
    const T* p;
    int64_t n, columns;
  };
  const Batch<T>& batch;
  T* const memory;
  Range r = {};

  void range(const Range& range) { r = range; }
  int64_t panels() const { return ceilDiv(r.columns, NR); }
  Panel panel(int64_t index, bool first) const {
    T* const to = memory + index * NR * r.depth;
    const int64_t n = index * NR, columns = min(NR, r.columns - n);
    for (int64_t v = 0; v < panelVectors && first; ++v) {
      const int64_t rest = columns - v * Vec<T>::lanes;
      for (int64_t k = 0; k < r.depth; k += batch.K)
        packBlock(batch.b((r.k0 + k) / batch.K), batch.ldb, batch.K,
                  {r.n0 + n + v * Vec<T>::lanes, int(max(0, min(rest, Vec<T>::lanes)))},
                  to + k * NR + v * Vec<T>::lanes, NR);
    }
    return {to, r.n0 + n, columns};
  }
  PrefetchRows next(int64_t, bool, int64_t) const { return {}; }
};

// One tile of C: `count` products, the rows of A and panels of B of which follow one another, are added
// to it; `first`: the first is stored.
template <class T, int MR>
__attribute__((noinline)) void reduceTile(int64_t count, int64_t K, const T* a, const T* panel,
                                          T* c, int64_t ldc, bool first) {
  for (int64_t i = 0; i < count; ++i, a += K * MR, panel += K * panelColumns<T>) {
    Accumulators<T, MR, panelVectors> sum;
    sum.zero();
    multiplyAdd(sum, K, PackedRows<T>{a}.template of<MR>(),
                PanelColumns<T>{panel}.template of<panelVectors>(), NoHook<T>{});
    if (first && i == 0)
      sum.store(c, ldc);
    else
      sum.addTo(c, ldc);
  }
}

// Rows m0 .. m1 - 1 of C.
template <class T>
void reduceRows(const Batch<T>& batch, int64_t count, int64_t m0, int64_t m1, T* c, int64_t ldc,
                T* scratch) {
  constexpr int64_t NR = panelColumns<T>, NC = 1024;
  const int64_t K = batch.K, group = max(blockDepth<T> / K, 1);
  const RowTiles tiles(m1 - m0);
  BatchPanels<T> b = {batch, scratch};
  BatchRows<T> a = {batch, m0, scratch + NC * group * K};
  blockedProduct(tiles, batch.N, count * K, {NC, group * K, blockRows<T> / tileRows}, a, b,
                 [&](auto rows, const Range& range, int64_t t,
                     const typename BatchPanels<T>::Panel& panel) OSTINATO_INLINE_LAMBDA {
                   constexpr int MR = decltype(rows)::v;
                   const int64_t m = tiles.firstRow(t);
                   T* const to = c + (m0 + m) * ldc + panel.n;
                   const T* const from = a.memory + (m - a.first) * range.depth;
                   const int64_t products = range.depth / K;
                   const bool first = range.k0 == 0;
                   const Edge<T> tile = {panel.columns, to, ldc, 1, first ? nullptr : to, ldc, 1};
                   onWhole<MR, NR>(tile, [&](const Whole<T>& c) OSTINATO_INLINE_LAMBDA {
                     reduceTile<T, MR>(products, K, from, panel.p, c.to, c.toRow, first);
                   });
                 });
}

}  // namespace

template <class T>
void gemm_batch_reduce(Work& work, const double* operands, int64_t count, int64_t M, int64_t N,
                       int64_t K, int64_t lda, int64_t ldb, T* c, int64_t ldc) {
  if (M <= 0 || N <= 0) return;
  if (K <= 0 || count <= 0) {
    for (int64_t m = 0; m < M; ++m)
      for (int64_t n = 0; n < N; ++n) c[m * ldc + n] = 0;
    return;
  }
  const Batch<T> batch = {operands, N, K, lda, ldb};
  const double multiplyAdds = double(M) * double(N) * double(K) * double(count);
  const int64_t tiles = ceilDiv(M, tileRows);
  const int64_t pieces =
      min(piecesOf(multiplyAdds, grains::multiplyAdds, work.threads, 2 * work.threads), tiles);
  parallel(work, pieces, [&](int64_t i, int worker) {
    const int64_t m0 = tiles * i / pieces * tileRows, m1 = tiles * (i + 1) / pieces * tileRows;
    reduceRows(batch, count, m0, min(m1, M), c, ldc,
               reinterpret_cast<T*>(work.scratch(work, worker)));
  });
}
INSTANTIATE_FLOAT(gemm_batch_reduce)

}  // namespace ostinato::OSTINATO_ISA
