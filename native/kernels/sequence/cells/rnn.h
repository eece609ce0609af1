// The Elman cell: h' = tanh(a) or relu(a), a = W_ih x + b_ih + W_hh h + b_hh. Saves nothing: the
// derivative is a function of h', which the layer's output holds.
#pragma once

#include "../cell-policy.h"

namespace ostinato::OSTINATO_ISA {

template <bool relu>
struct RnnCell : CellPolicy<1> {
  using Relu = RnnCell<true>;
  static constexpr int unitBlocks = 4;
  static constexpr bool savesGates = false;
  static constexpr bool readsOutput = true;

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
