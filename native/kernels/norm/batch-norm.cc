// Batch normalization of x [batch, channels, length], forward and backward, and the sum of each channel; how channels become
// vectors is in channels.h.
#include "../kernels.h"
#include "channels.h"

#include <type_traits>

namespace ostinato::OSTINATO_ISA {

namespace {

// Values of the channels as vectors: broadcast, or lane by lane.
template <class T, bool perLane, class From>
OSTINATO_INLINE Vec<T> channelVector(const From& from, int lanes) {
  if constexpr (!perLane) return broadcast(T(from(0)));
  alignas(64) T values[W<T>];
  for (int i = 0; i < W<T>; ++i) values[i] = i < lanes ? T(from(i)) : T(0);
  return load(values);
}

template <class T>
struct Channels {
  Vec<T> upper, lower, scale;
  template <class Layout>
  Channels(const Layout& layout, const double* mean, const double* rstd) {
    constexpr bool perLane = Layout::perLane;
    const int lanes = layout.lanes();
    upper = channelVector<T, perLane>([&](int i) { return mean[i]; }, lanes);
    lower = channelVector<T, perLane>([&](int i) { return mean[i] - double(T(mean[i])); }, lanes);
    scale = channelVector<T, perLane>([&](int i) { return rstd[i]; }, lanes);
  }
  OSTINATO_INLINE Vec<T> of(const Vec<T>& x) const {
    if constexpr (sizeof(T) == 8) return (x - upper) * scale;
    return ((x - upper) - lower) * scale;
  }
};

// Mean and variance of the channels: sums of d = x - c and of d d, c being the first element, as in layer_norm.
template <class T, class Layout>
void momentsOf(const Layout& layout, const T* x, double* mean, double* variance) {
  constexpr int most = W<T>;
  const int lanes = layout.lanes();
  const double n = double(layout.batch * layout.length);
  const int64_t first = layout.channel * layout.length;
  double centre[most];
  for (int i = 0; i < lanes; ++i) centre[i] = double(x[first + i * layout.length]);
  Vec<double> c[doubleParts<T>];
  for (int h = 0; h < doubleParts<T>; ++h) {
    alignas(64) double values[Vec<double>::lanes];
    for (int i = 0; i < Vec<double>::lanes; ++i) {
      const int lane = h * Vec<double>::lanes + i;
      values[i] = Layout::perLane ? (lane < lanes ? centre[lane] : 0) : centre[0];
    }
    c[h] = load(values);
  }
  ChannelSums<T> sum, squares;
  layout.each([&](int64_t at, int count) {
    Vec<T> v = load(x + at, count);
    if (!Layout::perLane && count < W<T>)
      v = select(firstLanes<T>(count), v, broadcast(T(centre[0])));
    Vec<double> d[doubleParts<T>];
    d[0] = widen<0>(v) - c[0];
    if constexpr (doubleParts<T> == 2) d[1] = widen<1>(v) - c[1];
    OSTINATO_UNROLL
    for (int h = 0; h < doubleParts<T>; ++h) {
      sum.part[h] = sum.part[h] + d[h];
      squares.part[h] = fma(d[h], d[h], squares.part[h]);
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
    constexpr bool perLane = std::remove_reference_t<decltype(layout)>::perLane;
    const int64_t c = layout.channel;
    const int lanes = layout.lanes();
    double variance[W<T>];
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
    const Channels<T> normal(layout, mean + c, rstd + c);
    const Vec<T> w =
        channelVector<T, perLane>([&](int i) { return weight ? weight[c + i] : T(1); }, lanes);
    const Vec<T> b =
        channelVector<T, perLane>([&](int i) { return bias ? bias[c + i] : T(0); }, lanes);
    layout.each([&](int64_t at, int count) {
      Vec<T> y = normal.of(load(x + at, count));
      if (weight || bias) y = fma(y, w, b);
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
    constexpr bool perLane = std::remove_reference_t<decltype(layout)>::perLane;
    const int64_t c = layout.channel;
    const int lanes = layout.lanes();
    const Channels<T> normal(layout, mean + c, rstd + c);
    double first[W<T>] = {}, second[W<T>] = {};
    if (training || dweight || dbias) {
      ChannelSums<T> sum, products;
      layout.each([&](int64_t at, int count) {
        const Vec<T> v = load(g + at, count), h = normal.of(load(x + at, count));
        sum.add(v);
        products.part[0] = fma(widen<0>(v), widen<0>(h), products.part[0]);
        if constexpr (doubleParts<T> == 2)
          products.part[1] = fma(widen<1>(v), widen<1>(h), products.part[1]);
      });
      sum.template write<perLane>(first);
      products.template write<perLane>(second);
      for (int i = 0; i < lanes; ++i) {
        if (dbias) dbias[c + i] = T(first[i]);
        if (dweight) dweight[c + i] = T(second[i]);
      }
    }
    if (!dx) return;
    const double n = double(batch * length);
    const Vec<T> factor = channelVector<T, perLane>(
        [&](int i) { return rstd[c + i] * (weight ? double(weight[c + i]) : 1.0); }, lanes);
    if (!training) {
      layout.each(
          [&](int64_t at, int count) { store(dx + at, load(g + at, count) * factor, count); });
      return;
    }
    const Vec<T> a = channelVector<T, perLane>([&](int i) { return first[i] / n; }, lanes);
    const Vec<T> b = channelVector<T, perLane>([&](int i) { return -second[i] / n; }, lanes);
    layout.each([&](int64_t at, int count) {
      const Vec<T> h = normal.of(load(x + at, count));
      store(dx + at, fma(h, b, load(g + at, count) - a) * factor, count);
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
          [&](int64_t at, int count) { sum.add(load(x + at, count)); });
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
