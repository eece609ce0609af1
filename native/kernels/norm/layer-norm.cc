// Layer normalization of the rows of x [rows, n], forward and backward. A row's mean and variance
// are added up in double precision, in an order that depends on n alone; rows are shared between
// threads, and in the gradients of weight and bias columns are, each added up over the rows in
// order.
#include "../kernels.h"
#include "../simd/vec.h"

namespace ostinato::OSTINATO_ISA {

namespace {

constexpr int lanes = Vec<double>::lanes;
// Elements below which one thread does all, and elements that a task has at least.
constexpr int64_t parallelElements = 32768, taskElements = 8192;

// The sum over i in [0, n) of what term(i, count) returns for the lanes i ... i + count - 1. Four
// running sums, so that additions overlap; the lanes past `count` of a tail do not matter.
template <class Term>
OSTINATO_INLINE double sumOf(int64_t n, Term term) {
  Vec<double> sums[4] = {zero<double>(), zero<double>(), zero<double>(), zero<double>()};
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    OSTINATO_UNROLL
    for (int k = 0; k < 4; ++k) sums[k] = sums[k] + term(i + k * lanes, lanes);
  }
  for (int k = 0; i < n; i += lanes, ++k) {
    const int count = n - i < lanes ? int(n - i) : lanes;
    Vec<double> v = term(i, count);
    if (count < lanes) {
      alignas(64) double some[lanes];
      store(some, v);
      v = loadPartial(some, count);
    }
    sums[k] = sums[k] + v;
  }
  return sumLanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <class T>
OSTINATO_INLINE Vec<double> loadSome(const T* p, int count) {
  return count == lanes ? loadAsDouble(p) : loadPartialAsDouble(p, count);
}
template <class T>
OSTINATO_INLINE void storeSome(T* p, const Vec<double>& v, int count) {
  if (count == lanes)
    storeAs(p, v);
  else
    storePartialAs(p, v, count);
}

// body(begin, end) over [0, count), shared between threads when there is enough to do.
template <class Body>
OSTINATO_INLINE void share(Work& work, int64_t count, int64_t elementsEach, Body body) {
  const int64_t least = elementsEach > 0 ? (taskElements + elementsEach - 1) / elementsEach : count;
  if (work.threads <= 1 || count * elementsEach < parallelElements || least >= count) {
    body(int64_t(0), count);
    return;
  }
  parallel(work, (count + least - 1) / least, [&](int64_t task, int) {
    const int64_t begin = task * least;
    body(begin, begin + least < count ? begin + least : count);
  });
}

}  // namespace

// out = (x - mean) rstd weight + bias with rstd = 1 / sqrt(variance + eps); mean and rstd [rows]
// are kept for the backward. weight and bias [n] may be null; out may be x.
template <class T>
void layer_norm(const T* x, const T* weight, const T* bias, T* out, double* mean, double* rstd,
                double eps, int64_t rows, int64_t n, Work& work) {
  share(work, rows, n, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* const row = x + r * n;
      const double m =
          sumOf(n, [&](int64_t i, int count) { return loadSome(row + i, count); }) / double(n);
      const Vec<double> centre = broadcast(m);
      const double squares = sumOf(n, [&](int64_t i, int count) {
        const Vec<double> d = loadSome(row + i, count) - centre;
        return d * d;
      });
      const Vec<double> root = sqrt(broadcast(squares / double(n) + eps));
      const Vec<double> scale = broadcast(1.0) / root;
      mean[r] = m;
      rstd[r] = scale[0];
      for (int64_t i = 0; i < n; i += lanes) {
        const int count = n - i < lanes ? int(n - i) : lanes;
        Vec<double> y = (loadSome(row + i, count) - centre) * scale;
        if (weight) y = y * loadSome(weight + i, count);
        if (bias) y = y + loadSome(bias + i, count);
        storeSome(out + r * n + i, y, count);
      }
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
      const Vec<double> centre = broadcast(mean[r]), scale = broadcast(rstd[r]);
      const auto normal = [&](int64_t i, int count) {
        return (loadSome(row + i, count) - centre) * scale;
      };
      const auto upper = [&](int64_t i, int count) {
        const Vec<double> u = loadSome(grad + i, count);
        return weight ? u * loadSome(weight + i, count) : u;
      };
      const Vec<double> first = broadcast(sumOf(n, upper) / double(n));
      const Vec<double> second = broadcast(
          sumOf(n, [&](int64_t i, int count) { return upper(i, count) * normal(i, count); }) /
          double(n));
      for (int64_t i = 0; i < n; i += lanes) {
        const int count = n - i < lanes ? int(n - i) : lanes;
        const Vec<double> d = upper(i, count) - first - normal(i, count) * second;
        storeSome(dx + r * n + i, d * scale, count);
      }
    }
  });
}

// dweight[i] = sum over rows of g h, dbias[i] of g; either may be null. Two vectors of columns side
// by side read a whole cache line of each row of floats.
template <class T>
void layer_norm_parameters(const T* g, const T* x, const double* mean, const double* rstd,
                           T* dweight, T* dbias, int64_t rows, int64_t n, Work& work) {
  constexpr int width = 2;
  const int64_t tiles = (n + width * lanes - 1) / (width * lanes);
  share(work, tiles, rows * width * lanes, [&](int64_t begin, int64_t end) {
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t left = tile * width * lanes;
      Vec<double> weightSums[width], biasSums[width];
      for (int k = 0; k < width; ++k) weightSums[k] = biasSums[k] = zero<double>();
      const auto addRows = [&](auto countOf) {
        for (int64_t r = 0; r < rows; ++r) {
          const Vec<double> centre = broadcast(mean[r]), scale = broadcast(rstd[r]);
          OSTINATO_UNROLL
          for (int k = 0; k < width; ++k) {
            const int64_t at = r * n + left + k * lanes;
            const int count = countOf(k);
            const Vec<double> grad = loadSome(g + at, count);
            const Vec<double> h = (loadSome(x + at, count) - centre) * scale;
            weightSums[k] = weightSums[k] + grad * h;
            biasSums[k] = biasSums[k] + grad;
          }
        }
      };
      const auto countAt = [&](int k) {
        const int64_t rest = n - left - k * lanes;
        return rest < 0 ? 0 : rest < lanes ? int(rest) : lanes;
      };
      if (left + width * lanes <= n)
        addRows([](int) { return lanes; });
      else
        addRows(countAt);
      for (int k = 0; k < width; ++k) {
        const int64_t i = left + k * lanes;
        if (dweight && i < n) storeSome(dweight + i, weightSums[k], countAt(k));
        if (dbias && i < n) storeSome(dbias + i, biasSums[k], countAt(k));
      }
    }
  });
}

INSTANTIATE_FLOAT(layer_norm)
INSTANTIATE_FLOAT(layer_norm_backward)
INSTANTIATE_FLOAT(layer_norm_parameters)

}  // namespace ostinato::OSTINATO_ISA
