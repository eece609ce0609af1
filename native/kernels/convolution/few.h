// Convolutions of few rows or columns a group, as depthwise ones are: panels would be padding for the most part, and packing
// them dearer than the product. Signals are copied with their zeros around them into the worker's scratch, a piece at a time,
// and read in place there. The chains are those of the packed paths (windows.h), to the bit. Doubles take the packed paths, for the
// sake of the add-on's size.
#pragma once

#include "../grain.h"
#include "correlation.h"

namespace ostinato::OSTINATO_ISA {

// Independent chains that hide a multiply-add's latency.
inline constexpr int fewChains = vectorsFor(1);

// ---- Few rows: y[m, q] for a run of positions q, lanes along positions.

// Up to so many rows are computed one by one.
inline constexpr int64_t fewRows = 4;

// Row (c, j) of the windows at positions q0 .. : x[c, (q0 + i + b) step + first + a] with j delta = b step + a, 0 <= a < step. So all
// taps read `step` phases of each channel, [c][a][i], which are windows themselves, of one tap each phase.
template <class T>
struct Phases {
  Windows<T> phases;
  int64_t lowest, span;  // b of the lowest tap; of the highest above it

  explicit Phases(const Windows<T>& w) : phases(w) {
    const int64_t last = (w.taps - 1) * w.delta, low = min(last, 0), high = max(last, 0);
    lowest = low < 0 ? -ceilDiv(-low, w.step) : 0;
    span = high / w.step - lowest;
    phases.taps = w.step;
    phases.delta = 1;
    phases.first = w.first + lowest * w.step;
  }
  int64_t width(int64_t count) const {
    constexpr int64_t lanes = Vec<T>::lanes;
    return roundUp(roundUp(count, count > lanes ? fewChains * lanes : lanes) + span, lanes);
  }
  int64_t elements(int64_t count) const { return phases.rows() * width(count); }
};

// V vectors of positions of one row: chains over r from the bias.
template <int V, class T>
__attribute__((noinline)) void fewRowsTile(int64_t K, const T* w, const int64_t* offsets,
                                           const T* x, T bias, T* to) {
  constexpr int lanes = Vec<T>::lanes;
  const int64_t step = cutsChains<T>(K) ? cutChain : K;
  Vec<T> total[V] = {};
  for (int64_t r = 0; r < K;) {
    const int64_t end = min(r + step, K);
    Vec<T> sum[V];
    OSTINATO_UNROLL
    for (int v = 0; v < V; ++v) sum[v] = broadcast(r == 0 ? bias : T(0));
    const bool first = r == 0;
    for (; r < end; ++r) {
      const Vec<T> factor = broadcast(w[r]);
      const T* const from = x + offsets[r];
      OSTINATO_UNROLL
      for (int v = 0; v < V; ++v) sum[v] = fma(factor, load(from + v * lanes), sum[v]);
    }
    OSTINATO_UNROLL
    for (int v = 0; v < V; ++v) total[v] = first ? sum[v] : total[v] + sum[v];
  }
  OSTINATO_UNROLL
  for (int v = 0; v < V; ++v) store(to + v * lanes, total[v]);
}

// The positions that a copy holds: few enough for L1 or L2, and their tables.
template <class T>
int64_t fewRowsPositions(const Windows<T>& w) {
  constexpr int64_t lanes = Vec<T>::lanes, unit = fewChains * lanes;
  const int64_t elements = (int64_t(96) << 10) / int64_t(sizeof(T)) / (w.channels * w.step);
  return max(unit, min(elements, 4096) / unit * unit);
}
template <class T>
bool takesFewRows(int64_t M, const Windows<T>& w) {
  if (sizeof(T) != 4 || M > fewRows || w.step > w.taps) return false;
  const int64_t bytes =
      (Phases<T>(w).elements(fewRowsPositions(w)) + fewChains * Vec<T>::lanes) * int64_t(sizeof(T));
  return bytes + 2 * (w.rows() + 8) * int64_t(sizeof(int64_t)) <= Work::scratchBytes;
}

// Correlations of the same sizes as the example, some positions of one after another's.
template <class T>
struct FewRows {
  const Phases<T> example;
  const int64_t K, most, each;  // of rows, of positions of a copy, of elements between its rows
  int64_t* const offsets;       // of rows in a copy, and in the signal itself
  T* const memory;
  static constexpr int64_t lanes = Vec<T>::lanes, unit = fewChains * lanes;

  FewRows(const Windows<T>& w, int64_t count, char* scratch)
      : example(w),
        K(w.rows()),
        most(min(count, fewRowsPositions(w))),
        each(example.width(most)),
        offsets(reinterpret_cast<int64_t*>(scratch)),
        memory(reinterpret_cast<T*>(offsets + roundUp(2 * K, 8))) {
    for (int64_t j = 0; j < w.taps; ++j) {
      const int64_t at = j * w.delta - example.lowest * w.step;
      const int64_t first = at % w.step * each + at / w.step;
      for (int64_t c = 0; c < w.channels; ++c) {
        offsets[c * w.taps + j] = c * w.step * each + first;
        offsets[K + c * w.taps + j] = c * w.length + at;
      }
    }
  }
  __attribute__((noinline)) void run(const Correlation<T>& one, int64_t n0, int64_t count) const {
    T* const copy = memory + unit;
    Windows<T> signal = example.phases;
    signal.x = one.windows.x;
    for (int64_t q0 = 0; q0 < count; q0 += most) {
      const int64_t positions = min(most, count - q0), at = n0 + q0 + signal.first;
      const bool inside = signal.step == 1 && at >= 0 && at + each <= signal.length;
      for (int64_t r = 0; !inside && r < signal.rows(); ++r)
        signal.packRow(r, n0 + q0, each, copy + r * each);
      for (int64_t m = 0; m < one.M; ++m)
        row(one.a + m * K, one.bias ? one.bias[m] : T(0), inside ? signal.x + at : copy,
            inside ? offsets + K : offsets, positions,
            one.c + m * one.cRow + (n0 + q0) * one.cColumn, one.cColumn);
    }
  }
  void row(const T* w, T bias, const T* x, const int64_t* offsets, int64_t positions, T* c,
           int64_t cColumn) const {
    for (int64_t q = 0; q < positions;) {
      const int64_t rest = positions - q, wide = rest > lanes ? unit : lanes;
      const int64_t some = min(rest, wide);
      T* const to = some == wide && cColumn == 1 ? c + q : memory;
      if (wide == unit)
        fewRowsTile<fewChains>(K, w, offsets, x + q, bias, to);
      else
        fewRowsTile<1>(K, w, offsets, x + q, bias, to);
      if (to == memory && cColumn == 1)
        forEachVector<T>(0, some, [&](int64_t i, int n) { store(c + q + i, load(memory + i), n); });
      else if (to == memory)
        for (int64_t i = 0; i < some; ++i) c[(q + i) * cColumn] = memory[i];
      q += some;
    }
  }
};

// ---- The gradient of w where a group has one channel: rows are the outputs of all groups, lanes taps.

// Elements of a signal's copy, and steps of k that it is made for.
inline constexpr int64_t fewCopy = 512, fewSteps = 256;

// Sums of `rows` rows over `count` steps: sum[i] += g[i][k] x[k step + lane], for each row an x of its own, or one for all.
template <int rows, bool shared, class T>
__attribute__((noinline)) void fewTapsSteps(int64_t count, int64_t step, const T* g, const T* x,
                                            Vec<T>* sums) {
  Vec<T> sum[rows];
  OSTINATO_UNROLL
  for (int i = 0; i < rows; ++i) sum[i] = sums[i];
  for (int64_t k = 0; k < count; ++k, x += step) {
    OSTINATO_UNROLL
    for (int i = 0; i < rows; ++i)
      sum[i] = fma(broadcast(g[i * fewSteps + k]), load(x + (shared ? 0 : i * fewCopy)), sum[i]);
  }
  OSTINATO_UNROLL
  for (int i = 0; i < rows; ++i) sums[i] = sum[i];
}

// The convolution of a group's one channel, and how many outputs it has.
template <class T>
struct FewTaps {
  const T *g, *x;
  T* dw;
  int64_t batch, groups, outChannels, length, outLength, taps, stride, padding;

  static bool takes(int64_t channels, int64_t taps, int64_t stride, int64_t dilation) {
    return channels == 1 && dilation == 1 && taps <= panelColumns<T> &&
           8 * stride + roundUp(taps, Vec<T>::lanes) <= fewCopy;
  }
  bool shares() const { return outChannels >= fewChains; }

  // Outputs o .. o + count - 1 of all groups' outputs, count <= fewChains; of one group where they share its signal.
  __attribute__((noinline)) void rows(int64_t o, int64_t count, bool shared, T* memory) const {
    constexpr int lanes = Vec<T>::lanes;
    constexpr int most = panelVectors;
    const int64_t K = batch * outLength, vectors = ceilDiv(taps, lanes);
    T* const copies = memory + fewChains * fewSteps;
    Vec<T> sum[most][fewChains], total[most][fewChains];
    const auto clear = [&] {
      for (int v = 0; v < most; ++v)
        for (int i = 0; i < fewChains; ++i) sum[v][i] = zero<T>();
    };
    clear();
    bool first = true;
    for (int64_t k = 0; k < K;) {
      const int64_t n = k / outLength, t = k % outLength;
      int64_t steps = min(outLength - t, min(fewSteps, (fewCopy - vectors * lanes) / stride));
      if (cutsChains<T>(K)) steps = min(steps, cutChain - k % cutChain);
      for (int64_t i = 0; i < count; ++i) {
        const T* const from = g + (n * groups * outChannels + o + i) * outLength + t;
        forEachVector<T>(0, steps, [&](int64_t k, int some) {
          store(memory + i * fewSteps + k, load(from + k, some));
        });
        if (shared && i > 0) continue;
        const int64_t group = (o + i) / outChannels;
        const Windows<T> signal = {
            x + (n * groups + group) * length, 1, length, 1, 1, t * stride - padding, 1};
        const int64_t width = roundUp((steps - 1) * stride + vectors * lanes, lanes);
        signal.packRow(0, 0, width, copies + i * fewCopy);
      }
      for (int64_t v = 0; v < vectors; ++v) {
        const T* const from = copies + v * lanes;
        if (count == fewChains && shared)
          fewTapsSteps<fewChains, true>(steps, stride, memory, from, sum[v]);
        else if (count == fewChains)
          fewTapsSteps<fewChains, false>(steps, stride, memory, from, sum[v]);
        else
          for (int64_t i = 0; i < count; ++i)
            fewTapsSteps<1, true>(steps, stride, memory + i * fewSteps,
                                  from + (shared ? 0 : i * fewCopy), sum[v] + i);
      }
      k += steps;
      if (k == K || (cutsChains<T>(K) && k % cutChain == 0)) {
        for (int64_t v = 0; v < vectors; ++v)
          for (int64_t i = 0; i < count; ++i)
            total[v][i] = first ? sum[v][i] : total[v][i] + sum[v][i];
        first = false;
        clear();
      }
    }
    for (int64_t i = 0; i < count; ++i)
      for (int64_t v = 0; v < vectors; ++v)
        store(dw + (o + i) * taps + v * lanes, total[v][i], taps - v * lanes);
  }

  void run(Work& work) const {
    const int64_t all = groups * outChannels, own = shares() ? outChannels : all;
    const int64_t units = ceilDiv(own, fewChains), count = all / own * units;
    const double amount = double(all) * double(batch * outLength) *
                          double(roundUp(taps, Vec<T>::lanes) + grains::memoryAccess);
    const int64_t pieces =
        min(count, piecesOf(amount, grains::multiplyAdds, work.threads, 3 * work.threads));
    parallel(work, pieces, [&](int64_t piece, int worker) {
      T* const memory = reinterpret_cast<T*>(work.scratch(work, worker));
      for (int64_t u = count * piece / pieces; u < count * (piece + 1) / pieces; ++u) {
        const int64_t o = u % units * fewChains, rest = min(fewChains, own - o);
        rows(u / units * own + o, rest, shares(), memory);
      }
    });
  }
};

}  // namespace ostinato::OSTINATO_ISA
