// The Elman cell: h' = tanh(a) or relu(a), a = W_ih x + b_ih + W_hh h + b_hh. Saves nothing: the
// derivative is a function of h', which the layer's output holds.
#pragma once

#include "../state-values.h"
#include "../../simd/math.h"

namespace ostinato::OSTINATO_ISA {

template <bool relu>
struct RnnCell {
  using Relu = RnnCell<true>;
  static constexpr int gates = 1;
  static constexpr int blocks = 1;
  static constexpr int unitBlocks = 4;
  static constexpr bool hasCellState = false;
  static constexpr bool activatesGates = false;
  static constexpr bool savesGates = false;
  static constexpr bool readsPrevious = false;
  static constexpr bool readsOutput = true;
  static constexpr bool hasSkipGradient = false;
  static constexpr int xGate(int) { return 0; }
  static constexpr int hGate(int) { return 0; }
  static constexpr int hSaved(int) { return 0; }

  template <class T>
  static OSTINATO_INLINE Vec<T> outputState(Vec<T>* a, const Vec<T>&, const Vec<T>&) {
    if constexpr (relu)
      return max(a[0], zero<T>());
    else
      return tanh(a[0]);
  }

  // dh is the whole gradient of h'. relu's gradient at 0 is 0; a NaN lets it pass, as in PyTorch.
  template <class T>
  static OSTINATO_INLINE void backward(const Vec<T>*, const StateValues<T>& state, const Vec<T>& dh,
                                       Vec<T>&, Vec<T>* d, Vec<T>&) {
    if constexpr (relu)
      d[0] = select<T>(state.h <= zero<T>(), zero<T>(), dh);
    else
      d[0] = dh * fma(-state.h, state.h, broadcast(T(1)));
  }
};

}  // namespace ostinato::OSTINATO_ISA
