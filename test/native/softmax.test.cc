// kernels/reduce: softmax, log-softmax, cross-entropy and squared error, forward and backward,
// against their formulas in long double; in place, strided, with NaN and infinities; bit-equal
// between instruction sets and thread counts.
#include "runtime/dispatch.h"
#include "runtime/threads.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace ostinato;

namespace {

struct Shape {
  int64_t outer, n, inner;
};
const std::vector<Shape> shapes = {{0, 5, 1},  {2, 0, 3},   {1, 1, 1},    {3, 7, 1},  {2, 8, 1},
                                   {2, 9, 1},  {3, 15, 2},  {1, 16, 1},   {2, 17, 3}, {1, 33, 5},
                                   {2, 35, 1}, {3, 300, 1}, {400, 130, 1}};

std::vector<const KernelTable*> tables() {
  int count = 0;
  const KernelTable* const* found = availableTables(&count);
  return {found, found + count};
}

template <class T>
std::vector<T> wave(int64_t n, double phase, double size = 3) {
  std::vector<T> out;
  for (int64_t i = 0; i < n; ++i)
    out.push_back(T(size * std::sin(0.9 * double(i) + phase + 0.01 * double(i % 7))));
  return out;
}

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 2e-6 : 4e-15;

// Guards of 8 elements around the output.
template <class T>
struct Output {
  std::vector<T> all;
  explicit Output(int64_t n) : all(size_t(n + 16), T(77)) {}
  explicit Output(const std::vector<T>& from) : Output(int64_t(from.size())) {
    std::copy(from.begin(), from.end(), all.begin() + 8);
  }
  T* data() { return all.data() + 8; }
  bool intact() const {
    for (size_t i = 0; i < 8; ++i)
      if (all[i] != T(77) || all[all.size() - 1 - i] != T(77)) return false;
    return true;
  }
};

template <class T>
double worst(T* ours, const std::vector<long double>& exact) {
  double most = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double difference =
        double(std::fabs((long double)(ours[i]) - exact[i]) / (1 + std::fabs(exact[i])));
    if (!(difference <= most)) most = difference;
  }
  return most;
}

// Row r of an [outer, n, inner] array begins at start(r).
template <class Body>
void rows(const Shape& s, Body body) {
  for (int64_t o = 0; o < s.outer; ++o)
    for (int64_t k = 0; k < s.inner; ++k) body(o * s.n * s.inner + k);
}

template <class T>
std::vector<long double> exactSoftmax(const std::vector<T>& x, const Shape& s, bool logarithm) {
  std::vector<long double> out(x.size());
  rows(s, [&](int64_t start) {
    long double m = -std::numeric_limits<long double>::infinity(), sum = 0;
    auto at = [&](int64_t j) { return size_t(start + j * s.inner); };
    for (int64_t j = 0; j < s.n; ++j) m = std::fmax(m, (long double)(x[at(j)]));
    for (int64_t j = 0; j < s.n; ++j) sum += std::exp(x[at(j)] - m);
    for (int64_t j = 0; j < s.n; ++j)
      out[at(j)] = logarithm ? x[at(j)] - m - std::log(sum) : std::exp(x[at(j)] - m) / sum;
  });
  return out;
}

template <class T, class Forward, class Backward>
void checkSoftmax(Forward forward, Backward backward, bool logarithm, Work& work) {
  for (const Shape& s : shapes) {
    CAPTURE(s.outer);
    CAPTURE(s.n);
    CAPTURE(s.inner);
    const int64_t n = s.outer * s.n * s.inner;
    const auto x = wave<T>(n, 1), g = wave<T>(n, 2);
    const auto exact = exactSoftmax(x, s, logarithm);
    Output<T> y(n), inPlace(x);
    forward(x.data(), y.data(), s.outer, s.n, s.inner, work);
    CHECK(worst(y.data(), exact) <= tolerance<T>);
    CHECK(y.intact());
    forward(inPlace.data(), inPlace.data(), s.outer, s.n, s.inner, work);
    CHECK(std::memcmp(inPlace.data(), y.data(), size_t(n) * sizeof(T)) == 0);

    std::vector<long double> gradient(x.size());
    rows(s, [&](int64_t start) {
      long double sum = 0;
      auto at = [&](int64_t j) { return size_t(start + j * s.inner); };
      for (int64_t j = 0; j < s.n; ++j) sum += logarithm ? g[at(j)] : g[at(j)] * exact[at(j)];
      for (int64_t j = 0; j < s.n; ++j)
        gradient[at(j)] =
            logarithm ? g[at(j)] - std::exp(exact[at(j)]) * sum : exact[at(j)] * (g[at(j)] - sum);
    });
    Output<T> d(n), over(g);
    backward(g.data(), y.data(), d.data(), s.outer, s.n, s.inner, work);
    CHECK(worst(d.data(), gradient) <= 8 * tolerance<T>);
    CHECK(d.intact());
    backward(over.data(), y.data(), over.data(), s.outer, s.n, s.inner, work);
    CHECK(std::memcmp(over.data(), d.data(), size_t(n) * sizeof(T)) == 0);
  }
}

struct Options {
  bool weighted;
  double smoothing;
  int64_t reduction;
};

template <class T, class Forward, class Backward>
void checkCrossEntropy(Forward forward, Backward backward, Work& work) {
  for (const int64_t count : {int64_t(0), int64_t(1), int64_t(5), int64_t(300)})
    for (const int64_t classes : {1, 2, 15, 16, 17, 130})
      for (const Options o : {Options{false, 0, 0},
                              {false, 0, 1},
                              {true, 0, 1},
                              {true, 0.1, 2},
                              {false, 0.2, 1},
                              {true, 0.3, 0}}) {
        CAPTURE(count);
        CAPTURE(classes);
        CAPTURE(o.reduction);
        CAPTURE(o.smoothing);
        const auto x = wave<T>(count * classes, 1);
        std::vector<T> weight;
        for (int64_t c = 0; c < classes; ++c) weight.push_back(T(0.5 + 0.1 * double(c % 9)));
        std::vector<int32_t> target;
        for (int64_t r = 0; r < count; ++r)
          target.push_back(r % 4 == 3 ? -100 : int32_t(r * 5 % classes));
        const T* const w = o.weighted ? weight.data() : nullptr;
        auto weightOf = [&](int64_t c) {
          return o.weighted ? (long double)(weight[size_t(c)]) : 1.0L;
        };
        Output<T> losses(count), lse(count), divisor(1), loss(1), gradient(count * classes);
        forward(x.data(), target.data(), w, losses.data(), lse.data(), divisor.data(), loss.data(),
                o.smoothing, count, classes, -100, o.reduction, work);
        std::vector<T> g(size_t(o.reduction == 0 ? count : 1), T(1.7));
        backward(g.data(), x.data(), target.data(), w, lse.data(), divisor.data(), gradient.data(),
                 o.smoothing, count, classes, -100, o.reduction, work);

        const auto logP = exactSoftmax(x, {count, classes, 1}, true);
        long double sum = 0, weights = 0;
        std::vector<long double> each;
        for (int64_t r = 0; r < count; ++r) {
          const int64_t t = target[size_t(r)];
          long double value = 0;
          if (t >= 0) {
            value = -(1 - o.smoothing) * weightOf(t) * logP[size_t(r * classes + t)];
            for (int64_t c = 0; c < classes; ++c)
              value -= o.smoothing / double(classes) * weightOf(c) * logP[size_t(r * classes + c)];
            weights += weightOf(t);
          }
          each.push_back(value);
          sum += value;
        }
        CHECK(worst(losses.data(), each) <= 4 * tolerance<T>);
        if (o.reduction == 2) CHECK(worst(loss.data(), {sum}) <= 8 * tolerance<T>);
        if (o.reduction == 1 && count > 0)
          CHECK(worst(loss.data(), {sum / weights}) <= 8 * tolerance<T>);
        if (o.reduction == 1 && count == 0) CHECK(std::isnan(loss.data()[0]));

        std::vector<long double> exact;
        for (int64_t r = 0; r < count; ++r)
          for (int64_t c = 0; c < classes; ++c) {
            const int64_t t = target[size_t(r)];
            if (t < 0) {
              exact.push_back(0);
              continue;
            }
            const long double p = std::exp(logP[size_t(r * classes + c)]);
            long double d = (1 - o.smoothing) * weightOf(t) * (p - (c == t ? 1 : 0));
            long double all = 0;
            for (int64_t k = 0; k < classes; ++k) all += weightOf(k);
            d += o.smoothing / double(classes) * (p * all - weightOf(c));
            exact.push_back(1.7L * d / (o.reduction == 1 ? weights : 1));
          }
        CHECK(worst(gradient.data(), exact) <= 16 * tolerance<T>);
        CHECK(losses.intact());
        CHECK(lse.intact());
        CHECK(divisor.intact());
        CHECK(loss.intact());
        CHECK(gradient.intact());
      }
}

template <class T, class Kernel>
void checkSquaredError(Kernel kernel, Work& work) {
  for (const int64_t n : {0, 1, 7, 8, 9, 15, 16, 17, 35, 1000}) {
    const auto a = wave<T>(n, 1), b = wave<T>(n, 2);
    long double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      const long double d = (long double)(a[i]) - b[i];
      sum += d * d;
    }
    Output<T> out(1);
    kernel(a.data(), b.data(), out.data(), 3.5, n, work);
    CHECK(worst(out.data(), {sum / 3.5L}) <= tolerance<T>);
    CHECK(out.intact());
  }
}

}  // namespace

TEST_CASE("softmax, cross-entropy and squared error follow their formulas") {
  for (const KernelTable* k : tables()) {
    CAPTURE(k->isa);
    for (const int threads : {1, 2}) {
      setThreads(threads);
      Work& work = processWork();
      checkSoftmax<float>(k->softmax_f32, k->softmax_backward_f32, false, work);
      checkSoftmax<double>(k->softmax_f64, k->softmax_backward_f64, false, work);
      checkSoftmax<float>(k->log_softmax_f32, k->log_softmax_backward_f32, true, work);
      checkSoftmax<double>(k->log_softmax_f64, k->log_softmax_backward_f64, true, work);
      checkCrossEntropy<float>(k->cross_entropy_f32, k->cross_entropy_backward_f32, work);
      checkCrossEntropy<double>(k->cross_entropy_f64, k->cross_entropy_backward_f64, work);
      checkSquaredError<float>(k->squared_error_f32, work);
      checkSquaredError<double>(k->squared_error_f64, work);
    }
  }
  setThreads(1);
}

TEST_CASE("softmax handles infinities and NaN as its formula does") {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const KernelTable* k : tables()) {
    CAPTURE(k->isa);
    std::vector<float> x(20, 0.0f), y(20);
    x[3] = -inf;
    k->softmax_f32(x.data(), y.data(), 1, 20, 1, processWork());
    CHECK(y[3] == 0.0f);
    CHECK(std::fabs(y[0] - 1.0f / 19) < 1e-7f);
    x[17] = nan;
    k->softmax_f32(x.data(), y.data(), 1, 20, 1, processWork());
    for (float v : y) CHECK(std::isnan(v));
    std::vector<float> masked(5, -inf);
    k->softmax_f32(masked.data(), y.data(), 1, 5, 1, processWork());
    CHECK(std::isnan(y[0]));
    std::vector<float> large = {1000.0f, 999.0f, -1000.0f};
    k->log_softmax_f32(large.data(), y.data(), 1, 3, 1, processWork());
    CHECK(std::fabs(y[0] + 0.3132617f) < 1e-6f);
    CHECK(y[2] == doctest::Approx(-2000.3132617));
  }
}

TEST_CASE("softmax and cross-entropy have the same bits everywhere") {
  const int64_t rows = 400, classes = 331;
  const auto x = wave<float>(rows * classes, 1);
  std::vector<int32_t> target;
  for (int64_t r = 0; r < rows; ++r) target.push_back(int32_t(r * 7 % classes));
  std::vector<float> first;
  for (const KernelTable* k : tables()) {
    if (std::strcmp(k->isa, "scalar") == 0) continue;
    for (const int threads : {1, 2, 3}) {
      setThreads(threads);
      Work& work = processWork();
      const size_t size = x.size();
      std::vector<float> out(3 * size + 2 * size_t(rows) + 2);
      float* const losses = out.data() + 3 * size;
      k->softmax_f32(x.data(), out.data(), rows, classes, 1, work);
      k->log_softmax_f32(x.data(), out.data() + size, 1, rows, classes, work);
      k->cross_entropy_f32(x.data(), target.data(), nullptr, losses, losses + rows,
                           losses + 2 * rows, losses + 2 * rows + 1, 0, rows, classes, -100, 1,
                           work);
      const float g = 1;
      k->cross_entropy_backward_f32(&g, x.data(), target.data(), nullptr, losses + rows,
                                    losses + 2 * rows, out.data() + 2 * size, 0, rows, classes,
                                    -100, 1, work);
      if (first.empty()) first = out;
      CHECK(std::memcmp(first.data(), out.data(), out.size() * sizeof(float)) == 0);
    }
  }
  setThreads(1);
}
