// What is one chain of operations for each row of [outer, n, inner], floats in double precision: variance, prod, cumsum.
#include "../kernels.h"
#include "rows.h"

namespace ostinato::OSTINATO_ISA {

// Two passes: the mean, then the squares of the distances from it.
template <class T>
void variance(const T* x, T* out, T* meanOut, double correction, int64_t outer, int64_t n,
              int64_t inner, Work& work) {
  const double divisor = double(n) > correction ? double(n) - correction : 0;
  const int64_t size = n * inner;
  forRows(work, outer * inner, n, [&](int64_t place) {
    const T* const p = x + place / inner * size + place % inner;
    double total = 0, squares = 0;
    for (int64_t j = 0; j < n; ++j) total += double(p[j * inner]);
    const double average = total / double(n);
    for (int64_t j = 0; j < n; ++j) {
      const double d = double(p[j * inner]) - average;
      squares += d * d;
    }
    out[place] = T(squares / divisor);
    if (meanOut) meanOut[place] = T(average);
  });
}

template <class T>
void prod(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  forRows(work, outer * inner, n, [&](int64_t place) {
    const T* const p = x + place / inner * n * inner + place % inner;
    if constexpr (!isFloating<T>) {
      uint32_t total = 1;
      for (int64_t j = 0; j < n; ++j) total *= uint32_t(p[j * inner]);
      out[place] = T(total);
    } else {
      double total = 1;
      for (int64_t j = 0; j < n; ++j) total *= double(p[j * inner]);
      out[place] = T(total);
    }
  });
}

template <class T>
void cumsum(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  forRows(work, outer * inner, n, [&](int64_t place) {
    const int64_t at = place / inner * n * inner + place % inner;
    if constexpr (!isFloating<T>) {
      uint32_t total = 0;
      for (int64_t j = 0; j < n; ++j) out[at + j * inner] = T(total += uint32_t(x[at + j * inner]));
    } else {
      double total = 0;
      for (int64_t j = 0; j < n; ++j) out[at + j * inner] = T(total += double(x[at + j * inner]));
    }
  });
}

INSTANTIATE_FLOAT(variance)
INSTANTIATE_NUMBER(prod)
INSTANTIATE_NUMBER(cumsum)

}  // namespace ostinato::OSTINATO_ISA
