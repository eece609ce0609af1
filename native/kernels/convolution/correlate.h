// y[n, m, q] = bias[m] + sum over r of A[m, r] U[r, q], U the windows of sample n's signal (windows.h): what a convolution and
// each phase of a transposed one are. Elements are chains over r in order from the bias, so that neither the path nor
// how the work is cut changes a bit:
//   long outputs    rows of C are channels, columns positions; panels of U are packed from the signal
//   short outputs   rows are the positions of all samples, columns channels: gemm, then a copy into place
//   few rows        no packing (few.h)
#pragma once

#include "../grain.h"
#include "../kernels.h"
#include "few.h"

namespace ostinato::OSTINATO_ISA {

// Panels of U, packed when the first block of rows passes over them. Columns are the positions of all samples of a group, one after
// another, so that panels are full.
template <class T>
struct PositionPanels {
  static constexpr int64_t NR = panelColumns<T>;
  const Correlation<T>& one;  // of sample 0
  T* const memory;
  const bool keeps;  // several blocks of rows read a panel
  const int64_t n0;  // which column is the first
  Range r = {};
  int64_t sample = 0, q = 0;  // of the current panel's first column

  void range(const Range& range) { r = range; }
  int64_t panels() const { return ceilDiv(r.columns, NR); }
  // Where the current panel's columns are.
  Places<T> places(int64_t m) const {
    return {
        one.c + sample * one.cSample + m * one.cRow, one.cRow, one.cColumn, q, one.N, one.cSample};
  }
  // Rows are written in order, as whole vectors: what is past the end of one the next overwrites, and past the last one is room.
  PackedPanel<T> panel(int64_t index, bool first) {
    T* const to = memory + (keeps ? index * NR : 0) * r.depth;
    const int64_t n = r.n0 + index * NR, columns = min(NR, r.n0 + r.columns - n);
    sample = (n0 + n) / one.N;
    q = (n0 + n) % one.N;
    if (first) pack(columns, to);
    return {to, n, columns};
  }
  __attribute__((noinline)) void pack(int64_t columns, T* row) const {
    const Windows<T>& w = one.windows;
    const T* channel = w.x + sample * one.xSample + r.k0 / w.taps * w.length;
    int64_t tap = r.k0 % w.taps;
    const bool single = q + columns <= one.N;
    for (int64_t k = 0; k < r.depth; ++k, row += NR) {
      const int64_t at = w.first + tap * w.delta;
      if (single && columns == NR) {
        if (w.shifts(tap) && k >= w.step)
          w.packShifted(channel, at + q * w.step, NR, row - w.step * NR, row);
        else
          w.pack(channel, at + q * w.step, NR, row);
      } else {
        const T* own = channel;
        int64_t from = q, j = 0;
        for (; j < columns; own += one.xSample, from = 0) {
          const int64_t count = min(one.N - from, columns - j);
          w.pack(own, at + from * w.step, count, row + j);
          j += count;
        }
        for (; j < NR; ++j) row[j] = 0;
      }
      if (++tap == w.taps) {
        tap = 0;
        channel += w.length;
      }
    }
  }
  PrefetchRows next(int64_t, bool, int64_t) const { return {}; }
};

// Columns n0 .. n0 + count - 1 of a group, `one` being its first sample.
template <class T>
void correlateColumns(const Correlation<T>& one, int64_t n0, int64_t count, char* scratch) {
  const int64_t K = one.windows.rows();
  const RowTiles tiles(one.M);
  const Blocks blocks = {evenBlock(count, blockColumns<T>, panelColumns<T>), depthOf<T>(K),
                         evenBlock(tiles.tiles, blockRows<T> / tileRows, 1)};
  T* const panels = reinterpret_cast<T*>(scratch);
  const Product<T> p = {one.M, count, K,        one.a,       K,     1,        nullptr, 0,
                        0,     one.c, one.cRow, one.cColumn, false, one.bias, 1,       0};
  RowsOfA<T> a = {p, panels + blocks.columns * blocks.depth + Vec<T>::lanes};
  PositionPanels<T> b = {one, panels, blocks.tiles < tiles.tiles, n0};
  blockedProduct(tiles, count, K, blocks, a, b,
                 [&](auto rows, const Range& range, int64_t t, const PackedPanel<T>& panel)
                     OSTINATO_INLINE_LAMBDA {
                       constexpr int MR = decltype(rows)::v;
                       const int64_t m = tiles.firstRow(t);
                       const Places<T> to = b.places(m);
                       a.rows(m, [&](auto from) OSTINATO_INLINE_LAMBDA {
                         chainTile<MR>(range.depth, from, panel.p, chainOf<T>(K, range.k0),
                                       one.bias ? one.bias + m : nullptr, to, panel.columns);
                       });
                     });
}

// Outputs that are the bias alone: there is no tap that reaches them.
template <class T>
void fillBias(const Correlation<T>& one) {
  for (int64_t m = 0; m < one.M; ++m)
    for (int64_t n = 0; n < one.N; ++n)
      one.c[m * one.cRow + n * one.cColumn] = one.bias ? one.bias[m] : T(0);
}

// at(n, g) is the Correlation of sample n and group g, all of the same sizes.
template <class T, class At>
void correlateLong(Work& work, int64_t batch, int64_t groups, At at) {
  const Correlation<T> example = at(0, 0);
  const int64_t K = example.windows.rows();
  const bool few = takesFewRows(example.M, example.windows);
  // Runs of columns: of a sample and group, or of all samples of a group.
  const int64_t each = few ? batch * groups : groups, N = few ? example.N : batch * example.N;
  const double amount =
      double(each) * double(N) * double(K) * (double(example.M) + grains::memoryAccess);
  const int64_t pieces = piecesOf(amount, grains::multiplyAdds, work.threads, 3 * work.threads);
  const int64_t cuts = min(ceilDiv(pieces, each), ceilDiv(N, panelColumns<T>));
  const int64_t step = evenBlock(N, ceilDiv(N, cuts), panelColumns<T>);
  const int64_t columnCuts = ceilDiv(N, step);
  const int64_t run = cuts > 1 ? 1 : ceilDiv(each, pieces);
  parallel(work, ceilDiv(each, run) * columnCuts, [&](int64_t index, int worker) {
    const int64_t from = index / columnCuts * run, n0 = index % columnCuts * step;
    char* const scratch = work.scratch(work, worker);
    const int64_t end = min(from + run, each), count = min(step, N - n0);
    if constexpr (sizeof(T) == 4)
      if (few) {
        const FewRows<T> rows(example.windows, step, scratch);
        for (int64_t i = from; i < end; ++i) rows.run(at(i / groups, i % groups), n0, count);
        return;
      }
    for (int64_t g = from; g < end; ++g) correlateColumns(at(0, g), n0, count, scratch);
  });
}

template <class T, class At>
void correlateShort(Work& work, int64_t batch, int64_t groups, T* space, int64_t spaceRows, At at) {
  const Correlation<T> example = at(0, 0);
  const int64_t K = example.windows.rows(), M = example.M, N = example.N;
  const int64_t samples = max(spaceRows / N, 1);
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t n0 = 0; n0 < batch; n0 += samples) {
      const int64_t count = min(samples, batch - n0), rows = count * N;
      T* const sums = space + rows * K;
      T* const part = sums + rows * M;
      const auto eachSample = [&](int64_t elements, auto body) {
        const int64_t pieces =
            min(count, piecesOf(double(count * elements), grains::plainElements, work.threads, 16));
        parallel(work, pieces, [&](int64_t piece, int) {
          for (int64_t n = count * piece / pieces; n < count * (piece + 1) / pieces; ++n)
            body(at(n0 + n, g), n);
        });
      };
      eachSample(N * K, [&](const Correlation<T>& one, int64_t n) {
        for (int64_t q = 0; q < N; ++q) one.windows.packColumn(q, space + (n * N + q) * K);
      });
      const Correlation<T> first = at(n0, g);
      const int64_t step = cutsChains<T>(K) ? cutChain : K;
      for (int64_t k = 0; k < K; k += step) {
        const bool transposed = first.transposedA;
        gemm<T>(work, rows, M, min(step, K - k), space + k, K, 0,
                first.a + k * (transposed ? M : 1), transposed ? M : K, !transposed,
                k == 0 ? first.bias : nullptr, k == 0 ? sums : part, M, 0);
        for (int64_t i = 0; k > 0 && i < rows * M; ++i) sums[i] += part[i];
      }
      eachSample(N * M, [&](const Correlation<T>& one, int64_t n) {
        const T* from = sums + n * N * M;
        for (int64_t m = 0; m < M; ++m)
          for (int64_t q = 0; q < N; ++q) one.c[m * one.cRow + q * one.cColumn] = from[q * M + m];
      });
    }
}

// Whether a correlation of these sizes goes by short outputs.
template <class T>
bool takesShort(const Correlation<T>& one, const T* space) {
  return space && one.windows.rows() > 0 &&
         !(one.windows.channels == 1 && takesFewRows(one.M, one.windows));
}

template <class T, class At>
void correlate(Work& work, int64_t batch, int64_t groups, T* space, int64_t spaceRows, At at) {
  if (batch <= 0 || groups <= 0) return;
  const Correlation<T> example = at(0, 0);
  if (example.M <= 0 || example.N <= 0) return;
  if (example.windows.rows() == 0) {
    for (int64_t i = 0; i < batch * groups; ++i) fillBias(at(i / groups, i % groups));
  } else if (takesShort(example, space)) {
    correlateShort(work, batch, groups, space, spaceRows, at);
  } else {
    correlateLong<T>(work, batch, groups, at);
  }
}

}  // namespace ostinato::OSTINATO_ISA
