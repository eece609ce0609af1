// Convolution in one dimension and its two gradients; the equations are in convolution.inc. All of them are matrix products with
// the windows of a signal, which are packed as they are read (windows.h).
#include "correlate.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void conv1d(const T* x, const T* weight, const T* bias, T* out, T* space, int64_t spaceRows,
            int64_t batch, int64_t groups, int64_t channels, int64_t outChannels, int64_t length,
            int64_t outLength, int64_t taps, int64_t stride, int64_t padding, int64_t dilation,
            Work& work) {
  correlate<T>(work, batch, groups, space, spaceRows, [&](int64_t n, int64_t g) -> Correlation<T> {
    return {{x + (n * groups + g) * channels * length, channels, length, taps, stride, -padding,
             dilation},
            outChannels,
            outLength,
            weight + g * outChannels * channels * taps,
            bias ? bias + g * outChannels : nullptr,
            out + (n * groups + g) * outChannels * outLength,
            outLength,
            1,
            groups * channels * length,
            groups * outChannels * outLength};
  });
}

namespace {

// to[c, (o, i)] = w[o, c, i between], i < count: some channels at a time, so that what is written stays in L1 until it is whole lines.
template <class T>
__attribute__((noinline)) void rearrange(const T* w, int64_t outChannels, int64_t channels,
                                         int64_t taps, int64_t between, int64_t count, T* to) {
  constexpr int64_t some = 16;
  const int64_t K = outChannels * count;
  const auto copy = [&](int64_t taps, int64_t between, int64_t count) OSTINATO_INLINE_LAMBDA {
    for (int64_t c0 = 0; c0 < channels; c0 += some)
      for (int64_t o = 0; o < outChannels; ++o) {
        const T* from = w + (o * channels + c0) * taps;
        T* out = to + c0 * K + o * count;
        for (int64_t c = c0; c < min(c0 + some, channels); ++c, from += taps, out += K)
          for (int64_t i = 0; i < count; ++i) out[i] = from[i * between];
      }
  };
  // Loops over a few elements whose number the compiler does not know cost more than the copies.
  if (count == 3 && between == 1)
    copy(taps, 1, 3);
  else if (count == 2)
    copy(taps, between, 2);
  else
    copy(taps, between, count);
}

// to[(o, i), c] = w[o, c, i between], i < count: the transposed matrix.
template <class T>
__attribute__((noinline)) void rearrangeTransposed(const T* w, int64_t outChannels,
                                                   int64_t channels, int64_t taps, int64_t between,
                                                   int64_t count, T* to) {
  using Unit = Transposition<T>;
  constexpr int64_t width = Unit::width, depth = Unit::depth;
  for (int64_t o = 0; o < outChannels; ++o, w += channels * taps, to += count * channels) {
    int64_t c = 0;
    // Taps past a channel's last are the next one's: read, and not written.
    for (; between == 1 && c + width + depth <= channels; c += width)
      for (int64_t i = 0; i < count; i += depth) {
        typename Unit::Wide column[depth];
        Unit::transpose([&](int r) { return w + (c + r) * taps + i; }, column);
        for (int64_t d = 0; d < min(depth, count - i); ++d)
          *(typename Unit::UnalignedWide*)(to + (i + d) * channels + c) = column[d];
      }
    for (int64_t i = 0; i < count; ++i)
      for (int64_t rest = c; rest < channels; ++rest)
        to[i * channels + rest] = w[rest * taps + i * between];
  }
}

}  // namespace

// Positions l = q stride + phase are reached by every `between`-th tap, from j0 on: l + padding - j dilation is a multiple of the stride
// for them. So each phase is a correlation with these taps, of unit step.
template <class T>
void conv1d_transposed(const T* g, const T* weight, const T* bias, T* dx, T* rearranged, T* space,
                       int64_t spaceRows, int64_t batch, int64_t groups, int64_t channels,
                       int64_t outChannels, int64_t length, int64_t outLength, int64_t taps,
                       int64_t stride, int64_t padding, int64_t dilation, Work& work) {
  int64_t a = stride, b = dilation;
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  const int64_t between = stride / a, phases = min(stride, length);
  // All phases of some samples, so that g is read from memory once.
  const int64_t sampleBytes = max(groups * outChannels * outLength, 1) * int64_t(sizeof(T));
  const int64_t samples = max((int64_t(1) << 20) * work.threads / sampleBytes, 1);
  for (int64_t n0 = 0; n0 < batch; n0 += samples) {
    T* filters = rearranged;
    for (int64_t phase = 0; phase < phases; ++phase) {
      int64_t j0 = 0;
      const auto reaches = [&](int64_t j) {
        return (phase + padding - j * dilation) % stride == 0;
      };
      while (j0 < taps && j0 < between && !reaches(j0)) ++j0;
      const bool none = j0 >= taps || j0 >= between;
      const int64_t count = none ? 0 : ceilDiv(taps - j0, between);
      const int64_t first = none ? 0 : (phase + padding - j0 * dilation) / stride;
      const int64_t K = outChannels * count, N = ceilDiv(length - phase, stride);
      // filters[c, (o, i)] = w[o, c, j0 + i between], which of one output channel and one phase is w itself. A tap is of
      // one phase at most.
      const bool same = outChannels == 1 && count == taps;
      const auto correlationOf = [&](const T* w, bool transposed, int64_t sample,
                                     int64_t group) -> Correlation<T> {
        const int64_t n = n0 + sample;
        return {{g + (n * groups + group) * outChannels * outLength, outChannels, outLength, count,
                 1, first, -(between * dilation / stride)},
                channels,
                N,
                w + group * channels * K,
                bias ? bias + group * channels : nullptr,
                dx + (n * groups + group) * channels * length + phase,
                length,
                stride,
                groups * outChannels * outLength,
                groups * channels * length,
                transposed};
      };
      const bool transposed = !same && takesShort(correlationOf(filters, false, 0, 0), space);
      if (!same && n0 == 0)
        for (int64_t group = 0; group < groups; ++group) {
          const T* const from = weight + group * outChannels * channels * taps + j0;
          T* const to = filters + group * channels * K;
          if (transposed)
            rearrangeTransposed(from, outChannels, channels, taps, between, count, to);
          else
            rearrange(from, outChannels, channels, taps, between, count, to);
        }
      const T* const w = same ? weight : filters;
      correlate<T>(work, min(samples, batch - n0), groups, space, spaceRows,
                   [&](int64_t sample, int64_t group) {
                     return correlationOf(w, transposed, sample, group);
                   });
      filters += groups * channels * K;
    }
  }
}

namespace {

// Steps k .. k + depth - 1 of the sum over (n, t), a sample at a time: body(n, t, k, count).
template <class Body>
OSTINATO_INLINE void forSamples(int64_t k0, int64_t depth, int64_t outLength, Body body) {
  for (int64_t k = 0; k < depth;) {
    const int64_t n = (k0 + k) / outLength, t = (k0 + k) % outLength;
    const int64_t count = min(outLength - t, depth - k);
    body(n, t, k, count);
    k += count;
  }
}

// Rows of g by tiles, [tile][k][rows of the tile].
template <class T>
struct GradientRows {
  const T* g;  // of the group: g[n sampleStride + o outLength + t]
  int64_t sampleStride, outLength;
  T* memory;
  int64_t first = 0;

  void block(const Range& range, const RowTiles& tiles, int64_t t0, int64_t t1) {
    first = tiles.firstRow(t0);
    for (int64_t tile = t0; tile < t1; ++tile) {
      const int64_t m = tiles.firstRow(tile), rows = tiles.rows(tile);
      T* const to = memory + (m - first) * range.depth;
      forSamples(range.k0, range.depth, outLength,
                 [&](int64_t n, int64_t t, int64_t k, int64_t count) {
                   packRows(g + n * sampleStride + m * outLength + t, outLength, 1, count,
                            RowTiles(rows), 0, 1, to + k * rows);
                 });
    }
  }
};

// Panels whose rows are the steps of the sum over (n, t). pack(n, t, count, column, columns, to) writes `columns` of them from
// `column` on, at most a vector's lanes, of `count` steps, rows of NR.
template <class T, class Pack>
struct StepPanels {
  static constexpr int64_t NR = panelColumns<T>;
  int64_t outLength;
  T* memory;
  bool keeps;
  Pack pack;
  Range r = {};

  void range(const Range& range) { r = range; }
  int64_t panels() const { return ceilDiv(r.columns, NR); }
  PackedPanel<T> panel(int64_t index, bool first) {
    T* const to = memory + (keeps ? index * NR : 0) * r.depth;
    const int64_t n = r.n0 + index * NR, columns = min(NR, r.n0 + r.columns - n);
    if (first)
      forSamples(r.k0, r.depth, outLength,
                 [&](int64_t sample, int64_t t, int64_t k, int64_t count) {
                   for (int64_t v = 0; v < NR; v += Vec<T>::lanes)
                     pack(sample, t, count, n + v, max(0, min(columns - v, Vec<T>::lanes)),
                          to + k * NR + v);
                 });
    return {to, n, columns};
  }
  PrefetchRows next(int64_t, bool, int64_t) const { return {}; }
};

// The other way round, dw' = windows * g': g is transposed once, not each window. Rows are the pairs (c, j).
template <class T>
struct TapRows {
  Windows<T> windows;  // of the group and sample 0
  int64_t sampleStride, outLength, r0;
  T* memory;
  int64_t first = 0, depth = 0;

  // An odd number of lines, so that rows do not map to one set of L1.
  static int64_t stride(int64_t depth) {
    constexpr int64_t line = 64 / int64_t(sizeof(T));
    return (roundUp(depth, 2 * line) / line + 1) * line;
  }
  void block(const Range& range, const RowTiles& tiles, int64_t t0, int64_t t1) {
    first = tiles.firstRow(t0);
    depth = range.depth;
    for (int64_t m = first; m < tiles.firstRow(t1); ++m) {
      const T* channel;
      const int64_t offset = windows.offset(r0 + m, channel), each = stride(depth);
      T* const to = memory + (m - first) * each;
      const bool shifts = windows.shifts((r0 + m) % windows.taps) && m - first >= windows.step;
      forSamples(range.k0, depth, outLength, [&](int64_t n, int64_t t, int64_t k, int64_t count) {
        const T* const own = channel + n * sampleStride;
        const int64_t at = offset + t * windows.step;
        if (shifts)
          windows.packShifted(own, at, count, to + k - windows.step * each, to + k);
        else
          windows.pack(own, at, count, to + k);
      });
    }
  }
  Rows<T> rows(int64_t m) const { return {memory + (m - first) * stride(depth), stride(depth), 1}; }
};

// to[j * toRow + i] = from[i * fromRow + j]
template <class T>
__attribute__((noinline)) void transposeInto(const T* from, int64_t fromRow, int64_t rows,
                                             int64_t columns, T* to, int64_t toRow) {
  constexpr int64_t lanes = Vec<T>::lanes;
  for (int64_t i = 0; i + lanes <= rows; i += lanes)
    packColumns(from, 1, fromRow, columns, {i, int(lanes)}, to + i, toRow);
  for (int64_t j = 0; j < columns; ++j)
    for (int64_t i = rows / lanes * lanes; i < rows; ++i) to[j * toRow + i] = from[i * fromRow + j];
}

// Rows and columns of dw' whose sums a worker's scratch has place for.
inline constexpr int64_t mostTapRows = 1536, mostOutputs = 512;

// Rows r0 .. of dw', pairs (c, j), and columns o0 .. of a group: x and g are the group's.
template <class T>
void weightByTaps(const Windows<T>& windows, int64_t xStride, const T* g, int64_t gStride,
                  int64_t outLength, int64_t K, int64_t r0, int64_t rows, int64_t o0,
                  int64_t outputs, T* dw, T* memory) {
  const RowTiles tiles(rows);
  const int64_t depth = depthOf<T>(K), ldc = roundUp(outputs, panelColumns<T>);
  const Blocks blocks = {ldc, depth, evenBlock(tiles.tiles, blockRows<T> / tileRows, 1)};
  T* const sums = memory + ldc * depth;
  TapRows<T> a = {windows, xStride, outLength, r0, sums + rows * ldc};
  const auto pack = [&](int64_t n, int64_t t, int64_t count, int64_t column, int64_t columns,
                        T* to) {
    packColumns(g + n * gStride + o0 * outLength + t, 1, outLength, count, {column, int(columns)},
                to, panelColumns<T>);
  };
  StepPanels<T, decltype(pack)> b = {outLength, memory, blocks.tiles < tiles.tiles, pack};
  blockedProduct(tiles, outputs, K, blocks, a, b,
                 [&](auto mr, const Range& range, int64_t t, const PackedPanel<T>& panel)
                     OSTINATO_INLINE_LAMBDA {
                       const int64_t m = tiles.firstRow(t);
                       const Places<T> to = {sums + m * ldc, ldc, 1, panel.n, ldc, 0};
                       chainTile<decltype(mr)::v>(range.depth, a.rows(m), panel.p,
                                                  chainOf<T>(K, range.k0), (const T*)nullptr, to,
                                                  panelColumns<T>);
                     });
  const int64_t N = windows.rows();
  transposeInto(sums, ldc, rows, outputs, dw + o0 * N + r0, N);
}

}  // namespace

template <class T>
void conv1d_weight(const T* g, const T* x, T* dw, int64_t batch, int64_t groups, int64_t channels,
                   int64_t outChannels, int64_t length, int64_t outLength, int64_t taps,
                   int64_t stride, int64_t padding, int64_t dilation, Work& work) {
  const int64_t M = outChannels, N = channels * taps, K = batch * outLength;
  if (groups <= 0 || M <= 0 || N <= 0) return;
  if (K <= 0) {
    for (int64_t i = 0; i < groups * M * N; ++i) dw[i] = 0;
    return;
  }
  if constexpr (sizeof(T) == 4)
    if (FewTaps<T>::takes(channels, taps, stride, dilation))
      return FewTaps<T>{g,      x,         dw,   batch,  groups, outChannels,
                        length, outLength, taps, stride, padding}
          .run(work);
  const double amount = double(groups) * (double(M) + grains::memoryAccess) * double(N) * double(K);
  const int64_t pieces = piecesOf(amount, grains::multiplyAdds, work.threads, 3 * work.threads);
  const int64_t wanted = ceilDiv(pieces, groups);
  // Then g and the result are transposed, else the windows.
  if (K >= 2 * M) {
    const int64_t tapCuts = max(ceilDiv(N, mostTapRows), min(wanted, ceilDiv(N, 4 * tileRows)));
    const int64_t tapStep = evenBlock(N, ceilDiv(N, tapCuts), tileRows);
    const int64_t outputStep = evenBlock(M, mostOutputs, panelColumns<T>);
    const int64_t tapParts = ceilDiv(N, tapStep), parts = tapParts * ceilDiv(M, outputStep);
    parallel(work, groups * parts, [&](int64_t index, int worker) {
      const int64_t group = index / parts, r0 = index % tapParts * tapStep;
      const int64_t o0 = index % parts / tapParts * outputStep;
      weightByTaps<T>(
          {x + group * channels * length, channels, length, taps, stride, -padding, dilation},
          groups * channels * length, g + group * outChannels * outLength,
          groups * outChannels * outLength, outLength, K, r0, min(tapStep, N - r0), o0,
          min(outputStep, M - o0), dw + group * M * N,
          reinterpret_cast<T*>(work.scratch(work, worker)));
    });
    return;
  }
  // Each piece packs what it reads: the longer side is cut.
  const int64_t columnCuts = min(wanted, ceilDiv(N, panelColumns<T>));
  const int64_t rowCuts = min(ceilDiv(wanted, columnCuts), ceilDiv(M, tileRows));
  const int64_t columnStep = evenBlock(N, ceilDiv(N, columnCuts), panelColumns<T>);
  const int64_t rowStep = evenBlock(M, ceilDiv(M, rowCuts), tileRows);
  const int64_t columnParts = ceilDiv(N, columnStep), parts = columnParts * ceilDiv(M, rowStep);
  parallel(work, groups * parts, [&](int64_t index, int worker) {
    const int64_t group = index / parts, part = index % parts;
    const int64_t n0 = part % columnParts * columnStep, m0 = part / columnParts * rowStep;
    const int64_t rows = min(rowStep, M - m0), columns = min(columnStep, N - n0);
    const RowTiles tiles(rows);
    const Blocks blocks = {evenBlock(columns, blockColumns<T>, panelColumns<T>), depthOf<T>(K),
                           evenBlock(tiles.tiles, blockRows<T> / tileRows, 1)};
    T* const memory = reinterpret_cast<T*>(work.scratch(work, worker));
    GradientRows<T> a = {g + (group * outChannels + m0) * outLength,
                         groups * outChannels * outLength, outLength,
                         memory + blocks.columns * blocks.depth};
    const Windows<T> windows = {
        x + group * channels * length, channels, length, taps, stride, -padding, dilation};
    const auto pack = [&](int64_t n, int64_t t, int64_t count, int64_t column, int64_t some,
                          T* to) {
      Windows<T> own = windows;
      own.x += n * groups * channels * length;
      own.packTransposed(n0 + column, some, t, count, to, panelColumns<T>);
    };
    StepPanels<T, decltype(pack)> b = {outLength, memory, blocks.tiles < tiles.tiles, pack};
    blockedProduct(tiles, columns, K, blocks, a, b,
                   [&](auto mr, const Range& range, int64_t t,
                       const PackedPanel<T>& panel) OSTINATO_INLINE_LAMBDA {
                     const int64_t m = tiles.firstRow(t);
                     const Places<T> to = {
                         dw + ((group * outChannels + m0 + m) * N + n0), N, 1, panel.n, N, 0};
                     chainTile<decltype(mr)::v>(
                         range.depth, PackedRows<T>{a.memory + (m - a.first) * range.depth},
                         panel.p, chainOf<T>(K, range.k0), (const T*)nullptr, to, panel.columns);
                   });
  });
}

INSTANTIATE_FLOAT(conv1d)
INSTANTIATE_FLOAT(conv1d_transposed)
INSTANTIATE_FLOAT(conv1d_weight)

}  // namespace ostinato::OSTINATO_ISA
