// The LSTM cell, gates in PyTorch's order:
//   i = sigmoid(a_i)  f = sigmoid(a_f)  g = tanh(a_g)  o = sigmoid(a_o)
//   c' = f*c + i*g    h' = o*tanh(c')
// Saves i, f, g, o and c'. tanh(c') is computed again in backward: cheaper than keeping it.
#pragma once

#include "../../simd/math.h"

namespace ostinato::OSTINATO_ISA {

struct LstmCell {
  static constexpr int gates = 4;
  static constexpr int blocks = 4;
  static constexpr int unitBlocks = 1;
  static constexpr bool hasCellState = true;
  static constexpr bool savesGates = true;
  static constexpr bool readsPrevious = false;
  static constexpr bool readsOutput = false;
  static constexpr int xGate(int b) { return b; }
  static constexpr int hGate(int b) { return b; }
  static constexpr int hSaved(int g) { return g; }

  // saved[0..3] = i, f, g, o; c holds the state before and, on return, after.
  template <class T>
  static OSTINATO_INLINE Vec<T> forward(const Vec<T>* a, Vec<T>* saved, const Vec<T>&, Vec<T>& c) {
    const Vec<T> i = sigmoid(a[0]), f = sigmoid(a[1]), g = tanh(a[2]), o = sigmoid(a[3]);
    saved[0] = i;
    saved[1] = f;
    saved[2] = g;
    saved[3] = o;
    c = fma(f, c, i * g);
    return o * tanh(c);
  }

  // dc: the gradient of c' that the next step left; on return that of c.
  template <class T>
  static OSTINATO_INLINE void backward(const Vec<T>* saved, const Vec<T>&, const Vec<T>&,
                                       const Vec<T>& c, const Vec<T>& cPrevious, const Vec<T>& dh,
                                       Vec<T>& dc, Vec<T>* d, Vec<T>& dhDirect) {
    const Vec<T> one = broadcast(T(1));
    const Vec<T> i = saved[0], f = saved[1], g = saved[2], o = saved[3];
    const Vec<T> tc = tanh(c);
    const Vec<T> dhO = dh * o;
    const Vec<T> total = fma(dhO, fma(-tc, tc, one), dc);
    d[0] = total * g * (i * (one - i));
    d[1] = total * cPrevious * (f * (one - f));
    d[2] = total * i * fma(-g, g, one);
    d[3] = dhO * tc * (one - o);
    dc = total * f;
    dhDirect = zero<T>();
  }
};

}  // namespace ostinato::OSTINATO_ISA
