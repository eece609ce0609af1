// A recurrent layer and direction in plain double arithmetic, a row of the batch at a time: the
// equations of PyTorch's RNN, LSTM and GRU and of JANET, and their textbook back-propagation through time. It
// shares no code with the kernels; sequence.test.cc checks it against finite differences.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace reference {

using Array = std::vector<double>;
enum class Kind { rnnTanh, rnnRelu, lstm, gru, janet };
inline constexpr Kind kinds[] = {Kind::rnnTanh, Kind::rnnRelu, Kind::lstm, Kind::gru, Kind::janet};

// What a kind's cell is called in cells.inc, its gates and pre-activation blocks (arguments.h), and whether it
// has a state c and keeps its gates for backward.
struct Traits {
  const char* name;
  int gates, blocks;
  bool hasCellState, savesGates;
};
inline constexpr Traits traits[] = {{"rnn", 1, 1, false, false},
                                    {"rnn", 1, 1, false, false},
                                    {"lstm", 4, 4, true, true},
                                    {"gru", 3, 4, false, true},
                                    {"janet", 2, 2, false, true}};

struct Layer {
  Kind kind;
  int64_t T, N, I, H, P;
  bool reverse;
  std::vector<int32_t> batchSizes;  // empty: every row has T steps

  const Traits& cell() const { return traits[int(kind)]; }
  int64_t gates() const { return cell().gates; }
  int64_t state() const { return P ? P : H; }
  int64_t length(int64_t n) const {
    if (batchSizes.empty()) return T;
    int64_t length = 0;
    while (length < T && batchSizes[length] > n) ++length;
    return length;
  }
};

// Everything [T, N, ...] in order of t; empty biases and states are zeros. Steps past a row's
// length are not touched.
struct Values {
  Array x, h0, c0, weightIh, weightHh, biasIh, biasHh, weightHr;
  Array out, hN, cN;
};
struct Gradients {
  Array out, hN, cN;  // given
  Array x, h0, c0, weightIh, weightHh, biasIh, biasHh, weightHr;
};

inline double sigmoid(double a) { return 1 / (1 + std::exp(-a)); }
inline double element(const Array& a, int64_t i) { return a.empty() ? 0 : a[i]; }

// What one step of one row leaves for backward.
struct Moment {
  Array gates, q, c, cPrevious, h, hPrevious;  // h before the projection
};

inline void forwardRow(const Layer& layer, int64_t n, Values& v, std::vector<Moment>& moments) {
  const int64_t H = layer.H, S = layer.state(), G = layer.gates(), I = layer.I;
  Array h(S), c(H);
  for (int64_t k = 0; k < S; ++k) h[k] = element(v.h0, n * S + k);
  for (int64_t k = 0; k < H; ++k) c[k] = element(v.c0, n * H + k);
  const int64_t length = layer.length(n);
  for (int64_t i = 0; i < length; ++i) {
    const int64_t t = layer.reverse ? length - 1 - i : i;
    Moment m;
    m.hPrevious = h;
    m.cPrevious = c;
    Array ax(G * H), ah(G * H), raw(H);
    for (int64_t j = 0; j < G * H; ++j) {
      ax[j] = element(v.biasIh, j);
      ah[j] = element(v.biasHh, j);
      for (int64_t k = 0; k < I; ++k)
        ax[j] += v.weightIh[j * I + k] * v.x[(t * layer.N + n) * I + k];
      for (int64_t k = 0; k < S; ++k) ah[j] += v.weightHh[j * S + k] * h[k];
    }
    m.gates.resize(G * H);
    m.q.assign(ah.end() - H, ah.end());
    for (int64_t u = 0; u < H; ++u) {
      const auto a = [&](int64_t g) { return ax[g * H + u] + ah[g * H + u]; };
      double* const gate = &m.gates[u];
      switch (layer.kind) {
        case Kind::rnnTanh:
          raw[u] = std::tanh(a(0));
          break;
        case Kind::rnnRelu:
          raw[u] = a(0) > 0 ? a(0) : std::isnan(a(0)) ? a(0) : 0;
          break;
        case Kind::lstm:
          gate[0] = sigmoid(a(0)), gate[H] = sigmoid(a(1));
          gate[2 * H] = std::tanh(a(2)), gate[3 * H] = sigmoid(a(3));
          c[u] = gate[H] * c[u] + gate[0] * gate[2 * H];
          raw[u] = gate[3 * H] * std::tanh(c[u]);
          break;
        case Kind::gru:
          gate[0] = sigmoid(a(0)), gate[H] = sigmoid(a(1));
          gate[2 * H] = std::tanh(ax[2 * H + u] + gate[0] * m.q[u]);
          raw[u] = (1 - gate[H]) * gate[2 * H] + gate[H] * h[u];
          break;
        case Kind::janet:
          gate[0] = a(0), gate[H] = std::tanh(a(1));
          raw[u] = sigmoid(a(0)) * h[u] + (1 - sigmoid(a(0) - 1)) * gate[H];
          break;
      }
    }
    m.c = c;
    m.h = raw;
    if (layer.P) {
      for (int64_t p = 0; p < S; ++p) {
        h[p] = 0;
        for (int64_t u = 0; u < H; ++u) h[p] += v.weightHr[p * H + u] * raw[u];
      }
    } else {
      h = raw;
    }
    for (int64_t k = 0; k < S; ++k) v.out[(t * layer.N + n) * S + k] = h[k];
    moments.push_back(std::move(m));
  }
  for (int64_t k = 0; k < S; ++k) v.hN[n * S + k] = h[k];
  for (int64_t k = 0; k < H; ++k) v.cN[n * H + k] = c[k];
}

inline void backwardRow(const Layer& layer, int64_t n, const Values& v,
                        const std::vector<Moment>& moments, Gradients& g) {
  const int64_t H = layer.H, S = layer.state(), G = layer.gates(), I = layer.I;
  Array dh(S), dc(H);
  for (int64_t k = 0; k < S; ++k) dh[k] = element(g.hN, n * S + k);
  for (int64_t k = 0; k < H; ++k) dc[k] = element(g.cN, n * H + k);
  const int64_t length = layer.length(n);
  for (int64_t i = length - 1; i >= 0; --i) {
    const int64_t t = layer.reverse ? length - 1 - i : i;
    const Moment& m = moments[i];
    for (int64_t k = 0; k < S; ++k) dh[k] += element(g.out, (t * layer.N + n) * S + k);
    Array draw = dh;
    if (layer.P) {
      draw.assign(H, 0);
      for (int64_t p = 0; p < S; ++p)
        for (int64_t u = 0; u < H; ++u) {
          draw[u] += dh[p] * v.weightHr[p * H + u];
          g.weightHr[p * H + u] += dh[p] * m.h[u];
        }
    }
    // Gradients of the x part and of the h part of the pre-activations; they differ in GRU's n.
    Array dx(G * H), dhPart(G * H), next(S);
    for (int64_t u = 0; u < H; ++u) {
      const double* const gate = m.gates.data() + u;
      double* const d = &dx[u];
      switch (layer.kind) {
        case Kind::rnnTanh:
          d[0] = draw[u] * (1 - m.h[u] * m.h[u]);
          break;
        case Kind::rnnRelu:
          d[0] = m.h[u] > 0 ? draw[u] : 0;
          break;
        case Kind::lstm: {
          const double in = gate[0], f = gate[H], cand = gate[2 * H], o = gate[3 * H];
          const double tc = std::tanh(m.c[u]);
          dc[u] += draw[u] * o * (1 - tc * tc);
          d[0] = dc[u] * cand * in * (1 - in);
          d[H] = dc[u] * m.cPrevious[u] * f * (1 - f);
          d[2 * H] = dc[u] * in * (1 - cand * cand);
          d[3 * H] = draw[u] * tc * o * (1 - o);
          dc[u] *= f;
          break;
        }
        case Kind::gru: {
          const double r = gate[0], z = gate[H], cand = gate[2 * H];
          d[2 * H] = draw[u] * (1 - z) * (1 - cand * cand);
          d[0] = d[2 * H] * m.q[u] * r * (1 - r);
          d[H] = draw[u] * (m.hPrevious[u] - cand) * z * (1 - z);
          next[u] = draw[u] * z;
          break;
        }
        case Kind::janet: {
          const double f = sigmoid(gate[0]), before = sigmoid(gate[0] - 1), cand = gate[H];
          d[0] = draw[u] * (m.hPrevious[u] * f * (1 - f) - cand * before * (1 - before));
          d[H] = draw[u] * (1 - before) * (1 - cand * cand);
          next[u] = draw[u] * f;
          break;
        }
      }
      for (int64_t j = 0; j < G; ++j) dhPart[j * H + u] = d[j * H];
      if (layer.kind == Kind::gru) dhPart[2 * H + u] *= gate[0];
    }
    for (int64_t j = 0; j < G * H; ++j) {
      if (!g.biasIh.empty()) g.biasIh[j] += dx[j];
      if (!g.biasHh.empty()) g.biasHh[j] += dhPart[j];
      for (int64_t k = 0; k < I; ++k) {
        g.weightIh[j * I + k] += dx[j] * v.x[(t * layer.N + n) * I + k];
        g.x[(t * layer.N + n) * I + k] += dx[j] * v.weightIh[j * I + k];
      }
      for (int64_t k = 0; k < S; ++k) {
        g.weightHh[j * S + k] += dhPart[j] * m.hPrevious[k];
        next[k] += dhPart[j] * v.weightHh[j * S + k];
      }
    }
    dh = next;
  }
  for (int64_t k = 0; k < S; ++k) g.h0[n * S + k] = dh[k];
  for (int64_t k = 0; k < H; ++k) g.c0[n * H + k] = dc[k];
}

// Fills v.out, hN, cN, and from g.out, hN, cN every other gradient.
inline void run(const Layer& layer, Values& v, Gradients& g) {
  const int64_t S = layer.state();
  v.out.assign(layer.T * layer.N * S, 0);
  v.hN.assign(layer.N * S, 0);
  v.cN.assign(layer.N * layer.H, 0);
  g.x.assign(v.x.size(), 0);
  g.h0.assign(layer.N * S, 0);
  g.c0.assign(layer.N * layer.H, 0);
  g.weightIh.assign(v.weightIh.size(), 0);
  g.weightHh.assign(v.weightHh.size(), 0);
  g.biasIh.assign(layer.gates() * layer.H, 0);
  g.biasHh.assign(layer.gates() * layer.H, 0);
  g.weightHr.assign(v.weightHr.size(), 0);
  for (int64_t n = 0; n < layer.N; ++n) {
    std::vector<Moment> moments;
    forwardRow(layer, n, v, moments);
    backwardRow(layer, n, v, moments, g);
  }
}

}  // namespace reference
