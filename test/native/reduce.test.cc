// kernels/reduce, less softmax and the losses (softmax.test.cc): every reduction against its
// formula in long double over all kinds of shapes, with NaN and infinities; the same bits on every
// instruction set, for any number of threads, and for a row alone as among others.
#include "support.h"

#include <doctest/doctest.h>

#include <functional>

using namespace ostinato;
using namespace ostinato::test;

namespace {

struct Shape {
  int64_t outer, n, inner;
};
// Row lengths around the kernels' vectors and blocks; then long rows, long columns and many of
// each.
std::vector<Shape> shapes() {
  std::vector<Shape> all = {{0, 5, 1},     {3, 4, 0},    {1, 1, 1},    {70, 600, 1}, {600, 70, 1},
                            {1, 70000, 1}, {1, 900, 70}, {40, 30, 33}, {2, 5, 601}};
  for (const int64_t n : {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 300})
    for (const int64_t inner : {1, 3, 8, 19, 40}) all.push_back({2, n, inner});
  return all;
}

template <class In, class Out>
struct Reduction {
  const char* name;
  std::function<void(const KernelTable&, const In*, Out*, const Shape&, Work&)> run;
  std::function<long double(const std::vector<long double>&)> exact;
  // The size of what is added up: where terms cancel, their rounding is left.
  std::function<long double(const std::vector<long double>&)> size;
  double ulp;         // allowed error of the result, besides what its arithmetic in double loses
  bool empty = true;  // whether n = 0 has a result
};

#define KERNEL(name) pick<T>(&KernelTable::name##_f32, &KernelTable::name##_f64)
#define REDUCTION(name, formula, ...)                                                              \
  Reduction<T, T> {                                                                                \
#name, [lines](const KernelTable& t, const T* x, T* out, const Shape& s,                         \
              Work& work) { (t.*KERNEL(name))(x, out, s.outer, s.n, s.inner, lines && s.inner == 1, work); }, formula, \
                                                                                    __VA_ARGS__ \
  }

using Values = std::vector<long double>;
long double nothing(const Values&) { return 0; }
long double sumOf(const Values& x) {
  long double s = 0;
  for (const long double v : x) s += v;
  return s;
}
long double magnitudeOf(const Values& x) {
  long double s = 0;
  for (const long double v : x) s += std::fabs(v);
  return s;
}
long double squaresOf(const Values& x) {
  long double s = 0;
  for (const long double v : x) s += v * v;
  return s;
}
long double productOf(const Values& x) {
  long double p = 1;
  for (const long double v : x) p *= v;
  return p;
}
long double meanOf(const Values& x) { return sumOf(x) / (long double)x.size(); }
long double normOf(const Values& x) { return std::sqrt(squaresOf(x)); }
// NaN wins; std::max_element of the rest.
template <bool largest>
long double extremeOf(const Values& x) {
  long double best = x[0];
  for (const long double v : x)
    if (std::isnan(v) || (!std::isnan(best) && (largest ? v > best : v < best))) best = v;
  return best;
}
template <bool largest>
int64_t placeOf(const Values& x) {
  const long double best = extremeOf<largest>(x);
  for (size_t i = 0; i < x.size(); ++i)
    if (std::isnan(best) ? std::isnan(x[i]) : x[i] == best) return int64_t(i);
  return -1;
}
template <int correction>
long double varianceOf(const Values& x) {
  const long double n = (long double)x.size(), mean = meanOf(x);
  long double s = 0;
  for (const long double v : x) s += (v - mean) * (v - mean);
  return n - correction > 0 ? s / (n - correction) : std::numeric_limits<long double>::quiet_NaN();
}
long double logSumExpOf(const Values& x) {
  if (x.empty()) return -std::numeric_limits<long double>::infinity();
  long double m = extremeOf<true>(x);
  if (std::isinf(m)) m = 0;
  long double s = 0;
  for (const long double v : x) s += std::exp(v - m);
  return m + std::log(s);
}
// log's and the largest element's sizes, before they are added.
long double logSumExpSize(const Values& x) {
  if (x.empty()) return 0;
  const long double m = std::fabs(extremeOf<true>(x));
  return m + std::fabs(logSumExpOf(x) - extremeOf<true>(x));
}

// `lines`: whether what is contiguous is a row, not a single column.
template <class T>
std::vector<Reduction<T, T>> reductions(bool lines = true) {
  return {
      REDUCTION(sum, sumOf, magnitudeOf, 1),
      REDUCTION(
          mean, meanOf, [](const Values& x) { return magnitudeOf(x) / x.size(); }, 1),
      REDUCTION(prod, productOf, productOf, 1),
      REDUCTION(norm, normOf, normOf, 1),
      REDUCTION(logsumexp, logSumExpOf, logSumExpSize, 4),
      REDUCTION(amax, extremeOf<true>, nothing, 0, false),
      REDUCTION(amin, extremeOf<false>, nothing, 0, false),
      {"variance",
       [](const KernelTable& t, const T* x, T* out, const Shape& s, Work& work) {
         (t.*KERNEL(variance))(x, out, nullptr, 1, s.outer, s.n, s.inner, work);
       },
       varianceOf<1>, varianceOf<1>, 1},
      {"variance, not corrected",
       [](const KernelTable& t, const T* x, T* out, const Shape& s, Work& work) {
         Guarded<T> mean(s.outer * s.inner);
         (t.*KERNEL(variance))(x, out, mean.data(), 0, s.outer, s.n, s.inner, work);
         CHECK(mean.intact());
       },
       varianceOf<0>, varianceOf<0>, 1, false},
  };
}
#undef KERNEL

template <class T>
std::vector<T> inputFor(const Shape& s, int special) {
  Random random(uint64_t(s.n * 31 + s.inner));
  std::vector<T> x;
  for (int64_t i = 0; i < s.outer * s.n * s.inner; ++i) x.push_back(T(random.between(-1.2, 1.3)));
  using Limits = std::numeric_limits<T>;
  const T marks[] = {T(0), Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()};
  if (special > 0 && !x.empty()) x[x.size() / 2] = marks[special];
  if (special > 1 && x.size() > 3) x[x.size() / 3] = marks[special];
  return x;
}

// The n elements that make result r.
template <class T>
Values column(const std::vector<T>& x, const Shape& s, int64_t r) {
  Values out;
  for (int64_t j = 0; j < s.n; ++j)
    out.push_back(x[size_t((r / s.inner * s.n + j) * s.inner + r % s.inner)]);
  return out;
}

// Within `ulp` of the exact result, or of `size` (more than one is a function's error: that of the
// logarithm stays when it cancels); or within what n additions or multiplications of doubles that
// come to `size`, and a few operations around them, may lose at most, underflow included.
template <class T>
bool near(T got, long double exact, long double size, size_t n, double ulp) {
  if (ulps(got, exact) <= ulp) return true;
  const long double steps = (long double)(n + 4);
  const long double relative =
      steps * 0x1p-53L + (ulp > 1 ? ulp * std::numeric_limits<T>::epsilon() : 0);
  const long double underflow = steps * std::numeric_limits<double>::denorm_min();
  return std::isfinite(exact) && size != 0 &&
         std::fabs((long double)got - exact) <= relative * std::fabs(size) + underflow;
}

template <class T>
void checkReductions() {
  for (const Reduction<T, T>& reduction : reductions<T>()) {
    for (const Shape& s : shapes())
      for (int special = 0; special < (s.n * s.outer * s.inner > 2000 ? 1 : 4); ++special) {
        CAPTURE(std::string(reduction.name));
        CAPTURE(s.outer);
        CAPTURE(s.n);
        CAPTURE(s.inner);
        CAPTURE(special);
        const std::vector<T> x = inputFor<T>(s, special);
        const int64_t results = s.outer * s.inner;
        std::vector<T> first;
        for (const KernelTable* table : tables()) {
          CAPTURE(std::string(table->isa));
          Guarded<T> out(results), together(results);
          withThreads(1, [&] { reduction.run(*table, x.data(), out.data(), s, processWork()); });
          withThreads(2,
                      [&] { reduction.run(*table, x.data(), together.data(), s, processWork()); });
          CHECK(sameBits(out.values(), together.values()));
          CHECK(out.intact());
          CHECK(together.intact());
          const double allowed = reduction.ulp + (isScalar(*table) ? 1 : 0);
          for (int64_t r = 0; r < results; r += 1 + results / 97) {
            const Values terms = column(x, s, r);
            const long double exact = reduction.exact(terms);
            CAPTURE(out[r]);
            CAPTURE(exact);
            CHECK(near(out[r], exact, reduction.size(terms), terms.size(), allowed));
          }
          // The last row's results, computed alone.
          if (s.outer > 1 && s.inner > 0) {
            Guarded<T> alone(s.inner);
            reduction.run(*table, x.data() + (s.outer - 1) * s.n * s.inner, alone.data(),
                          {1, s.n, s.inner}, processWork());
            CHECK(sameBits(alone.data(), out.data() + (s.outer - 1) * s.inner, s.inner));
          }
          if (isScalar(*table)) continue;
          if (first.empty())
            first = out.values();
          else
            CHECK(sameBits(first, out.values()));
        }
      }
    if (!reduction.empty) continue;
    for (const KernelTable* table : tables()) {
      Guarded<T> out(6);
      reduction.run(*table, nullptr, out.data(), {2, 0, 3}, processWork());
      CAPTURE(std::string(reduction.name));
      for (int64_t r = 0; r < 6; ++r) CHECK(ulps(out[r], reduction.exact({})) == 0);
      CHECK(out.intact());
    }
  }
}

// A matrix of one column is not a row: its bits are those that the column has among others.
template <class T>
void checkColumns() {
  for (const Reduction<T, T>& reduction : reductions<T>(false)) {
    for (const int64_t n : {0, 1, 7, 8, 16, 17, 33, 100, 20000}) {
      if (n == 0 && !reduction.empty) continue;
      const int64_t columns = n % 2 == 0 ? 3 : 70;
      const std::vector<T> x = inputFor<T>({1, n, columns}, 0);
      for (const KernelTable* table : tables()) {
        CAPTURE(std::string(reduction.name));
        CAPTURE(std::string(table->isa));
        CAPTURE(n);
        Guarded<T> all(columns);
        reduction.run(*table, x.data(), all.data(), {1, n, columns}, processWork());
        for (int64_t c = 0; c < columns; ++c) {
          std::vector<T> twice;
          for (int64_t j = 0; j < 2 * n; ++j) twice.push_back(x[size_t(j % n * columns + c)]);
          Guarded<T> alone(2);
          reduction.run(*table, twice.data(), alone.data(), {2, n, 1}, processWork());
          CHECK(alone.intact());
          for (int64_t o = 0; o < 2; ++o) CHECK(sameBits(alone.data() + o, all.data() + c, 1));
        }
      }
    }
  }
}

template <class T, bool largest, class Kernel>
void checkPlaces(Kernel kernel) {
  for (const Shape& s : shapes()) {
    if (s.n * s.outer * s.inner > 50000) continue;
    for (int special = 0; special < (std::is_same_v<T, int32_t> ? 1 : 4); ++special) {
      std::vector<T> x;
      if constexpr (std::is_same_v<T, int32_t>) {
        Random random(uint64_t(s.n) + 1);
        for (int64_t i = 0; i < s.outer * s.n * s.inner; ++i)
          x.push_back(T(random.between(-9, 9)));  // many equal ones
      } else {
        x = inputFor<T>(s, special);
        for (T& v : x) v = T(std::round(double(v) * 5));  // signed zeros among them
      }
      const int64_t results = s.outer * s.inner;
      Guarded<T> values(results);
      Guarded<int32_t> places(results), alone(results);
      for (const int threads : {1, 2})
        withThreads(threads, [&] {
          kernel(x.data(), values.data(), places.data(), s.outer, s.n, s.inner, processWork());
          kernel(x.data(), nullptr, alone.data(), s.outer, s.n, s.inner, processWork());
        });
      CAPTURE(s.outer);
      CAPTURE(s.n);
      CAPTURE(s.inner);
      CAPTURE(special);
      for (int64_t r = 0; r < results; ++r) {
        const Values terms = column(x, s, r);
        const int64_t place = placeOf<largest>(terms);
        CHECK(places[r] == place);
        const long double want = terms[size_t(place)];
        CHECK((std::isnan(want) ? values[r] != values[r] : (long double)values[r] == want));
      }
      CHECK(alone.values() == places.values());
      CHECK(values.intact());
      CHECK(places.intact());
    }
  }
}

template <class T, class Kernel>
void checkRunning(Kernel kernel) {
  for (const Shape& s : shapes()) {
    const std::vector<T> x = inputFor<T>(s, 0);
    Guarded<T> out(int64_t(x.size())), inPlace(x);
    withThreads(1, [&] { kernel(x.data(), out.data(), s.outer, s.n, s.inner, processWork()); });
    withThreads(
        2, [&] { kernel(inPlace.data(), inPlace.data(), s.outer, s.n, s.inner, processWork()); });
    CHECK(sameBits(out.values(), inPlace.values()));
    CHECK(out.intact());
    CHECK(inPlace.intact());
    for (int64_t r = 0; r < s.outer * s.inner; r += 1 + s.outer * s.inner / 31) {
      const Values terms = column(x, s, r);
      Values soFar;
      bool good = true;
      for (int64_t j = 0; j < s.n && j < 400; ++j) {
        soFar.push_back(terms[size_t(j)]);
        const T got = out[(r / s.inner * s.n + j) * s.inner + r % s.inner];
        good = good && near(got, sumOf(soFar), magnitudeOf(soFar), soFar.size(), 1);
      }
      CHECK(good);
    }
  }
}

}  // namespace

TEST_CASE("reduce: float reductions follow their formulas and are bit-equal everywhere") {
  checkReductions<float>();
}
TEST_CASE("reduce: double reductions follow their formulas and are bit-equal everywhere") {
  checkReductions<double>();
}

TEST_CASE("reduce: a single column has the bits of a column among others") {
  checkColumns<float>();
  checkColumns<double>();
}

TEST_CASE("reduce: max and min give the first place, NaN before all") {
  for (const KernelTable* table : tables()) {
    CAPTURE(std::string(table->isa));
    checkPlaces<float, true>(table->max_f32);
    checkPlaces<float, false>(table->min_f32);
    checkPlaces<double, true>(table->max_f64);
    checkPlaces<double, false>(table->min_f64);
    checkPlaces<int32_t, true>(table->max_i32);
    checkPlaces<int32_t, false>(table->min_i32);
  }
}

TEST_CASE("reduce: cumsum, in place too") {
  for (const KernelTable* table : tables()) {
    CAPTURE(std::string(table->isa));
    checkRunning<float>(table->cumsum_f32);
    checkRunning<double>(table->cumsum_f64);
  }
}

TEST_CASE("reduce: int32 sums and products wrap around; any and all") {
  for (const KernelTable* table : tables()) {
    CAPTURE(std::string(table->isa));
    for (const Shape& s : shapes()) {
      const int64_t size = s.outer * s.n * s.inner, results = s.outer * s.inner;
      std::vector<int32_t> x;
      std::vector<uint8_t> bools;
      Random random(uint64_t(size) + 1);
      for (int64_t i = 0; i < size; ++i) {
        x.push_back(int32_t(random.bits()));
        bools.push_back(random.bits() % 8 < (i % 3 == 0 ? 7 : 1));
      }
      Guarded<int32_t> sums(results), products(results), running(size);
      Guarded<uint8_t> any(results), all(results);
      Work& work = processWork();
      table->sum_i32(x.data(), sums.data(), s.outer, s.n, s.inner, s.inner == 1, work);
      table->prod_i32(x.data(), products.data(), s.outer, s.n, s.inner, s.inner == 1, work);
      table->cumsum_i32(x.data(), running.data(), s.outer, s.n, s.inner, work);
      table->any(bools.data(), any.data(), s.outer, s.n, s.inner, s.inner == 1, work);
      table->all(bools.data(), all.data(), s.outer, s.n, s.inner, s.inner == 1, work);
      bool good = true;
      for (int64_t r = 0; r < results; ++r) {
        uint32_t sum = 0, product = 1;
        bool some = false, every = true;
        for (int64_t j = 0; j < s.n; ++j) {
          const int64_t at = (r / s.inner * s.n + j) * s.inner + r % s.inner;
          sum += uint32_t(x[size_t(at)]);
          product *= uint32_t(x[size_t(at)]);
          some = some || bools[size_t(at)];
          every = every && bools[size_t(at)];
          good = good && running[at] == int32_t(sum);
        }
        good = good && sums[r] == int32_t(sum) && products[r] == int32_t(product) &&
               any[r] == uint8_t(some) && all[r] == uint8_t(every);
      }
      CHECK(good);
      CHECK(sums.intact());
      CHECK(products.intact());
      CHECK(running.intact());
      CHECK(any.intact());
      CHECK(all.intact());
    }
  }
}
