// kernels/random: the generator against std::mt19937, each distribution against its formula in
// plain double precision, and all instruction sets against one another, bit for bit. That the draws
// are PyTorch's is tested with its own numbers in test/random.
#include "runtime/dispatch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

using namespace ostinato;

namespace {

// The sizes around a block of 16, a vector, a chunk of 512 and a state of 624.
const std::vector<int64_t> sizes = {0,  1,  2,   3,   7,   8,   9,   15,  16,  17,  31,   32,  33,
                                    47, 48, 100, 511, 512, 513, 527, 623, 624, 625, 1248, 2000};

std::vector<const KernelTable*> tables() {
  int count = 0;
  const KernelTable* const* found = availableTables(&count);
  return {found, found + count};
}

struct State {
  alignas(8) uint32_t bytes[630] = {};
  State(const KernelTable& table, int64_t seed) { table.mt19937_seed(bytes, seed); }
};
bool operator==(const State& a, const State& b) {
  return std::memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

// An output with a guard behind it that no kernel may touch.
template <class T>
struct Output {
  static constexpr unsigned char guard = 0xa5;
  std::vector<T> values;
  int64_t size;
  explicit Output(int64_t n) : values(n + 32), size(n) {
    std::memset(static_cast<void*>(values.data() + n), guard, 32 * sizeof(T));
  }
  T* data() { return values.data(); }
  bool guarded() const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data() + size);
    return std::all_of(bytes, bytes + 32 * sizeof(T), [](unsigned char b) { return b == guard; });
  }
};
template <class T>
bool sameBits(const Output<T>& a, const Output<T>& b) {
  return a.size == b.size && std::memcmp(a.values.data(), b.values.data(), a.size * sizeof(T)) == 0;
}

// What the kernels' formulas draw, from the standard library's generator.
struct Reference {
  std::mt19937 engine;
  explicit Reference(int64_t seed) : engine(uint32_t(seed)) {}
  uint64_t word() { return engine(); }
  uint64_t words() {
    const uint64_t upper = engine();
    return upper << 32 | engine();
  }
  template <class T>
  double uniform() {
    if constexpr (sizeof(T) == 4) return double(word() & 0xffffff) * 0x1p-24;
    return double(words() & ((uint64_t(1) << 53) - 1)) * 0x1p-53;
  }
  template <class T>
  std::vector<double> normal(int64_t n, double mean, double std) {
    std::vector<double> out(n);
    for (double& u : out) u = uniform<T>();
    const auto transform = [&](double* at) {
      for (int j = 0; j < 8; ++j) {
        const double radius = std::sqrt(-2 * std::log(1 - at[j]));
        const double angle = T(T(6.283185307179586) * T(at[j + 8]));
        at[j] = radius * std::cos(angle) * std + mean;
        at[j + 8] = radius * std::sin(angle) * std + mean;
      }
    };
    for (int64_t i = 0; i + 16 <= n; i += 16) transform(&out[i]);
    if (n % 16 != 0) {
      for (int64_t i = n - 16; i < n; ++i) out[i] = uniform<T>();
      transform(&out[n - 16]);
    }
    return out;
  }
  bool cached = false;
  double cache = 0;
  double normalSerial() {
    if (cached) {
      cached = false;
      return cache;
    }
    const double u1 = uniform<double>(), u2 = uniform<double>();
    const double radius = std::sqrt(-2 * std::log1p(-u2)), angle = 6.283185307179586 * u1;
    cached = true;
    cache = radius * std::sin(angle);
    return radius * std::cos(angle);
  }
};

// Kernels by element type.
template <class T>
struct Of {
#define CHOOSE(name)                       \
  static auto name(const KernelTable& t) { \
    if constexpr (sizeof(T) == 4)          \
      return t.name##_f32;                 \
    else                                   \
      return t.name##_f64;                 \
  }
  CHOOSE(random_uniform)
  CHOOSE(random_normal)
  CHOOSE(random_normal_serial)
  CHOOSE(random_exponential)
  CHOOSE(random_bernoulli)
  CHOOSE(random_bernoulli_each)
  CHOOSE(random_multinomial)
  CHOOSE(random_race)
#undef CHOOSE
};

}  // namespace

TEST_CASE("the generator is MT19937, whatever the sizes of the draws") {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    for (int64_t seed :
         {int64_t(5489), int64_t(0), int64_t(1), int64_t(123), int64_t(0xffffffff)}) {
      State state(*table, seed);
      Reference reference(seed);
      for (int64_t n : sizes) {
        Output<uint32_t> out(n);
        table->mt19937_words(state.bytes, out.data(), n);
        CHECK(out.guarded());
        for (int64_t i = 0; i < n; ++i) REQUIRE(out.data()[i] == reference.word());
      }
    }
    // The standard's own check: the 10,000th output of the default seed.
    State state(*table, 5489);
    std::vector<uint32_t> out(10000);
    table->mt19937_words(state.bytes, out.data(), 10000);
    CHECK(out.back() == 4123659995u);
  }
}

TEST_CASE_TEMPLATE("uniform numbers", T, float, double) {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    State state(*table, 7);
    Reference reference(7);
    for (int64_t n : sizes) {
      Output<T> unit(n), wide(n);
      Of<T>::random_uniform (*table)(state.bytes, unit.data(), n, 0, 1);
      for (int64_t i = 0; i < n; ++i) REQUIRE(unit.data()[i] == reference.uniform<T>());
      Of<T>::random_uniform (*table)(state.bytes, wide.data(), n, -0.5, 1.5);
      for (int64_t i = 0; i < n; ++i)
        REQUIRE(wide.data()[i] == T(std::fma(reference.uniform<T>(), 2.0, -0.5)));
      CHECK(unit.guarded());
      CHECK(wide.guarded());
    }
    // A range so narrow that half of the draws round up to its end, which is excluded.
    Output<T> narrow(1000);
    const T from = 1, to = std::nextafter(T(1), T(2));
    Of<T>::random_uniform (*table)(state.bytes, narrow.data(), 1000, from, to);
    for (int64_t i = 0; i < 1000; ++i) REQUIRE(narrow.data()[i] == from);
  }
}

TEST_CASE_TEMPLATE("normal numbers in blocks", T, float, double) {
  // float's polynomials are good to 2 ulp or so of each factor; double's results are rounded once a
  // step.
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-15;
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    State state(*table, 11);
    Reference reference(11);
    for (int64_t n : sizes) {
      if (n < 16) continue;
      Output<T> out(n);
      Of<T>::random_normal (*table)(state.bytes, out.data(), n, 0, 1);
      CHECK(out.guarded());
      const std::vector<double> expected = reference.normal<T>(n, 0, 1);
      for (int64_t i = 0; i < n; ++i)
        REQUIRE(std::abs(out.data()[i] - expected[i]) <= tolerance * std::abs(expected[i]));
      Of<T>::random_normal (*table)(state.bytes, out.data(), n, 0.5, 2);
      const std::vector<double> shifted = reference.normal<T>(n, 0.5, 2);
      for (int64_t i = 0; i < n; ++i)
        REQUIRE(std::abs(out.data()[i] - shifted[i]) <= tolerance * (1 + std::abs(shifted[i])));
    }
  }
}

TEST_CASE_TEMPLATE("normal numbers one by one, with the second of a pair kept", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 0x1p-24 : 1e-15;
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    State state(*table, 13);
    Reference reference(13);
    for (int64_t n : sizes) {
      Output<T> out(n);
      Of<T>::random_normal_serial (*table)(state.bytes, out.data(), n, 0, 1);
      CHECK(out.guarded());
      for (int64_t i = 0; i < n; ++i) {
        const double expected = reference.normalSerial();
        REQUIRE(std::abs(out.data()[i] - expected) <= tolerance * std::abs(expected));
      }
    }
    // The kept number takes the mean and the deviation of the call that uses it.
    State kept(*table, 13);
    T first, second;
    Of<T>::random_normal_serial (*table)(kept.bytes, &first, 1, 0, 1);
    Of<T>::random_normal_serial (*table)(kept.bytes, &second, 1, 100, 0);
    CHECK(second == 100);
  }
}

TEST_CASE_TEMPLATE("exponential numbers", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 0x1p-24 : 1e-15;
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    State state(*table, 17);
    Reference reference(17);
    for (int64_t n : sizes) {
      Output<T> out(n);
      Of<T>::random_exponential (*table)(state.bytes, out.data(), n, 1.5);
      CHECK(out.guarded());
      for (int64_t i = 0; i < n; ++i) {
        const double expected = -std::log1p(-reference.uniform<double>()) / 1.5;
        REQUIRE(std::abs(out.data()[i] - expected) <= tolerance * expected);
      }
    }
  }
}

TEST_CASE("integers of every kind of draw") {
  struct Range {
    int64_t base, last, words;
  };
  const Range ranges[] = {{0, 9, 1},
                          {-5, 4, 1},
                          {INT32_MIN, (int64_t(1) << 28) - 2, 1},
                          {INT32_MIN, INT64_C(0xffffffff), 2},
                          {0, INT32_MAX, 1},
                          {0, 0, 1},
                          {0, INT64_C(0xffffffff), 1}};
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    State state(*table, 19);
    Reference reference(19);
    for (const Range& range : ranges)
      for (int64_t n : sizes) {
        Output<double> out(n);
        table->random_integers_f64(state.bytes, out.data(), n, range.base, range.last, range.words);
        CHECK(out.guarded());
        for (int64_t i = 0; i < n; ++i) {
          const uint64_t draw = range.words == 2 ? reference.words() : reference.word();
          REQUIRE(out.data()[i] == double(int64_t(draw % (uint64_t(range.last) + 1)) + range.base));
        }
      }
    Output<int32_t> ints(100);
    Output<uint8_t> bools(100);
    Output<float> floats(100);
    table->random_integers_i32(state.bytes, ints.data(), 100, -3, 6, 1);
    for (int64_t i = 0; i < 100; ++i) REQUIRE(ints.data()[i] == int(reference.word() % 7) - 3);
    table->random_integers_u8(state.bytes, bools.data(), 100, 0, 1, 1);
    for (int64_t i = 0; i < 100; ++i) REQUIRE(bools.data()[i] == reference.word() % 2);
    table->random_integers_f32(state.bytes, floats.data(), 100, 0, 1 << 24, 1);
    for (int64_t i = 0; i < 100; ++i)
      REQUIRE(floats.data()[i] == float(reference.word() % ((1 << 24) + 1)));
    CHECK(ints.guarded());
    CHECK(bools.guarded());
    CHECK(floats.guarded());
  }
}

TEST_CASE_TEMPLATE("coin tosses", T, float, double) {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    State state(*table, 23);
    Reference reference(23);
    for (int64_t n : sizes) {
      Output<T> one(n), each(n);
      Of<T>::random_bernoulli (*table)(state.bytes, one.data(), n, 0.3);
      for (int64_t i = 0; i < n; ++i) REQUIRE(one.data()[i] == (reference.uniform<double>() < 0.3));
      for (int64_t i = 0; i < n; ++i) each.data()[i] = T(i % 5) / 4;
      Of<T>::random_bernoulli_each (*table)(state.bytes, each.data(), each.data(), n);
      for (int64_t i = 0; i < n; ++i)
        REQUIRE(each.data()[i] == (reference.uniform<T>() < T(i % 5) / 4));
      CHECK(one.guarded());
      CHECK(each.guarded());
    }
  }
}

TEST_CASE("permutations") {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    State state(*table, 29);
    Reference reference(29);
    for (int64_t n : sizes) {
      Output<int32_t> out(n);
      table->random_permutation(state.bytes, out.data(), n);
      CHECK(out.guarded());
      std::vector<int32_t> expected(n);
      std::iota(expected.begin(), expected.end(), 0);
      for (int64_t i = 0; i + 1 < n; ++i)
        std::swap(expected[i], expected[i + int64_t(reference.word() % uint64_t(n - i))]);
      REQUIRE(std::equal(expected.begin(), expected.end(), out.data()));
    }
  }
}

TEST_CASE_TEMPLATE("categories with replacement", T, float, double) {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    State state(*table, 31);
    Reference reference(31);
    for (int64_t categories : {1, 2, 5, 64, 1000}) {
      const int64_t rows = 3, samples = 17;
      std::vector<T> p(rows * categories);
      for (size_t i = 0; i < p.size(); ++i) p[i] = T(i * 7 % 11);
      p[0] = 1;
      if (categories == 1) std::fill(p.begin(), p.end(), T(2));
      Output<T> cumulative(categories);
      Output<int32_t> out(rows * samples);
      Of<T>::random_multinomial (*table)(state.bytes, p.data(), cumulative.data(), out.data(), rows,
                                         categories, samples);
      CHECK(cumulative.guarded());
      CHECK(out.guarded());
      for (int64_t row = 0; row < rows; ++row) {
        std::vector<T> sums(categories);
        std::partial_sum(p.begin() + row * categories, p.begin() + (row + 1) * categories,
                         sums.begin());
        const T total = sums.back();
        for (T& sum : sums) sum /= total;
        sums.back() = 1;
        for (int64_t sample = 0; sample < samples; ++sample) {
          const double u = reference.uniform<double>();
          const auto found = std::lower_bound(sums.begin(), sums.end(), u,
                                              [](T sum, double value) { return sum < value; });
          REQUIRE(out.data()[row * samples + sample] == found - sums.begin());
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("categories without replacement are the greatest quotients, in order", T, float,
                   double) {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    std::mt19937 engine(37);
    for (int64_t categories : {1, 2, 3, 8, 33, 257})
      for (int64_t samples : {int64_t(1), std::min<int64_t>(2, categories), categories}) {
        const int64_t rows = 4;
        std::vector<T> p(rows * categories), q(rows * categories);
        // Few different values, so that there are ties.
        for (T& value : p) value = T(engine() % 4);
        for (T& value : q) value = T(1 + engine() % 3);
        Output<T> scores(rows * categories);
        std::copy(q.begin(), q.end(), scores.data());
        Output<int32_t> out(rows * samples);
        Of<T>::random_race (*table)(p.data(), scores.data(), out.data(), rows, categories, samples);
        CHECK(scores.guarded());
        CHECK(out.guarded());
        for (int64_t row = 0; row < rows; ++row) {
          std::vector<int32_t> order(categories);
          std::iota(order.begin(), order.end(), 0);
          std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
            const int64_t at = row * categories;
            return p[at + a] / q[at + a] > p[at + b] / q[at + b];
          });
          REQUIRE(std::equal(order.begin(), order.begin() + samples, out.data() + row * samples));
        }
      }
  }
}

TEST_CASE_TEMPLATE("all instruction sets give the same bits", T, float, double) {
  const auto all = tables();
  const KernelTable& last = *all.back();
  for (const KernelTable* table : all) {
    CAPTURE(table->isa);
    State state(*table, 41), other(last, 41);
    for (int64_t n : {int64_t(5), int64_t(16), int64_t(1000), int64_t(100003)}) {
      Output<T> a(n), b(n);
      const auto both = [&](auto kernel, auto otherKernel, auto... arguments) {
        kernel(state.bytes, a.data(), n, arguments...);
        otherKernel(other.bytes, b.data(), n, arguments...);
        CHECK(sameBits(a, b));
        CHECK(state == other);
      };
      both(Of<T>::random_uniform(*table), Of<T>::random_uniform(last), -0.37, 1.9);
      if (n >= 16) both(Of<T>::random_normal(*table), Of<T>::random_normal(last), 0.3, 1.7);
      both(Of<T>::random_normal_serial(*table), Of<T>::random_normal_serial(last), 0.3, 1.7);
      both(Of<T>::random_exponential(*table), Of<T>::random_exponential(last), 0.7);
    }
  }
}
