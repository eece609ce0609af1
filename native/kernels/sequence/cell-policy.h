// What the policies of cells/ have in common: cell.h says what each member means.
#pragma once

#include "../simd/math.h"
#include "state-values.h"

namespace ostinato::OSTINATO_ISA {

// A cell of `count` gates, each a pre-activation block of its own in the weights' order, whose gradient reads the saved gates
// alone. A policy names what is otherwise.
template <int count>
struct CellPolicy {
  static constexpr int gates = count;
  static constexpr int blocks = count;
  static constexpr bool hasCellState = false;
  static constexpr bool activatesGates = false;
  static constexpr bool savesGates = true;
  static constexpr bool readsPrevious = false;
  static constexpr bool readsOutput = false;
  static constexpr bool hasSkipGradient = false;
  static constexpr bool hasGateGradients = false;
  static constexpr bool hasPeepholes = false;
  static constexpr int xGate(int b) { return b; }
  static constexpr int hGate(int b) { return b; }
  static constexpr int hSaved(int g) { return g; }
};

}  // namespace ostinato::OSTINATO_ISA
