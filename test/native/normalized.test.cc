// kernels/sequence/normalized: layer-normalized cells against their equations in plain loops of doubles, their
// gradients against differences of those along a direction; bit for bit between instruction sets.
#include "runtime/dispatch.h"
#include "support.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

using namespace ostinato;
using namespace ostinato::test;

namespace {

// Not long double, which is emulated on Arm.
using Real = double;
using Exact = std::vector<Real>;

struct Sizes {
  bool lstm;
  int64_t T, N, H;
  bool reverse, packed, bias;
  int64_t gates() const { return lstm ? 4 : 3; }
  int64_t GH() const { return gates() * H; }
  std::vector<int32_t> batchSizes() const {
    std::vector<int32_t> out;
    for (int64_t t = 0; t < T; ++t)
      out.push_back(int32_t(packed ? std::max<int64_t>(N - t, 1) : N));
    return out;
  }
  int64_t rows() const {
    int64_t sum = 0;
    for (int32_t n : batchSizes()) sum += n;
    return sum;
  }
};

template <class T>
std::vector<T> wave(int64_t n, double phase, double scale = 1) {
  std::vector<T> out;
  for (int64_t i = 0; i < n; ++i) out.push_back(T(scale * std::sin(0.7 * double(i) + phase)));
  return out;
}

// What a call is given, and what its results are weighted by in the loss.
template <class T>
struct Inputs {
  std::vector<T> ofX, h0, c0, weight, gainIh, biasIh, gain, bias, gainC, biasC;
  std::vector<T> gradOut, gradHN, gradCN, gradCells;

  explicit Inputs(const Sizes& s)
      : ofX(wave<T>(s.rows() * s.GH(), 1)),
        h0(wave<T>(s.N * s.H, 2)),
        c0(wave<T>(s.N * s.H, 3)),
        weight(wave<T>(s.GH() * s.H, 4, 0.4)),
        gainIh(wave<T>(s.GH(), 13)),
        biasIh(wave<T>(s.GH(), 14)),
        gain(wave<T>(s.GH(), 5)),
        bias(wave<T>(s.GH(), 6)),
        gainC(wave<T>(s.H, 7)),
        biasC(wave<T>(s.H, 8)),
        gradOut(wave<T>(s.rows() * s.H, 9)),
        gradHN(wave<T>(s.N * s.H, 10)),
        gradCN(wave<T>(s.N * s.H, 11)),
        gradCells(wave<T>(s.rows() * s.H, 12)) {}
};

Real sigmoidOf(Real x) { return 1 / (1 + std::exp(-x)); }

void normalize(Real* v, int64_t n) {
  Real mean = 0, variance = 0;
  for (int64_t i = 0; i < n; ++i) mean += v[i] / n;
  for (int64_t i = 0; i < n; ++i) variance += (v[i] - mean) * (v[i] - mean) / n;
  const Real scale = 1 / std::sqrt(variance + 1e-5);
  for (int64_t i = 0; i < n; ++i) v[i] = (v[i] - mean) * scale;
}

struct Results {
  Exact out, hN, cN, cells;
};

Results reference(const Sizes& s, const Inputs<Real>& in) {
  const int64_t H = s.H, GH = s.GH();
  const std::vector<int32_t> batchSizes = s.batchSizes();
  Results r = {Exact(size_t(s.rows() * H)), in.h0, in.c0, Exact(size_t(s.rows() * H))};
  for (int64_t i = 0; i < s.T; ++i) {
    const int64_t t = s.reverse ? s.T - 1 - i : i;
    int64_t first = 0;
    for (int64_t k = 0; k < t; ++k) first += batchSizes[size_t(k)];
    for (int64_t n = 0; n < batchSizes[size_t(t)]; ++n) {
      const Real* const ofX = in.ofX.data() + (first + n) * GH;
      Exact a(ofX, ofX + GH);
      Real* const h = r.hN.data() + n * H;
      Real* const c = r.cN.data() + n * H;
      Exact y(static_cast<size_t>(GH));
      for (int64_t j = 0; j < GH; ++j)
        for (int64_t k = 0; k < H; ++k) y[size_t(j)] += in.weight[size_t(j * H + k)] * h[k];
      normalize(a.data(), GH);
      normalize(y.data(), GH);
      for (int64_t j = 0; j < GH; ++j) {
        a[size_t(j)] = a[size_t(j)] * in.gainIh[size_t(j)] + (s.bias ? in.biasIh[size_t(j)] : 0);
        y[size_t(j)] = y[size_t(j)] * in.gain[size_t(j)] + (s.bias ? in.bias[size_t(j)] : 0);
      }
      const auto gate = [&](int64_t g, int64_t k) {
        return a[size_t(g * H + k)] + y[size_t(g * H + k)];
      };
      if (s.lstm) {
        for (int64_t k = 0; k < H; ++k)
          c[k] = sigmoidOf(gate(1, k)) * c[k] + sigmoidOf(gate(0, k)) * std::tanh(gate(2, k));
        Exact u(c, c + H);
        normalize(u.data(), H);
        for (int64_t k = 0; k < H; ++k)
          h[k] = sigmoidOf(gate(3, k)) *
                 std::tanh(u[size_t(k)] * in.gainC[size_t(k)] + (s.bias ? in.biasC[size_t(k)] : 0));
      } else {
        for (int64_t k = 0; k < H; ++k) {
          const Real z = sigmoidOf(gate(1, k));
          const Real m =
              std::tanh(a[size_t(2 * H + k)] + sigmoidOf(gate(0, k)) * y[size_t(2 * H + k)]);
          h[k] = (1 - z) * m + z * h[k];
        }
      }
      std::copy(h, h + H, r.out.data() + (first + n) * H);
      std::copy(c, c + H, r.cells.data() + (first + n) * H);
    }
  }
  return r;
}

Real dot(const Exact& a, const Exact& b) {
  Real sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
Real lossOf(const Sizes& s, const Inputs<Real>& in) {
  const Results r = reference(s, in);
  Real sum = dot(r.out, in.gradOut) + dot(r.hN, in.gradHN);
  if (s.lstm) sum += dot(r.cN, in.gradCN) + dot(r.cells, in.gradCells);
  return sum;
}

template <class T>
Exact exactly(const std::vector<T>& x) {
  return {x.begin(), x.end()};
}
template <class T>
Inputs<Real> exactly(const Sizes& s, const Inputs<T>& in) {
  Inputs<Real> out(s);
  out.ofX = exactly(in.ofX);
  out.h0 = exactly(in.h0);
  out.c0 = exactly(in.c0);
  out.weight = exactly(in.weight);
  out.gainIh = exactly(in.gainIh);
  out.biasIh = exactly(in.biasIh);
  out.gain = exactly(in.gain);
  out.bias = exactly(in.bias);
  out.gainC = exactly(in.gainC);
  out.biasC = exactly(in.biasC);
  out.gradOut = exactly(in.gradOut);
  out.gradHN = exactly(in.gradHN);
  out.gradCN = exactly(in.gradCN);
  out.gradCells = exactly(in.gradCells);
  return out;
}

// All arrays that a call writes, between guards.
template <class T>
struct Computed {
  Guarded<T> out, hN, cN, cells, gradOfX, gradH0, gradC0, gradWeight, gradGainIh, gradBiasIh,
      gradGain, gradBias, gradGainC, gradBiasC;
  std::vector<T> all() const {
    std::vector<T> sum;
    for (const Guarded<T>* one :
         {&out, &hN, &cN, &cells, &gradOfX, &gradH0, &gradC0, &gradWeight, &gradGainIh, &gradBiasIh,
          &gradGain, &gradBias, &gradGainC, &gradBiasC}) {
      CHECK(one->intact());
      const std::vector<T> values = one->values();
      sum.insert(sum.end(), values.begin(), values.end());
    }
    return sum;
  }
};

// inPlace: backward writes where what it reads of forward is.
template <class T>
Computed<T> compute(const KernelTable& k, const Sizes& s, const Inputs<T>& in, Work& work,
                    bool inPlace) {
  const int64_t H = s.H, GH = s.GH(), R = s.rows(), lanes = 64 / int64_t(sizeof(T));
  const auto up = [&](int64_t n) { return (n + lanes - 1) / lanes * lanes; };
  Computed<T> r = {Guarded<T>(R * H),  Guarded<T>(s.N * H), Guarded<T>(s.N * H), Guarded<T>(R * H),
                   Guarded<T>(R * GH), Guarded<T>(s.N * H), Guarded<T>(s.N * H), Guarded<T>(GH * H),
                   Guarded<T>(GH),     Guarded<T>(GH),      Guarded<T>(GH),      Guarded<T>(GH),
                   Guarded<T>(H),      Guarded<T>(H)};
  const int64_t rows = std::min(std::max<int64_t>(s.N / rowsDivisor, 1), rowsOfSum);
  const int64_t sumsOfRows = (s.N + rows - 1) / rows, sumOfRows = up((3 * s.gates() + 2) * H);
  const Guarded<T> normalized(R * GH), dProducts(R * GH);
  const Guarded<double> statistics(statisticsOfRow * R),
      sums(sumsOfRows * sumOfRows, Start::aligned);
  const Guarded<T> packed(up(GH) * H, Start::aligned), products(s.N * up(GH), Start::aligned),
      workspace(up(H) * GH + 2 * s.N * up(H) + sumsOfRows * (sumOfRows + up(2 * GH)),
                Start::aligned);
  const std::vector<int32_t> batchSizes = s.batchSizes();
  NormalizedForward<T> f = {};
  f.steps = s.T;
  f.batch = s.N;
  f.hiddenSize = H;
  f.reverse = s.reverse;
  f.ofX = in.ofX.data();
  f.ofXStrideT = s.N * GH;
  f.ofXStrideN = GH;
  f.h0 = in.h0.data();
  f.c0 = s.lstm ? in.c0.data() : nullptr;
  f.weightHh = in.weight.data();
  f.gainIh = in.gainIh.data();
  f.biasIh = s.bias ? in.biasIh.data() : nullptr;
  f.gainHh = in.gain.data();
  f.biasHh = s.bias ? in.bias.data() : nullptr;
  f.gainC = s.lstm ? in.gainC.data() : nullptr;
  f.biasC = s.lstm && s.bias ? in.biasC.data() : nullptr;
  f.batchSizes = s.packed ? batchSizes.data() : nullptr;
  f.out = r.out.data();
  f.outStrideT = s.N * H;
  f.outStrideN = H;
  f.hN = r.hN.data();
  f.cN = s.lstm ? r.cN.data() : nullptr;
  f.normalized = normalized.data();
  f.cells = s.lstm ? r.cells.data() : nullptr;
  f.statistics = statistics.data();
  f.packed = packed.data();
  f.products = products.data();
  const auto forward = s.lstm
                           ? pick<T>(k.normalized_lstm_forward_f32, k.normalized_lstm_forward_f64)
                           : pick<T>(k.normalized_gru_forward_f32, k.normalized_gru_forward_f64);
  forward(f, work);

  NormalizedBackward<T> b = {};
  b.steps = s.T;
  b.batch = s.N;
  b.hiddenSize = H;
  b.reverse = s.reverse;
  b.h0 = f.h0;
  b.c0 = f.c0;
  b.ofX = f.ofX;
  b.ofXStrideT = f.ofXStrideT;
  b.ofXStrideN = f.ofXStrideN;
  b.weightHh = f.weightHh;
  b.gainIh = f.gainIh;
  b.biasIh = f.biasIh;
  b.gainHh = f.gainHh;
  b.biasHh = f.biasHh;
  b.gainC = f.gainC;
  b.biasC = f.biasC;
  b.batchSizes = f.batchSizes;
  b.out = f.out;
  b.outStrideT = f.outStrideT;
  b.outStrideN = f.outStrideN;
  b.normalized = f.normalized;
  b.cells = f.cells;
  b.statistics = f.statistics;
  b.gradOut = in.gradOut.data();
  b.gradOutStrideT = s.N * H;
  b.gradOutStrideN = H;
  b.gradHN = in.gradHN.data();
  b.gradCN = s.lstm ? in.gradCN.data() : nullptr;
  b.gradCells = s.lstm ? in.gradCells.data() : nullptr;
  b.workspace = workspace.data();
  b.sums = sums.data();
  b.gradOfX = r.gradOfX.data();
  b.dProducts = dProducts.data();
  if (inPlace) {
    std::copy(in.ofX.begin(), in.ofX.end(), b.gradOfX);
    b.ofX = b.gradOfX;
    b.dProducts = normalized.data();
  }
  b.gradGainIh = r.gradGainIh.data();
  b.gradBiasIh = r.gradBiasIh.data();
  b.gradGainHh = r.gradGain.data();
  b.gradBiasHh = r.gradBias.data();
  b.gradGainC = s.lstm ? r.gradGainC.data() : nullptr;
  b.gradBiasC = s.lstm ? r.gradBiasC.data() : nullptr;
  b.gradH0 = r.gradH0.data();
  b.gradC0 = s.lstm ? r.gradC0.data() : nullptr;
  b.gradWeightHh = r.gradWeight.data();
  const auto backward =
      s.lstm ? pick<T>(k.normalized_lstm_backward_f32, k.normalized_lstm_backward_f64)
             : pick<T>(k.normalized_gru_backward_f32, k.normalized_gru_backward_f64);
  backward(b, work);

  // Inference gives the same, from weights that are packed already.
  const Guarded<T> again(R * H), hN(s.N * H), cN(s.N * H);
  f.normalized = f.cells = nullptr;
  f.statistics = nullptr;
  f.packedReady = 1;
  f.out = again.data();
  f.hN = hN.data();
  f.cN = s.lstm ? cN.data() : nullptr;
  forward(f, work);
  CHECK(std::memcmp(again.data(), r.out.data(), size_t(R * H) * sizeof(T)) == 0);
  for (const Guarded<T>* one : {&normalized, &dProducts, &packed, &products, &workspace})
    CHECK(one->intact());
  CHECK(statistics.intact());
  CHECK(sums.intact());
  return r;
}

template <class T>
void checkClose(const Guarded<T>& ours, const Exact& exact, Real tolerance) {
  Real worst = 0, largest = 1;
  for (int64_t i = 0; i < ours.size(); ++i) {
    worst = std::fmax(worst, std::fabs(ours[i] - exact[size_t(i)]));
    largest = std::fmax(largest, std::fabs(exact[size_t(i)]));
  }
  CHECK(double(worst / largest) <= double(tolerance));
}

template <class T>
void checkCase(const Sizes& s) {
  CAPTURE(s.lstm);
  CAPTURE(s.T);
  CAPTURE(s.N);
  CAPTURE(s.H);
  CAPTURE(s.reverse);
  CAPTURE(s.packed);
  CAPTURE(s.bias);
  const Inputs<T> in(s);
  const Inputs<Real> exact = exactly(s, in);
  const Results right = reference(s, exact);
  // A deviation near √eps enlarges roundings by up to 1 / √1e-5.
  const Real tolerance = sizeof(T) == 4 ? 1e-4 : 1e-12;
  std::vector<T> bits;
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    const Computed<T> r = compute<T>(*table, s, in, processWork(), false);
    const std::vector<T> all = r.all();
    CHECK(all == compute<T>(*table, s, in, processWork(), true).all());
    checkClose(r.out, right.out, tolerance);
    checkClose(r.hN, right.hN, tolerance);
    if (s.lstm) {
      checkClose(r.cN, right.cN, tolerance);
      checkClose(r.cells, right.cells, tolerance);
    }
    struct Gradient {
      Exact Inputs<Real>::*input;
      Exact found;
    };
    std::vector<Gradient> gradients = {{&Inputs<Real>::ofX, exactly(r.gradOfX.values())},
                                       {&Inputs<Real>::h0, exactly(r.gradH0.values())},
                                       {&Inputs<Real>::weight, exactly(r.gradWeight.values())},
                                       {&Inputs<Real>::gainIh, exactly(r.gradGainIh.values())},
                                       {&Inputs<Real>::biasIh, exactly(r.gradBiasIh.values())},
                                       {&Inputs<Real>::gain, exactly(r.gradGain.values())},
                                       {&Inputs<Real>::bias, exactly(r.gradBias.values())}};
    if (s.lstm) {
      gradients.push_back({&Inputs<Real>::c0, exactly(r.gradC0.values())});
      gradients.push_back({&Inputs<Real>::gainC, exactly(r.gradGainC.values())});
      gradients.push_back({&Inputs<Real>::biasC, exactly(r.gradBiasC.values())});
    }
    double phase = 20;
    for (const Gradient& gradient : gradients) {
      if (!s.bias &&
          (gradient.input == &Inputs<Real>::bias || gradient.input == &Inputs<Real>::biasIh ||
           gradient.input == &Inputs<Real>::biasC))
        continue;
      const Exact direction = wave<Real>(int64_t(gradient.found.size()), phase++);
      const auto moved = [&](Real step) {
        Inputs<Real> other = exact;
        Exact& x = other.*gradient.input;
        for (size_t i = 0; i < x.size(); ++i) x[i] += step * direction[i];
        return lossOf(s, other);
      };
      // Of fourth order: off by step^4 and by 1e-16 / step.
      const Real step = 1e-4;
      const Real slope =
          (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step);
      const Real found = dot(gradient.found, direction);
      Real largest = 1;
      for (size_t i = 0; i < direction.size(); ++i)
        largest = std::fmax(largest, std::fabs(gradient.found[i] * direction[i]));
      CHECK(double(std::fabs(found - slope) / largest) <= (sizeof(T) == 4 ? 3e-3 : 1e-6));
    }
    if (isScalar(*table)) continue;
    if (bits.empty()) bits = all;
    CHECK(std::memcmp(bits.data(), all.data(), bits.size() * sizeof(T)) == 0);
  }
}

}  // namespace

TEST_CASE(
    "layer-normalized sequences follow their equations, and their gradients the differences") {
  const int64_t shapes[][3] = {{1, 1, 2},  {2, 1, 15}, {3, 5, 16},
                               {4, 3, 17}, {2, 40, 9}, {3, 2, 33}};
  int kind = 0;
  for (bool lstm : {true, false})
    for (const auto& shape : shapes)
      for (bool reverse : {false, true})
        for (bool packed : {false, true}) {
          const Sizes s = {lstm, shape[0], shape[1], shape[2], reverse, packed, ++kind % 3 != 0};
          checkCase<float>(s);
          checkCase<double>(s);
        }
}
