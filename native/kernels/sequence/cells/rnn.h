// The Elman cell: h' = tanh(a) or relu(a), a = W_ih x + b_ih + W_hh h + b_hh. Saves nothing: the
// derivative is a function of h', which the layer's output holds.
#pragma once

#include "../../simd/math.h"

namespace ostinato::OSTINATO_ISA {

template <bool relu>
struct RnnCell {
  static constexpr int gates = 1;       // blocks of H rows in the weights
  static constexpr int blocks = 1;      // pre-activation blocks for each hidden unit
  static constexpr int unitBlocks = 4;  // vectors of hidden units that share a packed panel
  static constexpr bool hasCellState = false;
  static constexpr bool opens = false;  // the epilogue has a first pass
  static constexpr bool savesGates = false;
  static constexpr bool readsPrevious = false;  // forward and backward read h of the step before
  static constexpr bool readsOutput = true;     // backward reads h'
  static constexpr bool hasDirect = false;  // a part of dh reaches h of the step before as it is
  // Pre-activation block b in the order of the packed panels. The product with x fills blocks
  // 0 .. gates-1 with the gates xGate(0..), that with h the last `gates` blocks with hGate(0..).
  static constexpr int xGate(int) { return 0; }
  static constexpr int hGate(int) { return 0; }
  // The saved column block of h's gate g (what multiplies W_hh in backward).
  static constexpr int hSaved(int) { return 0; }

  template <class T>
  static OSTINATO_INLINE Vec<T> close(Vec<T>* a, const Vec<T>&, const Vec<T>&) {
    if constexpr (relu)
      return max(a[0], zero<T>());
    else
      return tanh(a[0]);
  }

  // dh is the whole gradient of h'. relu's gradient at 0 is 0; a NaN lets it pass, as in PyTorch.
  template <class T>
  static OSTINATO_INLINE void backward(const Vec<T>*, const Vec<T>& h, const Vec<T>&, const Vec<T>&,
                                       const Vec<T>&, const Vec<T>& dh, Vec<T>&, Vec<T>* d,
                                       Vec<T>&) {
    if constexpr (relu)
      d[0] = select<T>(h <= zero<T>(), zero<T>(), dh);
    else
      d[0] = dh * fma(-h, h, broadcast(T(1)));
  }
};

}  // namespace ostinato::OSTINATO_ISA
