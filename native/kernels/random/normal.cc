// Normal numbers by the Box-Muller transform, in PyTorch's two ways, and exponential ones.
//
//   n1 = √(-2 log u1) · cos(2π u2),   n2 = √(-2 log u1) · sin(2π u2)
//
// A contiguous tensor of 16 elements and more takes random_normal; everything else
// random_normal_serial, which draws differently. Which of them it is, the caller decides.
#include "../simd/math.h"
#include "mt19937.h"
#include "transcendental.h"

namespace ostinato::OSTINATO_ISA {

// Fills whole vectors from blocks of 16 uniforms: the first 8 of a block are the u1, the last 8 the
// u2, and the same places take the cosines and the sines. In place.
template <class T>
static OSTINATO_INLINE void boxMullerBlocks(T* data, int64_t blocks, const Vec<T>& mean,
                                            const Vec<T>& std) {
  constexpr int lanes = Vec<T>::lanes, blocksPerVector = lanes / 8;
  for (int64_t block = 0; block < blocks; block += blocksPerVector) {
    const int64_t count = min(blocks - block, blocksPerVector);
    T* at = data + block * 16;
    alignas(64) T u1[lanes] = {}, u2[lanes] = {};
    for (int64_t b = 0; b < count; ++b) {
      __builtin_memcpy(u1 + b * 8, at + b * 16, 8 * sizeof(T));
      __builtin_memcpy(u2 + b * 8, at + b * 16 + 8, 8 * sizeof(T));
    }
    // 1 - u1 is in (0, 1], where the logarithm is finite.
    const Vec<T> radius = sqrt(broadcast(T(-2)) * logUnit(broadcast(T(1)) - load(u1)));
    const SinCos<T> angle = sinCos(broadcast(T(6.283185307179586)) * load(u2));
    store(u1, fused(radius * angle.cos, std, mean));
    store(u2, fused(radius * angle.sin, std, mean));
    for (int64_t b = 0; b < count; ++b) {
      __builtin_memcpy(at + b * 16, u1 + b * 8, 8 * sizeof(T));
      __builtin_memcpy(at + b * 16 + 8, u2 + b * 8, 8 * sizeof(T));
    }
  }
}

// n >= 16. When 16 does not divide n, the last 16 elements are drawn anew, after all the others.
template <class T>
void random_normal(uint32_t* state, T* out, int64_t n, double mean, double std) {
  Generator& g = generatorOf(state);
  const Vec<T> m = broadcast(T(mean)), s = broadcast(T(std));
  static_assert(chunk % 16 == 0);
  for (int64_t done = 0; done < n; done += chunk) {
    const int64_t count = min(n - done, chunk);
    drawUniform(g, out + done, count);
    boxMullerBlocks(out + done, count / 16, m, s);
  }
  if (n % 16 != 0) {
    drawUniform(g, out + n - 16, 16);
    boxMullerBlocks(out + n - 16, 1, m, s);
  }
}

// Pairs in double precision whatever T is: u1 is drawn first and gives the angle, the cosine comes
// out first, and the sine is kept in the generator for the next number, even of a later call.
template <class T>
void random_normal_serial(uint32_t* state, T* out, int64_t n, double mean, double std) {
  constexpr int lanes = Vec<double>::lanes;
  Generator& g = generatorOf(state);
  const Vec<double> m = broadcast(mean), s = broadcast(std);
  int64_t done = 0;
  if (n > 0 && g.hasNextNormal) {
    out[done++] = T(fused(broadcast(g.nextNormal), s, m)[0]);
    g.hasNextNormal = 0;
  }
  while (done < n) {
    const int64_t pairs = min((n - done + 1) / 2, lanes);
    alignas(64) double u[2 * lanes], u1[lanes] = {}, u2[lanes] = {};
    drawUniform(g, u, 2 * pairs);
    for (int64_t i = 0; i < pairs; ++i) {
      u1[i] = u[2 * i];
      u2[i] = u[2 * i + 1];
    }
    // log1p(-u2), for 1 - u2 is exact.
    const Vec<double> radius = sqrt(broadcast(-2.0) * logUnit(broadcast(1.0) - load(u2)));
    const SinCos<double> angle = sinCos(broadcast(6.283185307179586) * load(u1));
    const Vec<double> first = radius * angle.cos, second = radius * angle.sin;
    const Vec<double> firstOut = fused(first, s, m), secondOut = fused(second, s, m);
    for (int64_t i = 0; i < pairs; ++i) {
      out[done++] = T(firstOut[int(i)]);
      if (done < n) {
        out[done++] = T(secondOut[int(i)]);
      } else {
        g.nextNormal = second[int(i)];
        g.hasNextNormal = 1;
      }
    }
  }
}

// For float results an ordinary double logarithm is exact enough, and takes a quarter of the time.
template <class T>
static OSTINATO_INLINE Vec<double> logarithm(const Vec<double>& x) {
  if constexpr (sizeof(T) == sizeof(double)) return logUnit(x);
  return log(x);
}

// out = -log(1 - u) / λ, computed in double as (-1 / λ) · log(1 - u).
template <class T>
void random_exponential(uint32_t* state, T* out, int64_t n, double lambda) {
  constexpr int lanes = Vec<double>::lanes;
  Generator& g = generatorOf(state);
  const Vec<double> scale = broadcast(-1.0 / lambda);
  alignas(64) double u[chunk];
  for (int64_t done = 0; done < n; done += chunk) {
    const int64_t count = min(n - done, chunk);
    drawUniform(g, u, count);
    for (int64_t i = count; i % lanes != 0; ++i) u[i] = 0;
    for (int64_t i = 0; i < count; i += lanes)
      // Adding 0 turns the -0 of u = 0 into 0.
      store(u + i, scale * logarithm<T>(broadcast(1.0) - load(u + i)) + zero<double>());
    for (int64_t i = 0; i < count; ++i) out[done + i] = T(u[i]);
  }
}

INSTANTIATE_FLOAT(random_normal)
INSTANTIATE_FLOAT(random_normal_serial)
INSTANTIATE_FLOAT(random_exponential)

}  // namespace ostinato::OSTINATO_ISA
