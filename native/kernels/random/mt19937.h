// The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998): state, recurrence and tempering, and
// uniform numbers in [0, 1). The other distributions are in the other files of this folder.
//
// The state is a buffer that TypeScript owns; its layout is `Generator` below, whose offsets
// the add-on exports (binding/constants.cc).
#pragma once

#include <cstddef>

#include "../kernels.h"
#include "../sizes.h"

namespace ostinato::OSTINATO_ISA {

// Words are drawn from a block of 624 that is recomputed as a whole. As in PyTorch, `left` counts
// down from 624 after a block's first draw to 1 when the block is used up, and `next` is the index
// of the next word; a freshly seeded state has left = 1, so that its first draw recomputes the
// block.
struct Generator {
  static constexpr int N = 624;
  static constexpr int M = 397;
  uint32_t words[N];
  uint32_t left;
  uint32_t next;
  double nextNormal;       // the unused second number of a Box-Muller pair,
  uint32_t hasNextNormal;  // valid when this is 1
  uint32_t padding;
};
static_assert(offsetof(Generator, nextNormal) == 2504 && sizeof(Generator) == 2520);

static inline Generator& generatorOf(uint32_t* state) {
  return *reinterpret_cast<Generator*>(state);
}

// x' = x[j + M] ^ twist(x[j], x[j + 1]): the recurrence of the paper, without a branch.
static inline uint32_t twist(uint32_t current, uint32_t following, uint32_t far) {
  const uint32_t mixed = (current & 0x80000000u) | (following & 0x7fffffffu);
  return far ^ (mixed >> 1) ^ ((0u - (following & 1u)) & 0x9908b0dfu);
}

// Each loop reads only words that it has not written yet or that an earlier one has finished (the
// second one in strides of N - M = 227), so the compiler may run any of them on vectors.
static inline void refresh(Generator& g) {
  constexpr int N = Generator::N, M = Generator::M;
  uint32_t* x = g.words;
  for (int j = 0; j < N - M; ++j) x[j] = twist(x[j], x[j + 1], x[j + M]);
  for (int j = N - M; j < 2 * (N - M); ++j) x[j] = twist(x[j], x[j + 1], x[j - (N - M)]);
  for (int j = 2 * (N - M); j < N - 1; ++j) x[j] = twist(x[j], x[j + 1], x[j - (N - M)]);
  x[N - 1] = twist(x[N - 1], x[0], x[M - 1]);
}

static inline uint32_t temper(uint32_t y) {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

// The next n outputs of the generator.
static inline void drawWords(Generator& g, uint32_t* __restrict out, int64_t n) {
  while (n > 0) {
    if (g.left == 1) {
      refresh(g);
      g.left = Generator::N + 1;
      g.next = 0;
    }
    const int64_t available = g.left - 1;
    const int64_t count = min(n, available);
    const uint32_t* words = g.words + g.next;
    for (int64_t i = 0; i < count; ++i) out[i] = temper(words[i]);
    g.left -= uint32_t(count);
    g.next += uint32_t(count);
    out += count;
    n -= count;
  }
}

// A 64-bit draw is two outputs, the first one in the upper half.
static inline uint64_t join(const uint32_t* pair) { return uint64_t(pair[0]) << 32 | pair[1]; }

// ---- uniform numbers in [0, 1): a float is made of the lower 24 bits of one word, a double of the
// lower 53 bits of two.
template <class T>
constexpr int wordsEach = sizeof(T) / sizeof(uint32_t);

static inline void unitUniform(const uint32_t* __restrict words, float* __restrict out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = float(int32_t(words[i] & 0xffffffu)) * 0x1p-24f;
}
// upper · 2³² + lower is exact below 2⁵³, and unlike a 64-bit integer it converts on vectors.
static inline void unitUniform(const uint32_t* __restrict words, double* __restrict out,
                               int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const double upper = double(int32_t(words[2 * i] & 0x1fffffu));
    const double lower = double(words[2 * i + 1]);
    out[i] = (upper * 0x1p32 + lower) * 0x1p-53;
  }
}

// Draws n <= chunk numbers in [0, 1).
constexpr int64_t chunk = 512;
template <class T>
static inline void drawUniform(Generator& g, T* out, int64_t n) {
  alignas(64) uint32_t words[chunk * wordsEach<T>];
  drawWords(g, words, n * wordsEach<T>);
  unitUniform(words, out, n);
}

}  // namespace ostinato::OSTINATO_ISA
