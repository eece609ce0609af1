// Packing: B as the micro-kernel reads it, [panel][k][vectors of the panel][lanes], A by row tiles,
// and the register transposition that both need when the dense dimension is the other one.
//
// A packed B is made of column blocks, `lanes` columns each (16 float, 8 double). Which source columns
// a block holds is the caller's choice, so an LSTM can put the four gates of 16 hidden units side by
// side: block 4 * u + g holds source rows g * H + 16 * u and the 15 that follow. Columns that a block
// does not have are zero.
#pragma once

#include "tile.h"

namespace ostinato::OSTINATO_ISA {

// Source columns first .. first + count - 1, 0 <= count <= lanes.
struct ColumnBlock {
  int64_t first;
  int count;
};

// The unit of transposition: `width` rows of `depth` elements, in 128-bit halves of half-registers,
// so that no shuffle crosses a half.
template <class T>
struct Transposition {
  static constexpr int bytes = OSTINATO_REGISTER_BYTES > 32 ? 32 : OSTINATO_REGISTER_BYTES;
  static constexpr int width = bytes / sizeof(T);
  static constexpr int depth = 16 / sizeof(T);
  typedef T Wide __attribute__((vector_size(bytes)));
  typedef T UnalignedWide __attribute__((vector_size(bytes), aligned(sizeof(T)), may_alias));

  // Row i, and in a 256-bit unit row i + depth beside it.
  template <class RowAt>
  static OSTINATO_INLINE Wide loadRows(RowAt rowAt, int i) {
#if defined(__AVX2__)
    // Written with the instruction in mind that inserts a half from memory; without it gcc loads
    // the half first and spends a shuffle on it.
    return (Wide)_mm256_insertf128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i*)rowAt(i))),
        _mm_loadu_si128((const __m128i*)rowAt(i + depth)), 1);
#else
    return *(const UnalignedWide*)rowAt(i);
#endif
  }

  // column[d][i] = rowAt(i)[d] for i < width, d < depth; rowAt(i) is a pointer.
  template <class RowAt>
  static OSTINATO_INLINE void transpose(RowAt rowAt, Wide* column) {
    if constexpr (sizeof(T) == 8) {
      const Wide a = loadRows(rowAt, 0), b = loadRows(rowAt, 1);
      if constexpr (bytes == 32) {
        column[0] = __builtin_shufflevector(a, b, 0, 4, 2, 6);
        column[1] = __builtin_shufflevector(a, b, 1, 5, 3, 7);
      } else {
        column[0] = __builtin_shufflevector(a, b, 0, 2);
        column[1] = __builtin_shufflevector(a, b, 1, 3);
      }
    } else {
      const Wide a = loadRows(rowAt, 0), b = loadRows(rowAt, 1);
      const Wide c = loadRows(rowAt, 2), d = loadRows(rowAt, 3);
      if constexpr (bytes == 32) {
        const Wide ab0 = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
        const Wide ab1 = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
        const Wide cd0 = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
        const Wide cd1 = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
        column[0] = __builtin_shufflevector(ab0, cd0, 0, 1, 8, 9, 4, 5, 12, 13);
        column[1] = __builtin_shufflevector(ab0, cd0, 2, 3, 10, 11, 6, 7, 14, 15);
        column[2] = __builtin_shufflevector(ab1, cd1, 0, 1, 8, 9, 4, 5, 12, 13);
        column[3] = __builtin_shufflevector(ab1, cd1, 2, 3, 10, 11, 6, 7, 14, 15);
      } else {
        const Wide ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5);
        const Wide ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        const Wide cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5);
        const Wide cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
        column[0] = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
        column[1] = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
        column[2] = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
        column[3] = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
      }
    }
  }

  // column[d][i] = b[i * ldb + d].
  static OSTINATO_INLINE void transposeStrided(const T* b, int64_t ldb, Wide* column) {
    // Hidden from the compiler, which would keep `width` row addresses in registers, or rather on
    // the stack, where two addresses and multiples of ldb do.
    asm("" : "+r"(b));
    const T* const b4 = b + 4 * ldb;
    transpose([&](int i) { return (i < 4 ? b : b4) + (i & 3) * ldb; }, column);
  }
};

// One block of a matrix stored transposed: packed[k * kStride + n] = b[(block.first + n) * ldb + k]
// for k < K, and zero for block.count <= n < lanes.
template <class T>
void packBlockTransposed(const T* b, int64_t ldb, int64_t K, ColumnBlock block, T* packed,
                         int64_t kStride) {
  using Unit = Transposition<T>;
  for (int part = 0; part < Vec<T>::lanes; part += Unit::width) {
    const int rest = block.count - part;
    const int count = rest < Unit::width ? rest : Unit::width;
    T* out = packed + part;
    if (count <= 0) {
      for (int64_t k = 0; k < K; ++k)
        *(typename Unit::UnalignedWide*)(out + k * kStride) = typename Unit::Wide{};
      continue;
    }
    // A row that is missing reads the last one again and is masked away.
    const T* row[Unit::width];
    typedef Integer<T> Bits __attribute__((vector_size(Unit::bytes)));
    Bits keep;
    for (int i = 0; i < Unit::width; ++i) {
      row[i] = b + (block.first + part + (i < count ? i : count - 1)) * ldb;
      keep[i] = i < count ? -1 : 0;
    }
    int64_t k = 0;
    for (; k + Unit::depth <= K; k += Unit::depth) {
      typename Unit::Wide column[Unit::depth];
      Unit::transpose([&](int i) { return row[i] + k; }, column);
      OSTINATO_UNROLL
      for (int d = 0; d < Unit::depth; ++d)
        *(typename Unit::UnalignedWide*)(out + (k + d) * kStride) =
            (typename Unit::Wide)((Bits)column[d] & keep);
    }
    for (; k < K; ++k)
      for (int i = 0; i < Unit::width; ++i) out[k * kStride + i] = i < count ? row[i][k] : T(0);
  }
}

// One block of a row-major matrix: packed[k * kStride + n] = b[k * ldb + block.first + n] for k <
// K, and zero for block.count <= n < lanes.
template <class T>
void packBlock(const T* b, int64_t ldb, int64_t K, ColumnBlock block, T* packed, int64_t kStride) {
  const T* source = b + block.first;
  if (block.count == Vec<T>::lanes) {
    for (int64_t k = 0; k < K; ++k) store(packed + k * kStride, load(source + k * ldb));
  } else {
    for (int64_t k = 0; k < K; ++k)
      store(packed + k * kStride,
            block.count > 0 ? loadPartial(source + k * ldb, block.count) : zero<T>());
  }
}

// One block of B, whose element (k, n) is at b[k * bRow + n * bColumn], one of the strides being 1.
template <class T>
void packColumns(const T* b, int64_t bRow, int64_t bColumn, int64_t K, ColumnBlock block, T* packed,
                 int64_t kStride) {
  if (bColumn == 1)
    packBlock(b, bRow, K, block, packed, kStride);
  else
    packBlockTransposed(b, bColumn, K, block, packed, kStride);
}

// One tile of an A stored transposed: packed[k * MR + i] = a[k * lda + i] for k < K.
template <int MR, class T>
OSTINATO_INLINE void packTransposedTile(const T* a, int64_t lda, int64_t K, T* packed) {
  for (int64_t k = 0; k < K; ++k, a += lda, packed += MR)
    __builtin_memcpy(packed, a, MR * sizeof(T));
}

// Rows of A, whose element (m, k) is at a[m * aRow + k * aColumn], one of the strides being 1, by tiles first .. last - 1:
// packed[r * K + k * rows(tile) + i], where r counts rows from the first tile's. Writes up to `lanes`
// elements past the last tile.
template <class T>
void packRows(const T* source, int64_t aRow, int64_t aColumn, int64_t K, const RowTiles& tiles,
              int64_t first, int64_t last, T* packed) {
  using Unit = Transposition<T>;
  T* out = packed;
  for (int64_t tile = first; tile < last; out += tiles.rows(tile) * K, ++tile) {
    const T* a = source + tiles.firstRow(tile) * aRow;
    const int rows = tiles.rows(tile);
    if (aColumn != 1) {
      withRows(rows,
               [&](auto count) { packTransposedTile<decltype(count)::v>(a, aColumn, K, out); });
      continue;
    }
    // Units of `width` rows, of which the last pad for rows that do not exist: what they write
    // is overwritten by the next step of k.
    constexpr int units = (tileRows + Unit::width - 1) / Unit::width;
    const T* row[units * Unit::width];
    for (int i = 0; i < units * Unit::width; ++i) row[i] = a + (i < rows ? i : rows - 1) * aRow;
    int64_t k = 0;
    for (; k + Unit::depth <= K; k += Unit::depth) {
      typename Unit::Wide column[units][Unit::depth];
      OSTINATO_UNROLL
      for (int u = 0; u < units; ++u)
        Unit::transpose([&](int i) { return row[u * Unit::width + i] + k; }, column[u]);
      OSTINATO_UNROLL
      for (int d = 0; d < Unit::depth; ++d) OSTINATO_UNROLL
      for (int u = 0; u < units; ++u)
        *(typename Unit::UnalignedWide*)(out + (k + d) * rows + u * Unit::width) = column[u][d];
    }
    for (; k < K; ++k)
      for (int i = 0; i < rows; ++i) out[k * rows + i] = row[i][k];
  }
}

}  // namespace ostinato::OSTINATO_ISA
