// kernels/reduce: cumprod, its gradient, cummax and cummin (chains.cc), logcumsumexp (sums.cc); kernels/index/search.cc: search_sorted,
// is_in, longest_run. Each against the plain loop, on every instruction set, for one thread and two, with equal elements, zeros, NaN and
// infinities.
#include "support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

using namespace ostinato;
using namespace ostinato::test;

namespace {

struct Shape {
  int64_t outer, n, inner;
  int64_t size() const { return outer * n * inner; }
  int64_t at(int64_t line, int64_t j) const {
    return (line / inner * n + j) * inner + line % inner;
  }
};
// Around the kernels' blocks of four rows and 64 columns; long enough for two threads at the end.
std::vector<Shape> shapes() {
  std::vector<Shape> all = {{0, 5, 1},    {3, 0, 2},     {3, 4, 0},     {1, 1, 1},
                            {70, 600, 1}, {1, 70000, 1}, {2, 300, 130}, {301, 200, 1}};
  for (const int64_t outer : {1, 3, 4, 5})
    for (const int64_t n : {1, 2, 17})
      for (const int64_t inner : {1, 2, 15, 63, 64, 65}) all.push_back({outer, n, inner});
  return all;
}

// Whole numbers from -2 to 2, so that many are equal and products are exact for a while; every 40th line has a NaN and
// infinities, every other line few zeros.
template <class T>
std::vector<T> inputFor(const Shape& s) {
  Random random(uint64_t(s.size()) + 7);
  std::vector<T> x(size_t(s.size()));
  for (T& v : x) v = T(std::floor(random.between(-2, 3)));
  for (int64_t line = 0; line < s.outer * s.inner; ++line)
    for (int64_t j = 0; j < s.n; ++j) {
      T& v = x[size_t(s.at(line, j))];
      if (v == 0 && line % 2 == 0 && j % 11 != 3) v = 1;
      if constexpr (std::is_floating_point_v<T>) {
        if (v == 0 && j % 2) v = T(-0.0);
        if (line % 40 == 5 && j % 23 == 9) v = T(j % 2 ? NAN : INFINITY);
      }
    }
  return x;
}

template <class T, class Kernel>
void checkProducts(Kernel kernel) {
  for (const Shape& s : shapes()) {
    const auto x = inputFor<T>(s);
    std::vector<T> expected(x.size());
    for (int64_t line = 0; line < s.outer * s.inner; ++line) {
      double total = 1;
      uint32_t whole = 1;
      for (int64_t j = 0; j < s.n; ++j) {
        const T v = x[size_t(s.at(line, j))];
        if constexpr (std::is_floating_point_v<T>)
          expected[size_t(s.at(line, j))] = T(total *= double(v));
        else
          expected[size_t(s.at(line, j))] = T(whole *= uint32_t(v));
      }
    }
    Guarded<T> out(s.size()), inPlace(x);
    withThreads(1, [&] { kernel(x.data(), out.data(), s.outer, s.n, s.inner, processWork()); });
    withThreads(
        2, [&] { kernel(inPlace.data(), inPlace.data(), s.outer, s.n, s.inner, processWork()); });
    CAPTURE(s.outer);
    CAPTURE(s.n);
    CAPTURE(s.inner);
    CHECK(sameBits(out.values(), expected));
    CHECK(sameBits(inPlace.values(), expected));
    CHECK(out.intact());
    CHECK(inPlace.intact());
  }
}

// Against long double; the same bits on every set, for two threads and in place, and for a line alone.
template <class T>
void checkLogarithms() {
  for (const Shape& s : shapes()) {
    const auto x = inputFor<T>(s);
    std::vector<T> first;
    for (const KernelTable* table : tables()) {
      CAPTURE(std::string(table->isa));
      CAPTURE(s.outer);
      CAPTURE(s.n);
      CAPTURE(s.inner);
      const auto kernel =
          table->*pick<T>(&KernelTable::logcumsumexp_f32, &KernelTable::logcumsumexp_f64);
      Guarded<T> out(s.size()), inPlace(x), alone(s.n);
      withThreads(1, [&] { kernel(x.data(), out.data(), s.outer, s.n, s.inner, processWork()); });
      withThreads(
          2, [&] { kernel(inPlace.data(), inPlace.data(), s.outer, s.n, s.inner, processWork()); });
      CHECK(sameBits(out.values(), inPlace.values()));
      CHECK(out.intact());
      CHECK(inPlace.intact());
      bool good = true;
      for (int64_t line = 0; line < s.outer * s.inner; ++line) {
        std::vector<T> own(static_cast<size_t>(s.n));
        for (int64_t j = 0; j < s.n; ++j) own[size_t(j)] = x[size_t(s.at(line, j))];
        kernel(own.data(), alone.data(), 1, s.n, 1, processWork());
        long double sum = 0;
        for (int64_t j = 0; j < s.n; ++j) {
          const T got = out[s.at(line, j)];
          const long double exact = std::log(sum += std::exp((long double)own[size_t(j)]));
          const double allowed = 1 + double(j) / (sizeof(T) == 4 ? 1e5 : 2);
          // Sums near 1 have a logarithm near 0: its error is the sum's.
          good =
              good && sameBits(&got, &alone[j], 1) &&
              (ulps(got, exact) <= allowed || std::fabs((long double)got - exact) <=
                                                  allowed * 2 * std::numeric_limits<T>::epsilon());
        }
      }
      CHECK(good);
      if (isScalar(*table)) continue;
      if (first.empty())
        first = out.values();
      else
        CHECK(sameBits(first, out.values()));
    }
  }
}

// dx_k = Σ_{j ≥ k} g_j Π_{i ≤ j, i ≠ k} x_i, without a division.
template <class T, class Products, class Kernel>
void checkGradient(Products products, Kernel kernel) {
  for (const Shape& s : shapes()) {
    if (s.n > 20) continue;
    auto x = inputFor<T>(s);
    for (T& v : x)
      if (!(std::fabs(v) <= 2)) v = 1;
    std::vector<T> y(x.size());
    const auto g = numbers<T>(s.size(), -1, 1, 3, false);
    products(x.data(), y.data(), s.outer, s.n, s.inner, processWork());
    Guarded<T> out(s.size()), other(s.size());
    const auto run = [&](Guarded<T>& into) {
      kernel(g.data(), x.data(), y.data(), into.data(), s.outer, s.n, s.inner, processWork());
    };
    withThreads(1, [&] { run(out); });
    withThreads(2, [&] { run(other); });
    CHECK(sameBits(out.values(), other.values()));
    CHECK(out.intact());
    bool good = true;
    for (int64_t line = 0; line < s.outer * s.inner; ++line)
      for (int64_t k = 0; k < s.n; ++k) {
        long double sum = 0, size = 0;
        for (int64_t j = k; j < s.n; ++j) {
          long double term = g[size_t(s.at(line, j))];
          for (int64_t i = 0; i <= j; ++i)
            if (i != k) term *= x[size_t(s.at(line, i))];
          sum += term;
          size += std::fabs(term);
        }
        const long double epsilon = std::numeric_limits<T>::epsilon();
        // Doubles round each product and each sum of a chain.
        const long double allowed = sizeof(T) == 4 ? 2 : 2 + s.n;
        good = good && std::fabs((long double)out[s.at(line, k)] - sum) <= allowed * epsilon * size;
      }
    CAPTURE(s.n);
    CAPTURE(s.inner);
    CHECK(good);
  }
}

template <class T, bool largest, class Kernel>
void checkExtremes(Kernel kernel) {
  for (const Shape& s : shapes()) {
    const auto x = inputFor<T>(s);
    std::vector<T> expected(x.size());
    std::vector<int32_t> places(x.size());
    for (int64_t line = 0; line < s.outer * s.inner; ++line) {
      int64_t best = 0;
      for (int64_t j = 0; j < s.n; ++j) {
        const T v = x[size_t(s.at(line, j))], before = x[size_t(s.at(line, best))];
        if (v != v || (largest ? v >= before : v <= before)) best = j;
        expected[size_t(s.at(line, j))] = x[size_t(s.at(line, best))];
        places[size_t(s.at(line, j))] = int32_t(best);
      }
    }
    for (const int threads : {1, 2}) {
      Guarded<T> values(s.size());
      Guarded<int32_t> indices(s.size());
      withThreads(threads, [&] {
        kernel(x.data(), values.data(), indices.data(), s.outer, s.n, s.inner, processWork());
      });
      CAPTURE(s.outer);
      CAPTURE(s.n);
      CAPTURE(s.inner);
      CHECK(sameBits(values.values(), expected));
      CHECK(indices.values() == places);
      CHECK(values.intact());
      CHECK(indices.intact());
    }
  }
}

template <class T, class Kernel>
void checkSearch(Kernel kernel) {
  for (const int64_t n : {0, 1, 2, 3, 4, 7, 8, 9, 33, 1000})
    for (const auto& [rows, m] : {std::pair<int64_t, int64_t>{1, 0}, {1, 1}, {3, 17}, {2, 5000}}) {
      Random random(uint64_t(n + m));
      std::vector<T> sorted(size_t(rows * n)), x(size_t(rows * m));
      for (T& v : sorted) v = T(std::floor(random.between(-20, 20)));
      for (int64_t r = 0; r < rows; ++r)
        std::sort(sorted.begin() + r * n, sorted.begin() + (r + 1) * n);
      for (T& v : x) v = T(std::floor(random.between(-22, 22)));
      if constexpr (std::is_floating_point_v<T>)
        for (size_t i = 0; i < x.size(); i += 5)
          x[i] = i % 3 == 0 ? T(NAN) : i % 3 == 1 ? T(INFINITY) : T(-0.0);
      for (const int64_t right : {0, 1})
        for (const int threads : {1, 2}) {
          Guarded<int32_t> out(rows * m);
          withThreads(threads, [&] {
            kernel(sorted.data(), x.data(), out.data(), rows, n, m, right, processWork());
          });
          bool good = true;
          for (int64_t i = 0; i < rows * m; ++i) {
            const T* row = sorted.data() + i / m * n;
            int32_t place = 0;
            while (place < n && !(right ? row[place] > x[size_t(i)] : row[place] >= x[size_t(i)]))
              ++place;
            good = good && out[i] == place;
          }
          CAPTURE(n);
          CAPTURE(m);
          CAPTURE(right);
          CHECK(good);
          CHECK(out.intact());
        }
    }
}

template <class T, class Kernel>
void checkMembers(Kernel kernel) {
  for (const int64_t m : {0, 1, 2, 5, 8, 65})
    for (const int64_t n : {0, 1, 7, 8, 9, 255, 256, 257, 40000}) {
      Random random(uint64_t(n + m));
      std::vector<T> x(size_t(n), T(0)), others(size_t(m), T(0));
      for (T& v : x) v = T(std::floor(random.between(-100, 100)));
      for (T& v : others) v = T(std::floor(random.between(-100, 100)));
      if constexpr (std::is_floating_point_v<T>) {
        for (size_t i = 0; i < x.size(); i += 5) x[i] = i % 2 ? T(NAN) : T(-0.0);
        if (m > 2) others[2] = 0;
      }
      std::vector<T> inOrder = others;
      std::sort(inOrder.begin(), inOrder.end());
      if constexpr (std::is_floating_point_v<T>)
        if (m > 1) others[1] = inOrder.back() = T(NAN);
      for (const bool sorted : {false, true}) {
        const std::vector<T>& among = sorted ? inOrder : others;
        for (const bool invert : {false, true})
          for (const int threads : {1, 2}) {
            Guarded<uint8_t> out(n);
            withThreads(threads, [&] {
              kernel(x.data(), among.data(), out.data(), n, m, sorted, invert, processWork());
            });
            bool good = true;
            for (int64_t i = 0; i < n; ++i) {
              bool isOne = false;
              for (const T v : among) isOne = isOne || v == x[size_t(i)];
              good = good && out[i] == uint8_t(isOne != invert);
            }
            CAPTURE(n);
            CAPTURE(m);
            CAPTURE(sorted);
            CAPTURE(invert);
            CHECK(good);
            CHECK(out.intact());
          }
      }
    }
}

template <class T, class Kernel>
void checkRuns(Kernel kernel) {
  for (const Shape& s : shapes()) {
    if (s.n == 0) continue;
    std::vector<T> x(size_t(s.size()));
    Random random(uint64_t(s.size()) + 1);
    for (int64_t line = 0; line < s.outer * s.inner; ++line) {
      T value = 0;
      for (int64_t j = 0; j < s.n; ++j) {
        if (random.bits() % 3 == 0) value = T(value + 1);
        x[size_t(s.at(line, j))] = value;
      }
      if constexpr (std::is_floating_point_v<T>)
        if (line % 3 == 1)
          for (int64_t j = s.n / 2; j < s.n; ++j) x[size_t(s.at(line, j))] = T(NAN);
    }
    Guarded<int32_t> places(s.outer * s.inner);
    kernel(x.data(), places.data(), s.outer, s.n, s.inner);
    bool good = true;
    for (int64_t line = 0; line < s.outer * s.inner; ++line) {
      int64_t longest = 0, last = 0;
      for (int64_t from = 0, to; from < s.n; from = to) {
        for (to = from + 1; to < s.n && x[size_t(s.at(line, to))] == x[size_t(s.at(line, from))];)
          ++to;
        if (to - from > longest) longest = to - from, last = to - 1;
      }
      good = good && places[line] == last;
    }
    CHECK(good);
    CHECK(places.intact());
  }
}

}  // namespace

TEST_CASE("running: cumprod, in place too, and its gradient") {
  for (const KernelTable* table : tables()) {
    CAPTURE(std::string(table->isa));
    checkProducts<float>(table->cumprod_f32);
    checkProducts<double>(table->cumprod_f64);
    checkProducts<int32_t>(table->cumprod_i32);
    checkGradient<float>(table->cumprod_f32, table->cumprod_backward_f32);
    checkGradient<double>(table->cumprod_f64, table->cumprod_backward_f64);
  }
}

TEST_CASE("running: logcumsumexp, in place too") {
  checkLogarithms<float>();
  checkLogarithms<double>();
}

TEST_CASE("running: cummax and cummin keep the last of equal ones, NaN before all") {
  for (const KernelTable* table : tables()) {
    CAPTURE(std::string(table->isa));
    checkExtremes<float, true>(table->cummax_f32);
    checkExtremes<float, false>(table->cummin_f32);
    checkExtremes<double, true>(table->cummax_f64);
    checkExtremes<double, false>(table->cummin_f64);
    checkExtremes<int32_t, true>(table->cummax_i32);
    checkExtremes<int32_t, false>(table->cummin_i32);
  }
}

TEST_CASE("search_sorted, is_in and longest_run") {
  for (const KernelTable* table : tables()) {
    CAPTURE(std::string(table->isa));
    checkSearch<float>(table->search_sorted_f32);
    checkSearch<double>(table->search_sorted_f64);
    checkSearch<int32_t>(table->search_sorted_i32);
    checkMembers<float>(table->is_in_f32);
    checkMembers<double>(table->is_in_f64);
    checkMembers<int32_t>(table->is_in_i32);
    checkRuns<float>(table->longest_run_f32);
    checkRuns<double>(table->longest_run_f64);
    checkRuns<int32_t>(table->longest_run_i32);
    checkRuns<uint8_t>(table->longest_run_u8);
  }
}
