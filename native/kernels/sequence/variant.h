// A step of a cell that has more than its equations (the arguments of arguments.h that are null for a plain cell):
//   recurrent dropout  W_hh multiplies h*m, m [N, S] for all steps (Gal and Ghahramani 2016). h itself is the output,
//                      and what a gate keeps of it
//   zoneout            h' = k*h + (1 - k)*h~ and c' = k*c + (1 - k)*c~, with h~, c~ of the plain step (Krueger et
//                      al. 2017); h~ is made of c~
//   peepholes          i, f = sigmoid(.. + p*c), o = sigmoid(.. + p*c~) (Gers and Schmidhuber 2000)
//   gradGates          gradients of the saved blocks, which are results too
// Instances for a policy take the place of unitStates and unitGradients (cell.h), so that the drivers are the same. One
// pass over the rows: c~ is needed where the state after is already c'.
//
// Backward: dh is what W_hh returned, not yet multiplied by m; what did not pass through W_hh is in dSkip.
#pragma once

#include "cell.h"

namespace ostinato::OSTINATO_ISA {

// k*before + (1 - k)*after: exactly one of the two for k of 0 and 1.
template <class T>
OSTINATO_INLINE Vec<T> blend(const Vec<T>& k, const Vec<T>& before, const Vec<T>& after) {
  return fma(k, before, (broadcast(T(1)) - k) * after);
}

template <class T>
OSTINATO_INLINE void loadPeepholes(const T* peephole, int64_t H, int64_t column, int64_t count,
                                   Vec<T>* p) {
  OSTINATO_UNROLL
  for (int k = 0; k < 3; ++k) p[k] = peephole ? load(peephole + k * H + column, count) : zero<T>();
}

template <class T, class Policy, bool full>
void variantUnitStates(const StatePlace<T>& place, int64_t column, int64_t n, int64_t end, T* pre,
                       int64_t ld) {
  constexpr int B = Policy::blocks;
  const SequenceForward<T>& s = place.s;
  const Step& step = place.step;
  const int64_t H = s.hiddenSize, count = full ? W<T> : H - column;
  Vec<T> a[B], p[3], c = zero<T>(), cPrevious = c;
  loadPeepholes<T>(s.peephole, H, column, count, p);
  const T* const before = place.out.at(step.previousT, step.previousRow) + column;
  T* const h = (s.projSize ? s.projected + (s.training ? step.row : 0) * H
                           : place.out.at(step.t, step.row)) +
               column;
  const int64_t hStride = s.projSize ? H : place.out.strideN;
  for (int64_t row = n; row < end; ++row) {
    const T* const from = pre + (row - n) * ld;
    OSTINATO_UNROLL
    for (int b = 0; b < B; ++b) a[b] = load(from + b * W<T>) + zero<T>();
    Vec<T> previous = zero<T>();
    if (Policy::readsPrevious || s.zoneoutH) {
      if (row < step.carriedRows)
        previous = load(before + row * place.out.strideN, count);
      else if (s.h0)
        previous = load(s.h0 + row * H + column, count);
    }
    if constexpr (Policy::hasCellState) c = cPrevious = load(s.cN + row * H + column, count);
    if constexpr (Policy::hasPeepholes)
      Policy::template activateGates<T>(a, c, p);
    else if constexpr (Policy::activatesGates)
      Policy::template activateGates<T>(a, c);
    Vec<T> y = Policy::template outputState<T>(a, previous, c);
    const int64_t zoneoutRow = (step.row + row) * s.zoneoutStride + column;
    if (s.zoneoutH) y = blend<T>(load(s.zoneoutH + zoneoutRow, count), previous, y);
    store(h + row * hStride, y, count);
    if constexpr (Policy::hasCellState) {
      if (s.zoneoutC) c = blend<T>(load(s.zoneoutC + zoneoutRow, count), cPrevious, c);
      store(s.cN + row * H + column, c, count);
      if (s.cells) store(s.cells + (step.row + row) * H + column, c, count);
    }
    if (s.recurrent)
      store(s.recurrent + (step.row + row) * H + column,
            y * load(s.recurrentMask + row * H + column, count), count);
    if constexpr (Policy::savesGates)
      if (s.gates) {
        T* const to = s.gates + (step.row + row) * B * H + column;
        OSTINATO_UNROLL
        for (int b = 0; b < B; ++b) store(to + b * H, a[b], count);
      }
  }
}

template <class T, class Policy, bool full>
void variantUnitGradients(const GradientPlace<T>& place, int64_t column, int64_t end) {
  constexpr int B = Policy::blocks;
  const SequenceBackward<T>& s = place.s;
  const Step& step = place.step;
  const SequenceArray<const T>& out = place.out;
  const int64_t H = s.hiddenSize, count = full ? W<T> : H - column;
  const Vec<T> one = broadcast(T(1));
  Vec<T> p[3];
  loadPeepholes<T>(s.peephole, H, column, count, p);
  for (int64_t n = place.n0; n < end; ++n) {
    const int64_t r = n - place.n0;
    const bool begins = n >= step.carriedRows;
    const int64_t at = (step.row + n) * B * H + column;
    const int64_t zoneoutRow = (step.row + n) * s.zoneoutStride + column;
    StateValues<T> state = {zero<T>(), zero<T>(), zero<T>(), zero<T>()};
    Vec<T> dh, dc = zero<T>(), skip = zero<T>(), dhKept = zero<T>(), saved[B], dGate[B], d[B];
    OSTINATO_UNROLL
    for (int b = 0; b < B; ++b) {
      saved[b] = Policy::savesGates ? load(s.gates + at + b * H, count) : zero<T>();
      dGate[b] = s.gradGates ? load(s.gradGates + at + b * H, count) : zero<T>();
    }
    if (s.projSize) {
      dh = load(place.dProjected + r * place.ldH + column);
    } else {
      dh = load(place.dh + r * place.ldS + column);
      if (s.recurrentMask) dh = dh * load(s.recurrentMask + n * H + column, count);
      dh = dh + load(place.dSkip + r * place.ldH + column);
      if (s.gradOut)
        dh = load(place.gradOut.at(step.t, step.row) + n * place.gradOut.strideN + column, count) +
             dh;
    }
    if (s.zoneoutH) {
      const Vec<T> k = load(s.zoneoutH + zoneoutRow, count);
      dhKept = k * dh;
      dh = (one - k) * dh;
    }
    if constexpr (Policy::readsOutput)
      state.h = load(out.at(step.t, step.row) + n * out.strideN + column, count);
    if constexpr (Policy::readsPrevious) {
      if (!begins)
        state.hPrevious =
            load(out.at(step.previousT, step.previousRow) + n * out.strideN + column, count);
      else if (s.h0)
        state.hPrevious = load(s.h0 + n * H + column, count);
    }
    Vec<T> dcKept = zero<T>();
    if constexpr (Policy::hasCellState) {
      if (!begins)
        state.cPrevious = load(s.cells + (step.previousRow + n) * H + column, count);
      else if (s.c0)
        state.cPrevious = load(s.c0 + n * H + column, count);
      dc = load(place.dc + r * place.ldH + column);
      if (s.gradCells) dc = load(s.gradCells + (step.row + n) * H + column, count) + dc;
      if (s.zoneoutC) {
        const Vec<T> k = load(s.zoneoutC + zoneoutRow, count);
        dcKept = k * dc;
        dc = (one - k) * dc;
        state.c = Policy::template cellState<T>(saved, state.cPrevious);
      } else {
        state.c = load(s.cells + (step.row + n) * H + column, count);
      }
    }
    if constexpr (Policy::hasPeepholes)
      Policy::template backward<T>(saved, state, dGate, p, dh, dc, d, skip);
    else if constexpr (Policy::hasGateGradients)
      Policy::template backward<T>(saved, state, dGate, dh, dc, d, skip);
    else
      Policy::template backward<T>(saved, state, dh, dc, d, skip);
    OSTINATO_UNROLL
    for (int b = 0; b < B; ++b) store(s.dGates + at + b * H, d[b], count);
    if constexpr (Policy::hasCellState) store(place.dc + r * place.ldH + column, dc + dcKept);
    if (!s.projSize)
      store(place.dSkip + r * place.ldH + column, Policy::hasSkipGradient ? skip + dhKept : dhKept);
    if constexpr (Policy::hasPeepholes)
      if (s.gradPeephole) {
        T* const sums = s.gradPeephole + n * 3 * H + column;
        const Vec<T> terms[3] = {d[0] * state.cPrevious, d[1] * state.cPrevious, d[3] * state.c};
        OSTINATO_UNROLL
        for (int k = 0; k < 3; ++k)
          store(sums + k * H, load(sums + k * H, count) + terms[k], count);
      }
  }
}

// What a forward or backward call has beyond the plain cell.
template <class T>
bool isVariant(const SequenceForward<T>& s) {
  return s.recurrent || s.zoneoutH || s.zoneoutC || s.peephole;
}
template <class T>
bool isVariant(const SequenceBackward<T>& s) {
  return s.recurrent || s.zoneoutH || s.zoneoutC || s.peephole || s.gradGates;
}

template <class T, class Policy>
constexpr Cell<T> makeVariant() {
  Cell<T> cell = cellOf<T, Policy>;
  cell.hasSkipGradient = false;
  cell.keepsSkipGradient = true;
  cell.states =
      statesOf<T, variantUnitStates<T, Policy, !forSize>, variantUnitStates<T, Policy, false>>;
  cell.gradients = gradientsOf<T, variantUnitGradients<T, Policy, !forSize>,
                               variantUnitGradients<T, Policy, false>>;
  return cell;
}
template <class T, class Policy>
constexpr Cell<T> variantOf = makeVariant<T, Policy>();

}  // namespace ostinato::OSTINATO_ISA
