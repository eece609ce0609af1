// The operands of a matrix product and where its chains start, as every path of gemm is given them.
#pragma once

#include "micro.h"

namespace ostinato::OSTINATO_ISA {

// C[M, N] = start + A[M, K] * B[K, N]. Element (i, j) of a matrix x is x[i * row + j *
// column]; for A and B one of the two strides is 1. C overlaps neither A nor B.
template <class T>
struct Product {
  int64_t M, N, K;
  const T* a;
  int64_t aRow, aColumn;
  const T* b;
  int64_t bRow, bColumn;
  T* c;
  int64_t cRow, cColumn;
  // The chains start from C when `accumulate`, else from bias[i * biasRow + j * biasColumn], else
  // (bias null) from zero.
  bool accumulate;
  const T* bias;
  int64_t biasRow, biasColumn;

  // Rows m .. m + rows - 1 and columns n .. n + columns - 1 of the same product.
  Product part(int64_t m, int64_t rows, int64_t n, int64_t columns) const {
    Product p = *this;
    p.M = rows;
    p.N = columns;
    p.a += m * aRow;
    p.b += n * bColumn;
    p.c += m * cRow + n * cColumn;
    if (p.bias) p.bias += m * biasRow + n * biasColumn;
    return p;
  }
  // The tile whose first element is (m, n); `continues`: an earlier range of k has been there.
  OSTINATO_INLINE Edge<T> tile(int64_t m, int64_t n, int64_t columns, bool continues) const {
    T* const to = c + m * cRow + n * cColumn;
    if (continues || accumulate) return {columns, to, cRow, cColumn, to, cRow, cColumn};
    return {columns, to,        cRow, cColumn, bias ? bias + m * biasRow + n * biasColumn : nullptr,
            biasRow, biasColumn};
  }
  // The transposed product: C' = B' A', element for element the same chains, since fma(a, b, c) is
  // fma(b, a, c).
  Product transposed() const {
    return {N,    M, K,       b,    bColumn,    bRow, a,          aColumn,
            aRow, c, cColumn, cRow, accumulate, bias, biasColumn, biasRow};
  }
};

// The product on the calling thread, by the path that suits it (gemm.cc). `scratch` has multiplyScratch<T> bytes.
template <class T>
void multiply(const Product<T>& p, char* scratch);

}  // namespace ostinato::OSTINATO_ISA
