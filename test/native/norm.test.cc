// kernels/norm: layer normalization forward and backward against its formulas in long double; bit
// for bit between instruction sets, numbers of threads and batches.
#include "runtime/dispatch.h"
#include "runtime/threads.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <vector>

using namespace ostinato;

namespace {

const std::vector<int64_t> sizes = {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 300};
const std::vector<int64_t> rowCounts = {0, 1, 3, 130};

template <class T>
std::vector<T> wave(int64_t n, double phase) {
  std::vector<T> out;
  for (int64_t i = 0; i < n; ++i) out.push_back(T(std::sin(0.7 * double(i) + phase) + 0.3));
  return out;
}

// `largest` is the size of what is added up: terms that cancel leave its rounding behind.
template <class T>
void checkClose(const std::vector<T>& ours, const std::vector<long double>& exact,
                long double largest = 1) {
  const long double tolerance = sizeof(T) == 4 ? 2e-6L : 1e-13L;
  long double worst = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    worst = std::fmax(worst, std::fabs(ours[i] - exact[i]));
    largest = std::fmax(largest, std::fabs(exact[i]));
  }
  CHECK(double(worst / largest) <= double(tolerance));
}

// One case's inputs and results; weight and bias may be left out.
template <class T>
struct Case {
  int64_t rows, n;
  std::vector<T> x, g, weight, bias, out, dx, dweight, dbias;
  std::vector<double> mean, rstd;

  Case(int64_t rows_, int64_t n_)
      : rows(rows_),
        n(n_),
        x(wave<T>(rows * n, 1)),
        g(wave<T>(rows * n, 2)),
        weight(wave<T>(n, 3)),
        bias(wave<T>(n, 4)),
        out(x.size()),
        dx(x.size()),
        dweight(weight.size()),
        dbias(weight.size()),
        mean(size_t(rows)),
        rstd(size_t(rows)) {}

  template <class Forward, class Backward, class Parameters>
  void run(Forward forward, Backward backward, Parameters parameters, bool affine, Work& work) {
    const T* const w = affine ? weight.data() : nullptr;
    forward(x.data(), w, affine ? bias.data() : nullptr, out.data(), mean.data(), rstd.data(), 1e-5,
            rows, n, work);
    backward(g.data(), x.data(), w, mean.data(), rstd.data(), dx.data(), rows, n, work);
    parameters(g.data(), x.data(), mean.data(), rstd.data(), dweight.data(), dbias.data(), rows, n,
               work);
  }

  void check(bool affine) const {
    std::vector<long double> y, d, dw(weight.size()), db(weight.size());
    long double largest = 1;
    for (int64_t r = 0; r < rows; ++r) {
      const T* const row = x.data() + r * n;
      const T* const grad = g.data() + r * n;
      long double m = 0, v = 0, first = 0, second = 0;
      for (int64_t i = 0; i < n; ++i) m += row[i];
      m /= n;
      for (int64_t i = 0; i < n; ++i) v += (row[i] - m) * (row[i] - m);
      const long double scale = 1 / std::sqrt(v / n + 1e-5L);
      for (int64_t i = 0; i < n; ++i) {
        const long double h = (row[i] - m) * scale, w = affine ? weight[i] : 1;
        y.push_back(h * w + (affine ? bias[i] : 0));
        first += grad[i] * w / n;
        second += grad[i] * w * h / n;
        dw[i] += grad[i] * h;
        db[i] += grad[i];
      }
      for (int64_t i = 0; i < n; ++i) {
        const long double h = (row[i] - m) * scale, w = affine ? weight[i] : 1;
        d.push_back(scale * (grad[i] * w - first - h * second));
        largest = std::fmax(largest, scale * std::fabs(grad[i] * w));
      }
    }
    checkClose(out, y);
    checkClose(dx, d, largest);
    checkClose(dweight, dw);
    checkClose(dbias, db);
  }
};

}  // namespace

TEST_CASE("layer normalization follows its formulas") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int t = 0; t < count; ++t) {
    const KernelTable& k = *tables[t];
    CAPTURE(k.isa);
    for (int64_t rows : rowCounts)
      for (int64_t n : sizes)
        for (bool affine : {false, true}) {
          CAPTURE(rows);
          CAPTURE(n);
          Case<float> single(rows, n);
          single.run(k.layer_norm_f32, k.layer_norm_backward_f32, k.layer_norm_parameters_f32,
                     affine, processWork());
          single.check(affine);
          Case<double> both(rows, n);
          both.run(k.layer_norm_f64, k.layer_norm_backward_f64, k.layer_norm_parameters_f64, affine,
                   processWork());
          both.check(affine);
        }
  }
}

TEST_CASE("layer normalization of rows far from 0, and with a first element far from the others") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int t = 0; t < count; ++t) {
    const KernelTable& k = *tables[t];
    CAPTURE(k.isa);
    for (int64_t n : {2, 17, 300, 4096})
      for (float far : {0.0f, -3e4f}) {
        CAPTURE(n);
        CAPTURE(far);
        Case<float> one(3, n);
        for (float& x : one.x) x += 1000;
        for (int64_t r = 0; r < 3; ++r) one.x[size_t(r * n)] += far;
        one.run(k.layer_norm_f32, k.layer_norm_backward_f32, k.layer_norm_parameters_f32, true,
                processWork());
        one.check(true);
      }
  }
}

TEST_CASE("layer normalization in place, and without one of the parameters' gradients") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (int t = 0; t < count; ++t) {
    const KernelTable& k = *tables[t];
    Case<float> apart(3, 33), inPlace(3, 33);
    apart.run(k.layer_norm_f32, k.layer_norm_backward_f32, k.layer_norm_parameters_f32, true,
              processWork());
    k.layer_norm_backward_f32(inPlace.g.data(), inPlace.x.data(), inPlace.weight.data(),
                              apart.mean.data(), apart.rstd.data(), inPlace.g.data(), 3, 33,
                              processWork());
    CHECK(inPlace.g == apart.dx);
    k.layer_norm_parameters_f32(apart.g.data(), apart.x.data(), apart.mean.data(),
                                apart.rstd.data(), nullptr, inPlace.dbias.data(), 3, 33,
                                processWork());
    CHECK(inPlace.dbias == apart.dbias);
    k.layer_norm_f32(inPlace.x.data(), inPlace.weight.data(), inPlace.bias.data(), inPlace.x.data(),
                     inPlace.mean.data(), inPlace.rstd.data(), 1e-5, 3, 33, processWork());
    CHECK(inPlace.x == apart.out);
  }
}

TEST_CASE("layer normalization has the same bits on every set, for every batch and thread count") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  Case<float> first(0, 0);
  bool have = false;
  for (int t = 0; t < count; ++t) {
    const KernelTable& k = *tables[t];
    if (std::strcmp(k.isa, "scalar") == 0) continue;
    for (const int threads : {1, 2, 3}) {
      setThreads(threads);
      Case<float> some(200, 301);
      some.run(k.layer_norm_f32, k.layer_norm_backward_f32, k.layer_norm_parameters_f32, true,
               processWork());
      Case<float> alone(200, 301);
      // Row 5 by itself.
      std::vector<float> row(301);
      k.layer_norm_f32(alone.x.data() + 5 * 301, alone.weight.data(), alone.bias.data(), row.data(),
                       alone.mean.data(), alone.rstd.data(), 1e-5, 1, 301, processWork());
      CHECK(std::memcmp(row.data(), some.out.data() + 5 * 301, 301 * 4) == 0);
      if (have) {
        CHECK(some.out == first.out);
        CHECK(some.dx == first.dx);
        CHECK(some.dweight == first.dweight);
        CHECK(some.dbias == first.dbias);
      } else {
        first = some;
        have = true;
      }
    }
  }
  setThreads(1);
}

namespace {

// Batch normalization of [batch, channels, length], by its formulas.
template <class T>
struct BatchCase {
  int64_t batch, channels, length;
  std::vector<T> x, g, weight, bias, out, dx, dweight, dbias, means, variances;
  std::vector<double> mean, rstd;

  BatchCase(int64_t batch_, int64_t channels_, int64_t length_)
      : batch(batch_),
        channels(channels_),
        length(length_),
        x(wave<T>(batch * channels * length, 1)),
        g(wave<T>(batch * channels * length, 2)),
        weight(wave<T>(channels, 3)),
        bias(wave<T>(channels, 4)),
        out(x.size()),
        dx(x.size()),
        dweight(weight.size()),
        dbias(weight.size()),
        means(weight.size()),
        variances(weight.size()),
        mean(weight.size()),
        rstd(weight.size()) {}

  template <class Forward, class Backward>
  void run(Forward forward, Backward backward, bool affine, bool training) {
    if (!training) {
      means = wave<T>(channels, 5);
      for (int64_t c = 0; c < channels; ++c) variances[size_t(c)] = T(0.5 + double(c % 7));
    }
    const T* const w = affine ? weight.data() : nullptr;
    forward(x.data(), w, affine ? bias.data() : nullptr, training ? nullptr : means.data(),
            training ? nullptr : variances.data(), out.data(), mean.data(), rstd.data(),
            training ? means.data() : nullptr, training ? variances.data() : nullptr, 1e-5, batch,
            channels, length, processWork());
    backward(g.data(), x.data(), w, mean.data(), rstd.data(), dx.data(), dweight.data(),
             dbias.data(), training, batch, channels, length, processWork());
  }

  void check(bool affine, bool training) const {
    std::vector<long double> y(x.size()), d(x.size()), dw(weight.size()), db(weight.size());
    const long double n = (long double)(batch * length);
    for (int64_t c = 0; c < channels; ++c) {
      const auto each = [&](auto body) {
        for (int64_t b = 0; b < batch; ++b)
          for (int64_t l = 0; l < length; ++l) body(size_t((b * channels + c) * length + l));
      };
      long double m = 0, v = 0;
      each([&](size_t i) { m += x[i] / n; });
      each([&](size_t i) { v += (x[i] - m) * (x[i] - m) / n; });
      if (!training) {
        m = means[size_t(c)];
        v = variances[size_t(c)];
      } else {
        CHECK(double(std::fabs(means[size_t(c)] - m)) <= 1e-6);
        CHECK(double(std::fabs(variances[size_t(c)] - v * n / (n - 1))) <= 1e-6);
      }
      const long double scale = 1 / std::sqrt(v + 1e-5L), w = affine ? weight[size_t(c)] : 1;
      each([&](size_t i) {
        const long double h = (x[i] - m) * scale;
        y[i] = h * w + (affine ? bias[size_t(c)] : 0);
        dw[size_t(c)] += g[i] * h;
        db[size_t(c)] += g[i];
      });
      each([&](size_t i) {
        const long double h = (x[i] - m) * scale;
        d[i] = scale * w * (training ? g[i] - db[size_t(c)] / n - h * dw[size_t(c)] / n : g[i]);
      });
    }
    checkClose(out, y);
    checkClose(dx, d);
    checkClose(dweight, dw, n);
    checkClose(dbias, db, n);
  }
};

}  // namespace

TEST_CASE("batch normalization follows its formulas, with the same bits everywhere") {
  int count = 0;
  const KernelTable* const* tables = availableTables(&count);
  for (const auto& [batch, channels, length] : std::vector<std::array<int64_t, 3>>{{2, 1, 1},
                                                                                   {5, 3, 1},
                                                                                   {40, 33, 1},
                                                                                   {3, 17, 1},
                                                                                   {2, 63, 1},
                                                                                   {7, 64, 1},
                                                                                   {70, 150, 1},
                                                                                   {1, 2, 9},
                                                                                   {3, 5, 16},
                                                                                   {4, 2, 35},
                                                                                   {70, 40, 31}})
    for (bool affine : {false, true})
      for (bool training : {false, true}) {
        CAPTURE(batch);
        CAPTURE(channels);
        CAPTURE(length);
        BatchCase<float> first(batch, channels, length);
        bool have = false;
        for (int t = 0; t < count; ++t) {
          const KernelTable& k = *tables[t];
          CAPTURE(k.isa);
          BatchCase<double> both(batch, channels, length);
          both.run(k.batch_norm_f64, k.batch_norm_backward_f64, affine, training);
          both.check(affine, training);
          for (int threads : {1, 3}) {
            setThreads(threads);
            BatchCase<float> single(batch, channels, length);
            single.run(k.batch_norm_f32, k.batch_norm_backward_f32, affine, training);
            single.check(affine, training);
            if (std::strcmp(k.isa, "scalar") == 0) continue;
            if (!have) first = single;
            have = true;
            CHECK(single.out == first.out);
            CHECK(single.dx == first.dx);
            CHECK(single.dweight == first.dweight);
            CHECK(single.means == first.means);
            std::vector<float> sums(first.dbias.size());
            k.channel_sums_f32(single.g.data(), sums.data(), batch, channels, length,
                               processWork());
            if (affine) CHECK(sums == first.dbias);
          }
          setThreads(1);
        }
      }
}
