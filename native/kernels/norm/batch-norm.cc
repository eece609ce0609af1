// Batch normalization of x [batch, channels, length], forward and backward, and the sum of each channel; how channels become
// vectors is in channels.h.
#include "../kernels.h"
#include "channels.h"

#include <type_traits>

namespace ostinato::OSTINATO_ISA {

namespace {

// A value for each channel of a layout as vectors: broadcast, or lane by lane.
template <class T, class Layout>
struct ChannelValues {
  Vec<T> vector[Layout::vectors];
  template <class From>
  OSTINATO_INLINE ChannelValues(const Layout& layout, const From& from) {
    if constexpr (!Layout::perLane) {
      vector[0] = broadcast(T(from(0)));
    } else {
      alignas(64) T values[Layout::vectors * W<T>];
      const int lanes = layout.lanes();
      for (int i = 0; i < Layout::vectors * W<T>; ++i) values[i] = i < lanes ? T(from(i)) : T(0);
      for (int k = 0; k < Layout::vectors; ++k) vector[k] = load(values + k * W<T>);
    }
  }
  OSTINATO_INLINE const Vec<T>& operator[](int k) const { return vector[k]; }
};

template <class T, class Layout>
struct Channels {
  ChannelValues<T, Layout> upper, lower, scale;
  OSTINATO_INLINE Channels(const Layout& layout, const double* mean, const double* rstd)
      : upper(layout, [&](int i) { return mean[i]; }),
        lower(layout, [&](int i) { return mean[i] - double(T(mean[i])); }),
        scale(layout, [&](int i) { return rstd[i]; }) {}
  OSTINATO_INLINE Vec<T> of(const Vec<T>& x, int k) const {
    if constexpr (sizeof(T) == 8) return (x - upper[k]) * scale[k];
    return ((x - upper[k]) - lower[k]) * scale[k];
  }
};

// Mean and variance of the channels: sums of d = x - c and of d d, c being the first element, as in layer_norm.
template <class T, class Layout>
void momentsOf(const Layout& layout, const T* x, double* mean, double* variance) {
  constexpr int vectors = Layout::vectors, most = vectors * W<T>, parts = doubleParts<T>;
  const int lanes = layout.lanes();
  const double n = double((layout.batch * layout.length));
  const T* const first = x + layout.channel * layout.length;
  // Adjacent where there are several.
  alignas(64) double centre[most];
  for (int i = 0; i < most; ++i) centre[i] = double(first[Layout::perLane && i < lanes ? i : 0]);
  Vec<double> c[vectors * parts];
  for (int h = 0; h < vectors * parts; ++h) c[h] = load(centre + h * Vec<double>::lanes);
  ChannelSums<T, vectors> sum, squares;
  layout.each([&](int64_t at, int count, int k) {
    layout.prefetch(x + at);
    Vec<T> v = load(x + at, count);
    if (!Layout::perLane && count < W<T>) v = select(firstLanes<T>(count), v, broadcast(first[0]));
    Vec<double> d[parts];
    d[0] = widen<0>(v) - c[k * parts];
    if constexpr (parts == 2) d[1] = widen<1>(v) - c[k * parts + 1];
    OSTINATO_UNROLL
    for (int h = 0; h < parts; ++h) {
      Vec<double>&s = sum.part[k * parts + h], &q = squares.part[k * parts + h];
      s = s + d[h];
      q = fma(d[h], d[h], q);
    }
  });
  double firsts[most], seconds[most];
  sum.template write<Layout::perLane>(firsts);
  squares.template write<Layout::perLane>(seconds);
  for (int i = 0; i < lanes; ++i) {
    const double shift = firsts[i] / n;
    mean[i] = centre[i] + shift;
    const double v = seconds[i] / n - shift * shift;
    variance[i] = v < 0 ? 0 : v;
  }
}

}  // namespace

template <class T>
void batch_norm(const T* x, const T* weight, const T* bias, const T* runningMean,
                const T* runningVariance, T* out, double* mean, double* rstd, T* batchMean,
                T* batchVariance, double eps, int64_t batch, int64_t channels, int64_t length,
                Work& work) {
  if (batch <= 0 || length <= 0) return;
  forChannels<T>(work, batch, channels, length, [&](const auto& layout) {
    using Layout = std::remove_cvref_t<decltype(layout)>;
    const int64_t c = layout.channel;
    const int lanes = layout.lanes();
    double variance[Layout::vectors * W<T>];
    if (runningMean) {
      for (int i = 0; i < lanes; ++i) {
        mean[c + i] = double(runningMean[c + i]);
        variance[i] = double(runningVariance[c + i]);
      }
    } else {
      momentsOf(layout, x, mean + c, variance);
      const double n = double(batch * length);
      for (int i = 0; i < lanes; ++i) {
        batchMean[c + i] = T(mean[c + i]);
        batchVariance[c + i] = T(variance[i] * (n / (n - 1)));
      }
    }
    for (int i = 0; i < lanes; ++i)
      rstd[c + i] = (broadcast(1.0) / sqrt(broadcast(variance[i] + eps)))[0];
    const Channels<T, Layout> normal(layout, mean + c, rstd + c);
    const ChannelValues<T, Layout> w(layout, [&](int i) { return weight ? weight[c + i] : T(1); });
    const ChannelValues<T, Layout> b(layout, [&](int i) { return bias ? bias[c + i] : T(0); });
    const bool isAffine = weight || bias;
    layout.each([&](int64_t at, int count, int k) {
      layout.template prefetch<true>(out + at);
      Vec<T> y = normal.of(load(x + at, count), k);
      if (isAffine) y = fma(y, w[k], b[k]);
      store(out + at, y, count);
    });
  });
}

template <class T>
void batch_norm_backward(const T* g, const T* x, const T* weight, const double* mean,
                         const double* rstd, T* dx, T* dweight, T* dbias, int64_t training,
                         int64_t batch, int64_t channels, int64_t length, Work& work) {
  if (batch <= 0 || length <= 0) {
    for (int64_t c = 0; c < channels; ++c) {
      if (dweight) dweight[c] = 0;
      if (dbias) dbias[c] = 0;
    }
    return;
  }
  forChannels<T>(work, batch, channels, length, [&](const auto& layout) {
    using Layout = std::remove_cvref_t<decltype(layout)>;
    constexpr int vectors = Layout::vectors, parts = doubleParts<T>;
    const int64_t c = layout.channel;
    const Channels<T, Layout> normal(layout, mean + c, rstd + c);
    double first[vectors * W<T>] = {}, second[vectors * W<T>] = {};
    if (training || dweight || dbias) {
      ChannelSums<T, vectors> sum, products;
      layout.each([&](int64_t at, int count, int k) {
        layout.prefetch(g + at);
        layout.prefetch(x + at);
        const Vec<T> v = load(g + at, count), h = normal.of(load(x + at, count), k);
        sum.add(v, k);
        Vec<double>* const own = products.part + k * parts;
        own[0] = fma(widen<0>(v), widen<0>(h), own[0]);
        if constexpr (parts == 2) own[1] = fma(widen<1>(v), widen<1>(h), own[1]);
      });
      sum.template write<Layout::perLane>(first);
      products.template write<Layout::perLane>(second);
      for (int i = 0; i < layout.lanes(); ++i) {
        if (dbias) dbias[c + i] = T(first[i]);
        if (dweight) dweight[c + i] = T(second[i]);
      }
    }
    if (!dx) return;
    const double n = double(batch * length);
    const ChannelValues<T, Layout> factor(
        layout, [&](int i) { return rstd[c + i] * (weight ? double(weight[c + i]) : 1.0); });
    if (!training) {
      layout.each([&](int64_t at, int count, int k) {
        store(dx + at, load(g + at, count) * factor[k], count);
      });
      return;
    }
    const ChannelValues<T, Layout> a(layout, [&](int i) { return first[i] / n; });
    const ChannelValues<T, Layout> b(layout, [&](int i) { return -second[i] / n; });
    layout.each([&](int64_t at, int count, int k) {
      layout.template prefetch<true>(dx + at);
      const Vec<T> h = normal.of(load(x + at, count), k);
      store(dx + at, fma(h, b[k], load(g + at, count) - a[k]) * factor[k], count);
    });
  });
}

// Also of samples of one element, which are not worth code of their own here.
template <class T>
void channel_sums(const T* x, T* out, int64_t batch, int64_t channels, int64_t length, Work& work) {
  share(work, channels, batch * length, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      ChannelSums<T> sum;
      OneChannel<T>{batch, channels, length, c}.each(
          [&](int64_t at, int count, int) { sum.add(load(x + at, count)); });
      double total;
      sum.template write<false>(&total);
      out[c] = T(total);
    }
  });
}

INSTANTIATE_FLOAT(batch_norm)
INSTANTIATE_FLOAT(batch_norm_backward)
INSTANTIATE_FLOAT(channel_sums)

}  // namespace ostinato::OSTINATO_ISA
