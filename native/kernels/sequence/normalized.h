// Recurrent cells whose gates are layer-normalized (Ba, Kiros and Hinton 2016, arXiv:1607.06450): one row of one step. With
// LN(v) = (v - mean(v)) / sqrt(variance(v) + eps), q = LN(W_ih x) and p = LN(W_hh h) over all G*H of a row, a = gainIh q + biasIh
// and y = gainHh p + biasHh:
//
//   LSTM   i, f, o = sigmoid(a + y)   g = tanh(a + y)   c' = f c + i g   h' = o tanh(gainC LN(c') + biasC)
//   GRU    r, z = sigmoid(a + y)   n = tanh(a_n + r y_n)   h' = (1 - z) n + z h
//
// Statistics are taken in double precision in an order that depends on the length only (norm/moments.h). Backward computes the
// gates again from p and W_ih x: what they would take to be read from memory is more.
#pragma once

#include "../norm/moments.h"
#include "../simd/math.h"
#include "normalized-arguments.h"
#include "product.h"

namespace ostinato::OSTINATO_ISA {

// One row of one step. h and c hold the state before and, on return, after; product holds W_hh h and is
// overwritten. What is kept for backward is null in inference.
template <class T>
struct NormalizedRow {
  const T* ofX;
  T *product, *h, *c, *out;
  T *normalized, *cell;
  double* statistics;
};

// LN's statistics of a row of n elements.
template <class T>
OSTINATO_LONG_INLINE Normal<T> normalOf(const T* row, int64_t n, double& mean, double& rstd) {
  double variance;
  moments(row, n, mean, variance);
  rstd = reciprocalDeviation(variance, normalizedEps);
  return Normal<T>(mean, rstd);
}

// Gradients of gains and biases, added up over rows: [gainIh, gainHh, biasHh, own], of G*H elements each but the last, which
// are 2 H: gainC and biasC of the LSTM, and biasIh of GRU's n, the only one that is not biasHh's.
inline constexpr int64_t elementsOfSums(int gates, int64_t H) { return (3 * gates + 2) * H; }

// Of one row of one step. dh: the whole gradient of h'; on return what does not pass through W_hh, where the
// cell has such a part. dc: of c', from the later steps; on return that of c. gates: [2 G*H], its own.
template <class T>
struct NormalizedGradientRow {
  const T *ofX, *normalized, *cell, *cPrevious, *hPrevious;
  const double* statistics;
  T *dh, *dc, *gradOfX, *dProduct, *gates, *sums;
};

// What the drivers know of a cell, so that they are compiled once for all of them.
template <class T>
struct NormalizedCell {
  int gates;
  bool hasCellState;
  bool keepsPart;  // backward leaves a part of dh that does not pass through W_hh
  void (*step)(const NormalizedForward<T>&, const NormalizedRow<T>&);
  void (*backward)(const NormalizedBackward<T>&, const NormalizedGradientRow<T>&);
};
template <class T, class Policy>
constexpr NormalizedCell<T> normalizedCell = {Policy::gates, Policy::hasCellState,
                                              Policy::keepsPart, Policy::template step<T>,
                                              Policy::template backward<T>};

template <class T>
OSTINATO_LONG_INLINE void addTo(T* sum, const Vec<T>& term, int64_t count) {
  store(sum, load(sum, count) + term, count);
}

// gain v + bias.
template <class T>
OSTINATO_LONG_INLINE Vec<T> scaled(const Vec<T>& v, const T* gain, const T* bias, int64_t at,
                                   int64_t count) {
  const Vec<T> g = load(gain + at, count);
  return bias ? fma(v, g, load(bias + at, count)) : v * g;
}

// a and y of hidden units k .. of each gate; p is kept where backward needs it.
template <int G, class T>
OSTINATO_INLINE void scaledGates(const NormalizedForward<T>& s, const NormalizedRow<T>& row,
                                 const Normal<T>& ofX, const Normal<T>& ofH, int64_t k,
                                 int64_t count, Vec<T>* a, Vec<T>* y) {
  OSTINATO_UNROLL
  for (int g = 0; g < G; ++g) {
    const int64_t at = g * s.hiddenSize + k;
    const Vec<T> p = ofH.of(load(row.product + at, count));
    if (row.normalized) store(row.normalized + at, p, count);
    y[g] = scaled(p, s.gainHh, s.biasHh, at, count);
    a[g] = scaled(ofX.of(load(row.ofX + at, count)), s.gainIh, s.biasIh, at, count);
  }
}

// Elements at .. of a row's gates in backward.
template <class T>
struct NormalizedGate {
  Vec<T> q, p, a, y;
  OSTINATO_LONG_INLINE NormalizedGate(const NormalizedBackward<T>& s,
                                      const NormalizedGradientRow<T>& row, const Normal<T>& ofX,
                                      int64_t at, int64_t count)
      : q(ofX.of(load(row.ofX + at, count))),
        p(load(row.normalized + at, count)),
        a(scaled(q, s.gainIh, s.biasIh, at, count)),
        y(scaled(p, s.gainHh, s.biasHh, at, count)) {}
  // da, dy: the gradients of a and y. Keeps da in gates, and adds to the sums of gains and biasHh.
  OSTINATO_LONG_INLINE void keep(const NormalizedGradientRow<T>& row, int64_t GH, int64_t at,
                                 const Vec<T>& da, const Vec<T>& dy, int64_t count) const {
    store(row.gates + at, da, count);
    addTo(row.sums + at, da * q, count);
    addTo(row.sums + GH + at, dy * p, count);
    addTo(row.sums + 2 * GH + at, dy, count);
  }
};

// From u = gain d, the gradient of q = LN(v), to that of v: (u - mean(u) - q mean(u q)) / deviation, for both v: W_ih x, with da, and
// W_hh h, with dy.
template <class T>
OSTINATO_LONG_INLINE void normalizedGradients(const NormalizedBackward<T>& s,
                                              const NormalizedGradientRow<T>& row,
                                              const Normal<T>& ofX, const T* da, const T* dy,
                                              int64_t n) {
  Sums<T> first[2], second[2];
  forVectors<T>(n, [&](int64_t i, int count, int slot) {
    const Vec<T> u = load(da + i, count) * load(s.gainIh + i, count),
                 v = load(dy + i, count) * load(s.gainHh + i, count);
    first[0].addTo(slot, u);
    second[0].addTo(slot, keepFirst(u * ofX.of(load(row.ofX + i, count)), count));
    first[1].addTo(slot, v);
    second[1].addTo(slot, v * load(row.normalized + i, count));
  });
  Vec<T> a[2], b[2];
  for (int k = 0; k < 2; ++k) {
    a[k] = broadcast(T(first[k].total() / double(n)));
    b[k] = broadcast(T(-second[k].total() / double(n)));
  }
  const Vec<T> scale = broadcast(T(row.statistics[0]));
  forVectors<T>(n, [&](int64_t i, int count, int) {
    const Vec<T> u = load(da + i, count) * load(s.gainIh + i, count),
                 v = load(dy + i, count) * load(s.gainHh + i, count);
    store(row.gradOfX + i, fma(ofX.of(load(row.ofX + i, count)), b[0], u - a[0]) * ofX.scale,
          count);
    store(row.dProduct + i, fma(load(row.normalized + i, count), b[1], v - a[1]) * scale, count);
  });
}

struct NormalizedLstm {
  static constexpr int gates = 4;
  static constexpr bool hasCellState = true, keepsPart = false;

  template <class T>
  static void step(const NormalizedForward<T>& s, const NormalizedRow<T>& row) {
    const int64_t H = s.hiddenSize;
    double mean, rstd, meanX, rstdX;
    const Normal<T> ofX = normalOf(row.ofX, gates * H, meanX, rstdX);
    const Normal<T> ofH = normalOf(row.product, gates * H, mean, rstd);
    for (int64_t k = 0; k < H; k += W<T>) {
      const int64_t count = H - k;
      Vec<T> a[gates], y[gates];
      scaledGates<gates>(s, row, ofX, ofH, k, count, a, y);
      OSTINATO_UNROLL
      for (int g = 0; g < gates; ++g) a[g] = a[g] + y[g];
      a[0] = sigmoid(a[0]);
      a[1] = sigmoid(a[1]);
      a[2] = tanh(a[2]);
      a[3] = sigmoid(a[3]);
      const Vec<T> c = fma(a[1], load(row.c + k, count), a[0] * a[2]);
      store(row.c + k, c, count);
      if (row.cell) store(row.cell + k, c, count);
      // Read again below, when c' is normalized.
      store(row.product + 3 * H + k, a[3], count);
    }
    double meanC, rstdC;
    const Normal<T> normalC = normalOf(row.c, H, meanC, rstdC);
    for (int64_t k = 0; k < H; k += W<T>) {
      const int64_t count = H - k;
      const Vec<T> u = scaled(normalC.of(load(row.c + k, count)), s.gainC, s.biasC, k, count);
      const Vec<T> h = load(row.product + 3 * H + k, count) * tanh(u);
      store(row.h + k, h, count);
      store(row.out + k, h, count);
    }
    if (row.statistics) {
      row.statistics[0] = rstd;
      row.statistics[1] = meanX;
      row.statistics[2] = rstdX;
      row.statistics[3] = meanC;
      row.statistics[4] = rstdC;
    }
  }

  template <class T>
  static void backward(const NormalizedBackward<T>& s, const NormalizedGradientRow<T>& row) {
    const int64_t H = s.hiddenSize, GH = gates * H;
    const Vec<T> one = broadcast(T(1));
    const Normal<T> ofX(row.statistics[1], row.statistics[2]);
    const Normal<T> normalC(row.statistics[3], row.statistics[4]);
    // The gradient of LN(c') in place of dh, and its sums; the output gate.
    Sums<T> first, second;
    forVectors<T>(H, [&](int64_t k, int count, int slot) {
      const NormalizedGate<T> gate(s, row, ofX, 3 * H + k, count);
      const Vec<T> h = normalC.of(load(row.cell + k, count));
      const Vec<T> tc = tanh(scaled(h, s.gainC, s.biasC, k, count));
      const Vec<T> o = sigmoid(gate.a + gate.y), dh = load(row.dh + k, count);
      const Vec<T> dO = dh * tc * (o * (one - o));
      gate.keep(row, GH, 3 * H + k, dO, dO, count);
      const Vec<T> du = dh * o * fma(-tc, tc, one);
      addTo(row.sums + 3 * GH + k, du * h, count);
      addTo(row.sums + 3 * GH + H + k, du, count);
      const Vec<T> d = du * load(s.gainC + k, count);
      store(row.dh + k, d, count);
      first.addTo(slot, keepFirst(d, count));
      second.addTo(slot, keepFirst(d * h, count));
    });
    const Vec<T> a = broadcast(T(first.total() / double(H))),
                 b = broadcast(T(-second.total() / double(H)));
    for (int64_t k = 0; k < H; k += W<T>) {
      const int64_t count = H - k;
      const Vec<T> h = normalC.of(load(row.cell + k, count));
      const Vec<T> dc =
          fma(fma(h, b, load(row.dh + k, count) - a), normalC.scale, load(row.dc + k, count));
      const NormalizedGate<T> ofI(s, row, ofX, k, count), ofF(s, row, ofX, H + k, count),
          ofG(s, row, ofX, 2 * H + k, count);
      const Vec<T> i = sigmoid(ofI.a + ofI.y), f = sigmoid(ofF.a + ofF.y), g = tanh(ofG.a + ofG.y);
      const Vec<T> cPrevious = row.cPrevious ? load(row.cPrevious + k, count) : zero<T>();
      const Vec<T> d[3] = {dc * g * (i * (one - i)), dc * cPrevious * (f * (one - f)),
                           dc * i * fma(-g, g, one)};
      store(row.dc + k, dc * f, count);
      ofI.keep(row, GH, k, d[0], d[0], count);
      ofF.keep(row, GH, H + k, d[1], d[1], count);
      ofG.keep(row, GH, 2 * H + k, d[2], d[2], count);
    }
    normalizedGradients(s, row, ofX, row.gates, row.gates, GH);
  }
};

struct NormalizedGru {
  static constexpr int gates = 3;
  static constexpr bool hasCellState = false, keepsPart = true;

  template <class T>
  static void step(const NormalizedForward<T>& s, const NormalizedRow<T>& row) {
    const int64_t H = s.hiddenSize;
    double mean, rstd, meanX, rstdX;
    const Normal<T> ofX = normalOf(row.ofX, gates * H, meanX, rstdX);
    const Normal<T> ofH = normalOf(row.product, gates * H, mean, rstd);
    for (int64_t k = 0; k < H; k += W<T>) {
      const int64_t count = H - k;
      Vec<T> a[gates], y[gates];
      scaledGates<gates>(s, row, ofX, ofH, k, count, a, y);
      const Vec<T> r = sigmoid(a[0] + y[0]);
      const Vec<T> z = sigmoid(a[1] + y[1]);
      const Vec<T> n = tanh(fma(r, y[2], a[2]));
      const Vec<T> h = fma(z, load(row.h + k, count) - n, n);
      store(row.h + k, h, count);
      store(row.out + k, h, count);
    }
    if (row.statistics) {
      row.statistics[0] = rstd;
      row.statistics[1] = meanX;
      row.statistics[2] = rstdX;
    }
  }

  template <class T>
  static void backward(const NormalizedBackward<T>& s, const NormalizedGradientRow<T>& row) {
    const int64_t H = s.hiddenSize, GH = gates * H;
    const Vec<T> one = broadcast(T(1));
    const Normal<T> ofX(row.statistics[1], row.statistics[2]);
    // Gradients of y, after those of a.
    T* const dy = row.gates + GH;
    for (int64_t k = 0; k < H; k += W<T>) {
      const int64_t count = H - k;
      const NormalizedGate<T> ofR(s, row, ofX, k, count), ofZ(s, row, ofX, H + k, count),
          ofN(s, row, ofX, 2 * H + k, count);
      const Vec<T> r = sigmoid(ofR.a + ofR.y), z = sigmoid(ofZ.a + ofZ.y),
                   n = tanh(fma(r, ofN.y, ofN.a)), dh = load(row.dh + k, count);
      const Vec<T> hPrevious = row.hPrevious ? load(row.hPrevious + k, count) : zero<T>();
      const Vec<T> dn = dh * (one - z) * fma(-n, n, one);
      const Vec<T> dr = dn * ofN.y * (r * (one - r)), dz = dh * (hPrevious - n) * (z * (one - z));
      ofR.keep(row, GH, k, dr, dr, count);
      ofZ.keep(row, GH, H + k, dz, dz, count);
      ofN.keep(row, GH, 2 * H + k, dn, dn * r, count);
      addTo(row.sums + 3 * GH + k, dn, count);
      store(dy + k, dr, count);
      store(dy + H + k, dz, count);
      store(dy + 2 * H + k, dn * r, count);
      store(row.dh + k, dh * z, count);
    }
    normalizedGradients(s, row, ofX, row.gates, dy, GH);
  }
};

}  // namespace ostinato::OSTINATO_ISA
