// The GRU cell with PyTorch's reset after the product:
//   r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)      z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
//   n = tanh(a + r*q)   a = W_in x + b_in   q = W_hn h + b_hn
//   h' = (1 - z)*n + z*h
// Four pre-activation blocks, packed in the order a, r, z, q: those of x are then the first three
// and those of h the last three. Saves r, z, n and q.
#pragma once

#include "../cell-policy.h"

namespace ostinato::OSTINATO_ISA {

struct GruCell : CellPolicy<3> {
  static constexpr int blocks = 4;
  static constexpr int unitBlocks = 1;
  static constexpr bool activatesGates = true;
  static constexpr bool readsPrevious = true;
  static constexpr bool hasSkipGradient = true;
  static constexpr bool hasGateGradients = true;
  static constexpr int xGate(int b) { return b == 0 ? 2 : b - 1; }  // n, r, z; h's are r, z, n
  static constexpr int hSaved(int g) { return g == 2 ? 3 : g; }

  template <class T>
  static OSTINATO_INLINE void activateGates(Vec<T>* a, Vec<T>&) {
    a[1] = sigmoid(a[1]);
    a[2] = sigmoid(a[2]);
  }
  // h', and r, z, n, q in `a`; h is the state before.
  template <class T>
  static OSTINATO_INLINE Vec<T> outputState(Vec<T>* a, const Vec<T>& h, const Vec<T>&) {
    const Vec<T> r = a[1], z = a[2], n = tanh(fma(r, a[3], a[0]));
    a[0] = r;
    a[1] = z;
    a[2] = n;
    return fma(z, h - n, n);
  }

  // d[2] is the gradient of a, d[3] = r * d[2] that of q.
  template <class T>
  static OSTINATO_INLINE void backward(const Vec<T>* saved, const StateValues<T>& state,
                                       const Vec<T>& dh, Vec<T>&, Vec<T>* d, Vec<T>& skip) {
    const Vec<T> one = broadcast(T(1));
    const Vec<T> r = saved[0], z = saved[1], n = saved[2], q = saved[3];
    const Vec<T> dn = dh * (one - z) * fma(-n, n, one);
    d[0] = dn * q * (r * (one - r));
    d[1] = dh * (state.hPrevious - n) * (z * (one - z));
    d[2] = dn;
    d[3] = dn * r;
    skip = dh * z;
  }
  // With gradients dGate of r, z, n and q themselves.
  template <class T>
  static OSTINATO_INLINE void backward(const Vec<T>* saved, const StateValues<T>& state,
                                       const Vec<T>* dGate, const Vec<T>& dh, Vec<T>&, Vec<T>* d,
                                       Vec<T>& skip) {
    const Vec<T> one = broadcast(T(1));
    const Vec<T> r = saved[0], z = saved[1], n = saved[2], q = saved[3];
    const Vec<T> dn = fma(dh, one - z, dGate[2]) * fma(-n, n, one);
    d[0] = fma(dn, q, dGate[0]) * (r * (one - r));
    d[1] = fma(dh, state.hPrevious - n, dGate[1]) * (z * (one - z));
    d[2] = dn;
    d[3] = fma(dn, r, dGate[3]);
    skip = dh * z;
  }
};

}  // namespace ostinato::OSTINATO_ISA
