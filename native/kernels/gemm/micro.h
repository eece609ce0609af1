// The micro-kernel: a tile of MR rows times NV vectors of columns, held in registers over a loop on
// k. Every element is one chain of fused multiply-adds over k in order, from the value it starts with:
//   acc[m][n] = fma(a[m][k], b[k][n], acc[m][n])     k = 0, 1, ... K-1
// so a tile's shape, the split of columns into tiles, and storing and reloading between two ranges of
// k leave every bit alone.
//
// Policies say the rest: the layouts of A and B in memory, from which values the chains start and where the
// sums go (Whole, Edge), and what else a step of k does (NoHook, PrefetchAhead, PrefetchLine,
// PackPanel). Packing is in pack.h, blocking in driver.h.
#pragma once

#include "../simd/lanes.h"
#include "tile.h"

#include <type_traits>

#define OSTINATO_PRAGMA_(x) _Pragma(#x)
// For what runs once a tile: a call more for each would show in tiles of few steps of k.
#define OSTINATO_INLINE_LAMBDA __attribute__((always_inline))
// Neither inlined nor copied for constant arguments. clang makes no such copies and has no attribute against them.
#if defined(__clang__)
#define OSTINATO_NOCLONE __attribute__((noinline))
#else
#define OSTINATO_NOCLONE __attribute__((noinline, noclone))
#endif
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
  // Row m starts from c[m * ldc + (0 .. NV*lanes)); ldc 0: every row from the same. One address
  // steps down the rows: left to itself, gcc hoists all addresses and spills.
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
  // c += the sums.
  OSTINATO_INLINE void addTo(T* c, int64_t ldc) const {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) {
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j)
        OSTINATO_ISA::store(c + j * lanes, OSTINATO_ISA::load(c + j * lanes) + v[m][j]);
      if (m + 1 < MR) c += ldc;
      asm("" : "+r"(c));
    }
  }
};

template <class T>
OSTINATO_INLINE Register<T> loadRegister(const T* p) {
  return *(const typename RegisterOf<T>::unaligned*)p;
}

// ---- A: element (m, k) of a tile at p[m * rowStride + k * kStride].

template <class T>
struct Rows {
  const T* p;
  int64_t rowStride, kStride;
  template <int MR>
  OSTINATO_INLINE Rows of() const {
    return *this;
  }
};
// Rows whose elements are side by side.
template <class T>
struct DenseRows {
  const T* p;
  int64_t rowStride;
  template <int MR>
  OSTINATO_INLINE Rows<T> of() const {
    return {p, rowStride, 1};
  }
};
// A tile as pack.h packs it, [k][rows of the tile].
template <class T>
struct PackedRows {
  const T* p;
  template <int MR>
  OSTINATO_INLINE Rows<T> of() const {
    return {p, 1, MR};
  }
};

// ---- B: vector j of step k at p + k * kStride + j * vStride. Any alignment.

template <class T>
struct Columns {
  const T* p;
  int64_t kStride, vStride;
  template <int NV>
  OSTINATO_INLINE Columns of() const {
    return *this;
  }
};
// Vectors side by side in the rows of a matrix.
template <class T>
struct AdjacentColumns {
  const T* p;
  int64_t kStride;
  template <int NV>
  OSTINATO_INLINE Columns<T> of() const {
    return {p, kStride, Vec<T>::lanes};
  }
};
// All vectors of a packed panel, [k][vectors][lanes].
template <class T>
struct PanelColumns {
  const T* p;
  template <int NV>
  OSTINATO_INLINE Columns<T> of() const {
    return {p, NV * Vec<T>::lanes, Vec<T>::lanes};
  }
};

// ---- What a step of k does beside its multiply-adds: step() before every `period`-th step (0: never),
// column() with each vector of B that has been loaded.

template <class T>
struct NoHook {
  static constexpr int period = 0;
  static constexpr bool seesColumns = false;
};
// Every step prefetches into L2 the lines of another B of the same strides, which begins at `at`.
template <class T>
struct PrefetchAhead {
  static constexpr int period = 1;
  static constexpr bool seesColumns = false;
  const T* at;
  template <int NV>
  OSTINATO_INLINE void step(const Columns<T>& b) {
    OSTINATO_UNROLL
    for (int j = 0; j < NV; ++j) __builtin_prefetch(at + j * b.vStride, 0, 2);
    at += b.kStride;
  }
};
// Every fourth step prefetches into L2 the line at `at`, which moves on by `bytes` a step.
template <class T>
struct PrefetchLine {
  static constexpr int period = 4;
  static constexpr bool seesColumns = false;
  const char* at;
  int64_t bytes;
  template <int NV>
  OSTINATO_INLINE void step(const Columns<T>&) {
    __builtin_prefetch(at, 0, 2);
    at += period * bytes;
  }
};
// B is packed while the tile passes over it, in slots that the multiply-adds leave free.
template <class T>
struct PackPanel {
  static constexpr int period = 0;
  static constexpr bool seesColumns = true;
  T* to;
  template <int NV>
  OSTINATO_INLINE void column(int j, const Vec<T>& v) {
    store(to + j * Vec<T>::lanes, v);
    if (j == NV - 1) to += NV * Vec<T>::lanes;
  }
};

// acc += A * B over k in [0, K).
template <class T, int MR, int NV, class Hook>
OSTINATO_INLINE void multiplyAdd(Accumulators<T, MR, NV>& acc, int64_t K, Rows<T> a, Columns<T> b,
                                 Hook hook) {
  // A copy of its own, so that the sums stay in registers whatever the caller does with acc.
  Accumulators<T, MR, NV> sum = acc;
  const auto step = [&]() OSTINATO_INLINE_LAMBDA {
    if constexpr (Hook::period == 1) hook.template step<NV>(b);
    // The side with fewer registers stays in them: A's elements, or B's vectors.
    if constexpr (MR < NV * Vec<T>::registers && !Hook::seesColumns) {
      Vec<T> x[MR];
      OSTINATO_UNROLL
      for (int m = 0; m < MR; ++m) x[m] = broadcast(a.p[m * a.rowStride]);
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j) {
        OSTINATO_UNROLL
        for (int i = 0; i < Vec<T>::registers; ++i) {
          const Register<T> column =
              loadRegister(b.p + j * b.vStride + i * Vec<T>::lanesPerRegister);
          OSTINATO_UNROLL
          for (int m = 0; m < MR; ++m)
            sum.v[m][j].r[i] = fmaRegister(x[m].r[i], column, sum.v[m][j].r[i]);
        }
      }
    } else {
      Vec<T> column[NV];
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j) {
        column[j] = load(b.p + j * b.vStride);
        if constexpr (Hook::seesColumns) hook.template column<NV>(j, column[j]);
      }
      OSTINATO_UNROLL
      for (int m = 0; m < MR; ++m) {
        const Vec<T> x = broadcast(a.p[m * a.rowStride]);
        OSTINATO_UNROLL
        for (int j = 0; j < NV; ++j) sum.v[m][j] = fma(x, column[j], sum.v[m][j]);
      }
    }
    a.p += a.kStride;
    b.p += b.kStride;
  };
  int64_t k = 0;
  if constexpr (Hook::period > 1) {
    for (; k + Hook::period <= K; k += Hook::period) {
      hook.template step<NV>(b);
      OSTINATO_UNROLL
      for (int i = 0; i < Hook::period; ++i) step();
    }
    for (; k < K; ++k) step();
  } else {
    // Where two hyperthreads share a core, each instruction of the loop itself takes a
    // multiply-add's place.
    OSTINATO_UNROLL_BY(4) for (; k < K; ++k) step();
  }
  acc = sum;
}

// ---- C: where a tile's sums start and end.

// Whole vectors of columns, side by side: row m starts from from[m * fromRow], 0 for one row that all
// start from, and goes to to[m * toRow].
template <class T>
struct Whole {
  const T* from;
  int64_t fromRow;
  T* to;
  int64_t toRow;
};

// An operand of one word is passed in a register, others by address.
template <class Operand>
using Parameter =
    std::conditional_t<sizeof(Operand) <= sizeof(void*), const Operand, const Operand&>;

// One tile: C = start + A * B over k in [0, K). Not cloned for constant arguments, which would make
// several of each.
template <int MR, int NV, class T, template <class> class A, template <class> class B,
          template <class> class Hook>
OSTINATO_NOCLONE void wholeTile(int64_t K, Parameter<A<T>> a, Parameter<B<T>> b, const T* from,
                                int64_t fromRow, T* to, int64_t toRow, Hook<T> hook) {
  Accumulators<T, MR, NV> acc;
  acc.load(from, fromRow);
  multiplyAdd(acc, K, a.template of<MR>(), b.template of<NV>(), hook);
  acc.store(to, toRow);
}
template <int MR, int NV, class T, template <class> class A, template <class> class B,
          template <class> class Hook>
OSTINATO_INLINE void multiplyTile(int64_t K, const A<T>& a, const B<T>& b, const Whole<T>& c,
                                  Hook<T> hook) {
  wholeTile<MR, NV, T, A, B, Hook>(K, a, b, c.from, c.fromRow, c.to, c.toRow, hook);
}

// The first `columns` columns of a tile, any strides: element (i, j) starts from start[i * startRow +
// j * startColumn] (start null: from zero) and goes to c[i * cRow + j * cColumn].
template <class T>
struct Edge {
  int64_t columns;
  T* c;
  int64_t cRow, cColumn;
  const T* start;
  int64_t startRow, startColumn;

  OSTINATO_INLINE bool isWhole(int64_t width) const {
    return columns == width && cColumn == 1 && (startColumn == 1 || !start);
  }
  // Of a start that is not null. Columns that C does not have become zero.
  __attribute__((noinline)) void gather(T* memory, int64_t rows, int64_t width) const {
    constexpr int64_t lanes = Vec<T>::lanes;
    if (startColumn == 1 && width % lanes == 0) {
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < width; j += lanes)
          OSTINATO_ISA::store(memory + i * width + j,
                              j < columns
                                  ? OSTINATO_ISA::load(start + i * startRow + j, columns - j)
                                  : OSTINATO_ISA::zero<T>());
      return;
    }
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < width; ++j)
        memory[i * width + j] = j < columns ? start[i * startRow + j * startColumn] : T(0);
  }
  __attribute__((noinline)) void scatter(const T* memory, int64_t rows, int64_t width) const {
    if (cColumn == 1 && width % Vec<T>::lanes == 0) {
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < columns; j += Vec<T>::lanes)
          OSTINATO_ISA::store(c + i * cRow + j, OSTINATO_ISA::load(memory + i * width + j),
                              columns - j);
      return;
    }
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) c[i * cRow + j * cColumn] = memory[i * width + j];
  }
};
template <class T, int width>
alignas(64) inline constexpr T zeroColumns[width] = {};

template <int MR, int width, class T, class Run>
__attribute__((noinline)) void onCopy(Edge<T> c, Run run) {
  alignas(64) T memory[MR * width];
  if (c.start) c.gather(memory, MR, width);
  run(Whole<T>{c.start ? memory : zeroColumns<T, width>, c.start ? width : 0, memory, width});
  c.scatter(memory, MR, width);
}
// Calls run(whole) on C itself where it is whole, else on a copy of the tile. The edge is passed to the
// copy by value and member by member, so that it is in registers where C is whole.
template <int MR, int width, class T, class Run>
OSTINATO_INLINE void onWhole(const Edge<T>& c, Run run) {
  if (c.isWhole(width))
    return run(
        Whole<T>{c.start ? c.start : zeroColumns<T, width>, c.start ? c.startRow : 0, c.c, c.cRow});
  onCopy<MR, width>(Edge<T>{c.columns, c.c, c.cRow, c.cColumn, c.start, c.startRow, c.startColumn},
                    run);
}
template <int MR, int NV, class T, template <class> class A, template <class> class B,
          template <class> class Hook>
OSTINATO_INLINE void multiplyTile(int64_t K, const A<T>& a, const B<T>& b, const Edge<T>& c,
                                  Hook<T> hook) {
  onWhole<MR, NV * Vec<T>::lanes>(c, [&, K, hook](const Whole<T>& whole) OSTINATO_INLINE_LAMBDA {
    multiplyTile<MR, NV>(K, a, b, whole, hook);
  });
}

}  // namespace ostinato::OSTINATO_ISA
