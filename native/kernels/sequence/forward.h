// The forward pass of one layer in one direction, for every cell: packing, products, the cell's
// epilogue, and the states between steps. What a cell computes is in cells/.
//
// A hidden unit's pre-activation is one chain of fused multiply-adds: the bias, the features of x,
// then the features of h. (GRU's candidate keeps its two products apart.) Finally +0 is added,
// which turns a -0 into +0 and changes nothing else. That is why a null h0 may skip the product of
// the first step and still give the bits of given zeros: over finite weights that product can alter
// no more than the sign of a zero. Over weights that hold NaN or Inf it is not skipped, so NaN
// comes out as it does of given zeros.
//
// Rows never meet, so a worker takes a slice of the batch through the whole sequence on its own.
#pragma once

#include "../work.h"
#include "steps.h"
#include "weights.h"

namespace ostinato::OSTINATO_ISA {

// Rows whose pre-activations lie in L1 at once, and the elements that takes.
inline constexpr int64_t rowBlock = 48;

// Below this many multiply-adds one thread does it all.
inline constexpr double parallelWork = 5e5;

template <class T, class Cell>
class Forward {
  static constexpr int G = Cell::gates, B = Cell::blocks, UB = Cell::unitBlocks;
  static constexpr int64_t tileElements = rowBlock * 4 * W<T>;
  // The x-part of the pre-activations is computed for about this many rows at a time when a step
  // has few.
  static constexpr int64_t chunkRows = 96, fewRows = 16;

 public:
  explicit Forward(const SequenceForward<T>& s)
      : s(s),
        I(s.inputSize),
        H(s.hiddenSize),
        P(s.projSize),
        S(P ? P : H),
        w(I, H, P, s.packed),
        steps{s.steps, s.batch, s.reverse != 0, s.batchSizes},
        x{s.x, s.xStrideT, s.xStrideN, s.batchSizes != nullptr},
        out{s.out, s.outStrideT, s.outStrideN, s.batchSizes != nullptr} {}

  void run(Work& work) {
    const double flops = double(steps.totalRows()) * double(G * H) * double(I + S);
    const int64_t threads = flops < parallelWork ? 1 : work.threads;
    if (!s.packedReady)
      pack(w, s.weightIh, s.weightHh, s.biasIh, s.biasHh, s.weightHr, work, threads);
    const int64_t slices = s.batch >= 2 * threads ? threads : 1;
    auto body = [&](int64_t slice, int worker) {
      runRows(s.batch * slice / slices, s.batch * (slice + 1) / slices,
              reinterpret_cast<T*>(work.scratch(work, worker)));
    };
    parallel(work, slices, body);
    finalState();
  }

 private:
  // The whole sequence for rows n0 .. n1-1 of the batch.
  void runRows(int64_t n0, int64_t n1, T* scratch) {
    if (n0 >= n1) return;
    if constexpr (Cell::hasCellState) startCells(n0, n1);
    T* const tile = scratch;
    T* free = tile + tileElements;
    const T* zeros = nullptr;
    if (!s.h0 && !w.finite()) {
      for (int64_t k = 0; k < S; ++k) free[k] = 0;
      zeros = free;
      free += ceilDiv(S, W<T>) * W<T>;
    }
    const int64_t ld = w.unitVectors * B * W<T>;
    const int64_t room = (Work::scratchBytes / int64_t(sizeof(T)) - (free - scratch)) / ld;
    const int64_t rows = n1 - n0;
    const bool few = rows <= fewRows && s.steps > 1 && room >= 2 * rows;
    const int64_t limit = chunkRows < room ? chunkRows : room;
    const int64_t chunkSteps = few ? (limit / rows > 1 ? limit / rows : 1) : 1;

    StepWalk walk(steps, false);
    Step step;
    while (walk.next(step)) {
      const int64_t active = step.rows < n1 ? step.rows : n1;
      int64_t chunkT = 0;
      if (few) {
        const int64_t first = step.index / chunkSteps * chunkSteps;
        const int64_t last = first + chunkSteps < s.steps ? first + chunkSteps : s.steps;
        chunkT = s.reverse ? s.steps - last : first;
        if (step.index == first) inputChunk(chunkT, last - first, n0, n1, step, free, ld);
      }
      if (active <= n0) continue;
      for (int64_t i = 0; i < w.groups; ++i) {
        // Few rows: what the last step read at its end is still in the cache at the start of this
        // one.
        const int64_t group = few && (step.index & 1) ? w.groups - 1 - i : i;
        if (few) {
          T* pre = free + (step.t - chunkT) * rows * ld + group * UB * B * W<T>;
          recur(step, group, n0, active, zeros, pre, ld);
          finish(step, group, n0, active, pre, ld);
          continue;
        }
        const int64_t columns = w.units(group) * B * W<T>;
        for (int64_t n = n0; n < active; n += rowBlock) {
          const int64_t end = n + rowBlock < active ? n + rowBlock : active;
          startFromBias(group, end - n, tile, columns);
          multiply<T>(end - n, I, {x.at(step.t, step.row) + n * x.strideN, x.strideN, 1},
                      w.x(group), tile, columns);
          recur(step, group, n, end, zeros, tile, columns);
          finish(step, group, n, end, tile, columns);
        }
      }
      if (P) project(step, n0, active, tile);
    }
  }

  void startFromBias(int64_t group, int64_t rows, T* pre, int64_t ld) const {
    const int vectors = w.units(group) * B;
    const T* const bias = w.bias(group);
    for (int64_t r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v) store(pre + r * ld + v * W<T>, load(bias + v * W<T>));
  }

  // Bias and x-part of `count` steps from t on: row (t' - t) * (n1 - n0) + n - n0 of pre.
  void inputChunk(int64_t t, int64_t count, int64_t n0, int64_t n1, const Step& step, T* pre,
                  int64_t ld) const {
    const int64_t rows = n1 - n0;
    for (int64_t group = 0; group < w.groups; ++group) {
      T* const c = pre + group * UB * B * W<T>;
      const Panel<T> panel = w.x(group);
      startFromBias(group, count * rows, c, ld);
      if (s.batchSizes) {
        // Rows of packed steps follow one another; step.row is the first of the chunk, or in
        // reverse the first of its last step.
        int64_t row = step.row;
        if (s.reverse)
          for (int64_t i = 0; i + 1 < count; ++i) row -= s.batchSizes[t + i];
        for (int64_t i = 0; i < count; ++i) {
          const int64_t active = s.batchSizes[t + i] < n1 ? s.batchSizes[t + i] : n1;
          multiply<T>(active - n0, I, {s.x + (row + n0) * s.xStrideN, s.xStrideN, 1}, panel,
                      c + i * rows * ld, ld);
          row += s.batchSizes[t + i];
        }
      } else if (s.xStrideT == rows * s.xStrideN) {
        multiply<T>(count * rows, I, {s.x + t * s.xStrideT + n0 * s.xStrideN, s.xStrideN, 1}, panel,
                    c, ld);
      } else {
        for (int64_t n = n0; n < n1; ++n)
          multiply<T>(count, I, {s.x + t * s.xStrideT + n * s.xStrideN, s.xStrideT, 1}, panel,
                      c + (n - n0) * ld, rows * ld);
      }
    }
  }

  // pre += h * W_hh for rows n .. end-1 of the step.
  void recur(const Step& step, int64_t group, int64_t n, int64_t end, const T* zeros, T* pre,
             int64_t ld) const {
    T* const c = pre + (B - G) * W<T>;
    const Panel<T> panel = w.h(group);
    const int64_t middle = step.continuing < n ? n : step.continuing < end ? step.continuing : end;
    if (middle > n)
      multiply<T>(middle - n, S,
                  {out.at(step.previousT, step.previousRow) + n * out.strideN, out.strideN, 1},
                  panel, c, ld);
    if (end > middle) {
      if (s.h0)
        multiply<T>(end - middle, S, {s.h0 + middle * S, S, 1}, panel, c + (middle - n) * ld, ld);
      else if (zeros)
        multiply<T>(end - middle, S, {zeros, 0, 1}, panel, c + (middle - n) * ld, ld);
    }
  }

  void finish(const Step& step, int64_t group, int64_t n, int64_t end, const T* pre,
              int64_t ld) const {
    for (int unit = 0; unit < w.units(group); ++unit) {
      const int64_t column = (group * UB + unit) * W<T>;
      const T* const a = pre + unit * B * W<T>;
      if (H - column >= W<T>)
        epilogue<true>(step, column, n, end, a, ld);
      else
        epilogue<false>(step, column, n, end, a, ld);
    }
  }

  template <bool full>
  void epilogue(const Step& step, int64_t column, int64_t n, int64_t end, const T* pre,
                int64_t ld) const {
    const int64_t count = full ? W<T> : H - column;
    for (int64_t row = n; row < end; ++row, pre += ld) {
      Vec<T> a[B], saved[B], previous = zero<T>(), c = zero<T>();
      OSTINATO_UNROLL
      for (int b = 0; b < B; ++b) a[b] = load(pre + b * W<T>) + zero<T>();
      if constexpr (Cell::readsPrevious) {
        if (row < step.continuing)
          previous = loadUpTo(out.at(step.previousT, step.previousRow) + row * out.strideN + column,
                              count);
        else if (s.h0)
          previous = loadUpTo(s.h0 + row * H + column, count);
      }
      if constexpr (Cell::hasCellState) c = loadUpTo(s.cN + row * H + column, count);
      const Vec<T> h = Cell::template forward<T>(a, saved, previous, c);
      if constexpr (Cell::hasCellState) {
        storeUpTo(s.cN + row * H + column, c, count);
        if (s.cells) storeUpTo(s.cells + (step.row + row) * H + column, c, count);
      }
      if constexpr (Cell::savesGates)
        if (s.gates) {
          T* const to = s.gates + (step.row + row) * B * H + column;
          OSTINATO_UNROLL
          for (int b = 0; b < B; ++b) storeUpTo(to + b * H, saved[b], count);
        }
      T* const to = P ? s.projected + (projectedRow(step) + row) * H
                      : out.at(step.t, step.row) + row * out.strideN;
      storeUpTo(to + column, h, count);
    }
  }
  int64_t projectedRow(const Step& step) const { return s.training ? step.row : 0; }

  // h = W_hr * projected for rows n .. end-1.
  void project(const Step& step, int64_t n, int64_t end, T* tile) const {
    const PlainPanels<T> hr = w.hr();
    for (int64_t group = 0; group < hr.groups(); ++group) {
      const Panel<T> panel = hr.panel(group);
      const int64_t ld = panel.vectors * W<T>;
      for (int64_t row = n; row < end; row += rowBlock) {
        const int64_t rows = end - row < rowBlock ? end - row : rowBlock;
        for (int64_t i = 0; i < rows * ld; i += W<T>) store(tile + i, zero<T>());
        multiply<T>(rows, H, {s.projected + (projectedRow(step) + row) * H, H, 1}, panel, tile, ld);
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t v = 0; v < panel.vectors; ++v) {
            const int64_t column = (group * plainVectors + v) * W<T>;
            storeUpTo(out.at(step.t, step.row) + (row + r) * out.strideN + column,
                      load(tile + r * ld + v * W<T>), P - column);
          }
      }
    }
  }

  void startCells(int64_t n0, int64_t n1) const {
    for (int64_t i = n0 * H; i < n1 * H; ++i) s.cN[i] = s.c0 ? s.c0[i] : T(0);
  }

  // hN out of the output: each row's state after its own last step, or the initial one.
  void finalState() const {
    for (int64_t n = 0; n < s.batch; ++n) {
      int64_t t = s.reverse ? 0 : s.steps - 1, row = 0;
      if (s.batchSizes) {
        int64_t length = 0;
        while (length < s.steps && s.batchSizes[length] > n) ++length;
        if (length == 0) {
          for (int64_t k = 0; k < S; ++k) s.hN[n * S + k] = s.h0 ? s.h0[n * S + k] : T(0);
          continue;
        }
        t = s.reverse ? 0 : length - 1;
        for (int64_t i = 0; i < t; ++i) row += s.batchSizes[i];
      }
      const T* const from = out.at(t, row) + n * out.strideN;
      for (int64_t k = 0; k < S; ++k) s.hN[n * S + k] = from[k];
    }
  }

  const SequenceForward<T>& s;
  const int64_t I, H, P, S;
  const PackedWeights<T, Cell> w;
  const Steps steps;
  const SequenceArray<const T> x;
  const SequenceArray<T> out;
};

}  // namespace ostinato::OSTINATO_ISA
