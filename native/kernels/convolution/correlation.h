// What a convolution asks of its paths, packed (correlate.h) or not (few.h): y[m, q] = bias[m] + sum over r of A[m, r] U[r, q].
#pragma once

#include "windows.h"

namespace ostinato::OSTINATO_ISA {

// One sample and group; its first element of C is c.
template <class T>
struct Correlation {
  Windows<T> windows;
  int64_t M, N;
  const T* a;  // [M, windows.rows()], or the transposed matrix where outputs are short (takesShort)
  const T* bias;
  T* c;
  int64_t cRow, cColumn;
  int64_t xSample, cSample;  // from here to the next sample
  bool transposedA = false;
};

}  // namespace ostinato::OSTINATO_ISA
