// gemm and gemm_batched: which path a product takes and how it is shared among threads. The paths
// themselves: direct.h (few rows), packed.h (blocks and panels), integers.h (int32). None of these choices changes a
// bit of a result.
#include "../grain.h"
#include "../kernels.h"
#include "direct.h"
#include "integers.h"
#include "packed.h"

namespace ostinato::OSTINATO_ISA {

// K == 0: every chain ends where it starts.
template <class T>
void copyStart(const Product<T>& p) {
  if (p.accumulate) return;
  for (int64_t i = 0; i < p.M; ++i)
    for (int64_t j = 0; j < p.N; ++j)
      p.c[i * p.cRow + j * p.cColumn] = p.bias ? p.bias[i * p.biasRow + j * p.biasColumn] : T(0);
}

template <class T>
void multiply(const Product<T>& p, char* scratch) {
  if (p.K == 0) return copyStart(p);
  // Lanes run along the longer side when the other is less than a vector.
  if (p.N < Vec<T>::lanes && p.M > p.N) return multiply(p.transposed(), scratch);
  if (prefersDirect(p))
    directProduct(p);
  else if (isNarrowTransposed(p))
    narrowTransposedProduct(p, (T*)scratch);
  else
    packedProduct(p, scratch);
}

// In multiply-adds (grain.h).
template <class T>
double cost(const Product<T>& p) {
  const double M = double(p.M), N = double(p.N), K = double(p.K);
  return M * N * K + grains::memoryAccess * (M * K + N * K + M * N);
}

// Cuts C into blocks, a few for each thread so that a late one holds up little, none over K.
template <class T>
void shared(Work& work, const Product<T>& p) {
  const int64_t wanted = piecesOf(cost(p), grains::multiplyAdds, work.threads, 3 * work.threads);
  if (wanted == 1) return multiply(p, work.scratch(work, 0));
  const int64_t rowUnits = ceilDiv(p.M, 4 * tileRows);
  const int64_t columnUnits = ceilDiv(p.N, panelColumns<T>);
  int64_t rowCuts = 1, columnCuts = 1;
  while (rowCuts * columnCuts < wanted) {
    // The longer side is cut, since what a block must pack grows with the sum of its sides.
    const bool rows = p.M / rowCuts > p.N / columnCuts;
    if (rowCuts < rowUnits && (rows || columnCuts >= columnUnits))
      ++rowCuts;
    else if (columnCuts < columnUnits)
      ++columnCuts;
    else
      break;
  }
  const int64_t rowStep = evenBlock(p.M, ceilDiv(p.M, rowCuts), tileRows);
  const int64_t columnStep = evenBlock(p.N, ceilDiv(p.N, columnCuts), panelColumns<T>);
  rowCuts = ceilDiv(p.M, rowStep);
  columnCuts = ceilDiv(p.N, columnStep);
  parallel(work, rowCuts * columnCuts, [&](int64_t index, int worker) {
    const int64_t m = index % rowCuts * rowStep, n = index / rowCuts * columnStep;
    multiply(p.part(m, min(rowStep, p.M - m), n, min(columnStep, p.N - n)),
             work.scratch(work, worker));
  });
}

template <class T>
Product<T> productOf(int64_t M, int64_t N, int64_t K, const T* a, int64_t lda, int64_t transposeA,
                     const T* b, int64_t ldb, int64_t transposeB, const T* bias, T* c, int64_t ldc,
                     int64_t accumulate) {
  return {M,
          N,
          K,
          a,
          transposeA ? 1 : lda,
          transposeA ? lda : 1,
          b,
          transposeB ? 1 : ldb,
          transposeB ? ldb : 1,
          c,
          ldc,
          1,
          accumulate != 0,
          bias,
          0,
          1};
}

template <class T>
void gemm(Work& work, int64_t M, int64_t N, int64_t K, const T* a, int64_t lda, int64_t transposeA,
          const T* b, int64_t ldb, int64_t transposeB, const T* bias, T* c, int64_t ldc,
          int64_t accumulate) {
  if (M <= 0 || N <= 0) return;
  shared(work,
         productOf(M, N, K, a, lda, transposeA, b, ldb, transposeB, bias, c, ldc, accumulate));
}

template <class T>
void gemm_batched(Work& work, int64_t outer, int64_t inner, int64_t M, int64_t N, int64_t K,
                  const T* a, int64_t lda, int64_t transposeA, int64_t outerA, int64_t innerA,
                  const T* b, int64_t ldb, int64_t transposeB, int64_t outerB, int64_t innerB, T* c,
                  int64_t ldc, int64_t strideC, int64_t accumulate) {
  const int64_t batch = outer * inner;
  if (M <= 0 || N <= 0 || batch <= 0) return;
  const auto at = [&](int64_t index) {
    const int64_t i = index / inner, j = index % inner;
    return productOf<T>(M, N, K, a + i * outerA + j * innerA, lda, transposeA,
                        b + i * outerB + j * innerB, ldb, transposeB, nullptr, c + index * strideC,
                        ldc, accumulate);
  };
  const double each = cost(at(0));
  if (batch < 2 * work.threads && each > 4 * grains::multiplyAdds) {
    for (int64_t i = 0; i < batch; ++i) shared(work, at(i));
    return;
  }
  // Neighbouring products go to one thread, a grain's worth at least.
  int64_t run = int64_t(grains::multiplyAdds / each) + 1;
  const int64_t even = ceilDiv(batch, 4 * work.threads);
  if (run < even) run = even;
  parallel(work, ceilDiv(batch, run), [&](int64_t index, int worker) {
    for (int64_t i = index * run; i < min(batch, (index + 1) * run); ++i)
      multiply(at(i), work.scratch(work, worker));
  });
}

template <>
void gemm(Work& work, int64_t M, int64_t N, int64_t K, const int32_t* a, int64_t lda,
          int64_t transposeA, const int32_t* b, int64_t ldb, int64_t transposeB,
          const int32_t* bias, int32_t* c, int64_t ldc, int64_t accumulate) {
  if (M <= 0 || N <= 0) return;
  integerProduct(
      work, productOf(M, N, K, a, lda, transposeA, b, ldb, transposeB, bias, c, ldc, accumulate));
}

template <>
void gemm_batched(Work& work, int64_t outer, int64_t inner, int64_t M, int64_t N, int64_t K,
                  const int32_t* a, int64_t lda, int64_t transposeA, int64_t outerA, int64_t innerA,
                  const int32_t* b, int64_t ldb, int64_t transposeB, int64_t outerB, int64_t innerB,
                  int32_t* c, int64_t ldc, int64_t strideC, int64_t accumulate) {
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t j = 0; j < inner; ++j)
      gemm<int32_t>(work, M, N, K, a + i * outerA + j * innerA, lda, transposeA,
                    b + i * outerB + j * innerB, ldb, transposeB, nullptr,
                    c + (i * inner + j) * strideC, ldc, accumulate);
}

template void multiply(const Product<float>&, char*);
template void multiply(const Product<double>&, char*);
INSTANTIATE_FLOAT(gemm)
INSTANTIATE_FLOAT(gemm_batched)

}  // namespace ostinato::OSTINATO_ISA
