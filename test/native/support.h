// What the kernel tests share: the tables to run on, buffers with guards, layouts, comparison in
// ulp and in bits, and numbers that reach every corner.
#pragma once

#include "runtime/dispatch.h"
#include "runtime/threads.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace ostinato::test {

// Every instruction set that this processor has.
inline std::span<const KernelTable* const> tables() {
  int count = 0;
  const KernelTable* const* found = availableTables(&count);
  return {found, size_t(count)};
}
inline bool isScalar(const KernelTable& table) { return std::strcmp(table.isa, "scalar") == 0; }

// The kernel of one list entry for T.
template <class T, class F32, class F64>
constexpr auto pick(F32 f32, F64 f64) {
  if constexpr (std::is_same_v<T, float>)
    return f32;
  else
    return f64;
}
template <class T, class F32, class F64, class I32>
constexpr auto pick(F32 f32, F64 f64, I32 i32) {
  if constexpr (std::is_same_v<T, int32_t>)
    return i32;
  else
    return pick<T>(f32, f64);
}

enum class Start { unaligned, aligned };

// n elements between guards; a write outside shows in intact(). They begin on a 64-byte boundary, or one
// element after it. Like a pointer, a constant one gives access to elements that are not constant.
template <class T>
class Guarded {
 public:
  static constexpr T untouched = T(55);

  explicit Guarded(int64_t n, T fill = untouched, Start start = Start::unaligned)
      : n_(n), all_(size_t(n) + 2 * guard + line, T(77)) {
    first_ = guard;
    while (reinterpret_cast<uintptr_t>(&all_[first_]) % 64 != 0) ++first_;
    if (start == Start::unaligned) ++first_;
    std::fill_n(data(), n, fill);
  }
  Guarded(int64_t n, Start start) : Guarded(n, untouched, start) {}
  explicit Guarded(const std::vector<T>& from) : Guarded(int64_t(from.size())) {
    std::copy(from.begin(), from.end(), data());
  }
  T* data() const { return const_cast<T*>(all_.data()) + first_; }
  T& operator[](int64_t i) const { return data()[i]; }
  int64_t size() const { return n_; }
  std::vector<T> values() const { return {data(), data() + n_}; }
  bool intact() const {
    const auto begin = all_.begin() + int64_t(first_), end = begin + n_;
    const auto isGuard = [](T x) { return x == T(77); };
    return std::all_of(all_.begin(), begin, isGuard) && std::all_of(end, all_.end(), isGuard);
  }

 private:
  static constexpr size_t line = 64 / sizeof(T), guard = 256 / sizeof(T);
  int64_t n_;
  std::vector<T> all_;
  size_t first_;
};

// The same bits, except that one NaN is as good as another.
template <class T>
bool sameBits(const T* a, const T* b, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (a[i] != a[i] && b[i] != b[i]) continue;
    if (std::memcmp(a + i, b + i, sizeof(T)) != 0) return false;
  }
  return true;
}
template <class T>
bool sameBits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && sameBits(a.data(), b.data(), int64_t(a.size()));
}

// What references compute with. A NaN becomes a quiet one, as by the arithmetic of kernels: a conversion that is made in software
// may leave it signalling, of which hypot and pow of C make another result.
template <class T>
long double widened(T x) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(x)) return std::copysign(std::numeric_limits<long double>::quiet_NaN(), x);
  return x;
}

// |got - exact| in units of the last place of `exact` rounded to T; huge for a wrong NaN, infinity,
// or sign of zero.
template <class T>
double ulps(T got, long double exact) {
  constexpr double wrong = 1e30;
  const T rounded = T(exact);
  if (std::isnan(got) || std::isnan(rounded))
    return std::isnan(got) && std::isnan(rounded) ? 0 : wrong;
  if (std::isinf(got) || std::isinf(rounded)) return got == rounded ? 0 : wrong;
  if (got == 0 && exact == 0) return std::signbit(got) == std::signbit(exact) ? 0 : wrong;
  int exponent;
  std::frexp(exact, &exponent);
  constexpr int digits = std::numeric_limits<T>::digits;
  const int last = std::max(exponent - digits, std::numeric_limits<T>::min_exponent - digits);
  return double(std::fabs((long double)got - exact) / std::ldexp(1.0L, last));
}

// A sequence of numbers that is the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2654435761 + 1) {}
  uint64_t bits() {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return state_ ^ (state_ >> 29);
  }
  double between(double low, double high) {
    return low + (high - low) * double(bits() >> 11) * 0x1p-53;
  }

 private:
  uint64_t state_;
};

// `count` numbers from [low, high]; then, with anyBits, as many with any bits at all and the
// corners.
template <class T>
std::vector<T> numbers(int64_t count, double low, double high, uint64_t seed = 1,
                       bool anyBits = true) {
  Random random(seed);
  std::vector<T> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(T(random.between(low, high)));
  if (!anyBits) return out;
  if constexpr (std::is_floating_point_v<T>) {
    using Limits = std::numeric_limits<T>;
    for (int64_t i = 0; i < count; ++i) {
      const uint64_t bits = random.bits() >> (64 - 8 * sizeof(T));
      T x;
      std::memcpy(&x, &bits, sizeof(T));
      out.push_back(x);
    }
    for (T x : {T(0), T(1), T(2), T(0.5), T(3), Limits::infinity(), Limits::quiet_NaN(),
                Limits::denorm_min(), Limits::min(), Limits::max(), Limits::epsilon()}) {
      out.push_back(x);
      out.push_back(-x);
    }
  } else {
    for (T x : {T(0), T(1), T(-1), T(2), T(-2), T(3), std::numeric_limits<T>::max(),
                std::numeric_limits<T>::min()})
      out.push_back(x);
  }
  return out;
}

// 0, 1 and the sizes around one and two vectors of T, and a few hundred.
template <class T>
std::vector<int64_t> edgeSizes() {
  const int64_t lanes = 64 / sizeof(T);
  return {0, 1, 3, lanes - 1, lanes, lanes + 1, 2 * lanes + 3, 301};
}

// The strides of each operand (inputs, then the output) over a shape.
inline Strided layout(const std::vector<int64_t>& shape,
                      const std::vector<std::vector<int64_t>>& strides) {
  Strided s = {};
  s.dims = int64_t(shape.size());
  s.operands = int64_t(strides.size());
  for (size_t d = 0; d < shape.size(); ++d) s.shape[d] = shape[d];
  for (size_t o = 0; o < strides.size(); ++o)
    for (size_t d = 0; d < shape.size(); ++d) s.strides[o][d] = strides[o][d];
  return s;
}

// Runs body() with `threads` threads, then with the number from before.
template <class Body>
void withThreads(int threads, Body body) {
  const int before = currentThreads();
  setThreads(threads);
  body();
  setThreads(before);
}

}  // namespace ostinato::test
