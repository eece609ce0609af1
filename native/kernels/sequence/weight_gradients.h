// The gradients of weights and biases: products over all steps and rows of the sequence, K = R.
//   dW_ih[j, k] = sum over r of dG[r, j] * x[r, k]        db[j] = sum over r of dG[r, j]
//   dW_hh[j, k] = sum over r of dG[r, j] * hPrevious[r, k]      dW_hr = dP' * projected
// Each is one chain over r in order of memory. Work is split over j, never over r.
#pragma once

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
  static constexpr int64_t KC = mostK<T>, MC = 16 * tileRows, NC = 1536;

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
    if (cell.joint() && I + S <= NC - 2 * W<T>) {
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
    constexpr int64_t block = 16, mostColumns = 8192;
    const int64_t I = s.inputSize, lda = B * H;
    T* const x = scratch;                        // [block][I]
    T* const transposed = x + block * tileRows;  // [I][columns]
    const T* row[block];
    for (int64_t m = m0; m < m1; m += mostColumns) {
      const int64_t columns = least(mostColumns, m1 - m);
      for (int64_t i = 0; i < I * columns && R == 0; ++i) transposed[i] = 0;
      for (int64_t k = 0; k < R; k += block) {
        const int64_t kb = least(block, R - k);
        rowsOf(Source::input, k, kb, row);
        for (int64_t i = 0; i < kb; ++i)
          for (int64_t j = 0; j < I; ++j) x[i * I + j] = row[i][j];
        const T* const dG = s.dGates + k * lda + m;
        for (int64_t v = 0; v < columns / W<T>; v += plainVectors)
          multiplyFew<T>(int(I), kb, {x, 1, I},
                         {dG + v * W<T>, least(plainVectors, columns / W<T> - v), lda, W<T>},
                         k == 0 ? zeroRow<T> : nullptr, transposed + v * W<T>, columns);
      }
      for (int64_t i = 0; i < columns; ++i)
        for (int64_t j = 0; j < I; ++j)
          s.gradWeightIh[(m + i) * I + j] = transposed[j * columns + i];
    }
  }

  // C[m, n] = sum over r of a[r, m] * factor[r, n] for m0 <= m < m1 and each factor, and the sums
  // of a's columns, bias[m], unless null.
  void product(const T* a, int64_t lda, int64_t m0, int64_t m1, const Factor* factors, int count,
               T* bias, T* scratch) const {
    T* const packedB = scratch;           // [group][..]: at most NC columns
    T* const strips = packedB + KC * NC;  // [tile][KC][rows]
    T* const tile = strips + KC * MC;     // [MC][plainVectors * W]
    for (int f = 0; f < count && R == 0; ++f)
      if (T* const C = factors[f].C)
        for (int64_t i = m0 * factors[f].N; i < m1 * factors[f].N; ++i) C[i] = 0;
    if (bias)
      for (int64_t m = m0; m < m1; ++m) bias[m] = 0;
    const int64_t N = count == 1 ? factors[0].N : 1;  // two factors are taken whole
    const int64_t block = R > 0 ? ceilDiv(R, ceilDiv(R, KC)) : 1;
    for (int64_t n = 0; n < N; n += NC)
      for (int64_t k = 0; k < R; k += block) {
        const int64_t kc = least(block, R - k);
        const T* row[KC];
        T* to = packedB;
        for (int f = 0; f < count; ++f) {
          if (!factors[f].C) continue;
          rowsOf(factors[f].source, k, kc, row);
          to = packRows(row, kc, n, least(NC, factors[f].N - n), to);
        }
        for (int64_t m = m0; m < m1; m += MC) {
          const int64_t mc = least(MC, m1 - m);
          const T* const part = a + k * lda + m;
          packColumns(part, lda, kc, mc, strips, n == 0 && bias ? bias + m : nullptr);
          const T* from = packedB;
          for (int f = 0; f < count; ++f)
            if (factors[f].C)
              from =
                  multiplyFactor(strips, mc, kc, from, least(NC, factors[f].N - n),
                                 factors[f].C + m * factors[f].N + n, factors[f].N, k == 0, tile);
        }
      }
  }

  // The rows' columns n .. n+columns-1 as groups of plainVectors vectors, K = kc; returns the end.
  static T* packRows(const T* const* row, int64_t kc, int64_t n, int64_t columns, T* packed) {
    const int64_t vectors = ceilDiv(columns, W<T>);
    for (int64_t v = 0; v < vectors; ++v) {
      const int64_t first = v / plainVectors * plainVectors;
      const Panel<T> panel =
          panelOf<T>(packed + first * W<T> * kc, least(vectors - first, plainVectors), kc);
      T* to = const_cast<T*>(panel.p) + (v - first) * panel.vStride;
      const int64_t rest = columns - v * W<T>;
      for (int64_t k = 0; k < kc; ++k, to += panel.kStride)
        store(to, row[k] ? loadUpTo(row[k] + n + v * W<T>, rest) : zero<T>());
    }
    return packed + vectors * W<T> * kc;
  }
  // Columns of a as row tiles, [tile][kc][rows of the tile], and their sums added to sums unless it
  // is null. Reads a row by row: its rows are often a power of two apart.
  static void packColumns(const T* a, int64_t lda, int64_t kc, int64_t mc, T* strips, T* sums) {
    const RowTiles tiles(mc);
    if (mc == MC) {
      constexpr int vectors = int(MC / W<T>), rows = tileRows;
      static_assert(MC % tileRows == 0 && MC % W<T> == 0);
      Vec<T> sum[vectors];
      for (int v = 0; v < vectors; ++v) sum[v] = sums ? load(sums + v * W<T>) : zero<T>();
      constexpr int64_t soon = 8;
      for (int64_t k = 0; k < kc; ++k, a += lda) {
        for (int v = 0; v < vectors; ++v)
          __builtin_prefetch(a + (k + soon < kc ? soon * lda : 0) + v * W<T>);
        T* to = strips + k * rows;
        for (int m = 0; m < MC; m += rows, to += kc * rows)
          __builtin_memcpy(to, a + m, rows * sizeof(T));
        for (int v = 0; v < vectors; ++v) sum[v] = sum[v] + load(a + v * W<T>);
      }
      for (int v = 0; v < vectors && sums; ++v) store(sums + v * W<T>, sum[v]);
      return;
    }
    for (int64_t i = 0; i < tiles.tiles; ++i) {
      const int64_t first = tiles.firstRow(i);
      withRows(tiles.rows(i), [&](auto rows) {
        const T* from = a + first;
        T* to = strips + first * kc;
        for (int64_t k = 0; k < kc; ++k, from += lda, to += rows.v)
          __builtin_memcpy(to, from, rows.v * sizeof(T));
      });
    }
    for (int64_t m = 0; m < mc && sums; m += W<T>) {
      Vec<T> sum = loadUpTo(sums + m, mc - m);
      for (int64_t k = 0; k < kc; ++k) sum = sum + loadUpTo(a + k * lda + m, mc - m);
      storeUpTo(sums + m, sum, mc - m);
    }
  }
  // C = strips * the packed rows, fromZero or else continuing what C holds; returns the rows' end.
  static const T* multiplyFactor(const T* strips, int64_t mc, int64_t kc, const T* packedB,
                                 int64_t columns, T* C, int64_t ldc, bool fromZero, T* tile) {
    const int64_t vectors = ceilDiv(columns, W<T>);
    for (int64_t v = 0; v < vectors; v += plainVectors) {
      const int64_t width = least(vectors - v, plainVectors);
      const Panel<T> panel = panelOf<T>(packedB + v * W<T> * kc, width, kc);
      const T* const next = v + plainVectors < vectors ? panel.p + width * W<T> * kc : nullptr;
      const int64_t ld = width * W<T>, rest = columns - v * W<T>;
      T* const c = C + v * W<T>;
      const T* const start = fromZero ? zeroRow<T> : nullptr;
      if (rest >= ld) {
        multiplyBlock<false>(mc, kc, strips, panel, start, c, ldc, next);
        continue;
      }
      for (int64_t r = 0; r < mc && !fromZero; ++r)
        for (int64_t w = 0; w < ld; w += W<T>)
          store(tile + r * ld + w, loadUpTo(c + r * ldc + w, rest - w));
      multiplyBlock<false>(mc, kc, strips, panel, start, tile, ld, next);
      for (int64_t r = 0; r < mc; ++r)
        for (int64_t w = 0; w < ld; w += W<T>)
          storeUpTo(c + r * ldc + w, load(tile + r * ld + w), rest - w);
    }
    return packedB + vectors * W<T> * kc;
  }

  const Cell<T>& cell;
  const SequenceBackward<T>& s;
  const Steps& steps;
  const int64_t G, B, H, R;
};

}  // namespace ostinato::OSTINATO_ISA
