// Kernels that move elements by index: whole rows (index_select, index_add, and with them
// embeddings) and single elements (gather, scatter, scatter_add, scatter_mul,
// scatter_max, scatter_min). Tensors are contiguous
// [outer, size, inner] views; indices are int32 and have been checked with index_bounds, so that nothing is
// read or written outside. Several sources with the same index are added in order.
#include "../kernels.h"
#include "../simd/vec.h"

#include <cstring>

namespace ostinato::OSTINATO_ISA {

void index_bounds(const int32_t* index, int64_t n, int64_t low, int64_t high, double* position) {
  *position = -1;
  for (int64_t i = 0; i < n; ++i)
    if (index[i] < low || index[i] >= high) {
      *position = double(i);
      return;
    }
}

template <class T>
static void copyRow(const T* from, T* to, int64_t n) {
  // Short rows are common (embeddings of a few features); a call to memcpy would cost more.
  if (n * int64_t(sizeof(T)) >= 256) {
    std::memcpy(to, from, size_t(n) * sizeof(T));
    return;
  }
  for (int64_t i = 0; i < n; ++i) to[i] = from[i];
}

template <class T>
static T sumOf(T a, T b) {
  return a + b;
}
template <>
int32_t sumOf(int32_t a, int32_t b) {
  return int32_t(uint32_t(a) + uint32_t(b));
}
template <>
uint8_t sumOf(uint8_t a, uint8_t b) {
  return uint8_t(a + b);
}

template <class T>
static T productOf(T a, T b) {
  return a * b;
}
template <>
int32_t productOf(int32_t a, int32_t b) {
  return int32_t(uint32_t(a) * uint32_t(b));
}
template <>
uint8_t productOf(uint8_t a, uint8_t b) {
  return uint8_t(a * b);
}

// NaN if one is, else a where both are equal.
template <class T>
static T largerOf(T a, T b) {
  return a != a || a >= b ? a : b;
}
template <class T>
static T smallerOf(T a, T b) {
  return a != a || a <= b ? a : b;
}

template <class T>
static void addRow(const T* from, T* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = sumOf(to[i], from[i]);
}

template <class T>
void index_select(const T* x, const int32_t* index, T* out, int64_t outer, int64_t size, int64_t n,
                  int64_t inner) {
  for (int64_t o = 0; o < outer; ++o, x += size * inner)
    for (int64_t i = 0; i < n; ++i, out += inner) copyRow(x + index[i] * inner, out, inner);
}

template <class T>
void index_add(const T* source, const int32_t* index, T* out, int64_t outer, int64_t size,
               int64_t n, int64_t inner, int64_t skip) {
  for (int64_t o = 0; o < outer; ++o, out += size * inner)
    for (int64_t i = 0; i < n; ++i, source += inner)
      if (index[i] != skip) addRow(source, out + index[i] * inner, inner);
}

template <class T>
void index_copy(const T* source, const int32_t* index, T* out, int64_t outer, int64_t size,
                int64_t n, int64_t inner) {
  for (int64_t o = 0; o < outer; ++o, out += size * inner)
    for (int64_t i = 0; i < n; ++i, source += inner) copyRow(source, out + index[i] * inner, inner);
}

template <class T>
void gather(const T* x, const int32_t* index, T* out, int64_t outer, int64_t size, int64_t n,
            int64_t inner) {
  for (int64_t o = 0; o < outer; ++o, x += size * inner)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t k = 0; k < inner; ++k) *out++ = x[*index++ * inner + k];
}

template <class T>
void scatter(const T* source, const int32_t* index, T* out, int64_t outer, int64_t size, int64_t n,
             int64_t inner) {
  for (int64_t o = 0; o < outer; ++o, out += size * inner)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t k = 0; k < inner; ++k) out[*index++ * inner + k] = *source++;
}

// out[o, index[o, i, k], k] = combine(out[...], source[o, i, k])
template <class T, T (*combine)(T, T)>
static void scatterWith(const T* source, const int32_t* index, T* out, int64_t outer, int64_t size,
                        int64_t n, int64_t inner) {
  for (int64_t o = 0; o < outer; ++o, out += size * inner)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t k = 0; k < inner; ++k, ++source) {
        T& place = out[*index++ * inner + k];
        place = combine(place, *source);
      }
}

template <class T>
void scatter_add(const T* source, const int32_t* index, T* out, int64_t outer, int64_t size,
                 int64_t n, int64_t inner) {
  scatterWith<T, sumOf<T>>(source, index, out, outer, size, n, inner);
}

template <class T>
void scatter_mul(const T* source, const int32_t* index, T* out, int64_t outer, int64_t size,
                 int64_t n, int64_t inner) {
  scatterWith<T, productOf<T>>(source, index, out, outer, size, n, inner);
}

template <class T>
void scatter_max(const T* source, const int32_t* index, T* out, int64_t outer, int64_t size,
                 int64_t n, int64_t inner) {
  scatterWith<T, largerOf<T>>(source, index, out, outer, size, n, inner);
}

template <class T>
void scatter_min(const T* source, const int32_t* index, T* out, int64_t outer, int64_t size,
                 int64_t n, int64_t inner) {
  scatterWith<T, smallerOf<T>>(source, index, out, outer, size, n, inner);
}

INSTANTIATE_ANY(index_select)
INSTANTIATE_ANY(index_add)
INSTANTIATE_ANY(index_copy)
INSTANTIATE_ANY(gather)
INSTANTIATE_ANY(scatter)
INSTANTIATE_ANY(scatter_add)
INSTANTIATE_ANY(scatter_mul)
INSTANTIATE_ANY(scatter_max)
INSTANTIATE_ANY(scatter_min)

}  // namespace ostinato::OSTINATO_ISA
