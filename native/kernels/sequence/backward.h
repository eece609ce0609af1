// The backward pass of one layer in one direction: back-propagation through time for every cell.
//   for each step, from last to first
//     dh  = gradOut + what the next step left        (projection: dP is that, dh = dP * W_hr)
//     dG  = the cell's gate gradients, kept for the whole sequence; dc goes on to the step before
//     dh' = dG * W_hh (+ the cell's direct path)
//   then gradX = dG * W_ih as one product, and the weights' gradients (weight_gradients.h).
// dGates may be the saved gates: each element is read before its place is written.
//
// Rows never meet before the weights' gradients, so a worker takes a slice of the batch through all
// steps.
#pragma once

#include "../work.h"
#include "forward.h"
#include "steps.h"
#include "weight_gradients.h"
#include "weights.h"

namespace ostinato::OSTINATO_ISA {

template <class T, class Cell>
class Backward {
  static constexpr int G = Cell::gates, B = Cell::blocks;

 public:
  explicit Backward(const SequenceBackward<T>& s)
      : s(s),
        I(s.inputSize),
        H(s.hiddenSize),
        P(s.projSize),
        S(P ? P : H),
        steps{s.steps, s.batch, s.reverse != 0, s.batchSizes},
        x{s.x, s.xStrideT, s.xStrideN, s.batchSizes != nullptr},
        out{s.out, s.outStrideT, s.outStrideN, s.batchSizes != nullptr},
        gradOut{s.gradOut, s.gradOutStrideT, s.gradOutStrideN, s.batchSizes != nullptr},
        gradX{s.gradX, s.gradXStrideT, s.gradXStrideN, s.batchSizes != nullptr},
        hh{s.workspace, S, G * H},
        hr{s.workspace + hh.elements(), H, P},
        ih{s.workspace, I, G * H} {}

  void run(Work& work) {
    const double flops = double(steps.totalRows()) * double(G * H) * double(I + S) * 2;
    const int64_t threads = flops < parallelWork ? 1 : work.threads;
    auto packRecurrent = [&](int64_t part, int) {
      for (int64_t g = part; g < hh.groups(); g += threads) hh.pack(g, s.weightHh, false);
      if (P)
        for (int64_t g = part; g < hr.groups(); g += threads) hr.pack(g, s.weightHr, false);
    };
    parallel(work, threads, packRecurrent);

    // A slice's states must fit into a worker's scratch.
    const int64_t ldS = ceilDiv(S, W<T>) * W<T>, ldH = ceilDiv(H, W<T>) * W<T>;
    const int64_t perRow = ldS + (Cell::hasCellState ? ldH : 0) + (P ? ldH : 0);
    const int64_t room = (Work::scratchBytes / int64_t(sizeof(T)) - tileElements) / perRow;
    int64_t slices = s.batch >= 2 * threads ? threads : 1;
    if (ceilDiv(s.batch, slices) > room) slices = ceilDiv(s.batch, room);
    auto recurrence = [&](int64_t slice, int worker) {
      runRows(s.batch * slice / slices, s.batch * (slice + 1) / slices,
              reinterpret_cast<T*>(work.scratch(work, worker)));
    };
    parallel(work, slices, recurrence);

    if (s.gradX) inputGradient(work, threads);
    WeightGradients<T, Cell>(s, steps).run(work, threads);
  }

 private:
  static constexpr int64_t tileElements = rowBlock * plainVectors * W<T>;

  // All steps for rows n0 .. n1-1 of the batch.
  void runRows(int64_t n0, int64_t n1, T* scratch) {
    if (n0 >= n1) return;
    const int64_t rows = n1 - n0;
    ldS = ceilDiv(S, W<T>) * W<T>;
    ldH = ceilDiv(H, W<T>) * W<T>;
    // State gradients, row n at (n - n0) * ld, whole vectors.
    State state = {scratch, nullptr, nullptr, n0};
    T* free = scratch + rows * ldS;
    if constexpr (Cell::hasCellState) {
      state.dc = free;
      free += rows * ldH;
    }
    if (P) state.dProjected = free;
    for (int64_t n = n0; n < n1; ++n) {
      copyRow(s.gradHN ? s.gradHN + n * S : nullptr, S, state.dh + (n - n0) * ldS);
      if constexpr (Cell::hasCellState)
        copyRow(s.gradCN ? s.gradCN + n * H : nullptr, H, state.dc + (n - n0) * ldH);
    }

    StepWalk walk(steps, true);
    Step step;
    while (walk.next(step)) {
      const int64_t active = step.rows < n1 ? step.rows : n1;
      if (active <= n0) continue;
      if (P) unproject(step, active, state);
      for (int64_t column = 0; column < H; column += W<T>) {
        if (H - column >= W<T>)
          gateGradients<true>(step, column, active, state);
        else
          gateGradients<false>(step, column, active, state);
      }
      // Rows that begin at this step need the gradient of their initial state only if somebody
      // asks.
      const int64_t wanted = s.gradH0                   ? active
                             : step.continuing < active ? step.continuing
                                                        : active;
      if (wanted > n0) recur(step, wanted, state);
    }

    for (int64_t n = n0; n < n1; ++n) {
      if (s.gradH0)
        for (int64_t k = 0; k < S; ++k) s.gradH0[n * S + k] = state.dh[(n - n0) * ldS + k];
      if constexpr (Cell::hasCellState)
        if (s.gradC0)
          for (int64_t k = 0; k < H; ++k) s.gradC0[n * H + k] = state.dc[(n - n0) * ldH + k];
    }
  }

  struct State {
    T* dh;          // [rows, ldS]: what the later steps (and gradHN) left for h
    T* dc;          // [rows, ldH]
    T* dProjected;  // [rows, ldH]: dP * W_hr
    int64_t n0;
  };

  // The row and zeros up to a whole vector; all zeros for null.
  static void copyRow(const T* from, int64_t count, T* to) {
    for (int64_t k = 0; k < count; k += W<T>)
      store(to + k, from ? loadUpTo(from + k, count - k) : zero<T>());
  }

  // dP = gradOut + dh for rows n0 .. active-1, kept in s.dProjected, then dP * W_hr.
  void unproject(const Step& step, int64_t active, const State& state) const {
    const int64_t rows = active - state.n0;
    T* const dP = s.dProjected + (step.row + state.n0) * P;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t k = 0; k < P; k += W<T>) {
        Vec<T> d = load(state.dh + r * ldS + k);
        if (s.gradOut)
          d = loadUpTo(gradOut.at(step.t, step.row) + (state.n0 + r) * gradOut.strideN + k, P - k) +
              d;
        storeUpTo(dP + r * P + k, d, P - k);
      }
    for (int64_t i = 0; i < rows * ldH; i += W<T>) store(state.dProjected + i, zero<T>());
    for (int64_t g = 0; g < hr.groups(); ++g)
      multiply<T>(rows, P, {dP, P, 1}, hr.panel(g), state.dProjected + g * plainVectors * W<T>,
                  ldH);
  }

  template <bool full>
  void gateGradients(const Step& step, int64_t column, int64_t active, const State& state) const {
    const int64_t count = full ? W<T> : H - column;
    for (int64_t n = state.n0; n < active; ++n) {
      const int64_t r = n - state.n0;
      const bool begins = n >= step.continuing;
      Vec<T> dh, h = zero<T>(), hPrevious = h, c = h, cPrevious = h, dc = h, direct, saved[B], d[B];
      if (P) {
        dh = load(state.dProjected + r * ldH + column);
      } else {
        dh = load(state.dh + r * ldS + column);
        if (s.gradOut)
          dh = loadUpTo(gradOut.at(step.t, step.row) + n * gradOut.strideN + column, count) + dh;
      }
      if constexpr (Cell::readsOutput)
        h = loadUpTo(out.at(step.t, step.row) + n * out.strideN + column, count);
      if constexpr (Cell::readsPrevious) {
        if (!begins)
          hPrevious =
              loadUpTo(out.at(step.previousT, step.previousRow) + n * out.strideN + column, count);
        else if (s.h0)
          hPrevious = loadUpTo(s.h0 + n * H + column, count);
      }
      if constexpr (Cell::hasCellState) {
        c = loadUpTo(s.cells + (step.row + n) * H + column, count);
        if (!begins)
          cPrevious = loadUpTo(s.cells + (step.previousRow + n) * H + column, count);
        else if (s.c0)
          cPrevious = loadUpTo(s.c0 + n * H + column, count);
        dc = load(state.dc + r * ldH + column);
      }
      const int64_t at = (step.row + n) * B * H + column;
      if constexpr (Cell::savesGates) OSTINATO_UNROLL
      for (int b = 0; b < B; ++b) saved[b] = loadUpTo(s.gates + at + b * H, count);
      Cell::template backward<T>(saved, h, hPrevious, c, cPrevious, dh, dc, d, direct);
      OSTINATO_UNROLL
      for (int b = 0; b < B; ++b) storeUpTo(s.dGates + at + b * H, d[b], count);
      if constexpr (Cell::hasCellState) store(state.dc + r * ldH + column, dc);
      if (!P) store(state.dh + r * ldS + column, direct);
    }
  }

  // dh = direct path + dG * W_hh for rows n0 .. end-1.
  void recur(const Step& step, int64_t end, const State& state) const {
    const int64_t rows = end - state.n0;
    if (P)
      for (int64_t i = 0; i < rows * ldS; i += W<T>) store(state.dh + i, zero<T>());
    const T* const dG = s.dGates + (step.row + state.n0) * B * H;
    for (int64_t g = 0; g < hh.groups(); ++g) {
      const Panel<T> panel = hh.panel(g);
      T* const dh = state.dh + g * plainVectors * W<T>;
      forEachSavedRun<Cell>([&](int gate, int block, int count) {
        multiply<T>(rows, count * H, {dG + block * H, B * H, 1}, panel.from(gate * H), dh, ldS);
      });
    }
  }

  // gradX = dG * W_ih: all rows of all steps as one product.
  void inputGradient(Work& work, int64_t threads) {
    const int64_t R = steps.totalRows();
    auto pack = [&](int64_t part, int) {
      for (int64_t g = part; g < ih.groups(); g += threads) ih.pack(g, s.weightIh, false);
    };
    parallel(work, threads, pack);
    const int64_t blocks = ceilDiv(R, rowBlock);
    auto body = [&](int64_t part, int worker) {
      T* const tile = reinterpret_cast<T*>(work.scratch(work, worker));
      for (int64_t block = blocks * part / threads; block < blocks * (part + 1) / threads;
           ++block) {
        const int64_t row = block * rowBlock, rows = R - row < rowBlock ? R - row : rowBlock;
        for (int64_t g = 0; g < ih.groups(); ++g) {
          const Panel<T> panel = ih.panel(g);
          const int64_t ld = panel.vectors * W<T>;
          for (int64_t i = 0; i < rows * ld; i += W<T>) store(tile + i, zero<T>());
          multiply<T>(rows, G * H, {s.dGates + row * B * H, B * H, 1}, panel, tile, ld);
          for (int64_t r = 0; r < rows; ++r) {
            // Row row + r of [R, .]: a packed row, or (t, n).
            const int64_t t = s.batchSizes ? 0 : (row + r) / s.batch;
            T* const to =
                gradX.at(t, row + r) + (s.batchSizes ? 0 : (row + r) % s.batch * gradX.strideN);
            for (int64_t v = 0; v < panel.vectors; ++v) {
              const int64_t column = (g * plainVectors + v) * W<T>;
              storeUpTo(to + column, load(tile + r * ld + v * W<T>), I - column);
            }
          }
        }
      }
    };
    parallel(work, threads, body);
  }

  const SequenceBackward<T>& s;
  const int64_t I, H, P, S;
  const Steps steps;
  const SequenceArray<const T> x, out, gradOut;
  const SequenceArray<T> gradX;
  const PlainPanels<T> hh, hr,
      ih;  // hr behind hh; ih in their place when they are no longer needed
  int64_t ldS, ldH;
};

}  // namespace ostinato::OSTINATO_ISA
