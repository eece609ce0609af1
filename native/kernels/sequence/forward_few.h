// The forward pass of few rows, whose cost is reading the weights. The x-part of the
// pre-activations is computed for many steps at a time; then each step adds its h-part, the groups
// of units in alternating order, because what one step read last is what the caches still hold.
//
// Weights that are not packed yet are packed a few vectors at a time at their first use, which brings
// them into the cache anyway. Several workers may share the hidden units, with a
// barrier after each step.
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
  static constexpr int64_t capacity = Work::scratchBytes / int64_t(sizeof(T)) / 2;

 public:
  static constexpr int64_t maxFewRows = 16;
  using Base::finalState;

  ForwardFew(const Cell<T>& cell, const SequenceForward<T>& s) : Base(cell, s) {}

  // Whether the path can be taken for so many rows.
  bool fits(int64_t rows) const {
    return rows <= maxFewRows && rows * w.unitVectors * B * W<T> <= capacity &&
           plainVectors * W<T> * (I + S) <= capacity / 2 && S <= capacity / 4;
  }
  // Whether the weights may be packed at their first use: when W_hh is used at all, so that NaN or Inf in
  // it is found, and when the pass can then start again.
  bool packsOnFirstUse() const {
    if (s.packedReady || s.batch == 0 || (s.batchSizes && s.batchSizes[0] == 0)) return false;
    if (s.h0) return true;
    const bool used = s.steps > 1 && (!s.batchSizes || s.batchSizes[1] > 0);
    return used && !(cell.hasCellState && s.c0 && s.c0 == s.cN);
  }

  // The part'th of `parts` shares of the hidden units for rows n0 .. n1-1. packOnFirstUse: the weights are not packed
  // yet. The parts synchronize on `work`, unless it is null.
  void run(int64_t n0, int64_t n1, int64_t part, int64_t parts, bool packOnFirstUse, T* scratch,
           Work* work) const {
    if (n0 >= n1) return;
    const Part share = {n0, n1, w.groups * part / parts, w.groups * (part + 1) / parts};
    const int64_t hrGroups = P ? w.hr().groups() : 0;
    const int64_t hr0 = hrGroups * part / parts, hr1 = hrGroups * (part + 1) / parts;
    if (packOnFirstUse) {
      for (int64_t g = share.g0; g < share.g1; ++g) w.packBias(g, s.biasIh, s.biasHh);
      for (int64_t g = hr0; g < hr1; ++g) w.hr().pack(g, s.weightHr, true);
      if (part == 0) w.begin();
      barrier(work);
    }
    const int order = w.order();
    bool withZeros = !s.h0 && !packOnFirstUse && !w.finite();
    // A second time when W_hh turned out to hold NaN or Inf although a first step has skipped it.
    while (!allSteps(share, withZeros, packOnFirstUse, order, hr0, hr1, scratch, work))
      withZeros = true;
    if (part == 0) w.setOrder(int(order + s.steps) & 1);
  }

 private:
  static void barrier(Work* work) {
    if (work) work->barrier(*work);
  }

  bool allSteps(const Part& share, bool withZeros, bool packOnFirstUse, int order, int64_t hr0,
                int64_t hr1, T* scratch, Work* work) const {
    this->startCells(share);
    const int64_t rows = share.n1 - share.n0, n0 = share.n0;
    T* const tile = scratch;
    T* const zeros = tile + Base::tileElements;
    T* const scratchPanel = zeros + ceilDiv(S, W<T>) * W<T>;
    T* const pre = scratchPanel + plainVectors * W<T> * (I + S);
    for (int64_t k = 0; k < S && withZeros; ++k) zeros[k] = 0;
    const int64_t groupElements = UB * B * W<T>, ld = (share.g1 - share.g0) * groupElements;
    const int64_t limit = min(chunkRows, ld > 0 ? capacity / ld : chunkRows);
    const int64_t chunkSteps = limit > rows ? limit / rows : 1;
    const bool oneStepPerChunk = chunkSteps == 1 || s.steps == 1;
    bool packX = packOnFirstUse, packH = packOnFirstUse;
    StepWalk walk(steps, false);
    Step step;
    Chunk chunk = {0, 0, nullptr, pre, ld};
    while (walk.next(step)) {
      if (step.index % chunkSteps == 0) {
        const int64_t last = min(step.index + chunkSteps, s.steps);
        chunk.t = s.reverse ? s.steps - last : step.index;
        chunk.steps = last - step.index;
        chunk.scratchPanel = s.training && chunk.steps == s.steps ? scratchPanel : nullptr;
      }
      if (!oneStepPerChunk && step.index % chunkSteps == 0) {
        for (int64_t i = 0; i < share.g1 - share.g0; ++i) inputOf(chunk, share, i, step, packX, 0);
        packX = false;
      }
      const int64_t active = min(step.rows, share.n1);
      if (active <= n0) continue;
      const bool hasHiddenTerm = s.h0 || withZeros || step.carriedRows > n0;
      bool finite = true;
      for (int64_t count = share.g1 - share.g0, j = 0; j < count; ++j) {
        const bool down = (step.index + order) & 1;
        const int64_t i = down ? count - 1 - j : j, group = share.g0 + i;
        // The group after this one, whose weights are asked for while this one's are used.
        const int64_t next = w.bytes() > inCache && j + 1 < count ? down ? -1 : 1 : 0;
        if (oneStepPerChunk) inputOf(chunk, share, i, step, packX, next);
        T* const a = pre + (step.t - chunk.t) * rows * ld + i * groupElements;
        if (hasHiddenTerm)
          finite &= recur(step, group, n0, active, withZeros ? zeros : nullptr, a, ld, packH,
                          s.training && step.index + 1 == s.steps ? scratchPanel : nullptr, next);
        this->finish(step, group, n0, active, a, ld);
      }
      const bool checks = hasHiddenTerm && packH && !s.h0 && !withZeros;
      packX = false;
      if (hasHiddenTerm) packH = false;
      if (!finite) w.setFinite(false);
      if (P) {
        barrier(work);
        this->project(step, n0, active, hr0, hr1, tile);
      }
      barrier(work);
      if (checks && !w.finite()) return false;
    }
    return true;
  }

  // The x-part of `steps` steps from t on, row (t' - t) * rows + n - n0 at pre + row * ld. scratchPanel:
  // where to pack weights that are not used again.
  struct Chunk {
    int64_t t, steps;
    T* scratchPanel;
    T* pre;
    int64_t ld;
  };

  // Calls body(v, panel) for the vectors of a panel: for all of them, or (pack not null) for as few
  // as a tile of so many rows takes, pack(v, panel) coming first. They go to `scratchPanel` unless that
  // is null.
  template <class Pack, class Body>
  static OSTINATO_INLINE void withPanel(const Panel<T>& panel, int64_t rows, int64_t K, bool packs,
                                        T* scratchPanel, Pack pack, Body body) {
    if (!packs) return body(0, panel);
    const int64_t step = tileVectors(int(min(rows, tileRows)));
    for (int64_t v = 0; v < panel.vectors; v += step) {
      const int64_t count = min(step, panel.vectors - v);
      const Panel<T> part =
          scratchPanel ? panelOf<T>(scratchPanel, count, K) : panel.part(v, count);
      pack(v, part);
      body(v, part);
    }
  }

  // Bias and x-part of a chunk for group share.g0 + i.
  void inputOf(const Chunk& chunk, const Part& share, int64_t i, const Step& step, bool pack,
               int64_t next) const {
    const int64_t n0 = share.n0, n1 = share.n1, rows = n1 - n0, ld = chunk.ld, group = share.g0 + i;
    const int64_t t = chunk.t, count = chunk.steps;
    T* const pre = chunk.pre + i * UB * B * W<T>;
    const T* const bias = w.bias(group);
    const Panel<T> all = w.x(group);
    const int64_t distance = next && !pack ? w.x(group + next).p - all.p : 0;
    for (int64_t r = 0; r < count * rows && B > G; ++r)
      for (int64_t v = G; v < B; ++v) store(pre + r * ld + v * W<T>, load(bias + v * W<T>));
    const auto packing = [&](int64_t v, const Panel<T>& part) {
      w.packX(group, v, s.weightIh, part);
    };
    withPanel(all, count * rows, I, pack, chunk.scratchPanel, packing,
              [&](int64_t v, const Panel<T>& panel) {
                T* const c = pre + v * W<T>;
                const T* const start = bias + v * W<T>;
                if (s.batchSizes) {
                  // Rows of packed steps follow one another; step.row is the first of the chunk, or
                  // in reverse the first of its last step.
                  int64_t row = step.row;
                  if (s.reverse)
                    for (int64_t j = 0; j + 1 < count; ++j) row -= s.batchSizes[t + j];
                  for (int64_t j = 0; j < count; ++j) {
                    const int64_t active = min(s.batchSizes[t + j], n1);
                    multiply<T>(active - n0, I, {s.x + (row + n0) * s.xStrideN, s.xStrideN}, panel,
                                start, c + j * rows * ld, ld);
                    row += s.batchSizes[t + j];
                  }
                } else if (s.xStrideT == rows * s.xStrideN || count == 1) {
                  multiply<T>(count * rows, I, {s.x + t * s.xStrideT + n0 * s.xStrideN, s.xStrideN},
                              panel, start, c, ld, distance);
                } else {
                  for (int64_t n = n0; n < n1; ++n)
                    multiply<T>(count, I, {s.x + t * s.xStrideT + n * s.xStrideN, s.xStrideT},
                                panel, start, c + (n - n0) * ld, rows * ld);
                }
              });
  }

  // pre += h * W_hh for rows n .. end-1 of the step. Whether what was packed is finite.
  bool recur(const Step& step, int64_t group, int64_t n, int64_t end, const T* zeros, T* pre,
             int64_t ld, bool pack, T* scratchPanel, int64_t next) const {
    const Panel<T> all = w.h(group);
    const int64_t distance = next && !pack ? w.h(group + next).p - all.p : 0;
    const int64_t firstNewRow = step.carriedRows < n     ? n
                                : step.carriedRows < end ? step.carriedRows
                                                         : end;
    bool finite = true;
    const auto packing = [&](int64_t v, const Panel<T>& part) {
      w.packH(group, v, s.weightHh, part);
      // Nobody asks where a state is given and the packed weights are not kept.
      if (!(s.h0 && s.training)) finite &= w.finite(part);
    };
    withPanel(all, end - n, S, pack, scratchPanel, packing, [&](int64_t v, const Panel<T>& panel) {
      T* const c = pre + (B - G + v) * W<T>;
      if (firstNewRow > n)
        multiply<T>(firstNewRow - n, S,
                    {out.at(step.previousT, step.previousRow) + n * out.strideN, out.strideN},
                    panel, nullptr, c, ld, distance);
      if (s.h0)
        multiply<T>(end - firstNewRow, S, {s.h0 + firstNewRow * S, S}, panel, nullptr,
                    c + (firstNewRow - n) * ld, ld, distance);
      else if (zeros)
        multiply<T>(end - firstNewRow, S, {zeros, 0}, panel, nullptr, c + (firstNewRow - n) * ld,
                    ld);
    });
    return finite;
  }
};

}  // namespace ostinato::OSTINATO_ISA
