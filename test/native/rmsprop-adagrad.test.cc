// kernels/optim: RMSprop and Adagrad against their formulas in long double; bit for bit between
// instruction sets and numbers of threads.
#include "runtime/dispatch.h"
#include "runtime/threads.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace ostinato;

namespace {

const std::vector<int64_t> sizes = {0, 1, 7, 8, 9, 15, 16, 17, 33, 300, 16385, 70000};

template <class T>
std::vector<std::vector<T>> waves(double phase, bool squared) {
  std::vector<std::vector<T>> out;
  for (int64_t n : sizes) {
    out.emplace_back();
    for (int64_t i = 0; i < n; ++i) {
      const double x = std::sin(0.7 * double(i) + phase);
      out.back().push_back(T(squared ? x * x + 0.5 : x));
    }
  }
  return out;
}
template <class T>
double cell(const std::vector<T>& x) {
  return double(reinterpret_cast<uintptr_t>(x.data()));
}

template <class T>
struct State {
  std::vector<std::vector<T>> param = waves<T>(1, false), grad = waves<T>(2, false),
                              square = waves<T>(3, true), mean = waves<T>(4, false),
                              buffer = waves<T>(5, false);
  State() {
    // Means whose square stays below the mean of squares.
    for (auto& list : mean)
      for (T& x : list) x *= T(0.3);
  }
  std::vector<double> rmspropTable(bool centered, bool momentum) const {
    std::vector<double> table;
    for (size_t i = 0; i < sizes.size(); ++i)
      for (double x : {double(sizes[i]), cell(param[i]), cell(grad[i]), cell(square[i]),
                       centered ? cell(mean[i]) : 0.0, momentum ? cell(buffer[i]) : 0.0})
        table.push_back(x);
    return table;
  }
  std::vector<double> adagradTable() const {
    std::vector<double> table;
    for (size_t i = 0; i < sizes.size(); ++i)
      for (double x :
           {double(sizes[i]), cell(param[i]), cell(grad[i]), cell(square[i]), 0.01 + 0.001 * i})
        table.push_back(x);
    return table;
  }
};

// The numbers that every case starts from.
template <class T>
const State<T>& initial() {
  static const State<T> state;
  return state;
}

// The elements that are checked: all of a short tensor; of a long one every 61st, so that each lane
// has its turn, those around multiples of 4096, where kernels and threads cut, and the last.
size_t following(size_t i, size_t n) {
  const size_t edge = 4096, margin = 16;
  if (n <= 300 || (i + margin) % edge < 2 * margin || i + 1 == n) return i + 1;
  const size_t next = std::min(i + 61, (i / edge + 1) * edge - margin);
  return std::min(next, n - 1);
}

struct Worst {
  long double value = 0;
  void add(long double ours, long double exact) {
    value = std::fmax(value, std::fabs(ours - exact) / (1 + std::fabs(exact)));
  }
};

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;

template <class T, class Kernel>
void checkRmsprop(Kernel kernel) {
  for (bool centered : {false, true})
    for (bool momentum : {false, true})
      for (int64_t maximize : {0, 1}) {
        const State<T>& before = initial<T>();
        State<T> state = before;
        const auto table = state.rmspropTable(centered, momentum);
        kernel(table.data(), int64_t(sizes.size()), 0.01, 0.95, 1e-8, 0.1, 0.9, maximize,
               processWork());
        Worst worst;
        for (size_t k = 0; k < sizes.size(); ++k)
          for (size_t i = 0, n = before.param[k].size(); i < n; i = following(i, n)) {
            const long double p = before.param[k][i];
            const long double g = (maximize ? -1 : 1) * before.grad[k][i] + 0.1L * p;
            const long double s = 0.95L * before.square[k][i] + 0.05L * g * g;
            const long double m = 0.95L * before.mean[k][i] + 0.05L * g;
            long double u = g / (std::sqrt(centered ? s - m * m : s) + 1e-8L);
            if (momentum) u += 0.9L * before.buffer[k][i];
            worst.add(state.square[k][i], s);
            if (centered) worst.add(state.mean[k][i], m);
            if (momentum) worst.add(state.buffer[k][i], u);
            worst.add(state.param[k][i], p - 0.01L * u);
          }
        CHECK(double(worst.value) <= 2 * tolerance<T>);
      }
}

template <class T, class Kernel>
void checkAdagrad(Kernel kernel) {
  for (int64_t maximize : {0, 1}) {
    const State<T>& before = initial<T>();
    State<T> state = before;
    const auto table = state.adagradTable();
    kernel(table.data(), int64_t(sizes.size()), 1e-10, 0.1, maximize, processWork());
    Worst worst;
    for (size_t k = 0; k < sizes.size(); ++k)
      for (size_t i = 0, n = before.param[k].size(); i < n; i = following(i, n)) {
        const long double p = before.param[k][i];
        const long double g = (maximize ? -1 : 1) * before.grad[k][i] + 0.1L * p;
        const long double s = before.square[k][i] + g * g;
        worst.add(state.square[k][i], s);
        worst.add(state.param[k][i], p - (0.01L + 0.001L * k) * g / (std::sqrt(s) + 1e-10L));
      }
    CHECK(double(worst.value) <= tolerance<T>);
  }
}

}  // namespace

TEST_CASE("RMSprop and Adagrad follow their formulas") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int t = 0; t < count; ++t) {
    const KernelTable& k = *tables[t];
    CAPTURE(k.isa);
    checkRmsprop<float>(k.rmsprop_f32);
    checkRmsprop<double>(k.rmsprop_f64);
    checkAdagrad<float>(k.adagrad_f32);
    checkAdagrad<double>(k.adagrad_f64);
  }
}

TEST_CASE("RMSprop and Adagrad have the same bits on every set and with every thread count") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  std::vector<std::vector<float>> first[2];
  for (int t = 0; t < count; ++t) {
    if (std::strcmp(tables[t]->isa, "scalar") == 0) continue;
    for (const int threads : {1, 2, 3}) {
      setThreads(threads);
      State<float> a = initial<float>(), b = initial<float>();
      tables[t]->rmsprop_f32(a.rmspropTable(true, true).data(), int64_t(sizes.size()), 0.01, 0.95,
                             1e-8, 0.1, 0.9, 0, processWork());
      tables[t]->adagrad_f32(b.adagradTable().data(), int64_t(sizes.size()), 1e-10, 0.1, 0,
                             processWork());
      if (first[0].empty()) {
        first[0] = a.param;
        first[1] = b.param;
      }
      CHECK(a.param == first[0]);
      CHECK(b.param == first[1]);
    }
  }
  setThreads(1);
}
