// native/kernels/sequence against the plain reference of sequence_reference.h, at edge sizes, in
// every memory layout, on every instruction set; and the promises about bits.
#include "sequence_reference.h"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "runtime/dispatch.h"
#include "runtime/threads.h"

using namespace ostinato;
using reference::Array;
using reference::Kind;
using reference::Layer;

namespace {

// count elements on a 64-byte boundary between two margins that must stay as they are.
template <class T>
class Guarded {
 public:
  explicit Guarded(int64_t count) : count(count), bytes(size_t(count) * sizeof(T)) {
    memory.reset(new (std::align_val_t(64)) unsigned char[bytes + 2 * margin]);
    std::memset(memory.get(), 0xA5, bytes + 2 * margin);
  }
  T* data() const { return reinterpret_cast<T*>(memory.get() + margin); }
  T& operator[](int64_t i) const { return data()[i]; }
  bool intact() const {
    for (size_t i = 0; i < margin; ++i)
      if (memory[i] != 0xA5 || memory[margin + bytes + i] != 0xA5) return false;
    return true;
  }
  const int64_t count;

 private:
  static constexpr size_t margin = 256;
  struct Free {
    void operator()(unsigned char* p) const { operator delete[](p, std::align_val_t(64)); }
  };
  size_t bytes;
  std::unique_ptr<unsigned char[], Free> memory;
};

enum class Layout { timeFirst, batchFirst, half };

struct Setup {
  Layer layer;
  Layout layout = Layout::timeFirst;
  bool biases = true, states = true, gradStates = true, gradOut = true;
  bool inPlace = false;    // dGates overwrites the saved gates
  bool inference = false;  // forward only, nothing saved
  bool packFirst = false;  // through the pack kernel and packedReady
  int threads = 1;
};

template <class T>
struct Kernels;
template <>
struct Kernels<float> {
  static auto forward(const KernelTable& t, Kind k) {
    return k == Kind::lstm  ? t.lstm_forward_f32
           : k == Kind::gru ? t.gru_forward_f32
                            : t.rnn_forward_f32;
  }
  static auto backward(const KernelTable& t, Kind k) {
    return k == Kind::lstm  ? t.lstm_backward_f32
           : k == Kind::gru ? t.gru_backward_f32
                            : t.rnn_backward_f32;
  }
  static auto pack(const KernelTable& t, Kind k) {
    return k == Kind::lstm ? t.lstm_pack_f32 : k == Kind::gru ? t.gru_pack_f32 : t.rnn_pack_f32;
  }
};
template <>
struct Kernels<double> {
  static auto forward(const KernelTable& t, Kind k) {
    return k == Kind::lstm  ? t.lstm_forward_f64
           : k == Kind::gru ? t.gru_forward_f64
                            : t.rnn_forward_f64;
  }
  static auto backward(const KernelTable& t, Kind k) {
    return k == Kind::lstm  ? t.lstm_backward_f64
           : k == Kind::gru ? t.gru_backward_f64
                            : t.rnn_backward_f64;
  }
  static auto pack(const KernelTable& t, Kind k) {
    return k == Kind::lstm ? t.lstm_pack_f64 : k == Kind::gru ? t.gru_pack_f64 : t.rnn_pack_f64;
  }
};

Array randomArray(int64_t count, double scale, std::mt19937& random, bool asFloat = true) {
  std::uniform_real_distribution<double> uniform(-scale, scale);
  Array a(count);
  // Values that a float holds exactly, so that both element types and the reference see the same.
  for (double& value : a) value = asFloat ? float(uniform(random)) : uniform(random);
  return a;
}

struct Case {
  reference::Values values;
  reference::Gradients gradients;
};

Case randomCase(const Setup& setup, unsigned seed = 1) {
  const Layer& l = setup.layer;
  const int64_t G = l.gates(), S = l.state();
  std::mt19937 random(seed);
  const double scale = 1 / std::sqrt(double(l.H));
  Case c;
  c.values.x = randomArray(l.T * l.N * l.I, 1, random);
  c.values.weightIh = randomArray(G * l.H * l.I, scale, random);
  c.values.weightHh = randomArray(G * l.H * S, scale, random);
  if (l.P) c.values.weightHr = randomArray(l.P * l.H, scale, random);
  if (setup.biases) {
    c.values.biasIh = randomArray(G * l.H, scale, random);
    c.values.biasHh = randomArray(G * l.H, scale, random);
  }
  if (setup.states) {
    c.values.h0 = randomArray(l.N * S, 1, random);
    c.values.c0 = randomArray(l.N * l.H, 1, random);
  }
  if (setup.gradOut) c.gradients.out = randomArray(l.T * l.N * S, 1, random);
  if (setup.gradStates) {
    c.gradients.hN = randomArray(l.N * S, 1, random);
    if (l.kind == Kind::lstm) c.gradients.cN = randomArray(l.N * l.H, 1, random);
  }
  return c;
}

// A [T, N, features] array in one of the layouts; packed rows when the layer has batchSizes.
template <class T>
struct Placed {
  const Layer& layer;
  int64_t features, strideT, strideN, offset;
  Guarded<T> memory;

  static int64_t rows(const Layer& l) {
    if (l.batchSizes.empty()) return l.T * l.N;
    int64_t sum = 0;
    for (int32_t size : l.batchSizes) sum += size;
    return sum;
  }
  Placed(const Layer& l, int64_t features, Layout layout)
      : layer(l),
        features(features),
        strideT(layout == Layout::batchFirst ? features
                                             : l.N * features * (layout == Layout::half ? 2 : 1)),
        strideN(layout == Layout::batchFirst ? l.T * features
                                             : features * (layout == Layout::half ? 2 : 1)),
        offset(layout == Layout::half ? features : 0),
        memory(rows(l) * features * (layout == Layout::half ? 2 : 1)) {
    if (!l.batchSizes.empty() && layout == Layout::batchFirst) strideN = features;
  }
  T* data() const { return memory.data() + offset; }
  T* at(int64_t t, int64_t n) const {
    if (layer.batchSizes.empty()) return data() + t * strideT + n * strideN;
    int64_t row = n;
    for (int64_t i = 0; i < t; ++i) row += layer.batchSizes[i];
    return data() + row * strideN;
  }
  bool active(int64_t t, int64_t n) const { return t < layer.length(n); }
  void fill(const Array& a) const {
    for (int64_t t = 0; t < layer.T; ++t)
      for (int64_t n = 0; n < layer.N; ++n)
        if (active(t, n))
          for (int64_t k = 0; k < features; ++k)
            at(t, n)[k] = T(a[(t * layer.N + n) * features + k]);
  }
  // In order of t and n, zeros for steps that a row does not have.
  std::vector<T> read() const {
    std::vector<T> a(layer.T * layer.N * features);
    for (int64_t t = 0; t < layer.T; ++t)
      for (int64_t n = 0; n < layer.N; ++n)
        if (active(t, n))
          std::memcpy(&a[(t * layer.N + n) * features], at(t, n), size_t(features) * sizeof(T));
    return a;
  }
  // What lies between the halves is left alone.
  bool othersUntouched() const {
    if (offset == 0) return true;
    T canary;
    std::memset(&canary, 0xA5, sizeof canary);
    for (int64_t i = 0; i < memory.count; ++i)
      if (i / features % 2 == 0 && std::memcmp(&memory[i], &canary, sizeof canary) != 0)
        return false;
    return true;
  }
};

template <class T>
struct Result {
  std::vector<T> out, hN, cN;
  std::vector<T> gradX, gradH0, gradC0, gradWeightIh, gradWeightHh, gradBiasIh, gradBiasHh,
      gradWeightHr;
};

template <class T>
std::unique_ptr<Guarded<T>> guardedCopy(const Array& a) {
  if (a.empty()) return nullptr;
  auto copy = std::make_unique<Guarded<T>>(int64_t(a.size()));
  for (size_t i = 0; i < a.size(); ++i) (*copy)[int64_t(i)] = T(a[i]);
  return copy;
}
template <class T>
std::vector<T> contents(const Guarded<T>& g) {
  return std::vector<T>(g.data(), g.data() + g.count);
}

template <class T>
Result<T> runKernels(const KernelTable& table, const Setup& setup, const Case& c) {
  const Layer& l = setup.layer;
  const int64_t G = l.gates(), B = l.kind == Kind::gru ? 4 : G, S = l.state();
  const int64_t R = Placed<T>::rows(l), W = int64_t(64 / sizeof(T));
  const auto up = [&](int64_t n) { return (n + W - 1) / W * W; };
  const bool lstm = l.kind == Kind::lstm, saves = l.kind == Kind::lstm || l.kind == Kind::gru;
  const bool training = !setup.inference;
  Work& work = processWork();
  setThreads(setup.threads);
  const auto pointer = [](const auto& p) { return p ? p->data() : nullptr; };

  Placed<T> x(l, l.I, setup.layout), out(l, S, setup.layout);
  x.fill(c.values.x);
  const auto h0 = guardedCopy<T>(c.values.h0);
  const auto c0 = lstm ? guardedCopy<T>(c.values.c0) : nullptr;
  const auto weightIh = guardedCopy<T>(c.values.weightIh),
             weightHh = guardedCopy<T>(c.values.weightHh);
  const auto biasIh = guardedCopy<T>(c.values.biasIh), biasHh = guardedCopy<T>(c.values.biasHh);
  const auto weightHr = guardedCopy<T>(c.values.weightHr);
  std::unique_ptr<Guarded<int32_t>> batchSizes;
  if (!l.batchSizes.empty())
    batchSizes = guardedCopy<int32_t>(Array(l.batchSizes.begin(), l.batchSizes.end()));
  Guarded<T> hN(l.N * S), cN(lstm ? l.N * l.H : 0);
  Guarded<T> gates(training && saves ? R * B * l.H : 0), cells(training && lstm ? R * l.H : 0);
  Guarded<T> projected(l.P ? (training ? R : l.N) * l.H : 0);
  Guarded<T> packed(W + up(l.H) * (B + G * (l.I + S)) + up(l.P) * l.H);

  SequenceForward<T> f = {};
  f.steps = l.T, f.batch = l.N, f.inputSize = l.I, f.hiddenSize = l.H, f.projSize = l.P;
  f.reverse = l.reverse, f.relu = l.kind == Kind::rnnRelu;
  f.x = x.data(), f.xStrideT = x.strideT, f.xStrideN = x.strideN;
  f.h0 = pointer(h0), f.c0 = pointer(c0);
  f.weightIh = weightIh->data(), f.weightHh = weightHh->data(), f.weightHr = pointer(weightHr);
  f.biasIh = pointer(biasIh), f.biasHh = pointer(biasHh);
  f.batchSizes = pointer(batchSizes);
  f.out = out.data(), f.outStrideT = out.strideT, f.outStrideN = out.strideN;
  f.hN = hN.data(), f.cN = lstm ? cN.data() : nullptr;
  f.training = training;
  f.gates = training && saves ? gates.data() : nullptr;
  f.cells = training && lstm ? cells.data() : nullptr;
  f.projected = l.P ? projected.data() : nullptr;
  f.packed = packed.data();
  if (setup.packFirst) {
    const SequencePack<T> p = {l.I,      l.H,      l.P,        f.weightIh, f.weightHh,
                               f.biasIh, f.biasHh, f.weightHr, f.packed};
    Kernels<T>::pack(table, l.kind)(p, work);
    f.weightIh = f.weightHh = f.biasIh = f.biasHh = f.weightHr = nullptr;
    f.packedReady = 1;
  }
  Kernels<T>::forward(table, l.kind)(f, work);
  Result<T> result;
  result.out = out.read();
  if (setup.packFirst) {
    // A call over weights that an earlier call has used may take them in another order.
    Kernels<T>::forward(table, l.kind)(f, work);
    const std::vector<T> again = out.read();
    CHECK(std::memcmp(again.data(), result.out.data(), again.size() * sizeof(T)) == 0);
  }
  result.hN = contents(hN);
  result.cN = contents(cN);
  CHECK((out.memory.intact() && out.othersUntouched() && hN.intact() && cN.intact()));
  CHECK((gates.intact() && cells.intact() && projected.intact() && packed.intact()));
  if (setup.inference) return result;

  Placed<T> gradOut(l, S, setup.layout), gradX(l, l.I, setup.layout);
  if (setup.gradOut) gradOut.fill(c.gradients.out);
  const auto gradHN = guardedCopy<T>(c.gradients.hN), gradCN = guardedCopy<T>(c.gradients.cN);
  Guarded<T> dGates(R * B * l.H), dProjected(R * l.P);
  const int64_t recurrent = up(S) * G * l.H + up(l.P ? l.H : 0) * l.P, input = up(l.I) * G * l.H;
  Guarded<T> workspace(recurrent > input ? recurrent : input);
  Guarded<T> gradH0(l.N * S), gradC0(lstm ? l.N * l.H : 0);
  Guarded<T> gradWeightIh(G * l.H * l.I), gradWeightHh(G * l.H * S), gradBiasIh(G * l.H),
      gradBiasHh(G * l.H), gradWeightHr(l.P * l.H);

  SequenceBackward<T> b = {};
  b.steps = l.T, b.batch = l.N, b.inputSize = l.I, b.hiddenSize = l.H, b.projSize = l.P;
  b.reverse = l.reverse, b.relu = f.relu;
  b.x = x.data(), b.xStrideT = x.strideT, b.xStrideN = x.strideN;
  b.h0 = pointer(h0), b.c0 = pointer(c0);
  b.weightIh = weightIh->data(), b.weightHh = weightHh->data(), b.weightHr = pointer(weightHr);
  b.batchSizes = pointer(batchSizes);
  b.out = out.data(), b.outStrideT = out.strideT, b.outStrideN = out.strideN;
  b.gates = f.gates, b.cells = f.cells, b.projected = f.projected;
  b.gradOut = setup.gradOut ? gradOut.data() : nullptr;
  b.gradOutStrideT = gradOut.strideT, b.gradOutStrideN = gradOut.strideN;
  b.gradHN = pointer(gradHN), b.gradCN = lstm ? pointer(gradCN) : nullptr;
  b.dGates = setup.inPlace && saves ? gates.data() : dGates.data();
  b.dProjected = l.P ? dProjected.data() : nullptr;
  b.workspace = workspace.data();
  b.gradX = gradX.data(), b.gradXStrideT = gradX.strideT, b.gradXStrideN = gradX.strideN;
  b.gradH0 = gradH0.data(), b.gradC0 = lstm ? gradC0.data() : nullptr;
  b.gradWeightIh = gradWeightIh.data(), b.gradWeightHh = gradWeightHh.data();
  b.gradBiasIh = gradBiasIh.data(), b.gradBiasHh = gradBiasHh.data();
  b.gradWeightHr = l.P ? gradWeightHr.data() : nullptr;
  Kernels<T>::backward(table, l.kind)(b, work);
  setThreads(1);
  CHECK((gates.intact() && dGates.intact() && dProjected.intact() && workspace.intact()));
  CHECK((gradX.memory.intact() && gradX.othersUntouched() && gradH0.intact() && gradC0.intact()));
  CHECK((gradWeightIh.intact() && gradWeightHh.intact() && gradBiasIh.intact() &&
         gradBiasHh.intact() && gradWeightHr.intact()));
  result.gradX = gradX.read();
  result.gradH0 = contents(gradH0);
  result.gradC0 = contents(gradC0);
  result.gradWeightIh = contents(gradWeightIh);
  result.gradWeightHh = contents(gradWeightHh);
  result.gradBiasIh = contents(gradBiasIh);
  result.gradBiasHh = contents(gradBiasHh);
  result.gradWeightHr = contents(gradWeightHr);
  return result;
}

// Calls body(name, member of Result, expected array) for every result.
template <class T, class Body>
void forEachResult(const Result<T>& r, const Case& c, Body body) {
  body("out", r.out, c.values.out);
  body("hN", r.hN, c.values.hN);
  if (!r.cN.empty()) body("cN", r.cN, c.values.cN);
  if (r.gradBiasIh.empty()) return;
  body("gradX", r.gradX, c.gradients.x);
  body("gradH0", r.gradH0, c.gradients.h0);
  if (!r.gradC0.empty()) body("gradC0", r.gradC0, c.gradients.c0);
  body("gradWeightIh", r.gradWeightIh, c.gradients.weightIh);
  body("gradWeightHh", r.gradWeightHh, c.gradients.weightHh);
  body("gradBiasIh", r.gradBiasIh, c.gradients.biasIh);
  body("gradBiasHh", r.gradBiasHh, c.gradients.biasHh);
  if (!r.gradWeightHr.empty()) body("gradWeightHr", r.gradWeightHr, c.gradients.weightHr);
}

template <class T>
void checkAgainst(const Result<T>& r, const Case& c) {
  // Relative to the largest element: sums of some hundred products round by their largest terms.
  const double tolerance = sizeof(T) == 4 ? 1e-5 : 1e-13;
  forEachResult(r, c, [&](const char* name, const std::vector<T>& got, const Array& expected) {
    REQUIRE_MESSAGE(got.size() == expected.size(), name);
    double largest = 1e-3, worst = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      const double error = std::abs(double(got[i]) - expected[i]);
      largest = std::max(largest, std::abs(expected[i]));
      if (!(error <= worst)) worst = error;
    }
    CHECK_MESSAGE(worst <= tolerance * largest, name, ": error ", worst, " of ", largest);
  });
}

template <class T>
bool sameBits(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  return a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}
template <class T>
void checkSameBits(const Result<T>& a, const Result<T>& b) {
#define SAME(field) CHECK_MESSAGE(sameBits(a.field, b.field), #field);
  SAME(out)
  SAME(hN)
  SAME(cN)
  SAME(gradX)
  SAME(gradH0)
  SAME(gradC0)
  SAME(gradWeightIh)
  SAME(gradWeightHh)
  SAME(gradBiasIh)
  SAME(gradBiasHh)
  SAME(gradWeightHr)
#undef SAME
}

template <class Body>
void forEachTable(Body body) {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int i = 0; i < count; ++i) {
    CAPTURE(std::string(tables[i]->isa));
    body(*tables[i]);
  }
}

void checkAllSets(const Setup& setup) {
  Case c = randomCase(setup);
  reference::run(setup.layer, c.values, c.gradients);
  const Layer& l = setup.layer;
  INFO("kind ", int(l.kind), ", T ", l.T, ", N ", l.N, ", I ", l.I, ", H ", l.H, ", P ", l.P,
       ", reverse ", l.reverse, ", layout ", int(setup.layout));
  forEachTable([&](const KernelTable& table) {
    checkAgainst(runKernels<float>(table, setup, c), c);
    checkAgainst(runKernels<double>(table, setup, c), c);
  });
}

constexpr Kind kinds[] = {Kind::rnnTanh, Kind::rnnRelu, Kind::lstm, Kind::gru};

}  // namespace

TEST_CASE("sequence: the reference's gradients agree with finite differences") {
  for (const Kind kind : kinds)
    for (const int64_t P : {int64_t(0), int64_t(2)}) {
      if (P && kind != Kind::lstm) continue;
      Setup setup;
      setup.layer = {kind, 3, 3, 2, 4, P, P > 0, {3, 2, 1}};
      Case c = randomCase(setup, 7);
      reference::run(setup.layer, c.values, c.gradients);
      const auto loss = [&](const reference::Values& values) {
        reference::Values v = values;
        reference::Gradients g = c.gradients;
        reference::run(setup.layer, v, g);
        double sum = 0;
        for (size_t i = 0; i < v.out.size(); ++i) sum += v.out[i] * c.gradients.out[i];
        for (size_t i = 0; i < v.hN.size(); ++i) sum += v.hN[i] * c.gradients.hN[i];
        if (kind == Kind::lstm)
          for (size_t i = 0; i < v.cN.size(); ++i) sum += v.cN[i] * c.gradients.cN[i];
        return sum;
      };
      const auto check = [&](const char* name, Array reference::Values::*member,
                             const Array& gradient) {
        for (size_t i = 0; i < (c.values.*member).size(); ++i) {
          const double eps = 1e-6;
          reference::Values up = c.values, down = c.values;
          (up.*member)[i] += eps;
          (down.*member)[i] -= eps;
          const double slope = (loss(up) - loss(down)) / (2 * eps);
          CHECK_MESSAGE(std::abs(slope - gradient[i]) < 1e-7, name, " ", i, " of kind ", int(kind));
        }
      };
      using V = reference::Values;
      check("x", &V::x, c.gradients.x);
      check("h0", &V::h0, c.gradients.h0);
      if (kind == Kind::lstm) check("c0", &V::c0, c.gradients.c0);
      check("weightIh", &V::weightIh, c.gradients.weightIh);
      check("weightHh", &V::weightHh, c.gradients.weightHh);
      check("biasIh", &V::biasIh, c.gradients.biasIh);
      check("biasHh", &V::biasHh, c.gradients.biasHh);
      check("weightHr", &V::weightHr, c.gradients.weightHr);
    }
}

TEST_CASE("sequence: every cell agrees with the reference around the tile sizes") {
  for (const Kind kind : kinds)
    for (const int64_t H : {1, 7, 8, 9, 15, 16, 17, 33, 65})
      for (const int64_t N : {1, 2, 3, 5, 7, 13, 50}) {
        if (N > 7 && H > 17 && H != 65) continue;
        Setup setup;
        setup.layer = {kind, N == 50 ? 2 : 3, N, H % 5 + 1, H, 0, H % 2 == 0, {}};
        checkAllSets(setup);
      }
}

TEST_CASE("sequence: input sizes, lengths and long products") {
  for (const Kind kind : kinds) {
    for (const int64_t I : {1, 15, 16, 17, 64, 65}) {
      Setup setup;
      setup.layer = {kind, 2, 3, I, 10, 0, false, {}};
      checkAllSets(setup);
    }
    for (const int64_t T : {1, 2, 5, 120}) {
      Setup setup;
      setup.layer = {kind, T, 2, 3, 5, 0, T == 5, {}};
      checkAllSets(setup);
    }
    // More rows of the sequence than one block of the weights' gradients, more features than one
    // block of K; then few rows in several chunks.
    Setup setup;
    setup.layer = {kind, 9, 33, 300, 40, 0, false, {}};
    checkAllSets(setup);
    setup.layer = {kind, 5, 20, 20, 270, 0, true, {}};
    checkAllSets(setup);
  }
}

TEST_CASE("sequence: layouts, absent states and biases, in place, packed beforehand") {
  for (const Kind kind : kinds)
    for (const Layout layout : {Layout::timeFirst, Layout::batchFirst, Layout::half})
      for (const int64_t N : {1, 4, 20})
        for (const bool reverse : {false, true}) {
          Setup setup;
          setup.layer = {kind, 4, N, 6, 19, 0, reverse, {}};
          setup.layout = layout;
          setup.inPlace = true;
          checkAllSets(setup);
          setup.states = false;
          setup.packFirst = true;
          checkAllSets(setup);
          setup.biases = false;
          setup.gradStates = false;
          checkAllSets(setup);
          setup.gradStates = true;
          setup.gradOut = false;
          checkAllSets(setup);
        }
}

TEST_CASE("sequence: packed batches of unequal lengths") {
  const std::vector<int32_t> sizes[] = {
      {5, 5, 3, 1}, {4, 4, 4}, {6, 2, 2, 2, 1, 0}, {0, 0}, {20, 19, 18, 3, 2, 1}, {1, 1, 1}};
  for (const Kind kind : kinds)
    for (const auto& batchSizes : sizes)
      for (const bool reverse : {false, true})
        for (const bool states : {false, true}) {
          Setup setup;
          // Two rows of length 0 behind the others.
          setup.layer = {
              kind, int64_t(batchSizes.size()), batchSizes[0] + 2, 3, 18, 0, reverse, batchSizes};
          setup.states = states;
          checkAllSets(setup);
          setup.layout = Layout::half;
          setup.inPlace = true;
          checkAllSets(setup);
        }
}

TEST_CASE("sequence: LSTM with a projection") {
  for (const int64_t P : {1, 5, 16, 17, 31})
    for (const bool reverse : {false, true}) {
      Setup setup;
      setup.layer = {Kind::lstm, 4, 5, 3, 33, P, reverse, {}};
      checkAllSets(setup);
      setup.layout = Layout::batchFirst;
      setup.inPlace = true;
      setup.states = false;
      checkAllSets(setup);
      setup.layer.N = 50;
      setup.layer.batchSizes = {50, 20, 20, 1};
      setup.packFirst = true;
      checkAllSets(setup);
      setup.inference = true;
      checkAllSets(setup);
    }
}

TEST_CASE("sequence: inference gives the bits of training") {
  for (const Kind kind : kinds) {
    Setup setup;
    setup.layer = {kind, 5, 7, 5, 37, 0, false, {}};
    const Case c = randomCase(setup);
    forEachTable([&](const KernelTable& table) {
      const Result<float> training = runKernels<float>(table, setup, c);
      Setup inference = setup;
      inference.inference = inference.packFirst = true;
      const Result<float> got = runKernels<float>(table, inference, c);
      CHECK(sameBits(got.out, training.out));
      CHECK(sameBits(got.hN, training.hN));
      CHECK(sameBits(got.cN, training.cN));
    });
  }
}

TEST_CASE("sequence: the same bits on every instruction set with a fused multiply-add") {
  for (const Kind kind : kinds) {
    Setup setup;
    setup.layer = {kind, 5, 19, 21, 37, kind == Kind::lstm ? 18 : 0, false, {19, 11, 4, 4, 1}};
    const Case c = randomCase(setup);
    const KernelTable* first = nullptr;
    forEachTable([&](const KernelTable& table) {
      if (std::string(table.isa) == "scalar") return;
      if (!first) first = &table;
      checkSameBits(runKernels<float>(table, setup, c), runKernels<float>(*first, setup, c));
      checkSameBits(runKernels<double>(table, setup, c), runKernels<double>(*first, setup, c));
    });
  }
}

TEST_CASE("sequence: the same bits for any number of threads") {
  struct Size {
    int64_t T, N, I, H;
  };
  for (const Kind kind : kinds)
    for (const Size size : {Size{6, 33, 40, 70}, Size{4, 4, 30, 272}, Size{3, 9, 16, 130}})
      for (const int64_t P : {0, 20})
        for (const bool packed : {false, true}) {
          if (P && kind != Kind::lstm) continue;
          Setup setup;
          setup.layer = {kind, size.T, size.N, size.I, size.H, P, packed, {}};
          if (packed)
            for (int64_t t = 0; t < size.T; ++t)
              setup.layer.batchSizes.push_back(int32_t(t < 2 ? size.N : (size.N + 1) / 2));
          const Case c = randomCase(setup);
          forEachTable([&](const KernelTable& table) {
            setup.threads = 1;
            const Result<float> one = runKernels<float>(table, setup, c);
            for (const int threads : {2, 3}) {
              setup.threads = threads;
              CAPTURE(threads);
              checkSameBits(runKernels<float>(table, setup, c), one);
            }
          });
        }
}

TEST_CASE("sequence: a row has the same bits alone and in any batch") {
  for (const Kind kind : kinds)
    for (const int64_t P : {0, 7}) {
      if (P && kind != Kind::lstm) continue;
      Setup setup;
      setup.layer = {kind, 7, 23, 9, 35, P, false, {}};
      setup.inference = true;
      const Case c = randomCase(setup);
      const int64_t S = setup.layer.state();
      forEachTable([&](const KernelTable& table) {
        const Result<float> all = runKernels<float>(table, setup, c);
        for (const int64_t n : {0, 6, 22}) {
          Setup single = setup;
          single.layer.N = 1;
          Case alone = c;
          alone.values.x.clear();
          for (int64_t t = 0; t < 7; ++t)
            for (int64_t k = 0; k < 9; ++k)
              alone.values.x.push_back(c.values.x[(t * 23 + n) * 9 + k]);
          alone.values.h0.assign(&c.values.h0[n * S], &c.values.h0[n * S] + S);
          alone.values.c0.assign(&c.values.c0[n * 35], &c.values.c0[n * 35] + 35);
          const Result<float> one = runKernels<float>(table, single, alone);
          for (int64_t t = 0; t < 7; ++t)
            CHECK(std::memcmp(&one.out[t * S], &all.out[(t * 23 + n) * S], size_t(S) * 4) == 0);
          CHECK(std::memcmp(one.hN.data(), &all.hN[n * S], size_t(S) * 4) == 0);
        }
      });
    }
}

TEST_CASE("sequence: no initial state has the bits of given zeros") {
  for (const Kind kind : kinds)
    for (const bool specials : {false, true})
      for (const int64_t N : {2, 20}) {
        Setup setup;
        setup.layer = {kind, 2, N, 3, 17, 0, false, {}};
        setup.states = setup.biases = false;
        setup.inference = true;
        Case c = randomCase(setup);
        // Pre-activations of -0, from products too small for a float.
        for (int64_t k = 0; k < 3; ++k) c.values.x[k] = 1e-30;
        for (int64_t k = 0; k < 17 * 3; ++k) c.values.weightIh[k] = -1e-30;
        if (specials) {
          c.values.weightHh[5] = std::numeric_limits<double>::infinity();
          c.values.weightHh[6] = std::numeric_limits<double>::quiet_NaN();
        }
        Case given = c;
        given.values.h0.assign(N * 17, 0);
        given.values.c0.assign(N * 17, 0);
        forEachTable([&](const KernelTable& table) {
          const Result<float> a = runKernels<float>(table, setup, c),
                              b = runKernels<float>(table, setup, given);
          CHECK(sameBits(a.out, b.out));
          CHECK(sameBits(a.cN, b.cN));
          CHECK(std::isnan(a.out[0]) == specials);
        });
      }
}

TEST_CASE("sequence: NaN and Inf stay in their rows and come out as in the reference") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const Kind kind : kinds) {
    Setup setup;
    setup.layer = {kind, 3, 8, 4, 18, 0, false, {}};
    Case c = randomCase(setup);
    c.values.x[0 * 4] = nan;
    c.values.x[3 * 4] = infinity;
    c.values.x[5 * 4] = 1e30;
    reference::run(setup.layer, c.values, c.gradients);
    forEachTable([&](const KernelTable& table) {
      const Result<double> r = runKernels<double>(table, setup, c);
      for (size_t i = 0; i < r.out.size(); ++i) {
        INFO("kind ", int(kind), " at ", i, ": ", r.out[i], " for ", c.values.out[i]);
        CHECK((std::isnan(r.out[i]) == std::isnan(c.values.out[i]) &&
               (!std::isfinite(c.values.out[i]) ||
                std::abs(r.out[i] - c.values.out[i]) <= 1e-12 * (1 + std::abs(c.values.out[i])))));
      }
      for (size_t i = 0; i < r.gradX.size(); ++i)
        CHECK(std::isnan(r.gradX[i]) == std::isnan(c.gradients.x[i]));
    });
  }
}
