// The gradients of weights and biases: products over all steps and rows of the sequence, K = R.
//   dW_ih[j, k] = sum over r of dG[r, j] * x[r, k]        db[j] = sum over r of dG[r, j]
//   dW_hh[j, k] = sum over r of dG[r, j] * hPrevious[r, k]      dW_hr = dP' * projected
// Each is one chain over r in order of memory. Work is split over j, never over r.
#pragma once

#include "../work.h"
#include "cell.h"
#include "gradient-sources.h"
#include "plain-panels.h"

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
  static constexpr int64_t KC = FactorPanels<T>::KC, MC = GateRows<T>::MC, NC = FactorPanels<T>::NC;

 public:
  WeightGradients(const Cell<T>& cell, const SequenceBackward<T>& s, const Steps& steps)
      : cell(cell),
        s(s),
        rows{s, steps},
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
    const Factor<T> x = {RowsOf::input, I, narrow ? nullptr : s.gradWeightIh};
    const auto h = [&](int gate) {
      return Factor<T>{RowsOf::state, S, s.gradWeightHh ? s.gradWeightHh + gate * H * S : nullptr};
    };
    const auto at = [&](T* p, int gate) { return p ? p + gate * H : nullptr; };
    if (cell.concatenatesInputAndHidden() && I + S <= NC - 2 * W<T>) {
      T* const bias = s.gradBiasIh ? s.gradBiasIh : s.gradBiasHh;
      split(work, threads, G * H, [&](int64_t m0, int64_t m1, T* scratch) {
        const Factor<T> both[] = {x, h(0)};
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
          const Factor<T> factor = h(gate);
          product(s.dGates + block * H, B * H, m0, m1, &factor, 1, at(s.gradBiasHh, gate), scratch);
        });
      });
    }
    if (s.gradWeightHr)
      split(work, threads, P, [&](int64_t m0, int64_t m1, T* scratch) {
        const Factor<T> factor = {RowsOf::projected, H, s.gradWeightHr};
        product(s.dProjected, P, m0, m1, &factor, 1, nullptr, scratch);
      });
  }

 private:
  template <class Body>
  void split(Work& work, int64_t threads, int64_t M, Body body) {
    auto part = [&](int64_t i, int worker) {
      const int64_t m0 = M * i / threads, m1 = M * (i + 1) / threads;
      if (m0 < m1) body(m0, m1, reinterpret_cast<T*>(work.scratch(work, worker)));
    };
    parallel(work, threads, part);
  }

  // gradWeightIh for m0 <= m < m1 and few input features: as its transpose, x' * dG, whose columns
  // are whole vectors. Few rows of dG at a time, each read from end to end. Not the blocked driver: packing
  // dG, the larger operand, would cost as much as the product of so few rows.
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
        rows.get(RowsOf::input, k, kb, row);
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

  // The product over so few rows of the sequence that packing would cost as much: C is written from end
  // to end.
  static constexpr int fewSteps = 2;
  template <int count>
  void productOfFew(const T* a, int64_t lda, int64_t m0, int64_t m1,
                    const Factor<T>& factor) const {
    const T* row[count] = {};
    rows.get(factor.rows, 0, count, row);
    for (int64_t m = m0; m < m1; ++m) {
      Vec<T> g[count];
      OSTINATO_UNROLL
      for (int r = 0; r < count; ++r) g[r] = broadcast(a[r * lda + m]);
      T* const c = factor.C + m * factor.N;
      forEachVector<T>(0, factor.N, [&](int64_t n, int lanes) OSTINATO_INLINE_LAMBDA {
        Vec<T> sum = zero<T>();
        OSTINATO_UNROLL
        for (int r = 0; r < count; ++r)
          sum = fma(g[r], row[r] ? load(row[r] + n, lanes) : zero<T>(), sum);
        store(c + n, sum, lanes);
      });
    }
  }

  // C[m, n] = sum over r of a[r, m] * factor[r, n] for m0 <= m < m1 and each factor (two: both at once,
  // in one slice), and the sums of a's columns, bias[m], unless null.
  void product(const T* a, int64_t lda, int64_t m0, int64_t m1, const Factor<T>* given, int count,
               T* bias, T* scratch) const {
    Factor<T> factors[2];
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
    GateRows<T> gates = {a, lda, m0, bias, scratch + KC * NC};
    FactorPanels<T> columns = {rows, factors, wanted, scratch};
    const RowTiles tiles(m1 - m0);
    // C is prefetched unless it stays in cache and the few steps of k cost less than the prefetches.
    const bool prefetches = R >= 32 || G * H * (s.inputSize + H) * int64_t(sizeof(T)) > inCache;
    // Without a factor, the bias alone.
    const int64_t N = wanted == 1 ? factors[0].N : NC;
    blockedProduct(
        tiles, N, R, {NC, evenBlock(R, KC, 1), MC / tileRows}, gates, columns,
        [&](auto mr, const Range& range, int64_t t, const typename FactorPanels<T>::Panel& panel)
            OSTINATO_INLINE_LAMBDA {
              constexpr int MR = decltype(mr)::v;
              const int64_t ldc = panel.factor->N, m = tiles.firstRow(t);
              T* const c = panel.factor->C + (m0 + m) * ldc + panel.n;
              const Edge<T> target = {panel.columns, c, ldc, 1, range.k0 > 0 ? c : nullptr, ldc, 1};
              if (prefetches) prefetchTile(c + MR * ldc, ldc);
              withConstant<panelVectors>(panel.vectors, [&](auto nv) OSTINATO_INLINE_LAMBDA {
                multiplyTile<MR, decltype(nv)::v>(
                    range.depth, PackedRows<T>{gates.memory + (m - gates.first) * range.depth},
                    PanelColumns<T>{panel.p}, target, NoHook<T>{});
              });
            });
  }

  const Cell<T>& cell;
  const SequenceBackward<T>& s;
  const SequenceRows<T> rows;
  const int64_t G, B, H, R;
};

}  // namespace ostinato::OSTINATO_ISA
