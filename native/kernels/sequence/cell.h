// What the drivers of a sequence know of a cell: its sizes and orders as numbers, and two functions over
// some rows and hidden units. So the drivers are compiled once for all cells. cellOf<Policy> below turns
// a policy of cells/ (defaults: cell-policy.h) into a Cell. It gives the equations of one step on vectors of W hidden units:
//
//   gates            blocks of H rows in the weights
//   blocks           pre-activation blocks for each hidden unit. The product with x fills blocks
//                    0 .. gates-1, that with h the last `gates` ones
//   unitBlocks       vectors of hidden units that share a packed panel
//   xGate(b)         which gate, in the weights' order, x's block b is
//   hGate(b)         the same for h's block b
//   hSaved(g)        the saved block that holds the gradient of h's gate g (what multiplies W_hh in
//                    backward)
//   hasCellState     the state has a part c that stays inside the cell
//   activatesGates   there is an activateGates(); the epilogue then takes two passes
//   savesGates       backward needs the activated blocks
//   readsPrevious    outputState() and backward() read h of the step before
//   readsOutput      backward() reads h'
//   hasSkipGradient  the gradient of h of the step before has a term that does not pass through W_hh
//   hasGateGradients, hasPeepholes
//                    activateGates() and backward() have forms that take peepholes and gradients of the saved blocks (variant.h)
//
//   activateGates(a, c)      the pre-activations a[blocks] to gates; c from the state before to c'
//   outputState(a, h, c)     h', and in `a` what backward needs; h is the state before
//   backward(saved, state, dh, dc, d, skip)
//                            dh is the whole gradient of h'. Writes d[blocks], the gradients of the saved
//                            blocks, dc from that of c' to that of c, and the skip gradient
#pragma once

#include "arguments.h"
#include "product.h"
#include "state-values.h"
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
  T* dSkip;  // [rows, ldH]: what does not pass through W_hh; null unless the cell keeps it apart
  int64_t ldS, ldH, n0;
};

template <class T>
struct Cell {
  int gates, blocks, unitBlocks;
  bool hasCellState, savesGates, hasSkipGradient;
  bool keepsSkipGradient;  // apart from dh, in dSkip (variant.h)
  int xGate[4], hGate[4], hSaved[4];
  // From the pre-activations `pre` (overwritten) of the W units from `column` on to their states,
  // rows n .. end-1. Row n's block b is at pre + b * W; rows are ld apart.
  void (*states)(const StatePlace<T>& place, int64_t column, int64_t n, int64_t end, T* pre,
                 int64_t ld);
  // The gradients of the pre-activations of units column0 .. columnH-1 (column0 a multiple of W),
  // rows n0 .. end-1.
  void (*gradients)(const GradientPlace<T>& place, int64_t column0, int64_t columnH, int64_t end);

  // Blocks of x and h are the same, in the same order: one chain runs through both products.
  bool concatenatesInputAndHidden() const { return blocks == gates; }
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
  if constexpr (Policy::activatesGates)
    for (int64_t row = n; row < end; ++row) {
      // Where the second pass will store: lines a page apart, which no hardware prefetcher detects.
      if (s.gates) {
        const T* const to = s.gates + (step.row + row) * B * H + column;
        OSTINATO_UNROLL
        for (int b = 0; b < B; ++b) __builtin_prefetch(to + b * H, 1, 2);
        __builtin_prefetch(s.cells + (step.row + row) * H + column, 1, 2);
      }
      T* const p = pre + (row - n) * ld;
      OSTINATO_UNROLL
      for (int b = 0; b < B; ++b) a[b] = load(p + b * W<T>) + zero<T>();
      if constexpr (Policy::hasCellState) c = load(s.cN + row * H + column, count);
      Policy::template activateGates<T>(a, c);
      if constexpr (Policy::hasCellState) store(s.cN + row * H + column, c, count);
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
      if constexpr (!Policy::activatesGates) a[b] = a[b] + zero<T>();
    }
    if constexpr (Policy::readsPrevious) {
      if (row < step.carriedRows)
        previous = load(before + row * place.out.strideN, count);
      else if (s.h0)
        previous = load(s.h0 + row * H + column, count);
      else
        previous = zero<T>();
    }
    if constexpr (Policy::hasCellState) c = load(s.cN + row * H + column, count);
    store(h + row * hStride, Policy::template outputState<T>(a, previous, c), count);
    if constexpr (Policy::hasCellState)
      if (s.cells) store(s.cells + (step.row + row) * H + column, c, count);
    if constexpr (Policy::savesGates)
      if (s.gates) {
        T* const to = s.gates + (step.row + row) * B * H + column;
        OSTINATO_UNROLL
        for (int b = 0; b < B; ++b) store(to + b * H, a[b], count);
      }
  }
}
// The units from `column` on: whole(...) for a whole vector of them, rest(...) for less.
template <class T, auto whole, auto rest>
void statesOf(const StatePlace<T>& place, int64_t column, int64_t n, int64_t end, T* pre,
              int64_t ld) {
  if (place.s.hiddenSize - column >= W<T>)
    whole(place, column, n, end, pre, ld);
  else
    rest(place, column, n, end, pre, ld);
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
    const bool begins = n >= step.carriedRows;
    StateValues<T> state = {zero<T>(), zero<T>(), zero<T>(), zero<T>()};
    Vec<T> dh, dc = zero<T>(), skip, saved[B], d[B];
    if (s.projSize) {
      dh = load(place.dProjected + r * place.ldH + column);
    } else {
      dh = load(place.dh + r * place.ldS + column);
      if (s.gradOut)
        dh = load(place.gradOut.at(step.t, step.row) + n * place.gradOut.strideN + column, count) +
             dh;
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
    if constexpr (Policy::hasCellState) {
      state.c = load(s.cells + (step.row + n) * H + column, count);
      if (!begins)
        state.cPrevious = load(s.cells + (step.previousRow + n) * H + column, count);
      else if (s.c0)
        state.cPrevious = load(s.c0 + n * H + column, count);
      dc = load(place.dc + r * place.ldH + column);
      if (s.gradCells) dc = load(s.gradCells + (step.row + n) * H + column, count) + dc;
    }
    const int64_t at = (step.row + n) * B * H + column;
    if constexpr (Policy::savesGates) {
      OSTINATO_UNROLL
      for (int b = 0; b < B; ++b) saved[b] = load(s.gates + at + b * H, count);
    }
    Policy::template backward<T>(saved, state, dh, dc, d, skip);
    OSTINATO_UNROLL
    for (int b = 0; b < B; ++b) store(s.dGates + at + b * H, d[b], count);
    if constexpr (Policy::hasCellState) store(place.dc + r * place.ldH + column, dc);
    if constexpr (Policy::hasSkipGradient) store(place.dh + r * place.ldS + column, skip);
  }
}
template <class T, auto whole, auto rest>
void gradientsOf(const GradientPlace<T>& place, int64_t column0, int64_t columnH, int64_t end) {
  for (int64_t column = column0; column < columnH; column += W<T>) {
    if (place.s.hiddenSize - column >= W<T>)
      whole(place, column, end);
    else
      rest(place, column, end);
  }
}

template <class T, class Policy>
inline constexpr Cell<T> cellOf = {
    Policy::gates,
    Policy::blocks,
    Policy::unitBlocks,
    Policy::hasCellState,
    Policy::savesGates,
    Policy::hasSkipGradient,
    false,
    {Policy::xGate(0), Policy::xGate(1), Policy::xGate(2), Policy::xGate(3)},
    {Policy::hGate(0), Policy::hGate(1), Policy::hGate(2), Policy::hGate(3)},
    {Policy::hSaved(0), Policy::hSaved(1), Policy::hSaved(2), Policy::hSaved(3)},
    statesOf<T, unitStates<T, Policy, !forSize>, unitStates<T, Policy, false>>,
    gradientsOf<T, unitGradients<T, Policy, !forSize>, unitGradients<T, Policy, false>>,
};

// The drivers, for any cell: forward.cc and backward.cc.
template <class T>
void forward(const Cell<T>& cell, const SequenceForward<T>& s, Work& work);
template <class T>
void backward(const Cell<T>& cell, const SequenceBackward<T>& s, Work& work);

}  // namespace ostinato::OSTINATO_ISA
