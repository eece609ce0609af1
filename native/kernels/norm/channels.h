// The channels of x [batch, channels, length] and their sums in double precision, in an order that depends on the sizes only.
// Lanes run along a channel's elements where a sample has several of them, else along the channels; threads share the channels.
#pragma once

#include "normal.h"

namespace ostinato::OSTINATO_ISA {

// Vectors of channels that are walked side by side: what they keep in registers (two sums in double precision and a centre
// for each) fills 24 of AVX-512's 32.
#if defined(__AVX512F__)
inline constexpr int stripVectors = 4;
#else
inline constexpr int stripVectors = forSize ? 1 : 2;
#endif

// Some channels and how their elements become vectors: body(offset, count, k) for each, k < vectors.
// A channel of its own: vectors of each sample's row.
template <class T>
struct OneChannel {
  static constexpr bool perLane = false;
  static constexpr int vectors = 1;
  int64_t batch, channels, length, channel;
  int lanes() const { return 1; }
  template <bool forWriting = false>
  OSTINATO_INLINE void prefetch(const T*) const {}
  template <class Body>
  OSTINATO_INLINE void each(Body body) const {
    for (int64_t n = 0; n < batch; ++n) {
      const int64_t row = (n * channels + channel) * length;
      forEachVector<T>(0, length, [&](int64_t i, int count) { body(row + i, count, 0); });
    }
  }
};
// Vectors of channels next to each other, of one element in each sample; of several vectors, all are whole.
template <class T, int V>
struct LaneChannels {
  static constexpr bool perLane = true;
  static constexpr int vectors = V;
  static constexpr int64_t length = 1;
  int64_t batch, channels, channel;
  int lanes() const { return int(min(V * W<T>, channels - channel)); }
  // What is some samples ahead: they are too far apart for the hardware prefetcher.
  template <bool forWriting = false>
  OSTINATO_INLINE void prefetch(const T* p) const {
    __builtin_prefetch(p + 16 * channels, forWriting);
  }
  template <class Body>
  OSTINATO_INLINE void each(Body body) const {
    const int count = V > 1 ? W<T> : lanes();
    for (int64_t n = 0; n < batch; ++n) {
      OSTINATO_UNROLL
      for (int k = 0; k < V; ++k) body(n * channels + channel + k * W<T>, count, k);
    }
  }
};

// A sum for each channel.
template <class T, int V = 1>
struct ChannelSums {
  Vec<double> part[V * doubleParts<T>];
  OSTINATO_INLINE ChannelSums() {
    for (int h = 0; h < V * doubleParts<T>; ++h) part[h] = zero<double>();
  }
  OSTINATO_INLINE void add(const Vec<T>& v, int k = 0) {
    Vec<double>* const own = part + k * doubleParts<T>;
    own[0] = own[0] + widen<0>(v);
    if constexpr (doubleParts<T> == 2) own[1] = own[1] + widen<1>(v);
  }
  // sums[lane], for one channel the sum of all lanes.
  template <bool perLane>
  OSTINATO_INLINE void write(double* sums) const {
    if constexpr (perLane) {
      for (int h = 0; h < V * doubleParts<T>; ++h) store(sums + h * Vec<double>::lanes, part[h]);
    } else {
      Vec<double> all = part[0];
      if constexpr (doubleParts<T> == 2) all = all + part[1];
      sums[0] = sumLanes(all);
    }
  }
};

// body(layout) for each channel, or for strips of vectors of channels where samples have one element.
template <class T, class Body>
OSTINATO_INLINE void forChannels(Work& work, int64_t batch, int64_t channels, int64_t length,
                                 Body body) {
  if (length == 1) {
    share(work, ceilDiv(channels, W<T>), batch * W<T>, [&](int64_t begin, int64_t end) {
      constexpr int V = stripVectors;
      int64_t v = begin;
      for (; v + V <= min(end, channels / W<T>); v += V)
        body(LaneChannels<T, V>{batch, channels, v * W<T>});
      for (; v < end; ++v) body(LaneChannels<T, 1>{batch, channels, v * W<T>});
    });
  } else {
    share(work, channels, batch * length, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) body(OneChannel<T>{batch, channels, length, c});
    });
  }
}

}  // namespace ostinato::OSTINATO_ISA
