// Layer normalization of the rows of x [rows, n], forward and backward. All sums are taken in
// double precision, in an order that depends on n only. Threads share the rows; for the gradients of
// weight and bias they share the columns, each summed over the rows in order.
#include "../kernels.h"
#include "moments.h"

namespace ostinato::OSTINATO_ISA {

namespace {

template <int64_t value>
struct Count {
  static constexpr int64_t v = value;
};

}  // namespace

// out = (x - mean) rstd weight + bias with rstd = 1 / sqrt(variance + eps); mean and rstd [rows]
// are kept for the backward. weight and bias [n] may be null; out may be x.
template <class T>
void layer_norm(const T* x, const T* weight, const T* bias, T* out, double* mean, double* rstd,
                double eps, int64_t rows, int64_t n, Work& work) {
  share(work, rows, n, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* const row = x + r * n;
      T* const to = out + r * n;
      double variance;
      moments(row, n, mean[r], variance);
      rstd[r] = reciprocalDeviation(variance, eps);
      const Normal<T> normal(mean[r], rstd[r]);
      forVectors<T>(n, [&](int64_t i, int count, int) {
        Vec<T> y = normal.of(load(row + i, count));
        if (weight && bias)
          y = fma(y, load(weight + i, count), load(bias + i, count));
        else if (weight)
          y = y * load(weight + i, count);
        else if (bias)
          y = y + load(bias + i, count);
        store(to + i, y, count);
      });
    }
  });
}

// With h = (x - mean) rstd and u = g weight: dx = rstd (u - mean(u) - h mean(u h)). dx may be g.
template <class T>
void layer_norm_backward(const T* g, const T* x, const T* weight, const double* mean,
                         const double* rstd, T* dx, int64_t rows, int64_t n, Work& work) {
  share(work, rows, n, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* const row = x + r * n;
      const T* const grad = g + r * n;
      T* const to = dx + r * n;
      const Normal<T> normal(mean[r], rstd[r]);
      const auto upper = [&](int64_t i, int count) {
        const Vec<T> u = load(grad + i, count);
        return weight ? u * load(weight + i, count) : u;
      };
      Sums<T> first, second;
      forVectors<T>(n, [&](int64_t i, int count, int slot) {
        const Vec<T> u = upper(i, count);
        first.addTo(slot, u);
        second.addTo(slot, keepFirst(u * normal.of(load(row + i, count)), count));
      });
      const Vec<T> a = broadcast(T(first.total() / double(n))),
                   b = broadcast(T(-second.total() / double(n)));
      forVectors<T>(n, [&](int64_t i, int count, int) {
        const Vec<T> h = normal.of(load(row + i, count));
        store(to + i, fma(h, b, upper(i, count) - a) * normal.scale, count);
      });
    }
  });
}

// dweight[i] = sum over rows of g h, dbias[i] of g; either may be null. A few rows at a time pass
// over the sums of a block of columns, so that memory is read in long runs.
template <class T>
void layer_norm_parameters(const T* g, const T* x, const double* mean, const double* rstd,
                           T* dweight, T* dbias, int64_t rows, int64_t n, Work& work) {
  constexpr int64_t blockVectors = 256 / Vec<double>::lanes, rowsAtOnce = forSize ? 1 : 4;
  const int64_t vectors = ceilDiv(n, W<T>);
  share(work, vectors, rows * W<T>, [&](int64_t begin, int64_t end) {
    Vec<double> weightSums[blockVectors], biasSums[blockVectors];
    constexpr int64_t capacity = blockVectors / doubleParts<T>;
    for (int64_t left = begin; left < end; left += capacity) {
      const int64_t count = min(end - left, capacity);
      for (int64_t v = 0; v < count * doubleParts<T>; ++v)
        weightSums[v] = biasSums[v] = zero<double>();
      const auto lanesOf = [&](int64_t v) {
        const int64_t rest = n - (left + v) * W<T>;
        return int(min(rest, W<T>));
      };
      const auto addRows = [&](int64_t r, auto some) {
        for (int64_t v = 0; v < count; ++v) {
          const int lanes = lanesOf(v);
          OSTINATO_UNROLL
          for (int k = 0; k < decltype(some)::v; ++k) {
            const int64_t at = (r + k) * n + (left + v) * W<T>;
            const Vec<T> grad = load(g + at, lanes);
            const Vec<T> h = Normal<T>(mean[r + k], rstd[r + k]).of(load(x + at, lanes));
            Vec<double>* const dw = weightSums + v * doubleParts<T>;
            Vec<double>* const db = biasSums + v * doubleParts<T>;
            dw[0] = fma(widen<0>(grad), widen<0>(h), dw[0]);
            db[0] = db[0] + widen<0>(grad);
            if constexpr (doubleParts<T> == 2) {
              dw[1] = fma(widen<1>(grad), widen<1>(h), dw[1]);
              db[1] = db[1] + widen<1>(grad);
            }
          }
        }
      };
      int64_t r = 0;
      for (; r + rowsAtOnce <= rows; r += rowsAtOnce) addRows(r, Count<rowsAtOnce>{});
      for (; r < rows; ++r) addRows(r, Count<1>{});
      const auto write = [&](T* to, const Vec<double>* sums) {
        for (int64_t v = 0; to && v < count; ++v) {
          alignas(64) T some[W<T>];
          OSTINATO_UNROLL
          for (int h = 0; h < doubleParts<T>; ++h)
            storeAs(some + h * Vec<double>::lanes, sums[v * doubleParts<T> + h]);
          store(to + (left + v) * W<T>, load(some), lanesOf(v));
        }
      };
      write(dweight, weightSums);
      write(dbias, biasSums);
    }
  });
}

INSTANTIATE_FLOAT(layer_norm)
INSTANTIATE_FLOAT(layer_norm_backward)
INSTANTIATE_FLOAT(layer_norm_parameters)

}  // namespace ostinato::OSTINATO_ISA
