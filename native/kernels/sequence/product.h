// The matrix products inside a recurrent sequence, C += A * B on the micro-kernel of gemm/, with
// C's columns a whole number of vectors. It owns the layout of B (panels), of A (strips of row
// tiles) and the loops around the micro-kernel; every element is one chain over k, whatever they
// are.
#pragma once

#include "../gemm/micro.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
inline constexpr int W = Vec<T>::lanes;

constexpr int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// Some column vectors of B: vector v of step k is at p + k * kStride + v * vStride. Where a tile
// holds several vectors (AVX-512) those of one step lie together, [K][vectors][W]; elsewhere each
// vector is a panel of its own, [vectors][K][W], small enough to stay in L1 while all row tiles
// pass by.
inline constexpr bool vectorsTogether = panelVectors > 1;

// Vectors in a Panel of a matrix that has no gates (W_hr, and weights as they stand in backward).
inline constexpr int plainVectors = 4;

template <class T>
struct Panel {
  const T* p;
  int64_t vectors, kStride, vStride;
  OSTINATO_INLINE Panel from(int64_t k) const {
    return {p + k * kStride, vectors, kStride, vStride};
  }
  // Vectors v .. v + count - 1.
  OSTINATO_INLINE Panel<T> part(int64_t v, int64_t count) const {
    return {p + v * vStride, count, kStride, vStride};
  }
};
template <class T>
OSTINATO_INLINE Panel<T> panelOf(const T* p, int64_t vectors, int64_t K) {
  if constexpr (vectorsTogether) return {p, vectors, vectors * W<T>, W<T>};
  return {p, vectors, W<T>, K * W<T>};
}

// At most this many steps of k pass over all row tiles before the next ones do: that part of a
// panel and a tile of A stay in L1. K is cut into equal blocks.
template <class T>
inline constexpr int64_t mostK = 1088 / sizeof(T);
template <class T>
constexpr int64_t blockK(int64_t K) {
  return ceilDiv(K, ceilDiv(K, mostK<T>));
}

// ---- A as it stands: element (row, k) at p + row * rowStride + k * kStride. For few rows.

template <class T>
struct Rows {
  const T* p;
  int64_t rowStride, kStride;
};

// C tile = start + A * b; start is a row for all rows of the tile, null for what C holds. ahead:
// every step also asks L2 for the lines `distance` elements further on.
template <class T, int MR, int NV, bool ahead>
__attribute__((noinline)) void multiplyTile(int64_t K, const Rows<T>& a, const T* b,
                                            int64_t bStride, int64_t vStride, const T* start, T* c,
                                            int64_t ldc, int64_t distance) {
  Accumulators<T, MR, NV> acc;
  if (start)
    acc.startFromRow(start);
  else
    acc.load(c, ldc);
  if constexpr (!ahead) {
    if constexpr (vectorsTogether)
      multiplyAddStrided<T, MR, NV, NV>(acc, K, a.p, a.rowStride, a.kStride, b, bStride, 0);
    else
      multiplyAddStrided<T, MR, NV, 1>(acc, K, a.p, a.rowStride, a.kStride, b, bStride, vStride);
  } else {
    const T* p = a.p;
    const T* further = b + distance;
    OSTINATO_UNROLL_BY(4)
    for (int64_t k = 0; k < K; ++k) {
      const auto offset = [&](int j) { return j * (vectorsTogether ? W<T> : vStride); };
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j) __builtin_prefetch(further + offset(j), 0, 2);
      // The side with fewer registers stays in them: A's elements, or B's vectors.
      if constexpr (MR < NV * Vec<T>::registers) {
        Vec<T> x[MR];
        OSTINATO_UNROLL
        for (int m = 0; m < MR; ++m) x[m] = broadcast(p[m * a.rowStride]);
        OSTINATO_UNROLL
        for (int j = 0; j < NV; ++j) {
          OSTINATO_UNROLL
          for (int i = 0; i < Vec<T>::registers; ++i) {
            const Register<T> column = loadRegister(b + offset(j) + i * Vec<T>::lanesPerRegister);
            OSTINATO_UNROLL
            for (int m = 0; m < MR; ++m)
              acc.v[m][j].r[i] = fmaRegister(x[m].r[i], column, acc.v[m][j].r[i]);
          }
        }
      } else {
        Vec<T> column[NV];
        OSTINATO_UNROLL
        for (int j = 0; j < NV; ++j) column[j] = load(b + offset(j));
        OSTINATO_UNROLL
        for (int m = 0; m < MR; ++m) {
          const Vec<T> x = broadcast(p[m * a.rowStride]);
          OSTINATO_UNROLL
          for (int j = 0; j < NV; ++j) acc.v[m][j] = fma(x, column[j], acc.v[m][j]);
        }
      }
      p += a.kStride;
      b += bStride;
      further += bStride;
    }
  }
  acc.store(c, ldc);
}

// A start of zeros for plainVectors vectors.
template <class T>
alignas(64) inline constexpr T zeroRow[plainVectors * W<T>] = {};

// Calls body(Constant<NV>{}) for nv vectors, 1 <= nv <= most <= 4.
template <int most, class Body>
OSTINATO_INLINE void withVectors(int64_t nv, Body body) {
  if constexpr (most >= 4)
    if (nv == 4) return body(Constant<4>{});
  if constexpr (most >= 3)
    if (nv == 3) return body(Constant<3>{});
  if constexpr (most >= 2)
    if (nv == 2) return body(Constant<2>{});
  body(Constant<1>{});
}
constexpr int tileVectors(int rows) { return vectorsFor(rows) < 4 ? vectorsFor(rows) : 4; }

// C = start + A * b for rows of one tile; start is a row for all rows, null for what C holds. Where
// distance is not 0, the weights that far behind those in use are asked for.
template <class T>
void multiplyFew(int rows, int64_t K, const Rows<T>& a, const Panel<T>& b, const T* start, T* c,
                 int64_t ldc, int64_t distance = 0) {
  withRows(rows, [&](auto mr) {
    constexpr int step = tileVectors(mr.v);
    int64_t v = 0;
    for (; distance != 0 && v + step <= b.vectors; v += step)
      multiplyTile<T, mr.v, step, true>(K, a, b.p + v * b.vStride, b.kStride, b.vStride,
                                        start ? start + v * W<T> : nullptr, c + v * W<T>, ldc,
                                        distance);
    for (; v < b.vectors; v += step)
      withVectors<step>(b.vectors - v < step ? b.vectors - v : step, [&](auto nv) {
        multiplyTile<T, mr.v, nv.v, false>(K, a, b.p + v * b.vStride, b.kStride, b.vStride,
                                           start ? start + v * W<T> : nullptr, c + v * W<T>, ldc,
                                           0);
      });
  });
}
// The same for any number of rows: a few vectors stay in L1 while all row tiles pass by.
template <class T>
void multiply(int64_t rows, int64_t K, Rows<T> a, const Panel<T>& b, const T* start, T* c,
              int64_t ldc, int64_t distance = 0) {
  if (rows <= 0) return;
  if (rows <= tileRows) return multiplyFew(int(rows), K, a, b, start, c, ldc, distance);
  const RowTiles tiles(rows);
  const int64_t step = tileVectors(tiles.rows(0));
  for (int64_t v = 0; v < b.vectors; v += step)
    for (int64_t tile = 0; tile < tiles.tiles; ++tile) {
      const int64_t row = tiles.firstRow(tile);
      multiplyFew(tiles.rows(tile), K, {a.p + row * a.rowStride, a.rowStride, a.kStride},
                  b.part(v, least(b.vectors - v, step)), start ? start + v * W<T> : nullptr,
                  c + row * ldc + v * W<T>, ldc, tile == 0 ? distance : 0);
    }
}

// ---- A copied into strips: blocks of K, one after another, each [rows][mostK] (filled up to the
// block). Rows a power of two apart would fight for the same cache lines; these are an odd number
// of lines apart.

template <class T>
constexpr int64_t stripElements(int64_t rows, int64_t K) {
  return ceilDiv(K, mostK<T>) * rows * mostK<T>;
}
// Columns k0 .. k0+count-1 of the strips of a matrix of K columns; rowAt(row) is where their values
// lie.
template <class T, class RowAt>
OSTINATO_INLINE void copyStrips(int64_t rows, int64_t K, int64_t k0, int64_t count, RowAt rowAt,
                                T* strips) {
  const int64_t block = blockK<T>(K);
  for (int64_t k = k0; k < k0 + count;) {
    const int64_t inBlock = k % block, part = least(block - inBlock, k0 + count - k);
    T* to = strips + k / block * rows * mostK<T> + inBlock;
    for (int64_t row = 0; row < rows; ++row, to += mostK<T>)
      __builtin_memcpy(to, rowAt(row) + (k - k0), uint64_t(part) * sizeof(T));
    k += part;
  }
}

// `tiles` row tiles one below the other, C tile = start + A * b with A's element (m, k) of the
// first at a + m * rowStride + k * kStride and of each further one tileStride later; start as
// above. Every few steps ask for the line at `ahead`, which moves on by aheadStep bytes a step.
template <class T, int MR, int NV, int rowStride, int kStride>
__attribute__((noinline)) void multiplyPacked(int64_t tiles, int64_t K, const T* a,
                                              int64_t tileStride, const T* b, const T* start, T* c,
                                              int64_t ldc, const char* ahead, int64_t aheadStep) {
  constexpr int steps = 4;
  for (; tiles > 0; --tiles, a += tileStride, c += MR * ldc) {
    Accumulators<T, MR, NV> acc;
    if (start)
      acc.startFromRow(start);
    else
      acc.load(c, ldc);
    // The next tile of C, whose rows may lie far apart.
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) __builtin_prefetch(c + (MR + m) * ldc);
    const T* x = a;
    const T* column = b;
    const auto step = [&]() __attribute__((always_inline)) {
      Vec<T> v[NV];
      OSTINATO_UNROLL
      for (int j = 0; j < NV; ++j) v[j] = load(column + j * W<T>);
      OSTINATO_UNROLL
      for (int m = 0; m < MR; ++m) {
        const Vec<T> row = broadcast(x[m * rowStride]);
        OSTINATO_UNROLL
        for (int j = 0; j < NV; ++j) acc.v[m][j] = fma(row, v[j], acc.v[m][j]);
      }
      x += kStride;
      column += NV * W<T>;
    };
    int64_t k = 0;
    for (; k + steps <= K; k += steps, ahead += steps * aheadStep) {
      __builtin_prefetch(ahead, 0, 2);
      OSTINATO_UNROLL
      for (int i = 0; i < steps; ++i) step();
    }
    for (; k < K; ++k) step();
    acc.store(c, ldc);
  }
}

// C[rows, b.vectors * W] = start + one block of A (K <= mostK) * b; start as above. By rows: A is
// [rows][mostK]; else it is row tiles, [tile][K][rows of the tile]. `next` is what the caller will
// read after b: like the vectors of b itself it is brought into L2 while the one before is in use.
template <bool byRows, class T>
void multiplyBlock(int64_t rows, int64_t K, const T* a, const Panel<T>& b, const T* start, T* c,
                   int64_t ldc, const T* next) {
  const RowTiles tiles(rows);
  const auto pass = [&](int64_t v, auto nv) {
    const T* const from = b.p + v * b.vStride;
    const char* ahead =
        reinterpret_cast<const char*>(v + nv.v < b.vectors ? b.p + (v + nv.v) * b.vStride : next);
    const int64_t aheadStep = ceilDiv(nv.v * 64, tiles.tiles);
    // The tiles with one row more, then the others.
    for (int64_t tile = 0; tile < tiles.tiles;) {
      const int64_t end = tile < tiles.extra ? tiles.extra : tiles.tiles;
      const int64_t row = tiles.firstRow(tile);
      withRows(tiles.rows(tile), [&](auto mr) {
        multiplyPacked<T, mr.v, nv.v, byRows ? int(mostK<T>) : 1, byRows ? 1 : mr.v>(
            end - tile, K, a + row * (byRows ? mostK<T> : K), mr.v * (byRows ? mostK<T> : K), from,
            start ? start + v * W<T> : nullptr, c + row * ldc + v * W<T>, ldc, ahead, aheadStep);
      });
      ahead += (end - tile) * K * aheadStep;
      tile = end;
    }
  };
  if constexpr (vectorsTogether)
    withVectors<4>(b.vectors, [&](auto nv) { pass(0, nv); });
  else
    for (int64_t v = 0; v < b.vectors; ++v) pass(v, Constant<1>{});
}

// C = start + columns k0 .. k0+count-1 of the strips of a matrix of K columns * b, b's first step
// being k0; start as above.
template <class T>
void multiplyStrips(int64_t rows, int64_t K, const T* strips, int64_t k0, int64_t count,
                    const Panel<T>& b, const T* start, T* c, int64_t ldc, const T* next) {
  if (rows <= 0) return;
  const int64_t block = blockK<T>(K);
  int64_t k = k0;
  do {
    const int64_t inBlock = k % block, part = least(block - inBlock, k0 + count - k);
    const bool last = k + part == k0 + count;
    const T* const a = strips + k / block * rows * mostK<T> + inBlock;
    // Fewer rows than hide a multiply-add's latency take several vectors at once.
    if (rows < tileRows && tileVectors(int(rows)) > 1 && !vectorsTogether)
      multiplyFew<T>(int(rows), part, {a, mostK<T>, 1}, b.from(k - k0), start, c, ldc);
    else
      multiplyBlock<true>(rows, part, a, b.from(k - k0), start, c, ldc,
                          last ? next : b.from(k - k0 + part).p);
    start = nullptr;
    k += part;
  } while (k < k0 + count);
}

// The rows of A that one pass over the weights takes: their strips stay in L2, and in half of
// `room`.
inline constexpr int64_t mostRows = 96;
template <class T>
constexpr int64_t rowBlock(int64_t rows, int64_t K, int64_t room) {
  int64_t most = least(262144 / int64_t(sizeof(T)) / K, mostRows);
  if (most < 4 * tileRows) most = 4 * tileRows;
  most = least(most, room / 2 / stripElements<T>(1, K));
  return ceilDiv(rows, ceilDiv(rows, most < 1 ? 1 : most));
}

// The first n of the lanes at p, n >= 1; all of them where n >= W.
template <class T>
OSTINATO_INLINE Vec<T> loadUpTo(const T* p, int64_t n) {
  return n >= W<T> ? load(p) : loadPartial(p, int(n));
}
template <class T>
OSTINATO_INLINE void storeUpTo(T* p, const Vec<T>& v, int64_t n) {
  if (n >= W<T>)
    store(p, v);
  else
    storePartial(p, v, int(n));
}

}  // namespace ostinato::OSTINATO_ISA
