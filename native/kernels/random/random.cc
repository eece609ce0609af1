// Seeding, raw words, and the distributions without transcendental functions: uniform, integers,
// Bernoulli, permutations. `state` is the buffer of mt19937.h; every
// kernel advances it by exactly the draws that PyTorch's CPU generator makes, in the same order.
#include "../simd/lanes.h"
#include "mt19937.h"
#include "transcendental.h"

namespace ostinato::OSTINATO_ISA {

// Knuth's linear recurrence spreads the seed's lower 32 bits over the block.
void mt19937_seed(uint32_t* state, int64_t seed) {
  Generator& g = generatorOf(state);
  g.words[0] = uint32_t(seed);
  for (int j = 1; j < Generator::N; ++j)
    g.words[j] = 1812433253u * (g.words[j - 1] ^ (g.words[j - 1] >> 30)) + uint32_t(j);
  g.left = 1;
  g.next = 0;
  g.nextNormal = 0;
  g.hasNextNormal = 0;
  g.padding = 0;
}

void mt19937_words(uint32_t* state, uint32_t* out, int64_t n) {
  drawWords(generatorOf(state), out, n);
}

// out = u · (to - from) + from, fused, in T; a result that rounds up to `to` becomes `from`.
template <class T>
void random_uniform(uint32_t* state, T* out, int64_t n, double from, double to) {
  constexpr int lanes = Vec<T>::lanes;
  const Vec<T> low = broadcast(T(from)), high = broadcast(T(to));
  const Vec<T> span = broadcast(T(T(to) - T(from)));
  alignas(64) T u[chunk];
  for (int64_t done = 0; done < n; done += chunk) {
    const int64_t count = min(n - done, chunk);
    drawUniform(generatorOf(state), u, count);
    for (int64_t i = 0; i < count; i += lanes) {
      // Lanes past the end hold whatever the stack held, and are not stored.
      const Vec<T> value = fused(load(u + i), span, low);
      const Vec<T> result = select<T>(value == high, low, value);
      store(out + done + i, result, int(min(count - i, lanes)));
    }
  }
}

// out = base + draw mod (last + 1), with one word a draw or two.
template <class T>
void random_integers(uint32_t* state, T* out, int64_t n, int64_t base, int64_t last,
                     int64_t words) {
  Generator& g = generatorOf(state);
  alignas(64) uint32_t drawn[2 * chunk];
  const uint64_t range = uint64_t(last) + 1;
  for (int64_t done = 0; done < n; done += chunk) {
    const int64_t count = min(n - done, chunk);
    drawWords(g, drawn, count * words);
    if (words == 2)
      for (int64_t i = 0; i < count; ++i)
        out[done + i] = T(int64_t(join(drawn + 2 * i) % range) + base);
    else if (range <= UINT32_MAX)
      for (int64_t i = 0; i < count; ++i)
        out[done + i] = T(int64_t(drawn[i] % uint32_t(range)) + base);
    else
      for (int64_t i = 0; i < count; ++i) out[done + i] = T(int64_t(drawn[i]) + base);
  }
}

// out = u < p, u a double whatever T is.
template <class T>
void random_bernoulli(uint32_t* state, T* out, int64_t n, double p) {
  alignas(64) double u[chunk];
  for (int64_t done = 0; done < n; done += chunk) {
    const int64_t count = min(n - done, chunk);
    drawUniform(generatorOf(state), u, count);
    for (int64_t i = 0; i < count; ++i) out[done + i] = T(u[i] < p);
  }
}

// out[i] = u < p[i], u of type T. out may be p.
template <class T>
void random_bernoulli_each(uint32_t* state, const T* p, T* out, int64_t n) {
  alignas(64) T u[chunk];
  for (int64_t done = 0; done < n; done += chunk) {
    const int64_t count = min(n - done, chunk);
    drawUniform(generatorOf(state), u, count);
    for (int64_t i = 0; i < count; ++i) out[done + i] = T(u[i] < p[done + i]);
  }
}

// Fisher and Yates: element i is exchanged with one of those from i on.
static void shuffle(Generator& g, int32_t* out, int64_t n) {
  alignas(64) uint32_t drawn[chunk];
  for (int64_t i = 0; i < n; ++i) out[i] = int32_t(i);
  for (int64_t done = 0; done < n - 1; done += chunk) {
    const int64_t count = min(n - 1 - done, chunk);
    drawWords(g, drawn, count);
    for (int64_t j = 0; j < count; ++j) {
      const int64_t i = done + j, other = i + drawn[j] % uint32_t(n - i);
      const int32_t kept = out[i];
      out[i] = out[other];
      out[other] = kept;
    }
  }
}

// The inside-out variant, with two words a draw: i is written to a random position j <= i, and the
// element that was there moves to position i.
static void shuffleInsideOut(Generator& g, int32_t* out, int64_t n) {
  alignas(64) uint32_t drawn[2 * chunk];
  for (int64_t done = 0; done < n; done += chunk) {
    const int64_t count = min(n - done, chunk);
    drawWords(g, drawn, 2 * count);
    for (int64_t j = 0; j < count; ++j) {
      const int64_t i = done + j, place = int64_t(join(drawn + 2 * j) % uint64_t(i + 1));
      out[i] = int32_t(i);
      out[i] = out[place];
      out[place] = int32_t(i);
    }
  }
}

// 0 … n - 1 in random order. From 2^32 / 20 elements on, the remainder of one word would be skewed.
void random_permutation(uint32_t* state, int32_t* out, int64_t n) {
  if (n < int64_t(UINT32_MAX) / 20)
    shuffle(generatorOf(state), out, n);
  else
    shuffleInsideOut(generatorOf(state), out, n);
}

INSTANTIATE_FLOAT(random_uniform)
INSTANTIATE_ANY(random_integers)
INSTANTIATE_ANY(random_bernoulli)
INSTANTIATE_FLOAT(random_bernoulli_each)

}  // namespace ostinato::OSTINATO_ISA
