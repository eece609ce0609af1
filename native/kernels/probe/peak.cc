// fma_peak: what the processor can do at most, for benches to compare with.
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

INSTANTIATE_FLOAT(fma_peak)

}  // namespace ostinato::OSTINATO_ISA
