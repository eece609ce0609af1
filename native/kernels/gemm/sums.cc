// gemm_sums: the sum of many products of few steps of k each, as the gradient of a weight that a
// function uses at every step of a sequence. Products and sums round as gemm and add do, one after
// the other; but C is read and written once for several products, and no product is stored.
#include "packed.h"
#include "../kernels.h"

namespace ostinato::OSTINATO_ISA {

namespace {

template <class T>
struct Sums {
  const double* operands;
  int64_t count, N, K, lda, ldb;
  T* c;
  int64_t ldc;

  const T* a(int64_t i) const { return address(operands[2 * i]); }
  const T* b(int64_t i) const { return address(operands[2 * i + 1]); }
  static const T* address(double value) {
    return reinterpret_cast<const T*>(static_cast<uintptr_t>(value));
  }
};

// One tile of C, MR rows and a panel's columns: adds `count` products, whose rows of A and panel of
// B lie one after the other. `first`: the first product is stored, not added.
template <class T, int MR>
__attribute__((noinline)) void sumsTile(int64_t count, int64_t K, const T* a, const T* panel, T* c,
                                        int64_t ldc, bool first) {
  for (int64_t i = 0; i < count; ++i, a += K * MR, panel += K * panelColumns<T>) {
    Accumulators<T, MR, panelVectors> sum;
    sum.zero();
    multiplyAdd(sum, K, a, 1, MR, panel, 0);
    if (first && i == 0) {
      sum.store(c, ldc);
      continue;
    }
    T* row = c;
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) {
      OSTINATO_UNROLL
      for (int j = 0; j < panelVectors; ++j)
        store(row + j * Vec<T>::lanes, load(row + j * Vec<T>::lanes) + sum.v[m][j]);
      if (m + 1 < MR) row += ldc;
      asm("" : "+r"(row));
    }
  }
}

// Columns m .. m + rows - 1 of A_i, K steps, by tiles: [tile][product][k][rows of the tile].
template <class T>
void packTiles(const Sums<T>& s, int64_t from, int64_t to, int64_t m, const RowTiles& tiles,
               T* packed) {
  for (int64_t t = 0; t < tiles.tiles; ++t)
    withRows(tiles.rows(t), [&](auto rows) {
      for (int64_t i = from; i < to; ++i) {
        const T* a = s.a(i) + m + tiles.firstRow(t);
        for (int64_t k = 0; k < s.K; ++k, a += s.lda, packed += rows.v)
          __builtin_memcpy(packed, a, rows.v * sizeof(T));
      }
    });
}

// Rows m0 .. m1 - 1 of C.
template <class T>
void sumRows(const Sums<T>& s, int64_t m0, int64_t m1, T* scratch) {
  constexpr int64_t NR = panelColumns<T>, MC = blockRows<T>, NC = 1024;
  const int64_t group = s.K >= blockDepth<T> ? 1 : blockDepth<T> / s.K;
  T* const panels = scratch;
  T* const strips = panels + NC * group * s.K;
  alignas(64) T edge[tileRows * NR];
  for (int64_t n0 = 0; n0 < s.N; n0 += NC) {
    const int64_t columns = least(NC, s.N - n0);
    for (int64_t from = 0; from < s.count; from += group) {
      const int64_t to = least(from + group, s.count), depth = (to - from) * s.K;
      for (int64_t n = 0; n < columns; n += NR)
        for (int64_t i = from; i < to; ++i)
          for (int j = 0; j < panelVectors; ++j) {
            const int64_t rest = columns - n - j * Vec<T>::lanes;
            packBlock(s.b(i), s.ldb, s.K,
                      {n0 + n + j * Vec<T>::lanes, int(rest < 0 ? 0 : least(rest, Vec<T>::lanes))},
                      panels + n * depth + (i - from) * s.K * NR + j * Vec<T>::lanes, NR);
          }
      for (int64_t m = m0; m < m1; m += MC) {
        const RowTiles tiles(least(MC, m1 - m));
        packTiles(s, from, to, m, tiles, strips);
        for (int64_t n = 0; n < columns; n += NR) {
          const int64_t width = least(NR, columns - n);
          for (int64_t t = 0; t < tiles.tiles; ++t)
            withRows(tiles.rows(t), [&](auto rows) {
              constexpr int MR = decltype(rows)::v;
              const int64_t first = tiles.firstRow(t);
              T* const c = s.c + (m + first) * s.ldc + n0 + n;
              const T* const a = strips + first * depth;
              const T* const panel = panels + n * depth;
              if (width == NR) {
                sumsTile<T, MR>(to - from, s.K, a, panel, c, s.ldc, from == 0);
                return;
              }
              for (int64_t r = 0; r < MR && from > 0; ++r)
                __builtin_memcpy(edge + r * NR, c + r * s.ldc, uint64_t(width) * sizeof(T));
              sumsTile<T, MR>(to - from, s.K, a, panel, edge, NR, from == 0);
              for (int64_t r = 0; r < MR; ++r)
                __builtin_memcpy(c + r * s.ldc, edge + r * NR, uint64_t(width) * sizeof(T));
            });
        }
      }
    }
  }
}

}  // namespace

template <class T>
void gemm_sums(Work& work, const double* operands, int64_t count, int64_t M, int64_t N, int64_t K,
               int64_t lda, int64_t ldb, T* c, int64_t ldc) {
  if (M <= 0 || N <= 0) return;
  if (K <= 0 || count <= 0) {
    for (int64_t m = 0; m < M; ++m)
      for (int64_t n = 0; n < N; ++n) c[m * ldc + n] = 0;
    return;
  }
  const Sums<T> s = {operands, count, N, K, lda, ldb, c, ldc};
  // Rows of C that are worth a thread: about 20 us.
  const double grains = double(M) * double(N) * double(K) * double(count) / 1e6;
  const int64_t most = 2 * int64_t(work.threads), tiles = (M + tileRows - 1) / tileRows;
  int64_t pieces = work.threads <= 1 ? 1 : grains < double(most) ? int64_t(grains) : most;
  if (pieces > tiles) pieces = tiles;
  if (pieces < 1) pieces = 1;
  parallel(work, pieces, [&](int64_t i, int worker) {
    const int64_t from = tiles * i / pieces * tileRows, to = tiles * (i + 1) / pieces * tileRows;
    sumRows(s, from, least(to, M), reinterpret_cast<T*>(work.scratch(work, worker)));
  });
}
INSTANTIATE_FLOAT(gemm_sums)

}  // namespace ostinato::OSTINATO_ISA
