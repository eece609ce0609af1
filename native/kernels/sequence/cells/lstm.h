// The LSTM cell, gates in PyTorch's order:
//   i = sigmoid(a_i)  f = sigmoid(a_f)  g = tanh(a_g)  o = sigmoid(a_o)
//   c' = f*c + i*g    h' = o*tanh(c')
// Saves i, f, g, o and c'. tanh(c') is computed again in backward: cheaper than keeping it.
#pragma once

#include "../cell-policy.h"

namespace ostinato::OSTINATO_ISA {

struct LstmCell : CellPolicy<4> {
  static constexpr int unitBlocks = 1;
  static constexpr bool hasCellState = true;
  static constexpr bool activatesGates = true;
  static constexpr bool hasGateGradients = true;
  static constexpr bool hasPeepholes = true;

  // The gates in place of their pre-activations; c holds the state before and, on return, after.
  template <class T>
  static OSTINATO_INLINE void activateGates(Vec<T>* a, Vec<T>& c) {
    a[0] = sigmoid(a[0]);
    a[1] = sigmoid(a[1]);
    a[2] = tanh(a[2]);
    a[3] = sigmoid(a[3]);
    c = cellState<T>(a, c);
  }
  // c' of the gates and c.
  template <class T>
  static OSTINATO_INLINE Vec<T> cellState(const Vec<T>* gates, const Vec<T>& c) {
    return fma(gates[1], c, gates[0] * gates[2]);
  }
  // With peepholes p of i, f and o: i and f see c, o sees c'.
  template <class T>
  static OSTINATO_INLINE void activateGates(Vec<T>* a, Vec<T>& c, const Vec<T>* p) {
    a[0] = sigmoid(fma(p[0], c, a[0]));
    a[1] = sigmoid(fma(p[1], c, a[1]));
    a[2] = tanh(a[2]);
    c = cellState<T>(a, c);
    a[3] = sigmoid(fma(p[2], c, a[3]));
  }
  // h', and in `a` what backward needs.
  template <class T>
  static OSTINATO_INLINE Vec<T> outputState(Vec<T>* a, const Vec<T>&, const Vec<T>& c) {
    return a[3] * tanh(c);
  }

  // dc: the gradient of c' that the next step left; on return that of c.
  template <class T>
  static OSTINATO_INLINE void backward(const Vec<T>* saved, const StateValues<T>& state,
                                       const Vec<T>& dh, Vec<T>& dc, Vec<T>* d, Vec<T>&) {
    const Vec<T> one = broadcast(T(1));
    const Vec<T> i = saved[0], f = saved[1], g = saved[2], o = saved[3];
    const Vec<T> tc = tanh(state.c);
    const Vec<T> dhO = dh * o;
    const Vec<T> total = fma(dhO, fma(-tc, tc, one), dc);
    d[0] = total * g * (i * (one - i));
    d[1] = total * state.cPrevious * (f * (one - f));
    d[2] = total * i * fma(-g, g, one);
    d[3] = dhO * tc * (one - o);
    dc = total * f;
  }
  // With peepholes p and gradients dGate of the gates themselves.
  template <class T>
  static OSTINATO_INLINE void backward(const Vec<T>* saved, const StateValues<T>& state,
                                       const Vec<T>* dGate, const Vec<T>* p, const Vec<T>& dh,
                                       Vec<T>& dc, Vec<T>* d, Vec<T>&) {
    const Vec<T> one = broadcast(T(1));
    const Vec<T> i = saved[0], f = saved[1], g = saved[2], o = saved[3];
    const Vec<T> tc = tanh(state.c);
    d[3] = fma(dh, tc, dGate[3]) * (o * (one - o));
    const Vec<T> total = fma(d[3], p[2], fma(dh * o, fma(-tc, tc, one), dc));
    d[0] = fma(total, g, dGate[0]) * (i * (one - i));
    d[1] = fma(total, state.cPrevious, dGate[1]) * (f * (one - f));
    d[2] = fma(total, i, dGate[2]) * fma(-g, g, one);
    dc = fma(d[1], p[1], fma(d[0], p[0], total * f));
  }
};

}  // namespace ostinato::OSTINATO_ISA
