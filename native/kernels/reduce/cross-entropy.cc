// Cross-entropy of logits against class indices, and the squared error: losses and gradients in one
// pass, without the matrix of log-probabilities in between. The formulae are in reduce.inc.
#include "../kernels.h"
#include "rows.h"

namespace ostinato::OSTINATO_ISA {

// The sum of the class weights; the number of classes without any.
template <class T>
static double totalWeight(const T* weight, int64_t classes) {
  if (!weight) return double(classes);
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += double(weight[c]);
  return sum;
}

template <class T>
void cross_entropy(const T* x, const int32_t* target, const T* weight, T* losses, T* logSumExp,
                   T* divisor, T* loss, double smoothing, int64_t rows, int64_t classes,
                   int64_t ignoreIndex, int64_t reduction, Work& work) {
  forRows(work, rows, classes, [&](int64_t r) {
    const T* const row = x + r * classes;
    const Row<T> from{const_cast<T*>(row), classes, 1};
    const T m = largest<T>({row, classes, 1});
    const Vec<T> top = broadcast(m);
    LaneSums<T> sums, weighted;
    forEachVector<T>(0, classes, [&](int64_t i, int count) {
      const Vec<T> above = from.at(i, count, 0) - top;
      sums.addFirst(exp(above), count);
      if (smoothing != 0)
        weighted.addFirst(
            weight ? above * Row<T>{const_cast<T*>(weight), classes, 1}.at(i, count, 0) : above,
            count);
    });
    const double logS = logOf(sums.total());
    logSumExp[r] = T(double(m) + logS);
    const int64_t t = target[r];
    if (t == ignoreIndex) {
      losses[r] = 0;
      return;
    }
    const double own = weight ? double(weight[t]) : 1;
    double value = (1 - smoothing) * own * (logS - double(row[t] - m));
    // -sum of w_c log p_c = (sum of w_c) ln s - sum of w_c (x_c - m)
    if (smoothing != 0)
      value +=
          smoothing / double(classes) * (totalWeight(weight, classes) * logS - weighted.total());
    losses[r] = T(value);
  });
  double sum = 0, weights = 0;
  for (int64_t r = 0; r < rows; ++r) {
    if (target[r] == ignoreIndex) continue;
    sum += double(losses[r]);
    weights += weight ? double(weight[target[r]]) : 1;
  }
  *divisor = T(weights);
  if (reduction == 1) *loss = T(sum / weights);
  if (reduction == 2) *loss = T(sum);
}

// d loss / d x_c = scale ((1 - e) w_t (p_c - [c = t]) + e / classes (p_c sum of w - w_c))
template <class T>
void cross_entropy_backward(const T* g, const T* x, const int32_t* target, const T* weight,
                            const T* logSumExp, const T* divisor, T* out, double smoothing,
                            int64_t rows, int64_t classes, int64_t ignoreIndex, int64_t reduction,
                            Work& work) {
  const double share = smoothing / double(classes);
  const double spread = smoothing != 0 ? share * totalWeight(weight, classes) : 0;
  forRows(work, rows, classes, [&](int64_t r) {
    const Row<T> from{const_cast<T*>(x) + r * classes, classes, 1},
        to{out + r * classes, classes, 1};
    const int64_t t = target[r];
    if (t == ignoreIndex) {
      forEachVector<T>(0, classes, [&](int64_t i, int count) { to.put(i, count, zero<T>()); });
      return;
    }
    double scale = double(g[reduction == 0 ? r : 0]);
    if (reduction == 1) scale /= double(*divisor);
    const double own = (1 - smoothing) * (weight ? double(weight[t]) : 1);
    const Vec<T> factor = broadcast(T(scale * (own + spread))), shift = broadcast(logSumExp[r]),
                 even = broadcast(T(scale * share));
    forEachVector<T>(0, classes, [&](int64_t i, int count) {
      Vec<T> d = exp(from.at(i, count, 0) - shift) * factor;
      if (smoothing != 0)
        d = d - (weight ? even * Row<T>{const_cast<T*>(weight), classes, 1}.at(i, count, 0) : even);
      to.put(i, count, d);
    });
    to.p[t] -= T(scale * own);
  });
}

template <class T>
void squared_error(const T* a, const T* b, T* out, double divisor, int64_t n, Work&) {
  const Row<T> left{const_cast<T*>(a), n, 1}, right{const_cast<T*>(b), n, 1};
  LaneSums<T> sums;
  forEachVector<T>(0, n, [&](int64_t i, int count) {
    const Vec<T> d = left.at(i, count, 0) - right.at(i, count, 0);
    sums.addFirst(d * d, count);
  });
  *out = T(sums.total() / divisor);
}

INSTANTIATE_FLOAT(cross_entropy)
INSTANTIATE_FLOAT(cross_entropy_backward)
INSTANTIATE_FLOAT(squared_error)

}  // namespace ostinato::OSTINATO_ISA
