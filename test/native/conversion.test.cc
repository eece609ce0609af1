// kernels/elementwise: copy (transposed too), fill, conversions, where, tests for NaN and infinity.
#include "support.h"

#include <doctest/doctest.h>

using namespace ostinato;
using namespace ostinato::test;

namespace {

template <class T>
auto copyOf(const KernelTable& t) {
  if constexpr (std::is_same_v<T, uint8_t>)
    return t.copy_u8;
  else
    return t.*pick<T>(&KernelTable::copy_f32, &KernelTable::copy_f64, &KernelTable::copy_i32);
}

// x is [a, b, c] seen with its dimensions in the order `order`; out is contiguous, then the other
// way round.
template <class T>
void checkCopies(const KernelTable& table) {
  const auto copy = copyOf<T>(table);
  struct Case {
    std::vector<int64_t> shape;
    std::vector<int> order;
  };
  const std::vector<Case> cases = {
      {{5}, {0}},
      {{0, 4}, {1, 0}},
      {{3, 4}, {1, 0}},
      {{4, 4}, {1, 0}},
      {{17, 33}, {1, 0}},
      {{64, 16}, {1, 0}},
      {{70, 301}, {1, 0}},
      {{300, 290}, {1, 0}},
      {{3, 20, 21}, {0, 2, 1}},
      {{20, 3, 21}, {2, 1, 0}},
      {{20, 3, 21}, {2, 0, 1}},
      {{6, 7, 8}, {1, 2, 0}},
  };
  for (const Case& c : cases) {
    const size_t dims = c.shape.size();
    std::vector<int64_t> steps(dims, 1), shape(dims), strides(dims), contiguous(dims, 1);
    for (size_t d = dims - 1; d-- > 0;) steps[d] = steps[d + 1] * c.shape[d + 1];
    int64_t n = 1;
    for (size_t d = 0; d < dims; ++d) {
      shape[d] = c.shape[size_t(c.order[d])];
      strides[d] = steps[size_t(c.order[d])];
      n *= shape[d];
    }
    for (size_t d = dims - 1; d-- > 0;) contiguous[d] = contiguous[d + 1] * shape[d + 1];
    std::vector<T> x;
    for (int64_t i = 0; i < n; ++i) x.push_back(T(i * 7 + 1));
    // Where element i of the permuted array is in x.
    std::vector<int64_t> at;
    for (int64_t i = 0; i < n; ++i) {
      int64_t place = 0;
      for (size_t d = 0; d < dims; ++d) place += i / contiguous[d] % shape[d] * strides[d];
      at.push_back(place);
    }
    for (const int threads : {1, 2}) {
      Guarded<T> out(n), back(n);
      withThreads(threads, [&] {
        copy(x.data(), out.data(), layout(shape, {strides, contiguous}), processWork());
        copy(out.data(), back.data(), layout(shape, {contiguous, strides}), processWork());
      });
      bool good = true;
      for (int64_t i = 0; i < n; ++i) good = good && out[i] == x[size_t(at[size_t(i)])];
      CHECK(good);
      CHECK(back.values() == x);
      CHECK(out.intact());
      CHECK(back.intact());
    }
  }
}

template <class From, class To, class Kernel>
void checkCast(Kernel kernel, const std::vector<From>& x, To (*exact)(From)) {
  for (const int64_t n : edgeSizes<From>()) {
    std::vector<From> in;
    for (int64_t i = 0; i < n; ++i) in.push_back(x[size_t(i) % x.size()]);
    std::vector<To> expected;
    for (const From v : in) expected.push_back(exact(v));
    Guarded<To> out(n), strided(2 * n);
    kernel(in.data(), out.data(), layout({n}, {{1}, {1}}), processWork());
    CHECK(sameBits(out.values(), expected));
    CHECK(out.intact());
    kernel(in.data(), strided.data(), layout({n}, {{1}, {2}}), processWork());
    for (int64_t i = 0; i < n; ++i) CHECK(sameBits(&strided[2 * i], &expected[size_t(i)], 1));
    CHECK(strided.intact());
  }
}

template <class From, class To>
To converted(From x) {
  if constexpr (std::is_same_v<To, uint8_t> && std::is_floating_point_v<From>) {
    if (!(std::fabs(double(x)) < 0x1p63)) return 0;
    return uint8_t(int64_t(x) & 255);
  } else if constexpr (std::is_same_v<To, int32_t> && std::is_floating_point_v<From>) {
    // What x86 answers to everything that does not fit.
    if (!(x >= From(-2147483648.0)) || !(x < From(2147483648.0)))
      return std::numeric_limits<int32_t>::min();
    return int32_t(x);
  } else {
    return To(x);
  }
}

template <class From, class F32, class F64, class I32, class U8>
void checkCasts(F32 f32, F64 f64, I32 i32, U8 u8) {
  std::vector<From> x = numbers<From>(20, -5, 5, 9, std::is_signed_v<From>);
  if constexpr (std::is_floating_point_v<From>)
    for (double v :
         {2147483520.0, 2147483648.0, -2147483648.0, -2147483904.0, 3e9, 2.9, -2.9, 255.9, 256.0,
          300.0, -300.5, 4294967301.0, -3000000257.0, 0x1p62, 0x1p63, -0x1p63, 1e30})
      x.push_back(From(v));
  checkCast<From, float>(f32, x, converted<From, float>);
  checkCast<From, double>(f64, x, converted<From, double>);
  checkCast<From, int32_t>(i32, x, converted<From, int32_t>);
  checkCast<From, uint8_t>(u8, x, converted<From, uint8_t>);
}

template <class T, class Kernel>
void checkWhere(Kernel kernel) {
  for (const int64_t n : edgeSizes<T>()) {
    std::vector<uint8_t> condition;
    std::vector<T> a, b, expected, broadcast;
    for (int64_t i = 0; i < n; ++i) {
      condition.push_back(i % 3 == 1);
      a.push_back(T(i));
      b.push_back(T(100 + i));
      expected.push_back(condition.back() ? a.back() : b.back());
      broadcast.push_back(condition.back() ? T(42) : b.back());
    }
    const T fixed = T(42);
    Guarded<T> out(n);
    kernel(condition.data(), a.data(), b.data(), out.data(), layout({n}, {{1}, {1}, {1}, {1}}),
           processWork());
    CHECK(out.values() == expected);
    kernel(condition.data(), &fixed, b.data(), out.data(), layout({n}, {{1}, {0}, {1}, {1}}),
           processWork());
    CHECK(out.values() == broadcast);
    CHECK(out.intact());
    Guarded<T> inPlace(b);
    kernel(condition.data(), a.data(), inPlace.data(), inPlace.data(),
           layout({n}, {{1}, {1}, {1}, {1}}), processWork());
    CHECK(inPlace.values() == expected);
  }
}

template <class T, class Kernel>
void checkFill(Kernel kernel) {
  for (const int64_t n : edgeSizes<T>()) {
    Guarded<T> out(n), strided(2 * n);
    kernel(out.data(), 1, layout({n}, {{1}}), processWork());
    CHECK(out.values() == std::vector<T>(size_t(n), T(1)));
    CHECK(out.intact());
    const T before = T(55);
    kernel(strided.data(), 1, layout({n}, {{2}}), processWork());
    for (int64_t i = 0; i < 2 * n; ++i) CHECK(strided[i] == (i % 2 == 0 ? T(1) : before));
    CHECK(strided.intact());
  }
}

template <class T, class NaN, class Infinite, class Finite>
void checkTests(NaN isNaN, Infinite isInfinite, Finite isFinite) {
  const std::vector<T> x = numbers<T>(30, -3, 3);
  const int64_t n = int64_t(x.size());
  Guarded<uint8_t> nan(n), infinite(n), finite(n);
  const Strided s = layout({n}, {{1}, {1}});
  isNaN(x.data(), nan.data(), s, processWork());
  isInfinite(x.data(), infinite.data(), s, processWork());
  isFinite(x.data(), finite.data(), s, processWork());
  for (int64_t i = 0; i < n; ++i) {
    CHECK(nan[i] == uint8_t(std::isnan(x[size_t(i)])));
    CHECK(infinite[i] == uint8_t(std::isinf(x[size_t(i)])));
    CHECK(finite[i] == uint8_t(std::isfinite(x[size_t(i)])));
  }
  CHECK(nan.intact());
}

}  // namespace

TEST_CASE("copy: permuted dimensions, either side, each element type, 1 and 2 threads") {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    checkCopies<float>(*table);
    checkCopies<double>(*table);
    checkCopies<int32_t>(*table);
    checkCopies<uint8_t>(*table);
  }
}

TEST_CASE("casts: every pair of types, with what does not fit") {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    const KernelTable& t = *table;
    checkCasts<float>(t.cast_to_f32_f32, t.cast_to_f64_f32, t.cast_to_i32_f32, t.cast_to_u8_f32);
    checkCasts<double>(t.cast_to_f32_f64, t.cast_to_f64_f64, t.cast_to_i32_f64, t.cast_to_u8_f64);
    checkCasts<int32_t>(t.cast_to_f32_i32, t.cast_to_f64_i32, t.cast_to_i32_i32, t.cast_to_u8_i32);
    checkCasts<uint8_t>(t.cast_to_f32_u8, t.cast_to_f64_u8, t.cast_to_i32_u8, t.cast_to_u8_u8);
  }
}

TEST_CASE("where, fill, logical_not and tests for special numbers") {
  for (const KernelTable* table : tables()) {
    CAPTURE(table->isa);
    const KernelTable& t = *table;
    checkWhere<float>(t.where_f32);
    checkWhere<double>(t.where_f64);
    checkWhere<int32_t>(t.where_i32);
    checkWhere<uint8_t>(t.where_u8);
    checkFill<float>(t.fill_f32);
    checkFill<double>(t.fill_f64);
    checkFill<int32_t>(t.fill_i32);
    checkFill<uint8_t>(t.fill_u8);
    checkTests<float>(t.isnan_f32, t.isinf_f32, t.isfinite_f32);
    checkTests<double>(t.isnan_f64, t.isinf_f64, t.isfinite_f64);
    const std::vector<uint8_t> bools = {0, 1, 1, 0, 1};
    Guarded<uint8_t> out(5);
    t.logical_not(bools.data(), out.data(), layout({5}, {{1}, {1}}), processWork());
    CHECK(out.values() == std::vector<uint8_t>{1, 0, 0, 1, 0});
  }
}
