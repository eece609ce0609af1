// The JANET cell (van der Westhuizen and Lasenby 2018): an LSTM of which the forget gate alone is left.
//   s = W_if x + b_if + W_hf h + b_hf      g = tanh(W_ig x + b_ig + W_hg h + b_hg)
//   h' = sigmoid(s)*h + (1 - sigmoid(s - 1))*g
// Saves s and g: both gates are functions of s, and 1 - sigmoid(s - 1) = sigmoid(1 - s) loses no digits.
#pragma once

#include "../cell-policy.h"

namespace ostinato::OSTINATO_ISA {

struct JanetCell : CellPolicy<2> {
  static constexpr int unitBlocks = 2;
  static constexpr bool readsPrevious = true;
  static constexpr bool hasSkipGradient = true;

  // h', and s, g in `a`; h is the state before.
  template <class T>
  static OSTINATO_INLINE Vec<T> outputState(Vec<T>* a, const Vec<T>& h, const Vec<T>&) {
    a[1] = tanh(a[1]);
    return fma(sigmoid(a[0]), h, sigmoid(broadcast(T(1)) - a[0]) * a[1]);
  }

  template <class T>
  static OSTINATO_INLINE void backward(const Vec<T>* saved, const StateValues<T>& state,
                                       const Vec<T>& dh, Vec<T>&, Vec<T>* d, Vec<T>& skip) {
    const Vec<T> one = broadcast(T(1));
    const Vec<T> f = sigmoid(saved[0]), i = sigmoid(one - saved[0]), g = saved[1];
    d[0] = dh * (state.hPrevious * (f * (one - f)) - g * (i * (one - i)));
    d[1] = dh * i * fma(-g, g, one);
    skip = dh * f;
  }
};

}  // namespace ostinato::OSTINATO_ISA
