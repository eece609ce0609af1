// Fused multi-tensor steps of SGD and Adam: one call updates every parameter of a group, one pass over
// memory. Coefficients are rounded to T once.
#include "../kernels.h"
#include "table.h"

namespace ostinato::OSTINATO_ISA {

// Row: numel, param, grad, momentum buffer (0 without momentum), 1 when the buffer is new.
//   g = grad (negated to maximize) + weightDecay p
//   buffer = new ? g : momentum buffer + (1 - dampening) g
//   g = nesterov ? g + momentum buffer : buffer
//   p -= lr g
template <class T>
void sgd(const double* table, int64_t rows, double lr, double momentum, double dampening,
         double weightDecay, int64_t nesterov, int64_t maximize, Work& work) {
  const Vec<T> rate = broadcast(T(-lr)), keep = broadcast(T(momentum)),
               take = broadcast(T(1 - dampening)), decay = broadcast(T(weightDecay));
  forEachChunk(work, table, rows, 5, [&](const double* row, int64_t begin, int64_t end, int64_t) {
    T* const param = tableAddress<T>(row[1]);
    const T* const grad = tableAddress<T>(row[2]);
    T* const buffer = tableAddress<T>(row[3]);
    const bool fresh = row[4] != 0;
    forEachVector<T>(begin, end, [&](int64_t i, int n) {
      Vec<T> g = load(grad + i, n), p = load(param + i, n);
      if (maximize) g = -g;
      if (weightDecay != 0) g = fma(decay, p, g);
      if (buffer) {
        const Vec<T> b = fresh ? g : fma(take, g, load(buffer + i, n) * keep);
        store(buffer + i, b, n);
        g = nesterov ? fma(keep, b, g) : b;
      }
      store(param + i, fma(rate, g, p), n);
    });
  });
}

// Row: numel, param, grad, m, v, maxV (0 without amsgrad), step = lr / (1 - beta1^t),
// correction = sqrt(1 - beta2^t).
//   g = grad (negated to maximize)
//   decoupled: p *= 1 - lr weightDecay      coupled: g += weightDecay p
//   m += (1 - beta1)(g - m), from the nearer end
//   v = beta2 v + (1 - beta2) g g           amsgrad: maxV = max(maxV, v), used below instead of v
//   p -= step m / (sqrt(v) / correction + eps)
// The last line is computed as step correction m / (sqrt(v) + eps correction): one division less.
template <class T>
void adam(const double* table, int64_t rows, double lr, double beta1, double beta2, double eps,
          double weightDecay, int64_t decoupled, int64_t maximize, Work& work) {
  const Lerp<T> toward(1 - beta1);
  const Vec<T> keep = broadcast(T(beta2)), take = broadcast(T(1 - beta2)),
               decay = broadcast(T(weightDecay)), shrink = broadcast(T(1 - lr * weightDecay));
  forEachChunk(work, table, rows, 8, [&](const double* row, int64_t begin, int64_t end, int64_t) {
    T* const param = tableAddress<T>(row[1]);
    const T* const grad = tableAddress<T>(row[2]);
    T* const first = tableAddress<T>(row[3]);
    T* const second = tableAddress<T>(row[4]);
    T* const largest = tableAddress<T>(row[5]);
    const Vec<T> step = broadcast(T(-row[6] * row[7])), epsilon = broadcast(T(eps * row[7]));
    forEachVector<T>(begin, end, [&](int64_t i, int n) {
      Vec<T> g = load(grad + i, n), p = load(param + i, n);
      if (maximize) g = -g;
      if (weightDecay != 0) {
        if (decoupled)
          p = p * shrink;
        else
          g = fma(decay, p, g);
      }
      Vec<T> m = load(first + i, n), v = load(second + i, n);
      m = toward(m, g);
      v = fma(take * g, g, v * keep);
      store(first + i, m, n);
      store(second + i, v, n);
      if (largest) {
        v = max(load(largest + i, n), v);
        store(largest + i, v, n);
      }
      store(param + i, p + step * m / (sqrt(v) + epsilon), n);
    });
  });
}

INSTANTIATE_FLOAT(sgd)
INSTANTIATE_FLOAT(adam)

}  // namespace ostinato::OSTINATO_ISA
