// Fused multi-tensor steps of RMSprop and Adagrad: one call updates every parameter of a group, one
// pass over memory.
#include "../kernels.h"
#include "table.h"

namespace ostinato::OSTINATO_ISA {

// Row: numel, param, grad, mean of squares s, mean of gradients m (0 unless centered), momentum
// buffer (0 without momentum).
//   g = grad (negated to maximize) + weightDecay p
//   s = alpha s + (1 - alpha) g g
//   centered: m += (1 - alpha)(g - m) from the nearer end, s' = s - m m      otherwise s' = s
//   u = g / (sqrt(s') + eps)
//   with momentum: buffer = momentum buffer + u, p -= lr buffer      otherwise p -= lr u
template <class T>
void rmsprop(const double* table, int64_t rows, double lr, double alpha, double eps,
             double weightDecay, double momentum, int64_t maximize, Work& work) {
  const Vec<T> rate = broadcast(T(-lr)), keep = broadcast(T(alpha)), take = broadcast(T(1 - alpha)),
               epsilon = broadcast(T(eps)), decay = broadcast(T(weightDecay)),
               carry = broadcast(T(momentum));
  const Lerp<T> toward(1 - alpha);
  forEachChunk(work, table, rows, 6, [&](const double* row, int64_t begin, int64_t end, int64_t) {
    T* const param = tableAddress<T>(row[1]);
    const T* const grad = tableAddress<T>(row[2]);
    T* const square = tableAddress<T>(row[3]);
    T* const mean = tableAddress<T>(row[4]);
    T* const buffer = tableAddress<T>(row[5]);
    forEachVector<T>(begin, end, [&](int64_t i, int n) {
      Vec<T> g = load(grad + i, n);
      const Vec<T> p = load(param + i, n);
      if (maximize) g = -g;
      if (weightDecay != 0) g = fma(decay, p, g);
      Vec<T> s = fma(take * g, g, load(square + i, n) * keep);
      store(square + i, s, n);
      if (mean) {
        Vec<T> m = load(mean + i, n);
        m = toward(m, g);
        store(mean + i, m, n);
        s = fma(-m, m, s);
      }
      Vec<T> u = g / (sqrt(s) + epsilon);
      if (buffer) {
        u = fma(carry, load(buffer + i, n), u);
        store(buffer + i, u, n);
      }
      store(param + i, fma(rate, u, p), n);
    });
  });
}

// Row: numel, param, grad, sum of squares s, the step's rate lr / (1 + (t - 1) lrDecay).
//   g = grad (negated to maximize) + weightDecay p
//   s += g g
//   p -= rate g / (sqrt(s) + eps)
template <class T>
void adagrad(const double* table, int64_t rows, double eps, double weightDecay, int64_t maximize,
             Work& work) {
  const Vec<T> epsilon = broadcast(T(eps)), decay = broadcast(T(weightDecay));
  forEachChunk(work, table, rows, 5, [&](const double* row, int64_t begin, int64_t end, int64_t) {
    T* const param = tableAddress<T>(row[1]);
    const T* const grad = tableAddress<T>(row[2]);
    T* const sum = tableAddress<T>(row[3]);
    const Vec<T> rate = broadcast(T(-row[4]));
    forEachVector<T>(begin, end, [&](int64_t i, int n) {
      Vec<T> g = load(grad + i, n);
      const Vec<T> p = load(param + i, n);
      if (maximize) g = -g;
      if (weightDecay != 0) g = fma(decay, p, g);
      const Vec<T> s = fma(g, g, load(sum + i, n));
      store(sum + i, s, n);
      store(param + i, p + rate * g / (sqrt(s) + epsilon), n);
    });
  });
}

INSTANTIATE_FLOAT(rmsprop)
INSTANTIATE_FLOAT(adagrad)

}  // namespace ostinato::OSTINATO_ISA
