// kernels/optim: SGD and Adam against their formulas in long double, norm and scaling likewise; bit
// for bit between instruction sets and numbers of threads.
#include "runtime/dispatch.h"
#include "runtime/threads.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

using namespace ostinato;

namespace {

const std::vector<int64_t> sizes = {0, 1, 7, 8, 9, 15, 16, 17, 33, 300, 16384, 16385, 70000};

// Kept: under an emulator the sines take longer than all that is tested.
template <class T>
const std::vector<T>& wave(int64_t n, double phase) {
  static std::map<std::pair<int64_t, double>, std::vector<T>> kept;
  std::vector<T>& out = kept[{n, phase}];
  for (int64_t i = int64_t(out.size()); i < n; ++i)
    out.push_back(T(std::sin(0.7 * double(i) + phase)));
  return out;
}
template <class T>
std::vector<T> squares(int64_t n, double phase) {
  std::vector<T> out = wave<T>(n, phase);
  for (T& x : out) x *= x;
  return out;
}
double cell(const void* p) { return double(reinterpret_cast<uintptr_t>(p)); }

template <class T>
constexpr long double tolerance = sizeof(T) == 4 ? 1e-6L : 1e-14L;

template <class T>
void checkClose(const std::vector<T>& ours, const std::vector<long double>& exact) {
  long double worst = 0;
  for (size_t i = 0; i < ours.size(); ++i)
    worst = std::fmax(worst, std::fabs(ours[i] - exact[i]) / (1 + std::fabs(exact[i])));
  CHECK(double(worst) <= double(tolerance<T>));
}

struct AdamCase {
  double weightDecay;
  int64_t decoupled, maximize, amsgrad;
};

template <class T>
struct AdamState {
  std::vector<std::vector<T>> param, grad, m, v, largest;
  std::vector<double> table;
  explicit AdamState(bool amsgrad) {
    for (int64_t n : sizes) {
      param.push_back(wave<T>(n, 1));
      grad.push_back(wave<T>(n, 2));
      m.push_back(wave<T>(n, 3));
      v.push_back(squares<T>(n, 4));
      largest.push_back(squares<T>(n, 5));
    }
    for (size_t i = 0; i < sizes.size(); ++i) {
      for (double x : {double(sizes[i]), cell(param[i].data()), cell(grad[i].data()),
                       cell(m[i].data()), cell(v[i].data()),
                       amsgrad ? cell(largest[i].data()) : 0.0, 0.01 / 0.271, std::sqrt(0.003)})
        table.push_back(x);
    }
  }
};

template <class T, class Kernel>
void checkAdam(Kernel kernel, Work& work) {
  for (const AdamCase c : {AdamCase{0, 0, 0, 0}, {0.1, 0, 0, 0}, {0.1, 1, 0, 0}, {0, 0, 1, 1}}) {
    AdamState<T> state(c.amsgrad), before(c.amsgrad);
    const double lr = 0.01, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
    kernel(state.table.data(), int64_t(sizes.size()), lr, beta1, beta2, eps, c.weightDecay,
           c.decoupled, c.maximize, work);
    for (size_t i = 0; i < sizes.size(); ++i) {
      std::vector<long double> p, m, v;
      for (size_t j = 0; j < before.param[i].size(); ++j) {
        long double g = before.grad[i][j], w = before.param[i][j];
        if (c.maximize) g = -g;
        if (c.decoupled)
          w -= lr * c.weightDecay * w;
        else
          g += c.weightDecay * w;
        const long double mj = beta1 * before.m[i][j] + (1 - beta1) * g;
        const long double vj = beta2 * before.v[i][j] + (1 - beta2) * g * g;
        const long double used =
            c.amsgrad ? std::fmax(vj, (long double)(before.largest[i][j])) : vj;
        m.push_back(mj);
        v.push_back(vj);
        p.push_back(w - 0.01 / 0.271 * mj / (std::sqrt(used) / std::sqrt(0.003) + eps));
      }
      checkClose(state.m[i], m);
      checkClose(state.v[i], v);
      // A step divides by a root that may be small; its own size scales the error.
      long double worst = 0;
      for (size_t j = 0; j < p.size(); ++j) {
        const long double scale = 1 + std::fabs(p[j]) + std::fabs(p[j] - before.param[i][j]);
        worst = std::fmax(worst, std::fabs(state.param[i][j] - p[j]) / scale);
      }
      CHECK(double(worst) <= double(4 * tolerance<T>));
    }
  }
}

// beta1 = 0: the mean is the gradient itself, whatever it was before.
template <class T, class Kernel>
void checkForgetful(Kernel kernel, Work& work) {
  for (const int64_t n : {1, 16, 17}) {
    const size_t size = size_t(n);
    std::vector<T> p(size, 0), g(size, T(0.75)), m(size, T(sizeof(T) == 4 ? 1e8 : 1e18)),
        v(size, 1);
    const double table[] = {
        double(n), cell(p.data()), cell(g.data()), cell(m.data()), cell(v.data()), 0.0, 0.1, 1.0};
    kernel(table, 1, 0.1, 0.0, 0.999, 1e-8, 0.0, int64_t(0), int64_t(0), work);
    CHECK(m == g);
  }
}

template <class T, class Kernel>
void checkSgd(Kernel kernel, Work& work) {
  for (const double momentum : {0.0, 0.9})
    for (const int64_t nesterov : {0, 1})
      for (const double fresh : {0.0, 1.0}) {
        std::vector<std::vector<T>> param, grad, buffer;
        std::vector<double> table;
        for (int64_t n : sizes) {
          param.push_back(wave<T>(n, 1));
          grad.push_back(wave<T>(n, 2));
          buffer.push_back(wave<T>(n, 3));
        }
        const auto oldParam = param, oldBuffer = buffer;
        for (size_t i = 0; i < sizes.size(); ++i)
          for (double x : {double(sizes[i]), cell(param[i].data()), cell(grad[i].data()),
                           momentum > 0 ? cell(buffer[i].data()) : 0.0, fresh})
            table.push_back(x);
        kernel(table.data(), int64_t(sizes.size()), 0.05, momentum, 0.2, 0.01, nesterov, 0, work);
        for (size_t i = 0; i < sizes.size(); ++i) {
          std::vector<long double> p, b;
          for (size_t j = 0; j < param[i].size(); ++j) {
            long double g = grad[i][j] + 0.01L * oldParam[i][j];
            if (momentum > 0) {
              const long double own = fresh != 0 ? g : momentum * oldBuffer[i][j] + (1 - 0.2L) * g;
              b.push_back(own);
              g = nesterov ? g + momentum * own : own;
            }
            p.push_back(oldParam[i][j] - 0.05L * g);
          }
          checkClose(param[i], p);
          if (momentum > 0) checkClose(buffer[i], b);
        }
      }
}

template <class T, class Sum, class Scale>
void checkNorm(Sum sumSquares, Scale scale, Work& work) {
  std::vector<std::vector<T>> x;
  std::vector<double> table;
  long double exact = 0;
  for (int64_t n : sizes) {
    x.push_back(wave<T>(n, 1));
    for (T value : x.back()) exact += (long double)(value)*value;
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    table.push_back(double(sizes[i]));
    table.push_back(cell(x[i].data()));
  }
  double sum = 0;
  sumSquares(table.data(), int64_t(sizes.size()), &sum, work);
  CHECK(double(std::fabs(sum - exact) / exact) < 1e-13);
  const auto before = x;
  scale(table.data(), int64_t(sizes.size()), 0.3, work);
  bool same = true;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < x[i].size(); ++j) same = same && x[i][j] == before[i][j] * T(0.3);
  CHECK(same);
}

}  // namespace

TEST_CASE("optimizer steps and norms follow their formulas") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int t = 0; t < count; ++t) {
    const KernelTable& k = *tables[t];
    CAPTURE(k.isa);
    for (const int threads : {1, 2}) {
      setThreads(threads);
      Work& work = processWork();
      checkAdam<float>(k.adam_f32, work);
      checkAdam<double>(k.adam_f64, work);
      checkForgetful<float>(k.adam_f32, work);
      checkForgetful<double>(k.adam_f64, work);
      checkSgd<float>(k.sgd_f32, work);
      checkSgd<double>(k.sgd_f64, work);
      checkNorm<float>(k.table_sum_squares_f32, k.table_scale_f32, work);
      checkNorm<double>(k.table_sum_squares_f64, k.table_scale_f64, work);
    }
  }
  setThreads(1);
}

TEST_CASE("optimizer steps and norms have the same bits on every set and with every thread count") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  std::vector<std::vector<float>> first;
  double firstSum = 0;
  for (int t = 0; t < count; ++t) {
    if (std::strcmp(tables[t]->isa, "scalar") == 0) continue;
    for (const int threads : {1, 2, 3}) {
      setThreads(threads);
      AdamState<float> state(true);
      tables[t]->adam_f32(state.table.data(), int64_t(sizes.size()), 0.01, 0.9, 0.999, 1e-8, 0.1, 0,
                          0, processWork());
      std::vector<double> table;
      for (size_t i = 0; i < sizes.size(); ++i) {
        table.push_back(double(sizes[i]));
        table.push_back(cell(state.param[i].data()));
      }
      double sum = 0;
      tables[t]->table_sum_squares_f32(table.data(), int64_t(sizes.size()), &sum, processWork());
      if (first.empty()) {
        first = state.param;
        firstSum = sum;
      }
      CHECK(std::memcmp(&sum, &firstSum, sizeof sum) == 0);
      for (size_t i = 0; i < first.size(); ++i) CHECK(first[i] == state.param[i]);
    }
  }
  setThreads(1);
}
