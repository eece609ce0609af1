// The forward pass of few rows, whose cost is reading the weights. The x-part of the
// pre-activations is computed for many steps at a time, a chunk; then each step adds its h-part, the groups
// of units in alternating order, because what one step read last is what the caches still hold.
//
// Weights that are not packed yet are packed a few vectors at a time at their first use, which brings
// them into the cache anyway. Several workers may share the hidden units, with a
// barrier after each step.
#pragma once

#include "../work.h"
#include "forward-call.h"

namespace ostinato::OSTINATO_ISA {

// What one worker computes, and with what.
template <class T>
struct FewRowsShare {
  int64_t n0, n1;       // rows of the batch
  int part, parts;      // which of how many parts of the hidden units
  bool packOnFirstUse;  // the weights are not packed yet
  int order;            // 0 or 1: whether the first step takes the groups upward or downward
  T* scratch;
  Work* work;  // the parts synchronize on it; null where a worker computes all units
};

template <class T>
class ForwardFew {
  // About how many rows of x one chunk has.
  static constexpr int64_t chunkRows = 96;
  // What the pre-activations of a chunk may take of the scratch.
  static constexpr int64_t capacity = Work::scratchBytes / int64_t(sizeof(T)) / 2;
  static constexpr int64_t maxFewRows = 16;

 public:
  // Whether the path can be taken for so many rows.
  static bool fits(const ForwardCall<T>& call, int64_t rows) {
    return rows <= maxFewRows && rows * call.w.unitVectors * call.B * W<T> <= capacity &&
           plainVectors * W<T> * (call.I + call.S) <= capacity / 2 && call.S <= capacity / 4;
  }
  // Whether the weights may be packed at their first use: when W_hh is used at all, so that NaN or Inf in
  // it is found, and when the pass can then start again.
  static bool packsOnFirstUse(const ForwardCall<T>& call) {
    const SequenceForward<T>& s = call.s;
    if (s.packedReady || s.batch == 0 || (s.batchSizes && s.batchSizes[0] == 0)) return false;
    if (s.h0) return true;
    const bool used = s.steps > 1 && (!s.batchSizes || s.batchSizes[1] > 0);
    return used && !(call.cell.hasCellState && s.c0 && s.c0 == s.cN);
  }

  ForwardFew(const ForwardCall<T>& call, const FewRowsShare<T>& share)
      : call(call),
        s(call.s),
        w(call.w),
        packer(w, s),
        share(share),
        n0(share.n0),
        n1(share.n1),
        g0(w.groups * share.part / share.parts),
        g1(w.groups * (share.part + 1) / share.parts),
        hr0(w.hrGroups() * share.part / share.parts),
        hr1(w.hrGroups() * (share.part + 1) / share.parts),
        tile(share.scratch),
        zeros(tile + ForwardCall<T>::tileElements),
        scratchPanel(zeros + roundUp(call.S, W<T>)),
        pre(scratchPanel + plainVectors * W<T> * (call.I + call.S)),
        groupElements(call.UB * call.B * W<T>),
        ld((g1 - g0) * groupElements) {
    const int64_t rows = n1 - n0, limit = min(chunkRows, ld > 0 ? capacity / ld : chunkRows);
    chunkSteps = limit > rows ? limit / rows : 1;
    oneStepPerChunk = chunkSteps == 1 || s.steps == 1;
  }

  void run() {
    if (share.packOnFirstUse) {
      for (int64_t g = g0; g < g1; ++g) packer.packBias(g);
      for (int64_t g = hr0; g < hr1; ++g) packer.packHr(g);
    }
    if (!s.h0 && !share.packOnFirstUse && !w.finite()) multipliesZeros = true;
    if (allSteps()) return;
    // W_hh, packed at the second step, holds NaN or Inf; the first one has left it out.
    multipliesZeros = true;
    allSteps();
  }

 private:
  void barrier() const {
    if (share.work) share.work->barrier(*share.work);
  }

  // False when the pass must start again, multipliesZeros being true.
  bool allSteps() {
    call.startCells(n0, n1, g0, g1);
    for (int64_t k = 0; k < call.S && multipliesZeros; ++k) zeros[k] = 0;
    packsX = packsH = share.packOnFirstUse;
    StepWalk walk(call.steps, false);
    Step step;
    while (walk.next(step)) {
      if (step.index % chunkSteps == 0) startChunk(step);
      const int64_t end = min(step.rows, n1);
      if (end > n0 && !oneStep(step, end)) return false;
    }
    return true;
  }

  void startChunk(const Step& step) {
    const int64_t last = min(step.index + chunkSteps, s.steps);
    chunk.t = s.reverse ? s.steps - last : step.index;
    chunk.steps = last - step.index;
    chunk.keepsPanels = !(s.training && chunk.steps == s.steps);
    if (oneStepPerChunk) return;
    for (int64_t group = g0; group < g1; ++group) inputPart(step, group, 0);
    packsX = false;
  }

  // Rows n0 .. end-1 of a step. False when W_hh is found not to be finite too late.
  bool oneStep(const Step& step, int64_t end) {
    const bool hasHiddenPart = s.h0 || multipliesZeros || step.carriedRows > n0;
    const bool checks = hasHiddenPart && packsH && !s.h0 && !multipliesZeros;
    const bool down = (step.index + share.order) & 1;
    bool finite = true;
    for (int64_t count = g1 - g0, i = 0; i < count; ++i) {
      const int64_t group = down ? g1 - 1 - i : g0 + i;
      // To the group after this one, whose weights are prefetched while this one's are used.
      const int64_t next = w.bytes() > inCache && i + 1 < count ? down ? -1 : 1 : 0;
      if (oneStepPerChunk) inputPart(step, group, next);
      if (hasHiddenPart) finite &= hiddenPart(step, group, end, next);
      call.finish(step, group, n0, end, preOf(step, group), ld);
    }
    packsX = false;
    if (hasHiddenPart) packsH = false;
    if (!finite) packer.setFinite(false);
    if (call.P) {
      barrier();
      call.project(step, n0, end, hr0, hr1, tile);
    }
    barrier();
    return !checks || w.finite();
  }

  // Pre-activations of row n0 at a step of the chunk; those of row n are (n - n0) * ld further.
  T* preOf(const Step& step, int64_t group) const {
    return pre + (step.t - chunk.t) * (n1 - n0) * ld + (group - g0) * groupElements;
  }

  // Calls body(v, panel) for the vectors of a panel: for all of them, or where they are to be packed for as
  // few as a tile of so many rows takes, pack(v, panel) coming first. Panels that are not used
  // again are packed in the scratch.
  template <class Pack, class Body>
  OSTINATO_INLINE void withPanel(const Panel<T>& panel, int64_t rows, int64_t K, bool packs,
                                 bool keeps, Pack pack, Body body) const {
    if (!packs) return body(0, panel);
    const int64_t step = tileVectors(int(min(rows, tileRows)));
    for (int64_t v = 0; v < panel.vectors; v += step) {
      const int64_t count = min(step, panel.vectors - v);
      const Panel<T> part = keeps ? panel.part(v, count) : panelOf<T>(scratchPanel, count, K);
      pack(v, part);
      body(v, part);
    }
  }

  // Bias and x-part of the chunk, whose first step is given, for one group.
  void inputPart(const Step& first, int64_t group, int64_t next) const {
    const int64_t I = call.I, G = call.G, B = call.B;
    const int64_t t = chunk.t, count = chunk.steps, rows = n1 - n0;
    T* const to = pre + (group - g0) * groupElements;
    const T* const bias = w.bias(group);
    const Panel<T> all = w.x(group);
    const int64_t distance = next && !packsX ? w.x(group + next).p - all.p : 0;
    for (int64_t r = 0; r < count * rows && B > G; ++r)
      for (int64_t v = G; v < B; ++v) store(to + r * ld + v * W<T>, load(bias + v * W<T>));
    const auto pack = [&](int64_t v, const Panel<T>& part) { packer.packX(group, v, part); };
    const auto multiplyPart = [&](int64_t v, const Panel<T>& panel) {
      T* const c = to + v * W<T>;
      const T* const start = bias + v * W<T>;
      if (s.batchSizes) {
        // Rows of packed steps follow one another; first.row is that of the chunk's first step, in
        // reverse of the last one in memory.
        int64_t row = first.row;
        if (s.reverse)
          for (int64_t j = 0; j + 1 < count; ++j) row -= s.batchSizes[t + j];
        for (int64_t j = 0; j < count; ++j) {
          const int64_t active = min(s.batchSizes[t + j], n1);
          multiply<T>(active - n0, I, {s.x + (row + n0) * s.xStrideN, s.xStrideN}, panel, start,
                      c + j * rows * ld, ld);
          row += s.batchSizes[t + j];
        }
      } else if (s.xStrideT == rows * s.xStrideN || count == 1) {
        multiply<T>(count * rows, I, {s.x + t * s.xStrideT + n0 * s.xStrideN, s.xStrideN}, panel,
                    start, c, ld, distance);
      } else {
        for (int64_t n = n0; n < n1; ++n)
          multiply<T>(count, I, {s.x + t * s.xStrideT + n * s.xStrideN, s.xStrideT}, panel, start,
                      c + (n - n0) * ld, rows * ld);
      }
    };
    withPanel(all, count * rows, I, packsX, chunk.keepsPanels, pack, multiplyPart);
  }

  // pre += h * W_hh for rows n0 .. end-1 of a step and one group. Whether what was packed is finite.
  bool hiddenPart(const Step& step, int64_t group, int64_t end, int64_t next) const {
    const int64_t S = call.S;
    const SequenceArray<const T>& recurrent = call.recurrent;
    const T* const h0 = call.recurrentH0;
    const Panel<T> all = w.h(group);
    const int64_t distance = next && !packsH ? w.h(group + next).p - all.p : 0;
    const int64_t firstNewRow = max(n0, min(step.carriedRows, end));
    T* const to = preOf(step, group) + (call.B - call.G) * W<T>;
    bool finite = true;
    const auto pack = [&](int64_t v, const Panel<T>& part) {
      packer.packH(group, v, part);
      // Not needed where a state is given and the packed weights are not kept.
      if (!(s.h0 && s.training)) finite &= packer.finite(part);
    };
    const auto multiplyPart = [&](int64_t v, const Panel<T>& panel) {
      T* const c = to + v * W<T>;
      if (firstNewRow > n0)
        multiply<T>(firstNewRow - n0, S,
                    {recurrent.at(step.previousT, step.previousRow) + n0 * recurrent.strideN,
                     recurrent.strideN},
                    panel, nullptr, c, ld, distance);
      if (h0)
        multiply<T>(end - firstNewRow, S, {h0 + firstNewRow * S, S}, panel, nullptr,
                    c + (firstNewRow - n0) * ld, ld, distance);
      else if (multipliesZeros)
        multiply<T>(end - firstNewRow, S, {zeros, 0}, panel, nullptr, c + (firstNewRow - n0) * ld,
                    ld);
    };
    withPanel(all, end - n0, S, packsH, !(s.training && step.index + 1 == s.steps), pack,
              multiplyPart);
    return finite;
  }

  const ForwardCall<T>& call;
  const SequenceForward<T>& s;
  const PackedWeights<T>& w;
  const WeightPacker<T> packer;
  const FewRowsShare<T> share;
  // The worker's rows, groups of hidden units and groups of W_hr.
  const int64_t n0, n1, g0, g1, hr0, hr1;
  // Scratch: of a projection; [S] zeros; plainVectors vectors of weights; a chunk's pre-activations.
  T *const tile, *const zeros, *const scratchPanel, *const pre;
  const int64_t groupElements, ld;  // of pre-activations: from group to group, from row to row
  int64_t chunkSteps;
  bool oneStepPerChunk;

  // A null h0 is multiplied by W_hh, because of NaN and Inf in it (forward-call.h).
  bool multipliesZeros = false;
  // The next use of W_ih, of W_hh is their first.
  bool packsX = false, packsH = false;
  // Steps t .. t + steps - 1 in memory. keepsPanels: later chunks use the weights that it packs.
  struct {
    int64_t t, steps;
    bool keepsPanels;
  } chunk = {};
};

}  // namespace ostinato::OSTINATO_ISA
