// The forward pass of many rows: each step's x and h as one product, whose weights are packed in
// panels that stay in L1 for all row tiles. A worker takes its rows through the whole
// sequence; rows are independent.
#pragma once

#include "forward-call.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
class ForwardMany {
 public:
  explicit ForwardMany(const ForwardCall<T>& call) : call(call) {}

  // Rows n0 .. n1-1 of the batch, all steps. The weights are packed.
  void run(int64_t n0, int64_t n1, T* scratch) const {
    if (n0 >= n1) return;
    const T* const h0 = call.recurrentH0;
    call.startCells(n0, n1, 0, call.w.groups);
    T* const tile = scratch;
    T* free = tile + ForwardCall<T>::tileElements;
    const T* zeros = nullptr;
    if (!h0 && !call.w.finite()) {
      for (int64_t k = 0; k < call.S; ++k) free[k] = 0;
      zeros = free;
      free += roundUp(call.S, W<T>);
    }
    StepWalk walk(call.steps, false);
    Step step;
    while (walk.next(step)) {
      const int64_t active = min(step.rows, n1);
      if (active <= n0) continue;
      if (h0 || zeros) {
        oneStep(step, n0, active, true, zeros, tile, free);
      } else {
        const int64_t firstNewRow = step.carriedRows < n0 ? n0 : min(step.carriedRows, active);
        oneStep(step, n0, firstNewRow, true, zeros, tile, free);
        oneStep(step, firstNewRow, active, false, zeros, tile, free);
      }
      if (call.P) call.project(step, n0, active, 0, call.w.hrGroups(), tile);
    }
  }

 private:
  // Rows n0 .. n1-1 of a step. hasState: they have a state before (out, h0 or zeros).
  void oneStep(const Step& step, int64_t n0, int64_t n1, bool hasState, const T* zeros, T* tile,
               T* strips) const {
    const PackedWeights<T>& w = call.w;
    const SequenceArray<const T>& x = call.x;
    const SequenceArray<const T>& recurrent = call.recurrent;
    const T* const h0 = call.recurrentH0;
    const int64_t G = call.G, B = call.B, I = call.I, S = call.S, K = I + S;
    const bool joint = call.cell.concatenatesInputAndHidden();
    const int64_t block =
        n1 > n0 ? rowBlock<T>(n1 - n0, K, Work::scratchBytes / int64_t(sizeof(T))) : 1;
    for (int64_t n = n0; n < n1; n += block) {
      const int64_t end = min(n + block, n1), rows = end - n;
      // Of x and h as one matrix, or of each.
      const int64_t inputK = joint ? K : I, stateK = joint ? K : S, state0 = joint ? I : 0;
      T* const stateStrips = joint ? strips : strips + stripElements<T>(rows, I);
      const T* const input = x.at(step.t, step.row);
      copyStrips<T>(
          rows, inputK, 0, I, [&](int64_t r) { return input + (n + r) * x.strideN; }, strips);
      if (hasState) {
        const T* const output = recurrent.at(step.previousT, step.previousRow);
        copyStrips<T>(
            rows, stateK, state0, S,
            [&](int64_t r) {
              return n + r < step.carriedRows ? output + (n + r) * recurrent.strideN
                     : h0                     ? h0 + (n + r) * S
                                              : zeros;
            },
            stateStrips);
      }
      for (int64_t group = 0; group < w.groups; ++group) {
        const int64_t ld = w.units(group) * B * W<T>;
        const T* const next = group + 1 < w.groups ? w.x(group + 1).p : w.x(0).p;
        const T* const bias = w.bias(group);
        if (joint && hasState) {
          multiplyGroup(rows, K, K, strips, w.xh(group), bias, tile, ld, next);
        } else {
          // Blocks that only the product with h adds to.
          for (int64_t r = 0; r < rows && B > G; ++r)
            for (int64_t v = G; v < B; ++v) store(tile + r * ld + v * W<T>, load(bias + v * W<T>));
          multiplyGroup(rows, I, inputK, strips, w.x(group), bias, tile, ld,
                        hasState ? w.h(group).p : next);
          if (hasState)
            multiplyGroup(rows, S, stateK, stateStrips, w.h(group), nullptr, tile + (B - G) * W<T>,
                          ld, next);
        }
        call.finish(step, group, n, end, tile, ld);
      }
    }
  }

  // C = start + the first K columns of the strips of a matrix of `columns` columns * b.
  static void multiplyGroup(int64_t rows, int64_t K, int64_t columns, const T* strips,
                            const Panel<T>& b, const T* start, T* c, int64_t ldc, const T* next) {
    const int64_t depth = blockK<T>(columns);
    FilledStrips<T> a = {strips, rows, depth};
    if (rows < tileRows && tileVectors(int(rows)) > 1 && !vectorsTogether) {
      // Fewer rows than hide a multiply-add's latency take several vectors at once.
      for (int64_t k = 0; k < K; k += depth)
        multiplyFew<T>(int(rows), min(depth, K - k), {a.at({0, 1, k, depth}), stripDepth<T>},
                       b.from(k), k == 0 ? start : nullptr, c, ldc);
      return;
    }
    const auto at = [&](int64_t) { return b; };
    multiplyStrips<T>(rows, K, depth, a, PanelGroups<T, decltype(at)>{at, 1, K, next}, start, c,
                      ldc);
  }

  const ForwardCall<T>& call;
};

}  // namespace ostinato::OSTINATO_ISA
