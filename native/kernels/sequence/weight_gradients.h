// The gradients of weights and biases: products over all steps and rows of the sequence, K = R.
//   dW_ih[j, k] = sum over r of dG[r, j] * x[r, k]        db[j] = sum over r of dG[r, j]
//   dW_hh[j, k] = sum over r of dG[r, j] * hPrevious[r, k]      dW_hr = dP' * projected
// Each is one chain over r in order of memory. Work is split over j, never over r.
#pragma once

#include "../gemm/driver.h"
#include "../work.h"
#include "cell.h"

namespace ostinato::OSTINATO_ISA {

// Calls body(gate, block, count) for each run of h's gates whose saved blocks are consecutive:
// weight rows gate*H .. (gate + count)*H go with the dG columns from block*H on.
template <class T, class Body>
OSTINATO_INLINE void forEachSavedRun(const Cell<T>& cell, Body body) {
  int first = 0;
  for (int g = 1; g <= cell.gates; ++g)
    if (g == cell.gates || cell.hSaved[g] != cell.hSaved[g - 1] + 1) {
      body(first, cell.hSaved[first], g - first);
      first = g;
    }
}

template <class T>
class WeightGradients {
  // Blocks: KC rows of the sequence; MC columns of dG, whose strips stay in L2; NC columns of the
  // other factor.
  static constexpr int64_t KC = stripDepth<T>, MC = 16 * tileRows, NC = 1536;

 public:
  WeightGradients(const Cell<T>& cell, const SequenceBackward<T>& s, const Steps& steps)
      : cell(cell),
        s(s),
        steps(steps),
        G(cell.gates),
        B(cell.blocks),
        H(s.hiddenSize),
        R(steps.totalRows()) {}

  void run(Work& work, int64_t threads) {
    const int64_t I = s.inputSize, P = s.projSize, S = P ? P : H;
    const bool narrow = s.gradWeightIh && I <= tileRows && H % W<T> == 0;
    if (narrow)
      split(work, threads, G * H / W<T>, [&](int64_t v0, int64_t v1, T* scratch) {
        narrowInput(v0 * W<T>, v1 * W<T>, scratch);
      });
    const Factor x = {Source::input, I, narrow ? nullptr : s.gradWeightIh};
    const auto h = [&](int gate) {
      return Factor{Source::state, S, s.gradWeightHh ? s.gradWeightHh + gate * H * S : nullptr};
    };
    const auto at = [&](T* p, int gate) { return p ? p + gate * H : nullptr; };
    if (cell.concatenatesInputAndHidden() && I + S <= NC - 2 * W<T>) {
      T* const bias = s.gradBiasIh ? s.gradBiasIh : s.gradBiasHh;
      split(work, threads, G * H, [&](int64_t m0, int64_t m1, T* scratch) {
        const Factor both[] = {x, h(0)};
        product(s.dGates, B * H, m0, m1, both, 2, bias, scratch);
      });
      if (bias && s.gradBiasHh && bias != s.gradBiasHh)
        __builtin_memcpy(s.gradBiasHh, bias, uint64_t(G * H) * sizeof(T));
    } else {
      split(work, threads, G * H, [&](int64_t m0, int64_t m1, T* scratch) {
        product(s.dGates, B * H, m0, m1, &x, 1, s.gradBiasIh, scratch);
      });
      forEachSavedRun(cell, [&](int gate, int block, int count) {
        split(work, threads, count * H, [&](int64_t m0, int64_t m1, T* scratch) {
          const Factor factor = h(gate);
          product(s.dGates + block * H, B * H, m0, m1, &factor, 1, at(s.gradBiasHh, gate), scratch);
        });
      });
    }
    if (s.gradWeightHr)
      split(work, threads, P, [&](int64_t m0, int64_t m1, T* scratch) {
        const Factor factor = {Source::projected, H, s.gradWeightHr};
        product(s.dProjected, P, m0, m1, &factor, 1, nullptr, scratch);
      });
  }

 private:
  // What dG is multiplied by: rows of the sequence with N columns; C is [M, N], null when not
  // wanted.
  enum class Source { input, state, projected };
  struct Factor {
    Source source;
    int64_t N;
    T* C;
  };

  template <class Body>
  void split(Work& work, int64_t threads, int64_t M, Body body) {
    auto part = [&](int64_t i, int worker) {
      const int64_t m0 = M * i / threads, m1 = M * (i + 1) / threads;
      if (m0 < m1) body(m0, m1, reinterpret_cast<T*>(work.scratch(work, worker)));
    };
    parallel(work, threads, part);
  }

  // Where rows k .. k+count-1 of the sequence begin; null for a state of zeros.
  void rowsOf(Source source, int64_t k, int64_t count, const T** row) const {
    switch (source) {
      case Source::input:
        for (int64_t i = 0; i < count; ++i)
          row[i] = s.batchSizes
                       ? s.x + (k + i) * s.xStrideN
                       : s.x + (k + i) / s.batch * s.xStrideT + (k + i) % s.batch * s.xStrideN;
        return;
      case Source::state:
        return stateRows(k, count, row);
      case Source::projected:
        for (int64_t i = 0; i < count; ++i) row[i] = s.projected + (k + i) * H;
        return;
    }
  }
  // The states before each step.
  void stateRows(int64_t k, int64_t count, const T** row) const {
    const int64_t S = s.projSize ? s.projSize : H;
    int64_t t = 0, n = k;
    int64_t previous = 0, first = 0;  // rows of [R, .]: of the step before t, of t
    if (!s.batchSizes) {
      t = k / s.batch;
      n = k % s.batch;
    }
    for (int64_t i = 0; i < count; ++i) {
      while (n >= steps.rowsAt(t)) {
        n -= steps.rowsAt(t);
        previous = first;
        first += steps.rowsAt(t);
        ++t;
      }
      const int64_t before = s.reverse ? t + 1 : t - 1;
      if (before < 0 || before >= s.steps || n >= steps.rowsAt(before))
        row[i] = s.h0 ? s.h0 + n * S : nullptr;
      else if (s.batchSizes)
        row[i] = s.out + ((s.reverse ? first + steps.rowsAt(t) : previous) + n) * s.outStrideN;
      else
        row[i] = s.out + before * s.outStrideT + n * s.outStrideN;
      ++n;
    }
  }

  // gradWeightIh for m0 <= m < m1 and few input features: as its transpose, x' * dG, whose columns
  // are whole vectors. Few rows of dG at a time, each read from end to end.
  void narrowInput(int64_t m0, int64_t m1, T* scratch) const {
    constexpr int64_t block = 16, maxColumns = 8192;
    const int64_t I = s.inputSize, lda = B * H;
    T* const x = scratch;                        // [I][block]
    T* const transposed = x + block * tileRows;  // [I][columns]
    const T* row[block];
    for (int64_t m = m0; m < m1; m += maxColumns) {
      const int64_t columns = min(maxColumns, m1 - m);
      for (int64_t i = 0; i < I * columns && R == 0; ++i) transposed[i] = 0;
      for (int64_t k = 0; k < R; k += block) {
        const int64_t kb = min(block, R - k);
        rowsOf(Source::input, k, kb, row);
        for (int64_t i = 0; i < kb; ++i)
          for (int64_t j = 0; j < I; ++j) x[j * block + i] = row[i][j];
        const T* const dG = s.dGates + k * lda + m;
        for (int64_t v = 0; v < columns / W<T>; v += plainVectors)
          multiplyFew<T>(int(I), kb, {x, block},
                         {dG + v * W<T>, min(plainVectors, columns / W<T> - v), lda, W<T>},
                         k == 0 ? zeroRow<T> : nullptr, transposed + v * W<T>, columns);
      }
      for (int64_t i = 0; i < columns; ++i)
        for (int64_t j = 0; j < I; ++j)
          s.gradWeightIh[(m + i) * I + j] = transposed[j * columns + i];
    }
  }

  // The product's A, transposed: columns m0 .. of `a`, whose sums are added to `sums` unless it is
  // null, as row tiles [tile][k][rows of the tile].
  struct GateRows {
    const T* a;
    int64_t lda, m0;
    T* sums;
    T* memory;
    int64_t first = 0, depth = 0;

    // Reads `a` row by row: its rows are often a power of two apart.
    void block(const Range& range, const RowTiles& tiles, int64_t t0, int64_t t1) {
      first = tiles.firstRow(t0);
      depth = range.depth;
      const int64_t rows = tiles.firstRow(t1) - first;
      const T* const from = a + range.k0 * lda + m0 + first;
      T* const sum = sums && range.n0 == 0 ? sums + m0 + first : nullptr;
      if (rows == MC) return wholeBlock(from, sum);
      for (int64_t t = t0; t < t1; ++t) {
        const int64_t row = tiles.firstRow(t) - first;
        withRows(tiles.rows(t), [&](auto count) {
          const T* source = from + row;
          T* to = memory + row * depth;
          for (int64_t k = 0; k < depth; ++k, source += lda, to += count.v)
            __builtin_memcpy(to, source, count.v * sizeof(T));
        });
      }
      if (sum)
        forEachVector<T>(0, rows, [&](int64_t m, int n) {
          Vec<T> total = load(sum + m, n);
          for (int64_t k = 0; k < depth; ++k) total = total + load(from + k * lda + m, n);
          store(sum + m, total, n);
        });
    }
    // MC rows: all tiles are full.
    void wholeBlock(const T* from, T* sum) const {
      constexpr int vectors = int(MC / W<T>), rows = tileRows;
      static_assert(MC % tileRows == 0 && MC % W<T> == 0);
      Vec<T> total[vectors];
      for (int v = 0; v < vectors; ++v) total[v] = sum ? load(sum + v * W<T>) : zero<T>();
      constexpr int64_t soon = 8;
      for (int64_t k = 0; k < depth; ++k, from += lda) {
        for (int v = 0; v < vectors; ++v)
          __builtin_prefetch(from + (k + soon < depth ? soon * lda : 0) + v * W<T>);
        T* to = memory + k * rows;
        for (int m = 0; m < MC; m += rows, to += depth * rows)
          __builtin_memcpy(to, from + m, rows * sizeof(T));
        for (int v = 0; v < vectors; ++v) total[v] = total[v] + load(from + v * W<T>);
      }
      for (int v = 0; v < vectors && sum; ++v) store(sum + v * W<T>, total[v]);
    }
  };

  // The product's B: rows of the sequence, gathered from wherever they are, the factors' columns one
  // after another. [panel][k][vectors of the panel][W].
  struct FactorPanels {
    struct Panel {
      const T* p;
      int64_t vectors, columns;
      const Factor* factor;
      int64_t n;  // the first of the factor's columns
    };
    static constexpr int64_t NR = panelColumns<T>;
    const WeightGradients& gradients;
    const Factor* factors;
    int count;
    T* memory;
    Range r = {};

    int64_t columnsOf(int f) const { return min(r.columns, factors[f].N - r.n0); }
    int64_t panels() const {
      int64_t sum = 0;
      for (int f = 0; f < count; ++f) sum += ceilDiv(columnsOf(f), NR);
      return sum;
    }
    void range(const Range& range) {
      r = range;
      const T* row[KC];
      T* to = memory;
      for (int f = 0; f < count; ++f) {
        gradients.rowsOf(factors[f].source, r.k0, r.depth, row);
        for (int64_t n = 0; n < columnsOf(f); n += NR) {
          const int64_t columns = min(NR, columnsOf(f) - n), vectors = ceilDiv(columns, W<T>);
          forEachVector<T>(0, columns, [&](int64_t c, int lanes) {
            T* packed = to + c;
            for (int64_t k = 0; k < r.depth; ++k, packed += vectors * W<T>)
              store(packed, row[k] ? load(row[k] + r.n0 + n + c, lanes) : zero<T>());
          });
          to += vectors * W<T> * r.depth;
        }
      }
    }
    Panel panel(int64_t index, bool) const {
      const T* p = memory;
      int f = 0;
      for (; index >= ceilDiv(columnsOf(f), NR); ++f) {
        index -= ceilDiv(columnsOf(f), NR);
        p += ceilDiv(columnsOf(f), W<T>) * W<T> * r.depth;
      }
      const int64_t n = index * NR, columns = min(NR, columnsOf(f) - n);
      return {p + n * r.depth, ceilDiv(columns, W<T>), columns, factors + f, r.n0 + n};
    }
    PrefetchRows next(int64_t index, bool, int64_t tiles) const {
      // Of few steps, the prefetches would cost as much as the products.
      if (index + 1 >= panels() || r.depth < tiles) return {};
      const Panel next = panel(index + 1, false);
      const int64_t bytes = next.vectors * 64;
      return {next.p, r.depth, bytes, bytes, tiles, true};
    }
  };

  // The product over so few rows of the sequence that packing would cost as much: C is written from end
  // to end.
  static constexpr int fewSteps = 2;
  template <int rows>
  void productOfFew(const T* a, int64_t lda, int64_t m0, int64_t m1, const Factor& factor) const {
    const T* row[rows] = {};
    rowsOf(factor.source, 0, rows, row);
    for (int64_t m = m0; m < m1; ++m) {
      Vec<T> g[rows];
      OSTINATO_UNROLL
      for (int r = 0; r < rows; ++r) g[r] = broadcast(a[r * lda + m]);
      T* const c = factor.C + m * factor.N;
      forEachVector<T>(0, factor.N, [&](int64_t n, int lanes) OSTINATO_INLINE_LAMBDA {
        Vec<T> sum = zero<T>();
        OSTINATO_UNROLL
        for (int r = 0; r < rows; ++r)
          sum = fma(g[r], row[r] ? load(row[r] + n, lanes) : zero<T>(), sum);
        store(c + n, sum, lanes);
      });
    }
  }

  // C[m, n] = sum over r of a[r, m] * factor[r, n] for m0 <= m < m1 and each factor (two: both at once,
  // in one slice), and the sums of a's columns, bias[m], unless null.
  void product(const T* a, int64_t lda, int64_t m0, int64_t m1, const Factor* given, int count,
               T* bias, T* scratch) const {
    Factor factors[2];
    int wanted = 0;
    for (int f = 0; f < count; ++f)
      if (given[f].C) factors[wanted++] = given[f];
    for (int f = 0; f < wanted && R == 0; ++f)
      for (int64_t i = m0 * factors[f].N; i < m1 * factors[f].N; ++i) factors[f].C[i] = 0;
    if (bias)
      for (int64_t m = m0; m < m1; ++m) bias[m] = 0;
    if (R == 0) return;
    if (wanted == 0 && R <= KC) {
      if (!bias) return;
      forEachVector<T>(m0, m1, [&](int64_t m, int lanes) {
        Vec<T> sum = zero<T>();
        for (int64_t r = 0; r < R; ++r) sum = sum + load(a + r * lda + m, lanes);
        store(bias + m, sum, lanes);
      });
      return;
    }
    if (R <= fewSteps) {
      for (int64_t r = 0; r < R && bias; ++r)
        for (int64_t m = m0; m < m1; ++m) bias[m] = bias[m] + a[r * lda + m];
      for (int f = 0; f < wanted; ++f)
        withConstant<fewSteps>(
            R, [&](auto count) { productOfFew<decltype(count)::v>(a, lda, m0, m1, factors[f]); });
      return;
    }
    GateRows rows = {a, lda, m0, bias, scratch + KC * NC};
    FactorPanels columns = {*this, factors, wanted, scratch};
    const RowTiles tiles(m1 - m0);
    // Without a factor, the bias alone.
    const int64_t N = wanted == 1 ? factors[0].N : NC;
    blockedProduct(
        tiles, N, R, {NC, evenBlock(R, KC, 1), MC / tileRows}, rows, columns,
        [&](auto mr, const Range& range, int64_t t, const typename FactorPanels::Panel& panel)
            OSTINATO_INLINE_LAMBDA {
              constexpr int MR = decltype(mr)::v;
              const int64_t ldc = panel.factor->N, m = tiles.firstRow(t);
              T* const c = panel.factor->C + (m0 + m) * ldc + panel.n;
              const Edge<T> target = {panel.columns, c, ldc, 1, range.k0 > 0 ? c : nullptr, ldc, 1};
              if (range.depth >= 32) prefetchTile(c + MR * ldc, ldc);
              withConstant<panelVectors>(panel.vectors, [&](auto nv) OSTINATO_INLINE_LAMBDA {
                multiplyTile<MR, decltype(nv)::v>(
                    range.depth, PackedRows<T>{rows.memory + (m - rows.first) * range.depth},
                    PanelColumns<T>{panel.p}, target, NoHook<T>{});
              });
            });
  }

  const Cell<T>& cell;
  const SequenceBackward<T>& s;
  const Steps& steps;
  const int64_t G, B, H, R;
};

}  // namespace ostinato::OSTINATO_ISA
