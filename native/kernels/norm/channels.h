// The channels of x [batch, channels, length] and their sums in double precision, in an order that depends on the sizes only.
// Lanes run along a channel's elements where a sample has several of them, else along the channels; threads share the channels.
#pragma once

#include "normal.h"

namespace ostinato::OSTINATO_ISA {

// Some channels and how their elements become vectors: body(offset, count) for each, `stride` 1 along lanes.
// A channel of its own: vectors of each sample's row.
template <class T>
struct OneChannel {
  static constexpr bool perLane = false;
  int64_t batch, channels, length, channel;
  int lanes() const { return 1; }
  template <class Body>
  OSTINATO_INLINE void each(Body body) const {
    for (int64_t n = 0; n < batch; ++n) {
      const int64_t row = (n * channels + channel) * length;
      forEachVector<T>(0, length, [&](int64_t i, int count) { body(row + i, count); });
    }
  }
};
// A vector of channels, of one element in each sample.
template <class T>
struct LaneChannels {
  static constexpr bool perLane = true;
  int64_t batch, channels, length, channel;
  int lanes() const { return int(min(W<T>, channels - channel)); }
  template <class Body>
  OSTINATO_INLINE void each(Body body) const {
    const int count = lanes();
    for (int64_t n = 0; n < batch; ++n) body(n * channels + channel, count);
  }
};

// A sum for each channel.
template <class T>
struct ChannelSums {
  Vec<double> part[doubleParts<T>];
  ChannelSums() {
    for (int h = 0; h < doubleParts<T>; ++h) part[h] = zero<double>();
  }
  OSTINATO_INLINE void add(const Vec<T>& v) {
    part[0] = part[0] + widen<0>(v);
    if constexpr (doubleParts<T> == 2) part[1] = part[1] + widen<1>(v);
  }
  // sums[lane], for one channel the sum of all lanes.
  template <bool perLane>
  void write(double* sums) const {
    if constexpr (perLane) {
      for (int h = 0; h < doubleParts<T>; ++h) store(sums + h * Vec<double>::lanes, part[h]);
    } else {
      Vec<double> all = part[0];
      if constexpr (doubleParts<T> == 2) all = all + part[1];
      sums[0] = sumLanes(all);
    }
  }
};

// body(layout) for each channel, or for each vector of channels where samples have one element.
template <class T, class Body>
OSTINATO_INLINE void forChannels(Work& work, int64_t batch, int64_t channels, int64_t length,
                                 Body body) {
  if (length == 1) {
    share(work, ceilDiv(channels, W<T>), batch * W<T>, [&](int64_t begin, int64_t end) {
      for (int64_t v = begin; v < end; ++v)
        body(LaneChannels<T>{batch, channels, length, v * W<T>});
    });
  } else {
    share(work, channels, batch * length, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) body(OneChannel<T>{batch, channels, length, c});
    });
  }
}

}  // namespace ostinato::OSTINATO_ISA
