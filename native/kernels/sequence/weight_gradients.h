// The gradients of weights and biases: products over all steps and rows of the sequence, K = R.
//   dW_ih[j, k] = sum over r of dG[r, j] * x[r, k]        db[j] = sum over r of dG[r, j]
//   dW_hh[j, k] = sum over r of dG[r, j] * hPrevious[r, k]      dW_hr = dP' * projected
// Each is one chain over r in order of memory. Work is split over j, never over r.
#pragma once

#include "../work.h"
#include "arguments.h"
#include "product.h"
#include "steps.h"

namespace ostinato::OSTINATO_ISA {

// Calls body(gate, block, count) for each run of h's gates whose saved blocks are consecutive:
// weight rows gate*H .. (gate + count)*H go with the dG columns from block*H on.
template <class Cell, class Body>
OSTINATO_INLINE void forEachSavedRun(Body body) {
  int first = 0;
  for (int g = 1; g <= Cell::gates; ++g)
    if (g == Cell::gates || Cell::hSaved(g) != Cell::hSaved(g - 1) + 1) {
      body(first, Cell::hSaved(first), g - first);
      first = g;
    }
}

template <class T, class Cell>
class WeightGradients {
  static constexpr int G = Cell::gates, B = Cell::blocks;
  static constexpr int64_t KC = 256;   // rows of the sequence in one block
  static constexpr int64_t MC = 96;    // columns of dG packed at once: KC * MC stays in L2
  static constexpr int64_t NC = 1024;  // columns of the other factor packed at once

 public:
  WeightGradients(const SequenceBackward<T>& s, const Steps& steps)
      : s(s), steps(steps), H(s.hiddenSize), R(steps.totalRows()) {}

  void run(Work& work, int64_t threads) {
    const int64_t I = s.inputSize, P = s.projSize, S = P ? P : H;
    // One product for each run of weight rows; the x part and the h part of a cell may differ in
    // runs.
    if (s.gradWeightIh)
      split(work, threads, G * H, [&](int64_t m0, int64_t m1, T* scratch) {
        product(s.dGates, B * H, m0, m1, xRows(), I, s.gradWeightIh, scratch);
      });
    forEachSavedRun<Cell>([&](int gate, int block, int count) {
      if (s.gradWeightHh)
        split(work, threads, count * H, [&](int64_t m0, int64_t m1, T* scratch) {
          product(s.dGates + block * H, B * H, m0, m1, hRows(), S, s.gradWeightHh + gate * H * S,
                  scratch);
        });
      if (s.gradBiasHh)
        split(work, threads, count * H, [&](int64_t m0, int64_t m1, T*) {
          columnSums(s.dGates + block * H, m0, m1, s.gradBiasHh + gate * H);
        });
    });
    if (s.gradBiasIh)
      split(work, threads, G * H,
            [&](int64_t m0, int64_t m1, T*) { columnSums(s.dGates, m0, m1, s.gradBiasIh); });
    if (s.gradWeightHr)
      split(work, threads, P, [&](int64_t m0, int64_t m1, T* scratch) {
        product(
            s.dProjected, P, m0, m1,
            [&](int64_t k, int64_t count, const T** row) {
              for (int64_t i = 0; i < count; ++i) row[i] = s.projected + (k + i) * H;
            },
            H, s.gradWeightHr, scratch);
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

  // Sequence rows k .. k+count-1 of x.
  auto xRows() const {
    return [this](int64_t k, int64_t count, const T** row) {
      for (int64_t i = 0; i < count; ++i)
        row[i] = s.batchSizes
                     ? s.x + (k + i) * s.xStrideN
                     : s.x + (k + i) / s.batch * s.xStrideT + (k + i) % s.batch * s.xStrideN;
    };
  }
  // The same of the states before each step; null where that is a state of zeros.
  auto hRows() const {
    return [this](int64_t k, int64_t count, const T** row) {
      const int64_t S = s.projSize ? s.projSize : H;
      int64_t t = 0, n = k;
      int64_t previous = 0, first = 0;  // rows of [R, .]: of the step before t, of t
      if (s.batchSizes)
        for (; n >= s.batchSizes[t]; ++t) {
          n -= s.batchSizes[t];
          previous = first;
          first += s.batchSizes[t];
        }
      else
        t = k / s.batch, n = k % s.batch;
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
    };
  }

  // C[m, n] = sum over r of a[r, m] * b[r, n] for m0 <= m < m1, C of row stride N.
  template <class RowsOf>
  void product(const T* a, int64_t lda, int64_t m0, int64_t m1, RowsOf rowsOf, int64_t N, T* C,
               T* scratch) const {
    T* const packedB = scratch;            // [group][..]: at most NC columns
    T* const packedA = packedB + KC * NC;  // [tile][KC][rows]
    T* const tile = packedA + KC * MC;     // [MC][plainVectors * W]
    if (!s.accumulate)
      for (int64_t i = m0 * N; i < m1 * N; ++i) C[i] = 0;
    const T* row[KC];
    for (int64_t n = 0; n < N; n += NC) {
      const int64_t columns = N - n < NC ? N - n : NC;
      for (int64_t k = 0; k < R; k += KC) {
        const int64_t kc = R - k < KC ? R - k : KC;
        rowsOf(k, kc, row);
        packRows(row, kc, n, columns, packedB);
        for (int64_t m = m0; m < m1; m += MC) {
          const int64_t mc = m1 - m < MC ? m1 - m : MC;
          packColumns(a + k * lda + m, lda, kc, mc, packedA);
          multiplyBlock(packedA, mc, kc, packedB, columns, C + m * N + n, N, tile);
        }
      }
    }
  }

  // packed: groups of plainVectors vectors of the rows' columns n .. n+columns-1, K = kc.
  static void packRows(const T* const* row, int64_t kc, int64_t n, int64_t columns, T* packed) {
    const int64_t vectors = ceilDiv(columns, W<T>);
    for (int64_t v = 0; v < vectors; ++v) {
      const int64_t first = v / plainVectors * plainVectors;
      const int64_t width = vectors - first < plainVectors ? vectors - first : plainVectors;
      const Panel<T> panel = panelOf<T>(packed + first * W<T> * kc, width, kc);
      T* to = const_cast<T*>(panel.p) + (v - first) * panel.vStride;
      for (int64_t k = 0; k < kc; ++k, to += panel.kStride)
        store(to, row[k] ? loadUpTo(row[k] + n + v * W<T>, columns - v * W<T>) : zero<T>());
    }
  }
  // packed: row tiles of a' one after another, [kc][rows of the tile].
  static void packColumns(const T* a, int64_t lda, int64_t kc, int64_t mc, T* packed) {
    const RowTiles tiles(mc);
    for (int64_t i = 0; i < tiles.tiles; ++i) {
      const int64_t first = tiles.firstRow(i);
      const int rows = tiles.rows(i);
      T* to = packed + first * kc;
      for (int64_t k = 0; k < kc; ++k, to += rows)
        for (int r = 0; r < rows; ++r) to[r] = a[k * lda + first + r];
    }
  }
  static void multiplyBlock(const T* packedA, int64_t mc, int64_t kc, const T* packedB,
                            int64_t columns, T* C, int64_t ldc, T* tile) {
    const RowTiles tiles(mc);
    const int64_t vectors = ceilDiv(columns, W<T>);
    for (int64_t v = 0; v < vectors; v += plainVectors) {
      const int64_t width = vectors - v < plainVectors ? vectors - v : plainVectors;
      const Panel<T> panel = panelOf<T>(packedB + v * W<T> * kc, width, kc);
      const int64_t ld = width * W<T>, rest = columns - v * W<T>;
      for (int64_t i = 0; i < tiles.tiles; ++i) {
        const int64_t first = tiles.firstRow(i), rows = tiles.rows(i);
        const Rows<T> at = {packedA + first * kc, 1, rows};
        T* const c = C + first * ldc + v * W<T>;
        if (rest >= ld) {
          multiply<T>(rows, kc, at, panel, c, ldc);
          continue;
        }
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t w = 0; w < width; ++w)
            store(tile + r * ld + w * W<T>, loadUpTo(c + r * ldc + w * W<T>, rest - w * W<T>));
        multiply<T>(rows, kc, at, panel, tile, ld);
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t w = 0; w < width; ++w)
            storeUpTo(c + r * ldc + w * W<T>, load(tile + r * ld + w * W<T>), rest - w * W<T>);
      }
    }
  }

  void columnSums(const T* a, int64_t m0, int64_t m1, T* sums) const {
    for (int64_t m = m0; m < m1; m += W<T>) {
      const int64_t count = m1 - m;
      Vec<T> sum = s.accumulate ? loadUpTo(sums + m, count) : zero<T>();
      for (int64_t k = 0; k < R; ++k) sum = sum + loadUpTo(a + k * B * H + m, count);
      storeUpTo(sums + m, sum, count);
    }
  }

  const SequenceBackward<T>& s;
  const Steps& steps;
  const int64_t H, R;
};

}  // namespace ostinato::OSTINATO_ISA
