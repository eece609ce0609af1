// The matrix of windows of a signal, never stored: row (c, j) is channel c seen by tap j, column q a position,
//   U[(c, j), q] = x[c, q step + first + j delta], 0 outside of [0, length).
// Packed from x as the micro-kernel reads it, along positions (panels) or along taps (windowPanels).
#pragma once

#include "../gemm/sources.h"
#include "../simd/lanes.h"

namespace ostinato::OSTINATO_ISA {

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
  // to[i] = U[r, q0 + i] for i < count, 0 from there to `width`, a multiple of the lanes.
  __attribute__((noinline)) void packRow(int64_t r, int64_t q0, int64_t count, int64_t width,
                                         T* to) const {
    constexpr int lanes = Vec<T>::lanes;
    const T* channel;
    const int64_t at = offset(r, channel) + q0 * step;
    if (step == 1 && at >= 0 && at + width <= length && count == width) {
      for (int64_t i = 0; i < width; i += lanes) store(to + i, load(channel + at + i));
      return;
    }
    int64_t begin, end;
    inside(at, 0, count, begin, end);
    for (int64_t i = 0; i < width; i += lanes) store(to + i, zero<T>());
    if (step == 1) {
      for (int64_t i = begin; i < end; i += lanes)
        store(to + i, load(channel + at + i, end - i), end - i);
    } else {
      for (int64_t i = begin; i < end; ++i) to[i] = channel[at + i * step];
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

// One tile of C, `columns` of a panel's: element (i, j) is at c[i cRow + j cColumn], and starts from bias[i] or (null) zero.
template <int MR, class T, template <class> class A>
__attribute__((noinline)) void chainTile(int64_t K, A<T> a, const T* panel, Chain chain,
                                         const T* bias, T* c, int64_t cRow, int64_t cColumn,
                                         int64_t columns) {
  constexpr int64_t NR = panelColumns<T>;
  constexpr int lanes = Vec<T>::lanes;
  alignas(64) T memory[MR * NR];
  const bool whole = columns == NR && cColumn == 1;
  T* const to = whole ? c : memory;
  const int64_t row = whole ? cRow : NR;
  if (!whole && chain != Chain::start)
    for (int64_t i = 0; i < MR; ++i)
      for (int64_t j = 0; j < NR; ++j)
        memory[i * NR + j] = j < columns ? c[i * cRow + j * cColumn] : T(0);
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
  if (whole) return;
  for (int64_t i = 0; i < MR; ++i) {
    if (cColumn == 1) {
      for (int64_t j = 0; j < columns; j += lanes)
        store(c + i * cRow + j, load(memory + i * NR + j), columns - j);
    } else {
      for (int64_t j = 0; j < columns; ++j) c[i * cRow + j * cColumn] = memory[i * NR + j];
    }
  }
}

}  // namespace ostinato::OSTINATO_ISA
