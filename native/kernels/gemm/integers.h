// Products of int32 matrices, which wrap around: any order of summation gives the same, so that plain loops do. B is
// read along its rows where they are dense in memory, else along its columns.
#pragma once

#include "../grain.h"
#include "../sizes.h"
#include "../work.h"
#include "product.h"

namespace ostinato::OSTINATO_ISA {

// One row of C.
inline void integerRow(const Product<int32_t>& p, int64_t m) {
  uint32_t* const c = (uint32_t*)(p.c + m * p.cRow);
  const uint32_t* const a = (const uint32_t*)(p.a + m * p.aRow);
  const uint32_t* const b = (const uint32_t*)p.b;
  if (!p.accumulate)
    for (int64_t n = 0; n < p.N; ++n) c[n] = p.bias ? uint32_t(p.bias[n]) : 0;
  if (p.bColumn == 1) {
    for (int64_t k = 0; k < p.K; ++k) {
      const uint32_t factor = a[k * p.aColumn];
      for (int64_t n = 0; n < p.N; ++n) c[n] += factor * b[k * p.bRow + n];
    }
    return;
  }
  for (int64_t n = 0; n < p.N; ++n) {
    uint32_t sum = 0;
    for (int64_t k = 0; k < p.K; ++k) sum += a[k * p.aColumn] * b[k * p.bRow + n * p.bColumn];
    c[n] += sum;
  }
}

inline void integerProduct(Work& work, const Product<int32_t>& p) {
  // A vector of integers takes several times as long as one of floats in registers.
  const double cost = 4 * double(p.M) * double(p.N) * double(p.K);
  const int64_t pieces =
      min(p.M, piecesOf(cost, grains::multiplyAdds, work.threads, 3 * work.threads));
  const int64_t rows = ceilDiv(p.M, pieces);
  parallel(work, pieces, [&](int64_t index, int) {
    for (int64_t m = index * rows; m < min(p.M, (index + 1) * rows); ++m) integerRow(p, m);
  });
}

}  // namespace ostinato::OSTINATO_ISA
