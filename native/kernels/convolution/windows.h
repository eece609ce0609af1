// The matrix of windows of a signal, never stored: row (c, j) is channel c seen by tap j, column q a position,
//   U[(c, j), q] = x[c, q step + first + j delta], 0 outside of [0, length).
// Packed from x as the micro-kernel reads it, along positions (pack) or along taps (packTransposed).
#pragma once

#include "../gemm/sources.h"
#include "../simd/lanes.h"

namespace ostinato::OSTINATO_ISA {

// Lanes 0, 2, 4 .. of a, then those of b.
OSTINATO_INLINE Register<float> evenLanes(const Register<float>& a, const Register<float>& b) {
#if OSTINATO_REGISTER_BYTES == 64
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#elif OSTINATO_REGISTER_BYTES == 32
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
  return __builtin_shufflevector(a, b, 0, 2, 4, 6);
#endif
}

template <class T>
struct Windows {
  const T* x;
  int64_t channels, length, taps, step, first, delta;

  int64_t rows() const { return channels * taps; }
  // Row r at position 0, as an offset into its channel; `channel` is set.
  OSTINATO_INLINE int64_t offset(int64_t r, const T*& channel) const {
    channel = x + r / taps * length;
    return first + r % taps * delta;
  }
  // The positions q of [from, to) that are inside of the signal: [begin, end).
  OSTINATO_INLINE void inside(int64_t offset, int64_t from, int64_t to, int64_t& begin,
                              int64_t& end) const {
    begin = max(from, offset < 0 ? ceilDiv(-offset, step) : 0);
    end = min(to, offset < length ? (length - 1 - offset) / step + 1 : 0);
    if (begin >= end) begin = end = from;
  }
  // to[i] = U[r, q0 + i] for i < count; writes whole vectors.
  OSTINATO_INLINE void packRow(int64_t r, int64_t q0, int64_t count, T* to) const {
    const T* channel;
    const int64_t at = offset(r, channel) + q0 * step;
    pack(channel, at, count, to);
  }
  // Whether the window of tap j is that of tap j - step, a position further: packShifted.
  OSTINATO_INLINE bool shifts(int64_t tap) const { return step > 1 && delta == 1 && tap >= step; }
  // pack() out of that tap's, which begins at `before`.
  OSTINATO_INLINE void packShifted(const T* channel, int64_t at, int64_t count, const T* before,
                                   T* to) const {
    constexpr int64_t lanes = Vec<T>::lanes;
    for (int64_t i = 0; i < count; i += lanes) store(to + i, load(before + i + 1));
    const int64_t last = at + (count - 1) * step;
    to[count - 1] = last >= 0 && last < length ? channel[last] : T(0);
  }
  // The same of a channel, the first element being that at `at`.
  OSTINATO_INLINE void pack(const T* channel, int64_t at, int64_t count, T* to) const {
    constexpr int64_t lanes = Vec<T>::lanes;
    if (step == 1 && at >= 0 && at + roundUp(count, lanes) <= length)
      for (int64_t i = 0; i < count; i += lanes) store(to + i, load(channel + at + i));
    else
      packEdge(channel, at, count, to);
  }
  // to[i] = from[i step] for i < count; `room` elements of `from` may be read.
  OSTINATO_INLINE void copySteps(const T* from, int64_t room, int64_t count, T* to) const {
    constexpr int64_t lanes = Vec<T>::lanesPerRegister;
    int64_t i = 0;
    if constexpr (sizeof(T) == 4) {
      const auto pair = [&](const T* p) OSTINATO_INLINE_LAMBDA {
        return evenLanes(loadRegister(p), loadRegister(p + lanes));
      };
      const auto put = [&](const Register<T>& v) OSTINATO_INLINE_LAMBDA {
        *(typename RegisterOf<T>::unaligned*)(to + i) = v;
      };
      for (; step == 2 && i + lanes <= count && (i + lanes) * 2 <= room; i += lanes)
        put(pair(from + i * 2));
      for (; step == 4 && i + lanes <= count && (i + lanes) * 4 <= room; i += lanes)
        put(evenLanes(pair(from + i * 4), pair(from + i * 4 + 2 * lanes)));
    }
    for (; i < count; ++i) to[i] = from[i * step];
  }
  __attribute__((noinline)) void packEdge(const T* channel, int64_t at, int64_t count,
                                          T* to) const {
    constexpr int64_t lanes = Vec<T>::lanes;
    if (step != 1) {
      int64_t begin = 0, end = count;
      if (at < 0 || at + (count - 1) * step >= length) {
        inside(at, 0, count, begin, end);
        for (int64_t i = 0; i < count; i += lanes) store(to + i, zero<T>());
      }
      const int64_t start = at + begin * step;
      copySteps(channel + start, length - start, end - begin, to + begin);
      return;
    }
    for (int64_t i = 0; i < count; i += lanes) {
      const int64_t p = at + i;
      if (p >= 0 && p + lanes <= length) {
        store(to + i, load(channel + p));
      } else if (p >= 0 && p < length) {
        store(to + i, load(channel + p, length - p));
      } else {
        store(to + i, zero<T>());
        for (int64_t e = max(-p, 0); e < min(lanes, length - p); ++e) to[i + e] = channel[p + e];
      }
    }
  }
  // to[r] = U[r, q] for all rows.
  void packColumn(int64_t q, T* to) const {
    for (int64_t c = 0; c < channels; ++c, to += taps) {
      const T* const channel = x + c * length;
      int64_t at = q * step + first;
      for (int64_t j = 0; j < taps; ++j, at += delta)
        to[j] = at >= 0 && at < length ? channel[at] : T(0);
    }
  }
  // to[k width + i] = U[r0 + i, q0 + k] for k < K, i < count, and 0 for count <= i < lanes.
  void packTransposed(int64_t r0, int64_t count, int64_t q0, int64_t K, T* to,
                      int64_t width) const {
    using Unit = Transposition<T>;
    constexpr int lanes = Vec<T>::lanes;
    for (int64_t part = 0; part < lanes; part += Unit::width) {
      const T* row[Unit::width];
      int64_t at[Unit::width];
      // Positions that are inside for all rows of the unit.
      int64_t begin = 0, end = K;
      const int64_t some = min(count - part, Unit::width);
      for (int64_t i = 0; i < Unit::width; ++i) {
        if (i >= some) {
          row[i] = some > 0 ? row[0] : x;
          at[i] = 0;
          continue;
        }
        const T* channel;
        at[i] = offset(r0 + part + i, channel) + q0 * step;
        row[i] = channel;
        int64_t b, e;
        inside(at[i], 0, K, b, e);
        begin = max(begin, b);
        end = min(end, e);
      }
      T* const out = to + part;
      const auto single = [&](int64_t k) {
        for (int64_t i = 0; i < Unit::width; ++i) {
          const int64_t p = at[i] + k * step;
          out[k * width + i] = i < some && p >= 0 && p < length ? row[i][p] : T(0);
        }
      };
      int64_t k = 0;
      if (step == 1 && some == Unit::width && end - begin >= Unit::depth) {
        for (; k < begin; ++k) single(k);
        const T* from[Unit::width];
        for (int64_t i = 0; i < Unit::width; ++i) from[i] = row[i] + at[i];
        for (; k + Unit::depth <= end; k += Unit::depth) {
          typename Unit::Wide column[Unit::depth];
          Unit::transpose([&](int i) { return from[i] + k; }, column);
          OSTINATO_UNROLL
          for (int d = 0; d < Unit::depth; ++d)
            *(typename Unit::UnalignedWide*)(out + (k + d) * width) = column[d];
        }
      }
      for (; k < K; ++k) single(k);
    }
  }
};

// What a range of k does to C: the first starts its chains, the others continue them, or (sums of many
// floats, see `chainOf`) make chains of their own that are added.
enum class Chain { start, go, add };

// A chain rounds each term to the spacing of the sum so far, so that sums of more than 2,048 floats are cut into
// chains of 256, added in order.
template <class T>
OSTINATO_INLINE bool cutsChains(int64_t K) {
  return sizeof(T) == 4 && K > 2048;
}
inline constexpr int64_t cutChain = 256;

template <class T>
OSTINATO_INLINE int64_t depthOf(int64_t K) {
  return cutsChains<T>(K) ? cutChain : evenBlock(K, blockDepth<T>, 4);
}
template <class T>
OSTINATO_INLINE Chain chainOf(int64_t K, int64_t k0) {
  return k0 == 0 ? Chain::start : cutsChains<T>(K) ? Chain::add : Chain::go;
}

// Where columns of C are: those of sample 0 from position q on, of N positions, then those of the next sample, `sample` elements
// further.
template <class T>
struct Places {
  T* c;  // row 0 and position 0
  int64_t row, column, q, N, sample;

  // The columns of `rows` rows into memory, each row `width` elements, and back.
  __attribute__((noinline)) void gather(T* memory, int64_t rows, int64_t columns,
                                        int64_t width) const {
    for (int64_t i = 0; i < rows * width; ++i) memory[i] = 0;
    runs(columns, [&](int64_t j, int64_t count, const T* own) {
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t k = 0; k < count; ++k) memory[i * width + j + k] = own[i * row + k * column];
    });
  }
  __attribute__((noinline)) void scatter(const T* memory, int64_t rows, int64_t columns,
                                         int64_t width) const {
    runs(columns, [&](int64_t j, int64_t count, T* own) {
      for (int64_t i = 0; i < rows; ++i, own += row) {
        const T* const from = memory + i * width + j;
        if (column == 1)
          for (int64_t k = 0; k < count; k += Vec<T>::lanes)
            store(own + k, load(from + k, count - k), count - k);
        else
          for (int64_t k = 0; k < count; ++k) own[k * column] = from[k];
      }
    });
  }
  // body(j, count, c) for each run of columns j .. j + count - 1 that are of one sample, the first at c.
  template <class Body>
  OSTINATO_INLINE void runs(int64_t columns, Body body) const {
    T* own = c;
    int64_t from = q;
    for (int64_t j = 0; j < columns; own += sample, from = 0) {
      const int64_t count = min(N - from, columns - j);
      body(j, count, own + from * column);
      j += count;
    }
  }
};

// One tile of C, `columns` of a panel's; element i of a row starts from bias[i] or (null) zero.
template <int MR, class T, template <class> class A>
__attribute__((noinline)) void chainTile(int64_t K, A<T> a, const T* panel, Chain chain,
                                         const T* bias, const Places<T>& places, int64_t columns) {
  constexpr int64_t NR = panelColumns<T>;
  alignas(64) T memory[MR * NR];
  const bool whole = columns == NR && places.column == 1 && places.q + NR <= places.N;
  T* const to = whole ? places.c + places.q : memory;
  const int64_t row = whole ? places.row : NR;
  if (!whole && chain != Chain::start) places.gather(memory, MR, columns, NR);
  Accumulators<T, MR, panelVectors> sum;
  if (chain == Chain::go) {
    sum.load(to, row);
  } else if (chain == Chain::start && bias) {
    OSTINATO_UNROLL
    for (int m = 0; m < MR; ++m) OSTINATO_UNROLL
    for (int j = 0; j < panelVectors; ++j) sum.v[m][j] = broadcast(bias[m]);
  } else {
    sum.zero();
  }
  multiplyAdd(sum, K, a.template of<MR>(), PanelColumns<T>{panel}.template of<panelVectors>(),
              NoHook<T>{});
  if (chain == Chain::add)
    sum.addTo(to, row);
  else
    sum.store(to, row);
  if (!whole) places.scatter(memory, MR, columns, NR);
}

}  // namespace ostinato::OSTINATO_ISA
