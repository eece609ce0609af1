// fma_peak and read_peak: what the processor and its caches can do at most, for benches to compare
// with.
#include "../kernels.h"
#include "../simd/vec.h"

namespace ostinato::OSTINATO_ISA {

// `rounds` times 12 independent chains (two multiply-adds start in a cycle and each takes about
// four) of one register's width. flops[0] = floating-point operations done.
template <class T>
void fma_peak(int64_t rounds, double* flops) {
  constexpr int chains = 12;
  constexpr int lanes = Vec<T>::lanesPerRegister;
  Register<T> sum[chains];
  Register<T> a = broadcast(T(0.999)).r[0], b = broadcast(T(0.001)).r[0];
  for (int i = 0; i < chains; ++i) sum[i] = broadcast(T(i)).r[0];
  for (int64_t r = 0; r < rounds; ++r) {
    OSTINATO_UNROLL
    for (int i = 0; i < chains; ++i) sum[i] = fmaRegister(sum[i], a, b);
  }
  T total = 0;
  for (int i = 0; i < chains; ++i) total += sum[i][0];
  // The sum stays far below 2^60; reading it keeps the loop alive.
  *flops = total < T(0x1p60) ? double(rounds) * chains * lanes * 2 : 0;
}

// Reads x[0 .. n), whole vectors of it, `rounds` times from the cache that holds it, and does
// nothing with it but add in 8 vectors. bytes[0] = bytes read.
void read_peak(const float* x, int64_t n, int64_t rounds, double* bytes) {
  constexpr int chains = 8;
  constexpr int lanes = Vec<float>::lanesPerRegister;
  const int64_t whole = n / (chains * lanes) * (chains * lanes);
  Register<float> sum[chains] = {};
  for (int64_t r = 0; r < rounds; ++r)
    for (int64_t i = 0; i < whole; i += chains * lanes) OSTINATO_UNROLL
  for (int c = 0; c < chains; ++c) sum[c] += *(const UnalignedRegister<float>*)(x + i + c * lanes);
  float total = 0;
  for (int c = 0; c < chains; ++c) total += sum[c][0];
  // Reading the sums keeps the loop alive; a NaN among them is counted like any number.
  *bytes = total == 0x1p100f ? 0 : double(rounds) * double(whole) * sizeof(float);
}

INSTANTIATE_FLOAT(fma_peak)

}  // namespace ostinato::OSTINATO_ISA
