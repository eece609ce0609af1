// The backward pass of one layer in one direction: back-propagation through time for every cell.
//   for each step, from last to first
//     dh  = gradOut + what the next step left        (projection: dP is that, dh = dP * W_hr)
//     dG  = the cell's gate gradients, kept for the whole sequence; dc goes on to the step before
//     dh' = dG * W_hh (+ the cell's skip gradient)
//   then gradX = dG * W_ih as one product, and the weights' gradients (weight-gradients.h).
// dGates may be the saved gates: each element is read before its place is written.
//
// Rows are independent before the weights' gradients, so a worker takes a slice of the batch through all
// steps.
#include "../grain.h"
#include "../kernels.h"
#include "plain-panels.h"
#include "backward.h"
#include "weight-gradients.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
class Backward {
 public:
  Backward(const Cell<T>& cell, const SequenceBackward<T>& s)
      : cell(cell),
        s(s),
        G(cell.gates),
        B(cell.blocks),
        I(s.inputSize),
        H(s.hiddenSize),
        P(s.projSize),
        S(P ? P : H),
        steps{s.steps, s.batch, s.reverse != 0, s.batchSizes},
        x{s.x, s.xStrideT, s.xStrideN, s.batchSizes != nullptr},
        out{s.out, s.outStrideT, s.outStrideN, s.batchSizes != nullptr},
        gradOut{s.gradOut, s.gradOutStrideT, s.gradOutStrideN, s.batchSizes != nullptr},
        hh{s.workspace, S, G * H, readsHiddenInPlace() ? s.weightHh : nullptr},
        hr{s.workspace + hh.elements(), H, P},
        ih{s.workspace, I, G * H, steps.totalRows() <= directRows ? s.weightIh : nullptr},
        ldS(ceilDiv(S, W<T>) * W<T>),
        ldH(ceilDiv(H, W<T>) * W<T>) {}

  void run(Work& work) {
    // dG * W and dG' * [x, h]: twice the forward pass.
    const double multiplyAdds = 2 * double(steps.totalRows()) * double(G * H) * double(I + S);
    const int64_t threads =
        paysThreads(multiplyAdds, grains::multiplyAdds, work.threads) ? work.threads : 1;
    auto packRecurrent = [&](int64_t part, int) {
      for (int64_t g = part; g < hh.groups(); g += threads) hh.pack(g, s.weightHh, false);
      if (P)
        for (int64_t g = part; g < hr.groups(); g += threads) hr.pack(g, s.weightHr, false);
    };
    parallel(work, threads, packRecurrent);

    const auto scratchOf = [&](int worker) {
      return reinterpret_cast<T*>(work.scratch(work, worker));
    };
    // A slice's states must fit into a worker's scratch.
    const int64_t perRow =
        ldS + (cell.hasCellState ? ldH : 0) + (P ? ldH : 0) + (cell.keepsSkipGradient ? ldH : 0);
    const int64_t capacity = (Work::scratchBytes / int64_t(sizeof(T)) - stripCapacity) / perRow;
    if (threads > 1 && s.batch <= grains::stepRows && s.batch <= capacity && !P &&
        G * H * S >= grains::stepMultiplyAdds) {
      T* const shared = scratchOf(0) + stripCapacity;
      parallelRegion(work, int(min(threads, hh.groups())), [&](int part, int parts, int worker) {
        const int64_t g0 = hh.groups() * part / parts, g1 = hh.groups() * (part + 1) / parts;
        runRows({0, s.batch, g0, g1}, shared, scratchOf(worker), &work);
      });
    } else {
      int64_t slices = s.batch >= 2 * threads ? threads : 1;
      if (ceilDiv(s.batch, slices) > capacity) slices = ceilDiv(s.batch, capacity);
      parallel(work, slices, [&](int64_t slice, int worker) {
        T* const own = scratchOf(worker);
        const int64_t n0 = s.batch * slice / slices, n1 = s.batch * (slice + 1) / slices;
        runRows({n0, n1, 0, hh.groups()}, own + stripCapacity, own, nullptr);
      });
    }

    if (s.gradX) inputGradient(work, threads);
    weightGradients<T>(cell, s, steps, work, threads);
  }

 private:
  // Packing pays when the weights are used often enough.
  static constexpr int64_t fewRows = uncopiedRows, directRows = 4 * tileRows, directSteps = 6;
  bool readsHiddenInPlace() const {
    return s.batch <= fewRows &&
           (s.steps <= directSteps || G * H * S * int64_t(sizeof(T)) <= inCache);
  }
  static constexpr int64_t stripCapacity = maxRows * stripDepth<T>;

  // The rows of the batch, and the groups of hh's columns, i.e. of hidden units, that one worker
  // computes. With a projection, units and columns differ and a worker takes all.
  struct Part {
    int64_t n0, n1, g0, g1;
  };
  // Gradients of the states, row n at (n - n0) * ld, whole vectors.
  struct State {
    T* dh;          // [rows, ldS]: what the later steps (and gradHN) left for h
    T* dc;          // [rows, ldH]
    T* dProjected;  // [rows, ldH]: dP * W_hr
    T* dSkip;       // [rows, ldH]: of h, not through W_hh
    T* strips;
    int64_t n0;
  };

  // All steps. The parts synchronize on `work`, unless it is null.
  void runRows(const Part& part, T* states, T* strips, Work* work) const {
    const int64_t n0 = part.n0, n1 = part.n1;
    if (n0 >= n1) return;
    const int64_t rows = n1 - n0;
    State state = {states, nullptr, nullptr, nullptr, strips, n0};
    T* free = state.dh + rows * ldS;
    if (cell.hasCellState) {
      state.dc = free;
      free += rows * ldH;
    }
    if (P) {
      state.dProjected = free;
      free += rows * ldH;
    }
    if (cell.keepsSkipGradient) state.dSkip = free;
    // The product with W_hh overwrites dh: what is there before any is a skip gradient.
    const bool skipsFirst = state.dSkip && !P;
    constexpr int64_t groupColumns = plainVectors * W<T>;
    const int64_t column0 = P ? 0 : part.g0 * groupColumns;
    const int64_t columnH = P ? H : min(part.g1 * groupColumns, H), columnS = P ? S : columnH;
    for (int64_t n = n0; n < n1; ++n) {
      const T* const gradHN = s.gradHN ? s.gradHN + n * S : nullptr;
      copyRow(skipsFirst ? nullptr : gradHN, column0, columnS, state.dh + (n - n0) * ldS);
      if (skipsFirst) copyRow(gradHN, column0, columnS, state.dSkip + (n - n0) * ldH);
      if (s.gradPeephole)
        for (int64_t k = column0; k < columnH; ++k)
          for (int64_t gate = 0; gate < 3; ++gate) s.gradPeephole[(n * 3 + gate) * H + k] = 0;
      if (cell.hasCellState)
        copyRow(s.gradCN ? s.gradCN + n * H : nullptr, column0, columnH, state.dc + (n - n0) * ldH);
    }

    StepWalk walk(steps, true);
    Step step;
    while (walk.next(step)) {
      const int64_t active = min(step.rows, n1);
      if (active <= n0) continue;
      if (P) unproject(step, active, state);
      const GradientPlace<T> place = {
          s, out, gradOut, step, state.dh, state.dc, state.dProjected, state.dSkip, ldS, ldH, n0};
      cell.gradients(place, column0, columnH, active);
      if (work) work->barrier(*work);
      // Rows that begin at this step need the gradient of their initial state only if it was
      // asked for.
      const int64_t wanted = s.gradH0 ? active : min(step.carriedRows, active);
      if (wanted > n0) recur(step, wanted, part, state);
    }

    for (int64_t n = n0; n < n1; ++n) {
      if (s.gradH0)
        for (int64_t k = column0; k < columnS; ++k)
          s.gradH0[n * S + k] = gradientOfStart(state, n, k);
      if (cell.hasCellState)
        if (s.gradC0)
          for (int64_t k = column0; k < columnH; ++k)
            s.gradC0[n * H + k] = state.dc[(n - n0) * ldH + k];
    }
  }

  T gradientOfStart(const State& state, int64_t n, int64_t k) const {
    const T dh = state.dh[(n - state.n0) * ldS + k];
    if (!state.dSkip || P) return dh;
    const T masked = s.recurrentMask ? dh * s.recurrentMask[n * S + k] : dh;
    return masked + state.dSkip[(n - state.n0) * ldH + k];
  }

  // Elements k0 .. end-1 of the row and zeros up to a whole vector; all zeros for null.
  static void copyRow(const T* from, int64_t k0, int64_t end, T* to) {
    for (int64_t k = k0; k < end; k += W<T>)
      store(to + k, from ? load(from + k, end - k) : zero<T>());
  }

  // dP = gradOut + dh for rows n0 .. active-1, kept in s.dProjected, then dP * W_hr.
  void unproject(const Step& step, int64_t active, const State& state) const {
    const int64_t rows = active - state.n0;
    T* const dP = s.dProjected + (step.row + state.n0) * P;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t k = 0; k < P; k += W<T>) {
        Vec<T> d = load(state.dh + r * ldS + k);
        if (s.gradOut)
          d = load(gradOut.at(step.t, step.row) + (state.n0 + r) * gradOut.strideN + k, P - k) + d;
        store(dP + r * P + k, d, P - k);
      }
    productOfRows(rows, P, {dP, P}, hr, 0, 0, hr.groups(), true, state.dProjected, ldH,
                  state.strips);
  }

  // dh = skip gradient + dG * W_hh for rows n0 .. end-1.
  void recur(const Step& step, int64_t end, const Part& part, const State& state) const {
    const int64_t rows = end - state.n0;
    const T* const dG = s.dGates + (step.row + state.n0) * B * H;
    forEachSavedRun(cell, [&](int gate, int block, int count) {
      productOfRows(rows, count * H, {dG + block * H, B * H}, hh, gate * H, part.g0, part.g1,
                    gate == 0 && !cell.hasSkipGradient, state.dh, ldS, state.strips);
    });
  }

  // gradX = dG * W_ih: all rows of all steps as one product.
  void inputGradient(Work& work, int64_t threads) {
    const int64_t R = steps.totalRows();
    auto pack = [&](int64_t part, int) {
      for (int64_t g = part; g < ih.groups(); g += threads) ih.pack(g, s.weightIh, false);
    };
    parallel(work, threads, pack);
    const int64_t ld = ceilDiv(I, W<T>) * W<T>;
    // Rows at a time, so that C fits into scratch after the strips.
    const int64_t capacity = (Work::scratchBytes / int64_t(sizeof(T)) - stripCapacity) / ld;
    const int64_t rowsAtOnce = min(capacity, maxRows), blocks = ceilDiv(R, rowsAtOnce);
    // Few blocks are shared by columns.
    const int64_t cuts = blocks >= threads ? 1 : min(threads, ih.groups());
    auto body = [&](int64_t index, int worker) {
      T* const strips = reinterpret_cast<T*>(work.scratch(work, worker));
      T* const c = strips + stripCapacity;
      const int64_t g0 = ih.groups() * (index % cuts) / cuts;
      const int64_t g1 = ih.groups() * (index % cuts + 1) / cuts;
      const int64_t k0 = g0 * plainVectors * W<T>, k1 = min(g1 * plainVectors * W<T>, I);
      const int64_t row = index / cuts * rowsAtOnce, rows = min(R - row, rowsAtOnce);
      productOfRows(rows, G * H, {s.dGates + row * B * H, B * H}, ih, 0, g0, g1, true, c, ld,
                    strips);
      for (int64_t r = 0; r < rows; ++r) {
        // Row row + r of [R, .]: a packed row, or (t, n).
        T* const to = s.batchSizes ? s.gradX + (row + r) * s.gradXStrideN
                                   : s.gradX + (row + r) / s.batch * s.gradXStrideT +
                                         (row + r) % s.batch * s.gradXStrideN;
        for (int64_t k = k0; k < k1; k += W<T>) store(to + k, load(c + r * ld + k), k1 - k);
      }
    };
    parallel(work, blocks * cuts, body);
  }

  const Cell<T>& cell;
  const SequenceBackward<T>& s;
  const int64_t G, B;
  const int64_t I, H, P, S;
  const Steps steps;
  const SequenceArray<const T> x, out, gradOut;
  // hr follows hh; ih overwrites both when they are no longer needed.
  const PlainPanels<T> hh, hr, ih;
  const int64_t ldS, ldH;  // S and H in whole vectors
};

template <class T>
void weightGradients(const Cell<T>& cell, const SequenceBackward<T>& s, const Steps& steps,
                     Work& work, int64_t threads) {
  WeightGradients<T>(cell, s, steps).run(work, threads);
}
template void weightGradients<float>(const Cell<float>&, const SequenceBackward<float>&,
                                     const Steps&, Work&, int64_t);
template void weightGradients<double>(const Cell<double>&, const SequenceBackward<double>&,
                                      const Steps&, Work&, int64_t);
template void productOfRows<float>(int64_t, int64_t, DenseRows<float>, const PlainPanels<float>&,
                                   int64_t, int64_t, int64_t, bool, float*, int64_t, float*);
template void productOfRows<double>(int64_t, int64_t, DenseRows<double>, const PlainPanels<double>&,
                                    int64_t, int64_t, int64_t, bool, double*, int64_t, double*);

template <class T>
void backward(const Cell<T>& cell, const SequenceBackward<T>& s, Work& work) {
  Backward<T>(cell, s).run(work);
}
template void backward<float>(const Cell<float>&, const SequenceBackward<float>&, Work&);
template void backward<double>(const Cell<double>&, const SequenceBackward<double>&, Work&);

}  // namespace ostinato::OSTINATO_ISA
