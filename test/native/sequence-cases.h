// What the sequence tests are made of: a case (sizes, layout, packed or not) with its inputs,
// running it through the kernels of a table in memory with guarded margins, and the comparison with
// the reference. The tests themselves are in sequence.test.cc.
#pragma once

#include "sequence-reference.h"
#include "support.h"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "kernels/sequence/memory.h"
#include "runtime/dispatch.h"
#include "runtime/threads.h"

namespace sequence_cases {

using namespace ostinato;
using reference::Array;
using reference::Kind;
using reference::kinds;
using reference::Layer;
using test::Guarded;
using test::Start;
using test::tables;

enum class Layout { timeFirst, batchFirst, half };

struct Setup {
  Layer layer;
  Layout layout = Layout::timeFirst;
  bool biases = true, states = true, gradStates = true, gradOut = true;
  bool inPlace = false;    // dGates overwrites the saved gates
  bool inference = false;  // forward only, nothing saved
  bool packFirst = false;  // by a call before it, and packedReady
  int threads = 1;
};

template <class T>
struct CellKernels {
  void (*forward)(const SequenceForward<T>&, Work&);
  void (*backward)(const SequenceBackward<T>&, Work&);
};
template <class T>
CellKernels<T> kernelsOf(const KernelTable& t, const std::string& cell) {
#define SEQUENCE_CELL(name, policy)                                    \
  if (cell == #name)                                                   \
    return {test::pick<T>(t.name##_forward_f32, t.name##_forward_f64), \
            test::pick<T>(t.name##_backward_f32, t.name##_backward_f64)};
#include "kernels/sequence/cells.inc"
  return {};
}

inline Array randomArray(int64_t count, double scale, std::mt19937& random, bool asFloat = true) {
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

inline Case randomCase(const Setup& setup, unsigned seed = 1) {
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
    if (l.cell().hasCellState) c.gradients.cN = randomArray(l.N * l.H, 1, random);
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
  // What is between the halves must not be written.
  bool othersUntouched() const {
    if (offset == 0) return true;
    for (int64_t i = 0; i < memory.size(); ++i)
      if (i / features % 2 == 0 && memory[i] != Guarded<T>::untouched) return false;
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
Result<T> runKernels(const KernelTable& table, const Setup& setup, const Case& c) {
  const Layer& l = setup.layer;
  const reference::Traits& cell = l.cell();
  const CellKernels<T> kernels = kernelsOf<T>(table, cell.name);
  const int64_t G = cell.gates, B = cell.blocks, S = l.state();
  const int64_t R = Placed<T>::rows(l);
  const bool hasCellState = cell.hasCellState, saves = cell.savesGates;
  const bool training = !setup.inference;
  Work& work = processWork();
  setThreads(setup.threads);
  const auto pointer = [](const auto& p) { return p ? p->data() : nullptr; };

  Placed<T> x(l, l.I, setup.layout), out(l, S, setup.layout);
  x.fill(c.values.x);
  const auto h0 = guardedCopy<T>(c.values.h0);
  const auto c0 = hasCellState ? guardedCopy<T>(c.values.c0) : nullptr;
  const auto weightIh = guardedCopy<T>(c.values.weightIh),
             weightHh = guardedCopy<T>(c.values.weightHh);
  const auto biasIh = guardedCopy<T>(c.values.biasIh), biasHh = guardedCopy<T>(c.values.biasHh);
  const auto weightHr = guardedCopy<T>(c.values.weightHr);
  std::unique_ptr<Guarded<int32_t>> batchSizes;
  if (!l.batchSizes.empty())
    batchSizes = guardedCopy<int32_t>(Array(l.batchSizes.begin(), l.batchSizes.end()));
  Guarded<T> hN(l.N * S), cN(hasCellState ? l.N * l.H : 0);
  Guarded<T> gates(training && saves ? R * B * l.H : 0),
      cells(training && hasCellState ? R * l.H : 0);
  Guarded<T> projected(l.P ? (training ? R : l.N) * l.H : 0);
  const SequenceMemory<T> memory = {G, B, l.I, l.H, l.P};
  Guarded<T> packed(memory.packed(), Start::aligned);

  SequenceForward<T> f = {};
  f.steps = l.T, f.batch = l.N, f.inputSize = l.I, f.hiddenSize = l.H, f.projSize = l.P;
  f.reverse = l.reverse, f.relu = l.kind == Kind::rnnRelu;
  f.x = x.data(), f.xStrideT = x.strideT, f.xStrideN = x.strideN;
  f.h0 = pointer(h0), f.c0 = pointer(c0);
  f.weightIh = weightIh->data(), f.weightHh = weightHh->data(), f.weightHr = pointer(weightHr);
  f.biasIh = pointer(biasIh), f.biasHh = pointer(biasHh);
  f.batchSizes = pointer(batchSizes);
  f.out = out.data(), f.outStrideT = out.strideT, f.outStrideN = out.strideN;
  f.hN = hN.data(), f.cN = hasCellState ? cN.data() : nullptr;
  f.training = training;
  f.gates = training && saves ? gates.data() : nullptr;
  f.cells = training && hasCellState ? cells.data() : nullptr;
  f.projected = l.P ? projected.data() : nullptr;
  f.packed = packed.data();
  int32_t runState = 0, other = 0;
  f.runState = training ? nullptr : &runState;
  std::vector<T> whenPacked;
  if (setup.packFirst) {
    // Calls without gradients pack all weights; training keeps what it packs only where later steps use it.
    SequenceForward<T> first = f;
    int32_t firstState = 0;
    first.training = false, first.gates = first.cells = nullptr, first.runState = &firstState;
    kernels.forward(first, work);
    f.weightIh = f.weightHh = f.biasIh = f.biasHh = f.weightHr = nullptr;
    f.packedReady = 1;
    whenPacked = packed.values();
  }
  kernels.forward(f, work);
  Result<T> result;
  result.out = out.read();
  if (setup.packFirst) {
    // Calls after the first may read the weights in another order; a second reader has a state of its own.
    for (int32_t* state : {&runState, &other}) {
      f.runState = state;
      kernels.forward(f, work);
      const std::vector<T> again = out.read();
      CHECK(std::memcmp(again.data(), result.out.data(), again.size() * sizeof(T)) == 0);
    }
    CHECK_MESSAGE(std::memcmp(whenPacked.data(), packed.data(), whenPacked.size() * sizeof(T)) == 0,
                  "packed weights are only read");
  }
  result.hN = hN.values();
  result.cN = cN.values();
  CHECK((out.memory.intact() && out.othersUntouched() && hN.intact() && cN.intact()));
  CHECK((gates.intact() && cells.intact() && projected.intact() && packed.intact()));
  if (setup.inference) return result;

  Placed<T> gradOut(l, S, setup.layout), gradX(l, l.I, setup.layout);
  if (setup.gradOut) gradOut.fill(c.gradients.out);
  const auto gradHN = guardedCopy<T>(c.gradients.hN), gradCN = guardedCopy<T>(c.gradients.cN);
  Guarded<T> dGates(R * B * l.H), dProjected(R * l.P);
  Guarded<T> workspace(memory.workspace(), Start::aligned);
  Guarded<T> gradH0(l.N * S), gradC0(hasCellState ? l.N * l.H : 0);
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
  b.gradHN = pointer(gradHN), b.gradCN = hasCellState ? pointer(gradCN) : nullptr;
  b.dGates = setup.inPlace && saves ? gates.data() : dGates.data();
  b.dProjected = l.P ? dProjected.data() : nullptr;
  b.workspace = workspace.data();
  b.gradX = gradX.data(), b.gradXStrideT = gradX.strideT, b.gradXStrideN = gradX.strideN;
  b.gradH0 = gradH0.data(), b.gradC0 = hasCellState ? gradC0.data() : nullptr;
  b.gradWeightIh = gradWeightIh.data(), b.gradWeightHh = gradWeightHh.data();
  b.gradBiasIh = gradBiasIh.data(), b.gradBiasHh = gradBiasHh.data();
  b.gradWeightHr = l.P ? gradWeightHr.data() : nullptr;
  kernels.backward(b, work);
  setThreads(1);
  CHECK((gates.intact() && dGates.intact() && dProjected.intact() && workspace.intact()));
  CHECK((gradX.memory.intact() && gradX.othersUntouched() && gradH0.intact() && gradC0.intact()));
  CHECK((gradWeightIh.intact() && gradWeightHh.intact() && gradBiasIh.intact() &&
         gradBiasHh.intact() && gradWeightHr.intact()));
  result.gradX = gradX.read();
  result.gradH0 = gradH0.values();
  result.gradC0 = gradC0.values();
  result.gradWeightIh = gradWeightIh.values();
  result.gradWeightHh = gradWeightHh.values();
  result.gradBiasIh = gradBiasIh.values();
  result.gradBiasHh = gradBiasHh.values();
  result.gradWeightHr = gradWeightHr.values();
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

inline void checkAllSets(const Setup& setup) {
  Case c = randomCase(setup);
  reference::run(setup.layer, c.values, c.gradients);
  const Layer& l = setup.layer;
  INFO("kind ", int(l.kind), ", T ", l.T, ", N ", l.N, ", I ", l.I, ", H ", l.H, ", P ", l.P,
       ", reverse ", l.reverse, ", layout ", int(setup.layout));
  for (const KernelTable* table : tables()) {
    CAPTURE(std::string(table->isa));
    checkAgainst(runKernels<float>(*table, setup, c), c);
    checkAgainst(runKernels<double>(*table, setup, c), c);
  }
}

}  // namespace sequence_cases
