// Recurrent cells whose gates are layer-normalized (Ba, Kiros and Hinton 2016, arXiv:1607.06450): one row of one step. With
// LN(v) = (v - mean(v)) / sqrt(variance(v) + eps), p = LN(W_hh h) over all G*H of a row, y = gain p + bias, and a what x adds:
//
//   LSTM   i, f, o = sigmoid(a + y)   g = tanh(a + y)   c' = f c + i g   h' = o tanh(gainC LN(c') + biasC)
//   GRU    r, z = sigmoid(a + y)   n = tanh(a_n + r y_n)   h' = (1 - z) n + z h
//
// Statistics are taken in double precision in an order that depends on the length only (norm/moments.h).
#pragma once

#include "../norm/moments.h"
#include "../simd/math.h"
#include "normalized-arguments.h"
#include "product.h"

namespace ostinato::OSTINATO_ISA {

// Doubles that are kept of each row's statistics.
inline constexpr int statisticsOfRow = 3;

// One row of one step. h and c hold the state before and, on return, after; product holds W_hh h and is
// overwritten. What is kept for backward is null in inference.
template <class T>
struct NormalizedRow {
  const T* ofX;
  T *product, *h, *c, *out;
  T *normalized, *gates, *cell;
  double* statistics;
};

// LN's statistics of a row of n elements.
template <class T>
OSTINATO_INLINE Normal<T> normalOf(const T* row, int64_t n, double& mean, double& rstd) {
  double variance;
  moments(row, n, mean, variance);
  rstd = reciprocalDeviation(variance, normalizedEps);
  return Normal<T>(mean, rstd);
}

// Of one row of one step. dh: the whole gradient of h'; on return what does not pass through W_hh, where the
// cell has such a part. dc: of c', from the later steps; on return that of c.
template <class T>
struct NormalizedGradientRow {
  const T *normalized, *gates, *cell, *cPrevious, *hPrevious;
  const double* statistics;
  T *dh, *dc, *gradOfX, *dProduct, *gradGain, *gradBias, *gradGainC, *gradBiasC;
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
OSTINATO_INLINE void addTo(T* sum, const Vec<T>& term, int64_t count) {
  store(sum, load(sum, count) + term, count);
}

// y = gain h + bias.
template <class T>
OSTINATO_INLINE Vec<T> scaled(const Vec<T>& h, const T* gain, const T* bias, int64_t at,
                              int64_t count) {
  const Vec<T> g = load(gain + at, count);
  return bias ? fma(h, g, load(bias + at, count)) : h * g;
}

// The normalized products of hidden units k .. of each gate, kept where backward needs them, and y of them.
template <int G, class T>
OSTINATO_INLINE void scaledGates(const NormalizedForward<T>& s, const NormalizedRow<T>& row,
                                 const Normal<T>& normal, int64_t k, int64_t count, Vec<T>* y) {
  OSTINATO_UNROLL
  for (int g = 0; g < G; ++g) {
    const int64_t at = g * s.hiddenSize + k;
    const Vec<T> p = normal.of(load(row.product + at, count));
    if (row.normalized) store(row.normalized + at, p, count);
    y[g] = scaled(p, s.gainHh, s.biasHh, at, count);
  }
}

// Of the gradients d of the y of hidden units k ..: those of gain and bias, and of p.
template <int G, class T>
OSTINATO_INLINE void scaledGradients(const NormalizedBackward<T>& s,
                                     const NormalizedGradientRow<T>& row, const Vec<T>* d,
                                     int64_t k, int64_t count) {
  OSTINATO_UNROLL
  for (int g = 0; g < G; ++g) {
    const int64_t at = g * s.hiddenSize + k;
    addTo(row.gradBias + at, d[g], count);
    addTo(row.gradGain + at, d[g] * load(row.normalized + at, count), count);
    store(row.dProduct + at, d[g] * load(s.gainHh + at, count), count);
  }
}

// From u, the gradient of p = LN(v), to that of v: (u - mean(u) - p mean(u p)) / deviation. In place.
template <class T>
OSTINATO_INLINE void normalizedGradient(const T* p, T* u, int64_t n, double rstd) {
  Sums<T> first, second;
  forVectors<T>(n, [&](int64_t i, int count, int slot) {
    const Vec<T> v = load(u + i, count);
    first.addTo(slot, v);
    second.addTo(slot, v * load(p + i, count));
  });
  const Vec<T> a = broadcast(T(first.total() / double(n))),
               b = broadcast(T(-second.total() / double(n))), scale = broadcast(T(rstd));
  forVectors<T>(n, [&](int64_t i, int count, int) {
    store(u + i, fma(load(p + i, count), b, load(u + i, count) - a) * scale, count);
  });
}

struct NormalizedLstm {
  static constexpr int gates = 4;
  static constexpr bool hasCellState = true, keepsPart = false;

  template <class T>
  static void step(const NormalizedForward<T>& s, const NormalizedRow<T>& row) {
    const int64_t H = s.hiddenSize;
    double mean, rstd;
    const Normal<T> normal = normalOf(row.product, gates * H, mean, rstd);
    for (int64_t k = 0; k < H; k += W<T>) {
      const int64_t count = H - k;
      Vec<T> a[gates];
      scaledGates<gates>(s, row, normal, k, count, a);
      OSTINATO_UNROLL
      for (int g = 0; g < gates; ++g) a[g] = a[g] + load(row.ofX + g * H + k, count);
      a[0] = sigmoid(a[0]);
      a[1] = sigmoid(a[1]);
      a[2] = tanh(a[2]);
      a[3] = sigmoid(a[3]);
      const Vec<T> c = fma(a[1], load(row.c + k, count), a[0] * a[2]);
      store(row.c + k, c, count);
      if (row.cell) store(row.cell + k, c, count);
      // Read again below, when c' is normalized.
      store(row.product + 3 * H + k, a[3], count);
      if (row.gates)
        for (int g = 0; g < gates; ++g) store(row.gates + g * H + k, a[g], count);
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
      row.statistics[1] = meanC;
      row.statistics[2] = rstdC;
    }
  }

  template <class T>
  static void backward(const NormalizedBackward<T>& s, const NormalizedGradientRow<T>& row) {
    const int64_t H = s.hiddenSize;
    const Vec<T> one = broadcast(T(1));
    const Normal<T> normalC(row.statistics[1], row.statistics[2]);
    // The gradient of LN(c') in place of dh, and its sums.
    Sums<T> first, second;
    forVectors<T>(H, [&](int64_t k, int count, int slot) {
      const Vec<T> h = normalC.of(load(row.cell + k, count));
      const Vec<T> tc = tanh(scaled(h, s.gainC, s.biasC, k, count));
      const Vec<T> o = load(row.gates + 3 * H + k, count), dh = load(row.dh + k, count);
      store(row.gradOfX + 3 * H + k, dh * tc * (o * (one - o)), count);
      const Vec<T> du = dh * o * fma(-tc, tc, one);
      addTo(row.gradGainC + k, du * h, count);
      addTo(row.gradBiasC + k, du, count);
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
      const Vec<T> i = load(row.gates + k, count), f = load(row.gates + H + k, count),
                   g = load(row.gates + 2 * H + k, count);
      const Vec<T> cPrevious = row.cPrevious ? load(row.cPrevious + k, count) : zero<T>();
      const Vec<T> d[gates] = {dc * g * (i * (one - i)), dc * cPrevious * (f * (one - f)),
                               dc * i * fma(-g, g, one), load(row.gradOfX + 3 * H + k, count)};
      store(row.dc + k, dc * f, count);
      OSTINATO_UNROLL
      for (int gate = 0; gate < 3; ++gate) store(row.gradOfX + gate * H + k, d[gate], count);
      scaledGradients<gates>(s, row, d, k, count);
    }
    normalizedGradient(row.normalized, row.dProduct, gates * H, row.statistics[0]);
  }
};

struct NormalizedGru {
  static constexpr int gates = 3;
  static constexpr bool hasCellState = false, keepsPart = true;

  template <class T>
  static void step(const NormalizedForward<T>& s, const NormalizedRow<T>& row) {
    const int64_t H = s.hiddenSize;
    double mean, rstd;
    const Normal<T> normal = normalOf(row.product, gates * H, mean, rstd);
    for (int64_t k = 0; k < H; k += W<T>) {
      const int64_t count = H - k;
      Vec<T> y[gates];
      scaledGates<gates>(s, row, normal, k, count, y);
      const Vec<T> r = sigmoid(load(row.ofX + k, count) + y[0]);
      const Vec<T> z = sigmoid(load(row.ofX + H + k, count) + y[1]);
      const Vec<T> n = tanh(fma(r, y[2], load(row.ofX + 2 * H + k, count)));
      if (row.gates) {
        store(row.gates + k, r, count);
        store(row.gates + H + k, z, count);
        store(row.gates + 2 * H + k, n, count);
      }
      const Vec<T> h = fma(z, load(row.h + k, count) - n, n);
      store(row.h + k, h, count);
      store(row.out + k, h, count);
    }
    if (row.statistics) row.statistics[0] = rstd;
  }

  template <class T>
  static void backward(const NormalizedBackward<T>& s, const NormalizedGradientRow<T>& row) {
    const int64_t H = s.hiddenSize;
    const Vec<T> one = broadcast(T(1));
    for (int64_t k = 0; k < H; k += W<T>) {
      const int64_t count = H - k;
      const Vec<T> r = load(row.gates + k, count), z = load(row.gates + H + k, count),
                   n = load(row.gates + 2 * H + k, count), dh = load(row.dh + k, count);
      const Vec<T> hPrevious = row.hPrevious ? load(row.hPrevious + k, count) : zero<T>();
      const Vec<T> y =
          scaled(load(row.normalized + 2 * H + k, count), s.gainHh, s.biasHh, 2 * H + k, count);
      const Vec<T> dn = dh * (one - z) * fma(-n, n, one);
      Vec<T> d[gates] = {dn * y * (r * (one - r)), dh * (hPrevious - n) * (z * (one - z)), dn};
      OSTINATO_UNROLL
      for (int g = 0; g < gates; ++g) store(row.gradOfX + g * H + k, d[g], count);
      d[2] = dn * r;
      scaledGradients<gates>(s, row, d, k, count);
      store(row.dh + k, dh * z, count);
    }
    normalizedGradient(row.normalized, row.dProduct, gates * H, row.statistics[0]);
  }
};

}  // namespace ostinato::OSTINATO_ISA
