// The whole-sequence kernels of the layer-normalized cells (normalized.h): each step one product of all rows with W_hh, then
// the cell row by row. Rows are independent: threads share them.
#include "normalized.h"

#include "../grain.h"
#include "../kernels.h"
#include "steps.h"
#include "backward.h"

namespace ostinato::OSTINATO_ISA {

namespace {

template <class T>
int64_t wholeVectors(int64_t n) {
  return ceilDiv(n, W<T>) * W<T>;
}
template <class T>
void copyOrZero(const T* from, int64_t n, T* to) {
  for (int64_t k = 0; k < n; ++k) to[k] = from ? from[k] : T(0);
}

// Packs the panels of W_hh, then body(slice, n0, n1, strips) for the rows of each slice, whole units of them.
template <class T, class Body>
void shareRows(const PlainPanels<T>& panels, const T* weight, bool transposed, bool packs,
               int64_t batch, int64_t unit, double multiplyAdds, Work& work, Body body) {
  const int64_t threads =
      paysThreads(multiplyAdds, grains::multiplyAdds, work.threads) ? work.threads : 1;
  if (packs)
    parallel(work, threads, [&](int64_t part, int) {
      for (int64_t g = part; g < panels.groups(); g += threads) panels.pack(g, weight, transposed);
    });
  const int64_t units = ceilDiv(batch, unit);
  const int64_t slices = batch >= 2 * threads ? min(threads, units) : 1;
  parallel(work, slices, [&](int64_t slice, int worker) {
    const int64_t n0 = units * slice / slices * unit;
    const int64_t n1 = min(units * (slice + 1) / slices * unit, batch);
    if (n0 < n1) body(slice, n0, n1, reinterpret_cast<T*>(work.scratch(work, worker)));
  });
}

// Adds `from` to `to` and leaves zeros. n: whole vectors.
template <class T>
void moveSums(T* from, int64_t n, double* to) {
  constexpr int64_t lanes = Vec<double>::lanes;
  for (int64_t i = 0; i < n; i += W<T>) {
    const Vec<T> v = load(from + i);
    store(to + i, load(to + i) + widen<0>(v));
    if constexpr (doubleParts<T> == 2) store(to + i + lanes, load(to + i + lanes) + widen<1>(v));
    store(from + i, zero<T>());
  }
}

template <class T>
void forwardOf(const NormalizedCell<T>& cell, const NormalizedForward<T>& s, Work& work) {
  const int64_t H = s.hiddenSize, GH = cell.gates * H, ld = wholeVectors<T>(GH);
  const PlainPanels<T> hh = {s.packed, GH, H};
  const Steps steps = {s.steps, s.batch, s.reverse != 0, s.batchSizes};
  const SequenceArray<const T> ofX = {s.ofX, s.ofXStrideT, s.ofXStrideN, s.batchSizes != nullptr};
  const SequenceArray<T> out = {s.out, s.outStrideT, s.outStrideN, s.batchSizes != nullptr};
  const auto at = [](auto* p, int64_t row, int64_t n) { return p ? p + row * n : nullptr; };
  const double multiplyAdds = double(steps.totalRows()) * double(GH) * double(H);
  shareRows<T>(hh, s.weightHh, true, !s.packedReady, s.batch, 1, multiplyAdds, work,
               [&](int64_t, int64_t n0, int64_t n1, T* strips) {
                 copyOrZero(at(s.h0, n0, H), (n1 - n0) * H, s.hN + n0 * H);
                 if (cell.hasCellState) copyOrZero(at(s.c0, n0, H), (n1 - n0) * H, s.cN + n0 * H);
                 StepWalk walk(steps, false);
                 Step step;
                 while (walk.next(step)) {
                   const int64_t end = min(step.rows, n1);
                   if (end <= n0) continue;
                   productOfRows<T>(end - n0, H, {s.hN + n0 * H, H}, hh, 0, 0, hh.groups(), true,
                                    s.products + n0 * ld, ld, strips);
                   for (int64_t n = n0; n < end; ++n) {
                     const int64_t row = step.row + n;
                     cell.step(
                         s, {ofX.at(step.t, step.row) + n * ofX.strideN, s.products + n * ld,
                             s.hN + n * H, at(s.cN, n, H),
                             out.at(step.t, step.row) + n * out.strideN, at(s.normalized, row, GH),
                             at(s.cells, row, H), at(s.statistics, row, statisticsOfRow)});
                   }
                 }
               });
}

template <class T>
void backwardOf(const NormalizedCell<T>& cell, const NormalizedBackward<T>& s, Work& work) {
  const int64_t H = s.hiddenSize, GH = cell.gates * H, ld = wholeVectors<T>(H);
  const int64_t unit = min(max(s.batch / rowsDivisor, 1), rowsOfSum);
  const int64_t sumElements = wholeVectors<T>(elementsOfSums(cell.gates, H));
  const PlainPanels<T> hh = {s.workspace, H, GH};
  T* const dh = s.workspace + hh.elements();
  T* const dc = dh + s.batch * ld;
  T* const ofSlices = dc + s.batch * ld;
  const Steps steps = {s.steps, s.batch, s.reverse != 0, s.batchSizes};
  const bool packed = s.batchSizes != nullptr;
  const SequenceArray<const T> ofX = {s.ofX, s.ofXStrideT, s.ofXStrideN, packed};
  const SequenceArray<T> gradOfX = {s.gradOfX, s.ofXStrideT, s.ofXStrideN, packed};
  const SequenceArray<const T> out = {s.out, s.outStrideT, s.outStrideN, packed};
  const SequenceArray<const T> gradOut = {s.gradOut, s.gradOutStrideT, s.gradOutStrideN, packed};
  const auto at = [](auto* p, int64_t row, int64_t n) { return p ? p + row * n : nullptr; };
  const double multiplyAdds = double(steps.totalRows()) * double(GH) * double(H);

  const auto backwardRow = [&](const Step& step, int64_t n, T* sums) {
    const int64_t row = step.row + n;
    const bool begins = n >= step.carriedRows;
    T* const ownDh = dh + n * ld;
    if (s.gradOut) {
      const T* const grad = gradOut.at(step.t, step.row) + n * gradOut.strideN;
      for (int64_t k = 0; k < H; k += W<T>)
        store(ownDh + k, load(ownDh + k) + load(grad + k, H - k));
    }
    if (s.gradCells)
      for (int64_t k = 0; k < H; k += W<T>)
        store(dc + n * ld + k, load(dc + n * ld + k) + load(s.gradCells + row * H + k, H - k));
    cell.backward(
        s, {ofX.at(step.t, step.row) + n * ofX.strideN, s.normalized + row * GH,
            at(s.cells, row, H), begins ? at(s.c0, n, H) : at(s.cells, step.previousRow + n, H),
            begins ? at(s.h0, n, H) : out.at(step.previousT, step.previousRow) + n * out.strideN,
            s.statistics + row * statisticsOfRow, ownDh, dc + n * ld,
            gradOfX.at(step.t, step.row) + n * gradOfX.strideN, s.dProducts + row * GH,
            sums + sumElements, sums});
  };

  shareRows<T>(hh, s.weightHh, false, true, s.batch, unit, 2 * multiplyAdds, work,
               [&](int64_t slice, int64_t n0, int64_t n1, T* strips) {
                 // What the rows of a unit add at a step, in T, and then to the unit's sums.
                 T* const sums = ofSlices + slice * (sumElements + wholeVectors<T>(2 * GH));
                 copyOrZero<T>(nullptr, sumElements, sums);
                 for (int64_t i = n0 / unit * sumElements; i < ceilDiv(n1, unit) * sumElements; ++i)
                   s.sums[i] = 0;
                 for (int64_t n = n0; n < n1; ++n) {
                   for (int64_t k = H; k < ld; ++k) dh[n * ld + k] = dc[n * ld + k] = 0;
                   copyOrZero(at(s.gradHN, n, H), H, dh + n * ld);
                   copyOrZero(at(s.gradCN, n, H), H, dc + n * ld);
                 }
                 StepWalk walk(steps, true);
                 Step step;
                 while (walk.next(step)) {
                   const int64_t end = min(step.rows, n1);
                   if (end <= n0) continue;
                   for (int64_t first = n0; first < end; first += unit) {
                     for (int64_t n = first; n < min(first + unit, end); ++n)
                       backwardRow(step, n, sums);
                     moveSums(sums, sumElements, s.sums + first / unit * sumElements);
                   }
                   productOfRows<T>(end - n0, GH, {s.dProducts + (step.row + n0) * GH, GH}, hh, 0,
                                    0, hh.groups(), !cell.keepsPart, dh + n0 * ld, ld, strips);
                 }
                 for (int64_t n = n0; n < n1; ++n) {
                   if (s.gradH0) copyOrZero(dh + n * ld, H, s.gradH0 + n * H);
                   if (s.gradC0) copyOrZero(dc + n * ld, H, s.gradC0 + n * H);
                 }
               });

  const auto total = [&](int64_t from, int64_t count, T* to) {
    for (int64_t k = 0; to && k < count; ++k) {
      double sum = 0;
      for (int64_t u = 0; u < ceilDiv(s.batch, unit); ++u)
        sum += s.sums[u * sumElements + from + k];
      to[k] = T(sum);
    }
  };
  total(0, GH, s.gradGainIh);
  total(GH, GH, s.gradGainHh);
  total(2 * GH, GH, s.gradBiasHh);
  total(2 * GH, GH, s.gradBiasIh);
  if (cell.hasCellState) {
    total(3 * GH, H, s.gradGainC);
    total(3 * GH + H, H, s.gradBiasC);
  } else {
    total(3 * GH, H, at(s.gradBiasIh, 2, H));
  }

  if (!s.gradWeightHh) return;
  // dW_hh = dProducts' h of the steps before: what weight-gradients.h knows as a cell's saved gates.
  SequenceBackward<T> products = {};
  products.steps = s.steps;
  products.batch = s.batch;
  products.hiddenSize = H;
  products.reverse = s.reverse;
  products.h0 = s.h0;
  products.batchSizes = s.batchSizes;
  products.out = s.out;
  products.outStrideT = s.outStrideT;
  products.outStrideN = s.outStrideN;
  products.dGates = s.dProducts;
  products.gradWeightHh = s.gradWeightHh;
  Cell<T> plain = {};
  plain.gates = plain.blocks = cell.gates;
  for (int g = 0; g < cell.gates; ++g) plain.hSaved[g] = g;
  const int64_t threads =
      paysThreads(multiplyAdds, grains::multiplyAdds, work.threads) ? work.threads : 1;
  weightGradients<T>(plain, products, steps, work, threads);
}

}  // namespace

#define NORMALIZED_CELL(name, policy)                                \
  template <class T>                                                 \
  void name##_forward(const NormalizedForward<T>& s, Work& work) {   \
    forwardOf<T>(normalizedCell<T, policy>, s, work);                \
  }                                                                  \
  template <class T>                                                 \
  void name##_backward(const NormalizedBackward<T>& s, Work& work) { \
    backwardOf<T>(normalizedCell<T, policy>, s, work);               \
  }                                                                  \
  INSTANTIATE_FLOAT(name##_forward)                                  \
  INSTANTIATE_FLOAT(name##_backward)
NORMALIZED_CELL(normalized_lstm, NormalizedLstm)
NORMALIZED_CELL(normalized_gru, NormalizedGru)

}  // namespace ostinato::OSTINATO_ISA
