// copy, fill and conversions between element types.
#include "transpose.h"
#include "walk.h"

namespace ostinato::OSTINATO_ISA {

template <class To, class From>
OSTINATO_INLINE To convert(From x) {
  if constexpr (sameType<To, uint8_t> && isFloating<From>)
    return x >= From(-0x1p63) && x < From(0x1p63) ? uint8_t(int64_t(x)) : 0;
  else if constexpr (sameType<To, int32_t> && isFloating<From>)
    // Out-of-range conversions differ between processors; here they give x86's INT32_MIN.
    return x >= From(-0x1p31) && x < From(0x1p31) ? int32_t(x) : INT32_MIN;
  else
    return To(x);
}

#define CAST(name, To)                                              \
  template <class T>                                                \
  void name(const T* x, To* out, const Strided& s, Work& work) {    \
    mapScalars(                                                     \
        s, work, [](T v) -> To { return convert<To>(v); }, out, x); \
  }                                                                 \
  INSTANTIATE_ANY(name)
CAST(cast_to_f32, float)
CAST(cast_to_f64, double)
CAST(cast_to_i32, int32_t)
CAST(cast_to_u8, uint8_t)
#undef CAST

// The dimension of stride 1, or -1.
static int64_t unitDimension(const Strided& s, int operand) {
  for (int64_t d = s.dims - 1; d >= 0; --d)
    if (s.strides[operand][d] == 1 && s.shape[d] > 1) return d;
  return -1;
}
// A type of T's size that transpose.h knows.
template <class T>
struct SameSize {
  using type = T;
};
template <>
struct SameSize<int32_t> {
  using type = float;
};

// Transposes one matrix for each index of the dimensions other than `from` and `to`, in bands of rows
// that threads share. Out of line: int32 shares float's code.
template <class E>
__attribute__((noinline)) void copyTransposed(const E* x, E* out, const Strided& s, int64_t from,
                                              int64_t to, Work& work) {
  constexpr int64_t band = 256;
  const int64_t rows = s.shape[from], columns = s.shape[to];
  const int64_t bands = ceilDiv(rows, band);
  int64_t matrices = 1;
  for (int64_t d = 0; d < s.dims; ++d)
    if (d != from && d != to) matrices *= s.shape[d];
  const auto piece = [&](int64_t index, int) __attribute__((noinline)) {
    const E* p = x;
    E* q = out;
    int64_t rest = index / bands;
    for (int64_t d = s.dims - 1; d >= 0; --d) {
      if (d == from || d == to) continue;
      p += rest % s.shape[d] * s.strides[0][d];
      q += rest % s.shape[d] * s.strides[1][d];
      rest /= s.shape[d];
    }
    const int64_t r = index % bands * band, xStride = s.strides[0][to],
                  outStride = s.strides[1][from];
    transposeBlock(p + r, xStride, q + r * outStride, outStride, min(rows - r, band), columns);
  };
  const int64_t pieces = matrices * bands;
  if (paysThreads(double(matrices * rows * columns), grains::plainElements, work.threads))
    parallel(work, pieces, piece);
  else
    for (int64_t i = 0; i < pieces; ++i) piece(i, 0);
}

template <class T>
void copy(const T* x, T* out, const Strided& s, Work& work) {
  using E = typename SameSize<T>::type;
  const int64_t from = unitDimension(s, 0), to = unitDimension(s, 1);
  if (from < 0 || to < 0 || from == to || s.shape[from] < 4 || s.shape[to] < 4)
    mapScalars(
        s, work, [](T v) -> T { return v; }, out, x);
  else
    copyTransposed<E>((const E*)x, (E*)out, s, from, to, work);
}
INSTANTIATE_ANY(copy)

template <class T>
void fill(T* out, double value, const Strided& s, Work& work) {
  const T element = convert<T>(value);
  mapScalars(
      s, work, [element]() -> T { return element; }, out);
}
INSTANTIATE_ANY(fill)

}  // namespace ostinato::OSTINATO_ISA
