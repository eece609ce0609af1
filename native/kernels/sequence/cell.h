// What the drivers of a sequence know of a cell: its sizes and orders as numbers, and two functions
// over some rows and hidden units. So the drivers are compiled once for all cells. cells/ holds the
// equations; cellOf<Policy> below turns one of them into a Cell.
#pragma once

#include "arguments.h"
#include "product.h"
#include "steps.h"

namespace ostinato::OSTINATO_ISA {

// One step of the forward pass.
template <class T>
struct StatePlace {
  const SequenceForward<T>& s;
  const SequenceArray<T>& out;
  const Step& step;
};

// One step of the backward pass. Gradients of the states: row n at (n - n0) * ld, whole vectors.
template <class T>
struct GradientPlace {
  const SequenceBackward<T>& s;
  const SequenceArray<const T>&out, &gradOut;
  const Step& step;
  T* dh;          // [rows, ldS]: what the later steps (and gradHN) left for h
  T* dc;          // [rows, ldH]
  T* dProjected;  // [rows, ldH]: dP * W_hr; null without projection
  int64_t ldS, ldH, n0;
};

template <class T>
struct Cell {
  int gates, blocks, unitBlocks;  // see cells/rnn.h for these
  bool hasCellState, savesGates, hasDirect;
  int xGate[4], hGate[4], hSaved[4];
  // From the pre-activations `pre` (overwritten) of the W units from `column` on to their states,
  // rows n .. end-1. Row n's block b is at pre + b * W; rows are ld apart.
  void (*states)(const StatePlace<T>& place, int64_t column, int64_t n, int64_t end, T* pre,
                 int64_t ld);
  // The gradients of the pre-activations of units column0 .. columnH-1 (column0 a multiple of W),
  // rows n0 .. end-1.
  void (*gradients)(const GradientPlace<T>& place, int64_t column0, int64_t columnH, int64_t end);

  // Blocks of x and h are the same, in the same order: one chain runs through both products.
  bool joint() const { return blocks == gates; }
};

// In two passes, because the second activation waits for the first: each pass keeps many rows in
// flight.
template <class T, class Policy, bool full>
void unitStates(const StatePlace<T>& place, int64_t column, int64_t n, int64_t end, T* pre,
                int64_t ld) {
  constexpr int B = Policy::blocks;
  const SequenceForward<T>& s = place.s;
  const Step& step = place.step;
  const int64_t H = s.hiddenSize, count = full ? W<T> : H - column;
  Vec<T> a[B], previous = zero<T>(), c = zero<T>();
  if constexpr (Policy::opens)
    for (int64_t row = n; row < end; ++row) {
      // Where the second pass will store: lines a page apart, which no prefetcher foresees.
      if (s.gates) {
        const T* const to = s.gates + (step.row + row) * B * H + column;
        OSTINATO_UNROLL
        for (int b = 0; b < B; ++b) __builtin_prefetch(to + b * H, 1, 2);
        __builtin_prefetch(s.cells + (step.row + row) * H + column, 1, 2);
      }
      T* const p = pre + (row - n) * ld;
      OSTINATO_UNROLL
      for (int b = 0; b < B; ++b) a[b] = load(p + b * W<T>) + zero<T>();
      if constexpr (Policy::hasCellState) c = loadUpTo(s.cN + row * H + column, count);
      Policy::template open<T>(a, c);
      if constexpr (Policy::hasCellState) storeUpTo(s.cN + row * H + column, c, count);
      OSTINATO_UNROLL
      for (int b = 0; b < B; ++b) store(p + b * W<T>, a[b]);
    }
  const T* const before = place.out.at(step.previousT, step.previousRow) + column;
  T* const h = (s.projSize ? s.projected + (s.training ? step.row : 0) * H
                           : place.out.at(step.t, step.row)) +
               column;
  const int64_t hStride = s.projSize ? H : place.out.strideN;
  for (int64_t row = n; row < end; ++row) {
    const T* const p = pre + (row - n) * ld;
    OSTINATO_UNROLL
    for (int b = 0; b < B; ++b) {
      a[b] = load(p + b * W<T>);
      if constexpr (!Policy::opens) a[b] = a[b] + zero<T>();
    }
    if constexpr (Policy::readsPrevious) {
      if (row < step.continuing)
        previous = loadUpTo(before + row * place.out.strideN, count);
      else if (s.h0)
        previous = loadUpTo(s.h0 + row * H + column, count);
      else
        previous = zero<T>();
    }
    if constexpr (Policy::hasCellState) c = loadUpTo(s.cN + row * H + column, count);
    storeUpTo(h + row * hStride, Policy::template close<T>(a, previous, c), count);
    if constexpr (Policy::hasCellState)
      if (s.cells) storeUpTo(s.cells + (step.row + row) * H + column, c, count);
    if constexpr (Policy::savesGates)
      if (s.gates) {
        T* const to = s.gates + (step.row + row) * B * H + column;
        OSTINATO_UNROLL
        for (int b = 0; b < B; ++b) storeUpTo(to + b * H, a[b], count);
      }
  }
}
template <class T, class Policy>
void statesOf(const StatePlace<T>& place, int64_t column, int64_t n, int64_t end, T* pre,
              int64_t ld) {
  if (place.s.hiddenSize - column >= W<T>)
    unitStates<T, Policy, true>(place, column, n, end, pre, ld);
  else
    unitStates<T, Policy, false>(place, column, n, end, pre, ld);
}

template <class T, class Policy, bool full>
void unitGradients(const GradientPlace<T>& place, int64_t column, int64_t end) {
  constexpr int B = Policy::blocks;
  const SequenceBackward<T>& s = place.s;
  const Step& step = place.step;
  const SequenceArray<const T>& out = place.out;
  const int64_t H = s.hiddenSize, count = full ? W<T> : H - column;
  for (int64_t n = place.n0; n < end; ++n) {
    const int64_t r = n - place.n0;
    const bool begins = n >= step.continuing;
    Vec<T> dh, h = zero<T>(), hPrevious = h, c = h, cPrevious = h, dc = h, direct, saved[B], d[B];
    if (s.projSize) {
      dh = load(place.dProjected + r * place.ldH + column);
    } else {
      dh = load(place.dh + r * place.ldS + column);
      if (s.gradOut)
        dh = loadUpTo(place.gradOut.at(step.t, step.row) + n * place.gradOut.strideN + column,
                      count) +
             dh;
    }
    if constexpr (Policy::readsOutput)
      h = loadUpTo(out.at(step.t, step.row) + n * out.strideN + column, count);
    if constexpr (Policy::readsPrevious) {
      if (!begins)
        hPrevious =
            loadUpTo(out.at(step.previousT, step.previousRow) + n * out.strideN + column, count);
      else if (s.h0)
        hPrevious = loadUpTo(s.h0 + n * H + column, count);
    }
    if constexpr (Policy::hasCellState) {
      c = loadUpTo(s.cells + (step.row + n) * H + column, count);
      if (!begins)
        cPrevious = loadUpTo(s.cells + (step.previousRow + n) * H + column, count);
      else if (s.c0)
        cPrevious = loadUpTo(s.c0 + n * H + column, count);
      dc = load(place.dc + r * place.ldH + column);
    }
    const int64_t at = (step.row + n) * B * H + column;
    if constexpr (Policy::savesGates) {
      OSTINATO_UNROLL
      for (int b = 0; b < B; ++b) saved[b] = loadUpTo(s.gates + at + b * H, count);
    }
    Policy::template backward<T>(saved, h, hPrevious, c, cPrevious, dh, dc, d, direct);
    OSTINATO_UNROLL
    for (int b = 0; b < B; ++b) storeUpTo(s.dGates + at + b * H, d[b], count);
    if constexpr (Policy::hasCellState) store(place.dc + r * place.ldH + column, dc);
    if constexpr (Policy::hasDirect) store(place.dh + r * place.ldS + column, direct);
  }
}
template <class T, class Policy>
void gradientsOf(const GradientPlace<T>& place, int64_t column0, int64_t columnH, int64_t end) {
  for (int64_t column = column0; column < columnH; column += W<T>) {
    if (place.s.hiddenSize - column >= W<T>)
      unitGradients<T, Policy, true>(place, column, end);
    else
      unitGradients<T, Policy, false>(place, column, end);
  }
}

template <class T, class Policy>
inline constexpr Cell<T> cellOf = {
    Policy::gates,
    Policy::blocks,
    Policy::unitBlocks,
    Policy::hasCellState,
    Policy::savesGates,
    Policy::hasDirect,
    {Policy::xGate(0), Policy::xGate(1), Policy::xGate(2), Policy::xGate(3)},
    {Policy::hGate(0), Policy::hGate(1), Policy::hGate(2), Policy::hGate(3)},
    {Policy::hSaved(0), Policy::hSaved(1), Policy::hSaved(2), Policy::hSaved(3)},
    statesOf<T, Policy>,
    gradientsOf<T, Policy>,
};

// The drivers, for any cell: forward.cc and backward.cc.
template <class T>
void forward(const Cell<T>& cell, const SequenceForward<T>& s, Work& work);
template <class T>
void backward(const Cell<T>& cell, const SequenceBackward<T>& s, Work& work);
template <class T>
void packWeights(const Cell<T>& cell, const SequencePack<T>& s, Work& work);

}  // namespace ostinato::OSTINATO_ISA
