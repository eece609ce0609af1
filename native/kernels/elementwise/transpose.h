// Out-of-place matrix transposition. Strided access touches a cache line for each element, so the copy
// is blocked twice: by squares one cache line wide, and in these by squares transposed in registers.
#pragma once

#include "../simd/vec.h"
#include "../sizes.h"

namespace ostinato::OSTINATO_ISA {

// out[r * outStride + c] = x[c * xStride + r] for a square of 16 bytes' worth of elements each way.
OSTINATO_INLINE void transposeSquare(const float* x, int64_t xStride, float* out,
                                     int64_t outStride) {
  typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
  const Four a = *(const Four*)x, b = *(const Four*)(x + xStride);
  const Four c = *(const Four*)(x + 2 * xStride), d = *(const Four*)(x + 3 * xStride);
  const auto ab = __builtin_shufflevector(a, b, 0, 4, 1, 5),
             cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const auto AB = __builtin_shufflevector(a, b, 2, 6, 3, 7),
             CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(Four*)out = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(Four*)(out + outStride) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(Four*)(out + 2 * outStride) = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
  *(Four*)(out + 3 * outStride) = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
}
OSTINATO_INLINE void transposeSquare(const double* x, int64_t xStride, double* out,
                                     int64_t outStride) {
  typedef double Two __attribute__((vector_size(16), aligned(8), may_alias));
  const Two a = *(const Two*)x, b = *(const Two*)(x + xStride);
  *(Two*)out = __builtin_shufflevector(a, b, 0, 2);
  *(Two*)(out + outStride) = __builtin_shufflevector(a, b, 1, 3);
}
OSTINATO_INLINE void transposeSquare(const uint8_t* x, int64_t xStride, uint8_t* out,
                                     int64_t outStride) {
  for (int c = 0; c < 16; ++c)
    for (int r = 0; r < 16; ++r) out[r * outStride + c] = x[c * xStride + r];
}

// out[r * outStride + c] = x[c * xStride + r] for r in [0, rows), c in [0, columns). T may be
// any type of its size.
template <class T>
inline __attribute__((noinline)) void transposeBlock(const T* x, int64_t xStride, T* out,
                                                     int64_t outStride, int64_t rows,
                                                     int64_t columns) {
  constexpr int64_t line = 64 / sizeof(T), square = 16 / sizeof(T);
  for (int64_t r0 = 0; r0 < rows; r0 += line)
    for (int64_t c0 = 0; c0 < columns; c0 += line) {
      const int64_t rEnd = min(r0 + line, rows);
      const int64_t cEnd = min(c0 + line, columns);
      int64_t r = r0;
      for (; r + square <= rEnd; r += square) {
        int64_t c = c0;
        for (; c + square <= cEnd; c += square)
          transposeSquare(x + c * xStride + r, xStride, out + r * outStride + c, outStride);
        for (; c < cEnd; ++c)
          for (int64_t i = r; i < r + square; ++i) out[i * outStride + c] = x[c * xStride + i];
      }
      for (; r < rEnd; ++r)
        for (int64_t c = c0; c < cEnd; ++c) out[r * outStride + c] = x[c * xStride + r];
    }
}

}  // namespace ostinato::OSTINATO_ISA
