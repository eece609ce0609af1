// The forward pass of few rows, whose cost is reading the weights. The x-part of the
// pre-activations is computed for many steps at a time; then each step adds its h-part, the groups
// of units in alternating order, because what one step read last is what the caches still hold.
//
// Weights that are not packed yet are packed group by group at their first use, when they are on
// their way through the cache anyway. Several workers may share the hidden units; they meet after
// each step.
#pragma once

#include "../work.h"
#include "forward_states.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
class ForwardFew : protected ForwardStates<T> {
  using Base = ForwardStates<T>;
  using Base::B, Base::cell, Base::G, Base::H, Base::I, Base::out, Base::P, Base::s, Base::S,
      Base::steps, Base::UB, Base::w, Base::x;
  using typename Base::Part;
  // About how many rows of x one chunk has.
  static constexpr int64_t chunkRows = 96;
  // What the pre-activations of a chunk may take of the scratch.
  static constexpr int64_t room = Work::scratchBytes / int64_t(sizeof(T)) / 2;

 public:
  static constexpr int64_t mostFewRows = 16;
  using Base::finalState;

  ForwardFew(const Cell<T>& cell, const SequenceForward<T>& s) : Base(cell, s) {}

  // Whether the path can be taken for so many rows.
  bool fits(int64_t rows) const {
    return rows <= mostFewRows && rows * w.unitVectors * B * W<T> <= room &&
           UB * G * W<T> * I <= room / 2 && S <= room / 4;
  }
  // Whether the weights may be packed on the way: when W_hh is used at all, so that NaN or Inf in
  // it is found, and when the pass can then start again.
  bool packsOnTheWay() const {
    if (s.packedReady || s.batch == 0 || (s.batchSizes && s.batchSizes[0] == 0)) return false;
    if (s.h0) return true;
    const bool used = s.steps > 1 && (!s.batchSizes || s.batchSizes[1] > 0);
    return used && !(cell.hasCellState && s.c0 && s.c0 == s.cN);
  }

  // The part'th of `parts` shares of the hidden units for rows n0 .. n1-1. onTheWay: pack at first
  // use. The parts meet in `work`, unless it is null.
  void run(int64_t n0, int64_t n1, int64_t part, int64_t parts, bool onTheWay, T* scratch,
           Work* work) const {
    if (n0 >= n1) return;
    const Part own = {n0, n1, w.groups * part / parts, w.groups * (part + 1) / parts};
    const int64_t hrGroups = P ? w.hr().groups() : 0;
    const int64_t hr0 = hrGroups * part / parts, hr1 = hrGroups * (part + 1) / parts;
    if (onTheWay) {
      for (int64_t g = own.g0; g < own.g1; ++g) w.packBias(g, s.biasIh, s.biasHh);
      for (int64_t g = hr0; g < hr1; ++g) w.hr().pack(g, s.weightHr, true);
      if (part == 0) w.setFinite(true);
      meet(work);
    }
    bool withZeros = !s.h0 && !onTheWay && !w.finite();
    // A second time when W_hh turned out to hold NaN or Inf although a first step has skipped it.
    while (!allSteps(own, withZeros, onTheWay, hr0, hr1, scratch, work)) withZeros = true;
  }

 private:
  static void meet(Work* work) {
    if (work) work->meet(*work);
  }

  bool allSteps(const Part& own, bool withZeros, bool onTheWay, int64_t hr0, int64_t hr1,
                T* scratch, Work* work) const {
    this->startCells(own);
    const int64_t rows = own.n1 - own.n0, n0 = own.n0;
    T* const tile = scratch;
    T* const zeros = tile + Base::tileElements;
    T* const panel = zeros + ceilDiv(S, W<T>) * W<T>;
    T* const pre = panel + UB * G * W<T> * I;
    for (int64_t k = 0; k < S && withZeros; ++k) zeros[k] = 0;
    const int64_t groupElements = UB * B * W<T>, ld = (own.g1 - own.g0) * groupElements;
    const int64_t limit = least(chunkRows, ld > 0 ? room / ld : chunkRows);
    const int64_t chunkSteps = limit > rows ? limit / rows : 1;
    bool packH = onTheWay;
    StepWalk walk(steps, false);
    Step step;
    int64_t chunkT = 0;
    while (walk.next(step)) {
      if (step.index % chunkSteps == 0) {
        const int64_t last = least(step.index + chunkSteps, s.steps);
        chunkT = s.reverse ? s.steps - last : step.index;
        inputChunk(chunkT, last - step.index, own, step, onTheWay && step.index == 0, panel, pre,
                   ld);
      }
      const int64_t active = least(step.rows, own.n1);
      if (active <= n0) continue;
      const bool recurs = s.h0 || withZeros || step.continuing > n0;
      bool finite = true;
      for (int64_t i = 0; i < own.g1 - own.g0; ++i) {
        const int64_t group = (step.index & 1) ? own.g1 - 1 - i : own.g0 + i;
        T* const a = pre + (step.t - chunkT) * rows * ld + (group - own.g0) * groupElements;
        if (recurs && packH) {
          w.packH(group, s.weightHh);
          if (!(s.h0 && s.training) && !w.finite(group)) finite = false;
        }
        if (recurs) recur(step, group, n0, active, withZeros ? zeros : nullptr, a, ld);
        this->finish(step, group, n0, active, a, ld);
      }
      const bool checks = recurs && packH && !s.h0 && !withZeros;
      if (recurs) packH = false;
      if (!finite) w.setFinite(false);
      if (P) {
        meet(work);
        this->project(step, n0, active, hr0, hr1, tile);
      }
      meet(work);
      if (checks && !w.finite()) return false;
    }
    return true;
  }

  // Bias and x-part of `count` steps from t on: row (t' - t) * (n1 - n0) + n - n0 of pre. The panel
  // is packed when `pack`: into `panel` when it will not be needed again.
  void inputChunk(int64_t t, int64_t count, const Part& own, const Step& step, bool pack, T* single,
                  T* pre, int64_t ld) const {
    const int64_t n0 = own.n0, n1 = own.n1, rows = n1 - n0;
    for (int64_t group = own.g0; group < own.g1; ++group) {
      T* const c = pre + (group - own.g0) * UB * B * W<T>;
      Panel<T> panel = w.x(group);
      if (pack) {
        if (s.training && count == s.steps) panel = panelOf<T>(single, panel.vectors, I);
        w.packX(group, s.weightIh, panel);
      }
      const T* const bias = w.bias(group);
      if (B > G)
        for (int64_t r = 0; r < count * rows; ++r)
          for (int64_t v = G; v < B; ++v) store(c + r * ld + v * W<T>, load(bias + v * W<T>));
      if (s.batchSizes) {
        // Rows of packed steps follow one another; step.row is the first of the chunk, or in
        // reverse the first of its last step.
        int64_t row = step.row;
        if (s.reverse)
          for (int64_t i = 0; i + 1 < count; ++i) row -= s.batchSizes[t + i];
        for (int64_t i = 0; i < count; ++i) {
          const int64_t active = least(s.batchSizes[t + i], n1);
          multiply<T>(active - n0, I, {s.x + (row + n0) * s.xStrideN, s.xStrideN, 1}, panel, bias,
                      c + i * rows * ld, ld);
          row += s.batchSizes[t + i];
        }
      } else if (s.xStrideT == rows * s.xStrideN) {
        multiply<T>(count * rows, I, {s.x + t * s.xStrideT + n0 * s.xStrideN, s.xStrideN, 1}, panel,
                    bias, c, ld);
      } else {
        for (int64_t n = n0; n < n1; ++n)
          multiply<T>(count, I, {s.x + t * s.xStrideT + n * s.xStrideN, s.xStrideT, 1}, panel, bias,
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
                  panel, nullptr, c, ld);
    if (s.h0)
      multiply<T>(end - middle, S, {s.h0 + middle * S, S, 1}, panel, nullptr, c + (middle - n) * ld,
                  ld);
    else if (zeros)
      multiply<T>(end - middle, S, {zeros, 0, 1}, panel, nullptr, c + (middle - n) * ld, ld);
  }
};

}  // namespace ostinato::OSTINATO_ISA
