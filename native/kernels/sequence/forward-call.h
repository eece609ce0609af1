// One call of the forward pass: its sizes and arrays, and what both ways of computing it share, from the
// pre-activations of some rows and units to their states (the cell's epilogue, the projection, the
// first and the last state). How pre-activations come about is in forward-many.h and forward-few.h.
//
// A hidden unit's pre-activation is one chain of fused multiply-adds: the bias, the features of x,
// then the features of h. (GRU's candidate keeps its two products apart.) Finally +0 is added,
// which turns a -0 into +0 and changes nothing else. That is why a null h0 may skip the product of
// the first step and still give the bits of given zeros: over finite weights that product can alter
// no more than the sign of a zero. Over weights that hold NaN or Inf it is not skipped, so NaN
// comes out as it does of given zeros.
#pragma once

#include "steps.h"
#include "weights.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
struct ForwardCall {
  // Elements of scratch in which pre-activations of up to maxRows rows of a group fit into L1.
  static constexpr int64_t tileElements = maxRows * 4 * W<T>;

  const Cell<T>& cell;
  const SequenceForward<T>& s;
  const int64_t G, B, UB;  // the cell's gates, blocks and unitBlocks
  const int64_t I, H, P, S;
  const PackedWeights<T> w;
  const Steps steps;
  const SequenceArray<const T> x;
  const SequenceArray<T> out;
  // What W_hh multiplies: the states before, or those with recurrent dropout.
  const SequenceArray<const T> recurrent;
  const T* const recurrentH0;

  ForwardCall(const Cell<T>& cell, const SequenceForward<T>& s)
      : cell(cell),
        s(s),
        G(cell.gates),
        B(cell.blocks),
        UB(cell.unitBlocks),
        I(s.inputSize),
        H(s.hiddenSize),
        P(s.projSize),
        S(P ? P : H),
        w(cell, I, H, P, s.packed),
        steps{s.steps, s.batch, s.reverse != 0, s.batchSizes},
        x{s.x, s.xStrideT, s.xStrideN, s.batchSizes != nullptr},
        out{s.out, s.outStrideT, s.outStrideN, s.batchSizes != nullptr},
        recurrent{s.recurrent ? s.recurrent : s.out, s.recurrent ? s.batch * S : s.outStrideT,
                  s.recurrent ? S : s.outStrideN, s.batchSizes != nullptr},
        recurrentH0(s.recurrent ? s.recurrentH0 : s.h0) {}

  // From the pre-activations of a group, row n's at pre, to the states of rows n .. end-1.
  void finish(const Step& step, int64_t group, int64_t n, int64_t end, T* pre, int64_t ld) const {
    const StatePlace<T> place = {s, out, step};
    for (int unit = 0; unit < w.units(group); ++unit)
      cell.states(place, (group * UB + unit) * W<T>, n, end, pre + unit * B * W<T>, ld);
  }

  int64_t projectedRow(const Step& step) const { return s.training ? step.row : 0; }

  // h = W_hr * projected for rows n .. end-1 and the groups g0 .. g1-1 of W_hr.
  void project(const Step& step, int64_t n, int64_t end, int64_t g0, int64_t g1, T* tile) const {
    const PlainPanels<T> hr = w.hr();
    for (int64_t group = g0; group < g1; ++group) {
      const Panel<T> panel = hr.panel(group);
      const int64_t ld = panel.vectors * W<T>;
      for (int64_t row = n; row < end; row += maxRows) {
        const int64_t rows = min(end - row, maxRows);
        const T* const from = s.projected + (projectedRow(step) + row) * H;
        multiply<T>(rows, H, {from, H}, panel, zeroRow<T>, tile, ld);
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t v = 0; v < panel.vectors; ++v) {
            const int64_t column = (group * plainVectors + v) * W<T>;
            store(out.at(step.t, step.row) + (row + r) * out.strideN + column,
                  load(tile + r * ld + v * W<T>), P - column);
          }
      }
    }
  }

  // cN, the running cell state, becomes c0 for rows n0 .. n1-1 and the units of groups g0 .. g1-1.
  void startCells(int64_t n0, int64_t n1, int64_t g0, int64_t g1) const {
    if (!cell.hasCellState) return;
    const int64_t from = g0 * UB * W<T>, to = min(g1 * UB * W<T>, H);
    for (int64_t n = n0; n < n1; ++n)
      for (int64_t k = from; k < to; ++k) s.cN[n * H + k] = s.c0 ? s.c0[n * H + k] : T(0);
  }

  // hN out of the output: each row's state after its own last step, or the initial one.
  void finalState() const {
    int64_t t = 0, row = 0;  // the last row of the batch has the fewest steps
    for (int64_t n = s.batch - 1; n >= 0; --n) {
      const T* from = s.h0 ? s.h0 + n * S : nullptr;
      if (!s.batchSizes) {
        from = out.at(s.reverse ? 0 : s.steps - 1, 0) + n * out.strideN;
      } else if (s.steps > 0 && s.batchSizes[0] > n) {
        while (t + 1 < s.steps && s.batchSizes[t + 1] > n) row += s.batchSizes[t++];
        from = s.out + ((s.reverse ? 0 : row) + n) * out.strideN;
      }
      for (int64_t k = 0; k < S; ++k) s.hN[n * S + k] = from ? from[k] : T(0);
    }
  }
};

}  // namespace ostinato::OSTINATO_ISA
