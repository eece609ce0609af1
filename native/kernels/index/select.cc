// The element at a place of the order of a row (kthvalue, median): found by bisection of the numbers of its type, each of which takes one
// count of smaller elements that the compiler makes vectors of.
#include "../grain.h"
#include "../kernels.h"
#include "../simd/isa.h"
#include "../sizes.h"
#include "../work.h"

namespace ostinato::OSTINATO_ISA {

namespace {

// The numbers of T in order, as unsigned integers: `value` of one. The bits of negative floats descend.
template <class T>
struct Keys {
  using Bits = uint32_t;
  static constexpr Bits least = 0, most = ~Bits(0);
  static Bits key(T x) { return uint32_t(x) ^ 0x80000000u; }
  static T value(Bits k) { return T(k ^ 0x80000000u); }
};
template <>
struct Keys<uint8_t> {
  using Bits = uint32_t;
  static constexpr Bits least = 0, most = 255;
  static Bits key(uint8_t x) { return x; }
  static uint8_t value(Bits k) { return uint8_t(k); }
};
template <class T, class Integer>
struct FloatKeys {
  using Bits = Integer;
  static constexpr Bits sign = Bits(1) << (8 * sizeof(T) - 1);
  // The infinities.
  static constexpr Bits most = __builtin_bit_cast(Bits, T(__builtin_inf())) | sign, least = ~most;
  static T value(Bits k) { return __builtin_bit_cast(T, k & sign ? k ^ sign : ~k); }
};
template <>
struct Keys<float> : FloatKeys<float, uint32_t> {};
template <>
struct Keys<double> : FloatKeys<double, uint64_t> {};

template <class T>
inline bool isNumber(T x) {
  return x == x;
}

// How many elements are less than v; none of them is NaN.
template <class T>
int64_t countBelow(const T* x, int64_t n, T v) {
  int64_t total = 0;
  // 32 bits for each lane are enough in between.
  constexpr int64_t most = int64_t(1) << 24;
  for (int64_t i = 0; i < n; i += most) {
    int32_t count = 0;
    for (int64_t j = i; j < min(n, i + most); ++j) count += x[j] < v;
    total += count;
  }
  return total;
}

// The index of the element at place k of the stable order, `numbers` of which are not NaN.
template <class T>
int64_t placeOf(const T* x, int64_t n, int64_t k, int64_t numbers) {
  if (k >= numbers) {
    int64_t i = 0;
    for (k -= numbers; isNumber(x[i]) || k-- > 0;) ++i;
    return i;
  }
  using Order = Keys<T>;
  typename Order::Bits low = Order::least, high = Order::most;
  if constexpr (!isFloating<T>) {
    T least = x[0], most = x[0];
    for (int64_t i = 0; i < n; ++i) {
      least = x[i] < least ? x[i] : least;
      most = x[i] > most ? x[i] : most;
    }
    low = Order::key(least);
    high = Order::key(most);
  }
  // The greatest number with at most k elements below it, which is the element: there are more below the next one.
  while (low < high) {
    const typename Order::Bits middle = low + (high - low) / 2 + 1;
    if (countBelow(x, n, Order::value(middle)) <= k)
      low = middle;
    else
      high = middle - 1;
  }
  const T value = Order::value(low);
  // Equal ones are in the order of their indices, zeros of both signs together.
  int64_t i = 0;
  for (k -= countBelow(x, n, value); x[i] != value || k-- > 0;) ++i;
  return i;
}

}  // namespace

template <class T>
void select_rows(const T* x, T* values, int32_t* index, int64_t rows, int64_t n, int64_t k,
                 int64_t middle, Work& work) {
  const int64_t pieces =
      piecesOf(double(rows) * double(n), grains::heavyElements / 8, work.threads, 4 * work.threads);
  parallel(work, pieces, [&](int64_t piece, int) {
    for (int64_t r = rows * piece / pieces; r < rows * (piece + 1) / pieces; ++r) {
      const T* const row = x + r * n;
      int64_t numbers = n, place = k;
      if constexpr (isFloating<T>) {
        numbers = 0;
        for (int64_t i = 0; i < n; ++i) numbers += isNumber(row[i]);
      }
      if (middle == 1) place = numbers < n ? numbers : (n - 1) / 2;
      if (middle == 2) place = numbers > 0 ? (numbers - 1) / 2 : 0;
      const int64_t at = placeOf(row, n, place, numbers);
      values[r] = row[at];
      index[r] = int32_t(at);
    }
  });
}

INSTANTIATE_ANY(select_rows)

}  // namespace ostinato::OSTINATO_ISA
