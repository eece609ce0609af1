// The micro-kernel: a tile of MR rows times NV vectors of columns, held in registers over a loop on
// k. It leaves packing to pack.h and all blocking to its callers (gemm.cc, the recurrent
// sequences).
//
//   Accumulators<T, MR, NV> acc;
//   acc.startFromRow(bias);                          // or zero(), load(c, ldc)
//   multiplyAdd(acc, I, x, ldx, 1, panels, panelStride);
//   multiplyAdd(acc, H, h, ldh, 1, panels + I * panelColumns<T>, panelStride);  // the chain goes
//   on acc.store(c, ldc);                               // or read acc.v[row][vector] in an
//   epilogue
//
// Every element is one chain of fused multiply-adds over k in order, from the value it started
// with:
//   acc[m][n] = fma(a[m][k], b[k][n], acc[m][n])     k = 0, 1, ... K-1
// so a tile's shape, the split of columns into tiles, and storing and reloading between two ranges
// of k leave every bit alone.
//
// The packed panels of B: column vector j of step k is at
//   panels + (j / panelVectors) * panelStride + k * panelColumns<T> + (j % panelVectors) * lanes
// panelStride is K * panelColumns<T> for one packed matrix; a tile of few rows spans several
// panels.
#pragma once

#include "tile.h"

#define OSTINATO_PRAGMA_(x) _Pragma(#x)
#define OSTINATO_UNROLL_BY(n) OSTINATO_PRAGMA_(GCC unroll n)

namespace ostinato::OSTINATO_ISA {

template <class T, int MR, int NV>
struct Accumulators {
  static constexpr int lanes = Vec<T>::lanes;
  Vec<T> v[MR][NV];

  OSTINATO_INLINE void zero() {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) OSTINATO_UNROLL
    for (int j = 0; j < NV; ++j) v[m][j] = OSTINATO_ISA::zero<T>();
  }
  // Every row starts from row[0 .. NV*lanes).
  OSTINATO_INLINE void startFromRow(const T* row) {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) OSTINATO_UNROLL
    for (int j = 0; j < NV; ++j) v[m][j] = OSTINATO_ISA::load(row + j * lanes);
  }
  // Row m starts from c[m * ldc + (0 .. NV*lanes)). One address walks down the rows: left to
  // itself, gcc computes all of them ahead and spills.
  OSTINATO_INLINE void load(const T* c, int64_t ldc) {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) {
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j) v[m][j] = OSTINATO_ISA::load(c + j * lanes);
      if (m + 1 < MR) c += ldc;
      asm("" : "+r"(c));
    }
  }
  OSTINATO_INLINE void store(T* c, int64_t ldc) const {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) {
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j) OSTINATO_ISA::store(c + j * lanes, v[m][j]);
      if (m + 1 < MR) c += ldc;
      asm("" : "+r"(c));
    }
  }
  // The same for the first `columns` columns only (0 <= columns <= NV*lanes); the others load as
  // zero.
  OSTINATO_INLINE void loadPartial(const T* c, int64_t ldc, int columns) {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) OSTINATO_UNROLL
    for (int j = 0; j < NV; ++j) {
      const int rest = columns - j * lanes;
      v[m][j] = rest >= lanes ? OSTINATO_ISA::load(c + m * ldc + j * lanes)
                : rest > 0    ? OSTINATO_ISA::loadPartial(c + m * ldc + j * lanes, rest)
                              : OSTINATO_ISA::zero<T>();
    }
  }
  OSTINATO_INLINE void storePartial(T* c, int64_t ldc, int columns) const {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) OSTINATO_UNROLL
    for (int j = 0; j < NV; ++j) {
      const int rest = columns - j * lanes;
      if (rest >= lanes)
        OSTINATO_ISA::store(c + m * ldc + j * lanes, v[m][j]);
      else if (rest > 0)
        OSTINATO_ISA::storePartial(c + m * ldc + j * lanes, v[m][j], rest);
    }
  }
};

template <class T>
OSTINATO_INLINE Register<T> loadRegister(const T* p) {
  return *(const typename RegisterOf<T>::unaligned*)p;
}

// acc += A * B over k in [0, K). A's element (m, k) is a[m * rowStride + k * kStride]; B's column
// vector j of step k is b[offset(j) + k * bStride] with offset(j) the layout above. Any alignment.
// With `copies`, B's vectors are also written to copy[k * NV * lanes + j * lanes]: a panel is
// packed while the first tile of rows passes over it, in slots that the multiply-adds leave free.
template <class T, int MR, int NV, int PV, bool copies = false>
OSTINATO_INLINE void multiplyAddStrided(Accumulators<T, MR, NV>& acc, int64_t K, const T* a,
                                        int64_t rowStride, int64_t kStride, const T* b,
                                        int64_t bStride, int64_t panelStride, T* copy = nullptr) {
  constexpr int lanes = Vec<T>::lanes;
  // A copy of its own, so that the sums stay in registers whatever the caller does with acc.
  Accumulators<T, MR, NV> sum = acc;
  const auto step = [&]() __attribute__((always_inline)) {
    if constexpr (MR < NV * Vec<T>::registers) {
      static_assert(!copies);
      // Few rows: their elements of A stay in registers while B's vectors pass by.
      Vec<T> x[MR];
      OSTINATO_UNROLL
      for (int m = 0; m < MR; ++m) x[m] = broadcast(a[m * rowStride]);
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j) {
        const T* p = b + (j / PV) * panelStride + (j % PV) * lanes;
        OSTINATO_UNROLL
        for (int i = 0; i < Vec<T>::registers; ++i) {
          const Register<T> column = loadRegister(p + i * Vec<T>::lanesPerRegister);
          OSTINATO_UNROLL
          for (int m = 0; m < MR; ++m)
            sum.v[m][j].r[i] = fmaRegister(x[m].r[i], column, sum.v[m][j].r[i]);
        }
      }
    } else {
      Vec<T> column[NV];
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j) {
        column[j] = load(b + (j / PV) * panelStride + (j % PV) * lanes);
        if constexpr (copies) store(copy + j * lanes, column[j]);
      }
      if constexpr (copies) copy += NV * lanes;
      OSTINATO_UNROLL
      for (int m = 0; m < MR; ++m) {
        const Vec<T> x = broadcast(a[m * rowStride]);
        OSTINATO_UNROLL
        for (int j = 0; j < NV; ++j) sum.v[m][j] = fma(x, column[j], sum.v[m][j]);
      }
    }
    a += kStride;
    b += bStride;
  };
  // Where two hyperthreads share a core, each instruction of the loop itself takes a multiply-add's
  // place; written out by hand, gcc mixes the steps and copies registers.
  OSTINATO_UNROLL_BY(4) for (int64_t k = 0; k < K; ++k) step();
  acc = sum;
}

template <class T, int MR, int NV>
OSTINATO_INLINE void multiplyAdd(Accumulators<T, MR, NV>& acc, int64_t K, const T* a,
                                 int64_t rowStride, int64_t kStride, const T* panels,
                                 int64_t panelStride) {
  multiplyAddStrided<T, MR, NV, panelVectors>(acc, K, a, rowStride, kStride, panels,
                                              panelColumns<T>, panelStride);
}

}  // namespace ostinato::OSTINATO_ISA
