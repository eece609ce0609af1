// Layer normalization of the rows of x [rows, n], forward and backward. All sums are taken in
// double precision, in an order that depends on n alone; rows are shared between threads, and in
// the gradients of weight and bias columns are, each added up over the rows in order.
#include "../kernels.h"
#include "../simd/vec.h"

namespace ostinato::OSTINATO_ISA {

namespace {

constexpr int doubles = Vec<double>::lanes;
// Elements below which one thread does all, and elements that a task has at least.
constexpr int64_t parallelElements = 32768, taskElements = 8192;

template <class T>
constexpr int W = Vec<T>::lanes;
// Vectors of doubles that hold a vector of T.
template <class T>
constexpr int parts = W<T> / doubles;

template <int part, class T>
OSTINATO_INLINE Vec<double> widen(const Vec<T>& v) {
  if constexpr (parts<T> == 2)
    return halfAsDouble<part>(v);
  else
    return v;
}

// Two running sums, so that additions overlap (two such pairs fill half of AVX2's registers): the
// halves of a vector of floats, or even and odd vectors of doubles.
template <class T>
struct Sums {
  static constexpr int slots = 2 / parts<T>;
  Vec<double> sum[2] = {zero<double>(), zero<double>()};
  OSTINATO_INLINE void add(int slot, const Vec<T>& v) {
    Vec<double>* const own = sum + slot * parts<T>;
    own[0] = own[0] + widen<0>(v);
    if constexpr (parts<T> == 2) own[1] = own[1] + widen<1>(v);
  }
  // The square of each element.
  OSTINATO_INLINE void addSquares(int slot, const Vec<double>* v) {
    OSTINATO_UNROLL
    for (int h = 0; h < parts<T>; ++h) {
      Vec<double>& own = sum[slot * parts<T> + h];
      own = fma(v[h], v[h], own);
    }
  }
  OSTINATO_INLINE double total() const { return sumLanes(sum[0] + sum[1]); }
};

// Calls body(i, count, slot) for the vectors of a row; count is less than a vector in its tail.
template <class T, class Body>
OSTINATO_INLINE void forVectors(int64_t n, Body body) {
  constexpr int slots = Sums<T>::slots;
  int64_t i = 0;
  for (; i + slots * W<T> <= n; i += slots * W<T>) {
    OSTINATO_UNROLL
    for (int k = 0; k < slots; ++k) body(i + k * W<T>, W<T>, k);
  }
  for (int k = 0; i < n; i += W<T>, ++k) body(i, n - i < W<T> ? int(n - i) : W<T>, k);
}

template <class T>
OSTINATO_INLINE Vec<T> loadSome(const T* p, int count) {
  return count == W<T> ? load(p) : loadPartial(p, count);
}
template <class T>
OSTINATO_INLINE void storeSome(T* p, const Vec<T>& v, int count) {
  if (count == W<T>)
    store(p, v);
  else
    storePartial(p, v, count);
}
// Lanes past `count` are 0.
template <class T>
OSTINATO_INLINE Vec<T> only(const Vec<T>& v, int count) {
  return count == W<T> ? v : select(firstLanes<T>(count), v, zero<T>());
}

// h = (x - mean) rstd. As floats a mean has two parts: x less the upper one is off by its own last
// place at most, and exact where they are close, so that nothing is lost where the mean is many
// deviations.
template <class T>
struct Normal {
  Vec<T> upper, lower, scale;
  OSTINATO_INLINE Normal(double mean, double rstd)
      : upper(broadcast(T(mean))),
        lower(broadcast(T(mean - double(T(mean))))),
        scale(broadcast(T(rstd))) {}
  OSTINATO_INLINE Vec<T> of(const Vec<T>& x) const {
    if constexpr (sizeof(T) == 8) return (x - upper) * scale;
    return ((x - upper) - lower) * scale;
  }
};

// Mean and variance of a row. Sums of d = x - c and of d d, with the row's first element as c:
// since (c - mean)^2 is at most n times the variance, what cancels costs n roundings of a double at
// most.
template <class T>
OSTINATO_INLINE void moments(const T* row, int64_t n, double& mean, double& variance) {
  const double c = double(row[0]);
  const Vec<double> centre = broadcast(c);
  Sums<T> first, second;
  forVectors<T>(n, [&](int64_t i, int count, int slot) {
    const Vec<T> x = count == W<T> ? load(row + i)
                                   : select(firstLanes<T>(count), loadPartial(row + i, count),
                                            broadcast(row[0]));
    Vec<double> d[parts<T>];
    d[0] = widen<0>(x) - centre;
    if constexpr (parts<T> == 2) d[1] = widen<1>(x) - centre;
    OSTINATO_UNROLL
    for (int h = 0; h < parts<T>; ++h) {
      Vec<double>& own = first.sum[slot * parts<T> + h];
      own = own + d[h];
    }
    second.addSquares(slot, d);
  });
  const double shift = first.total() / double(n);
  mean = c + shift;
  variance = second.total() / double(n) - shift * shift;
  if (variance < 0) variance = 0;
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
      rstd[r] = (broadcast(1.0) / sqrt(broadcast(variance + eps)))[0];
      const Normal<T> normal(mean[r], rstd[r]);
      forVectors<T>(n, [&](int64_t i, int count, int) {
        Vec<T> y = normal.of(loadSome(row + i, count));
        if (weight && bias)
          y = fma(y, loadSome(weight + i, count), loadSome(bias + i, count));
        else if (weight)
          y = y * loadSome(weight + i, count);
        else if (bias)
          y = y + loadSome(bias + i, count);
        storeSome(to + i, y, count);
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
        const Vec<T> u = loadSome(grad + i, count);
        return weight ? u * loadSome(weight + i, count) : u;
      };
      Sums<T> first, second;
      forVectors<T>(n, [&](int64_t i, int count, int slot) {
        const Vec<T> u = upper(i, count);
        first.add(slot, u);
        second.add(slot, only(u * normal.of(loadSome(row + i, count)), count));
      });
      const Vec<T> a = broadcast(T(first.total() / double(n))),
                   b = broadcast(T(-second.total() / double(n)));
      forVectors<T>(n, [&](int64_t i, int count, int) {
        const Vec<T> h = normal.of(loadSome(row + i, count));
        storeSome(to + i, fma(h, b, upper(i, count) - a) * normal.scale, count);
      });
    }
  });
}

// dweight[i] = sum over rows of g h, dbias[i] of g; either may be null. A few rows at a time pass
// over the sums of a block of columns, so that memory is read in long runs.
template <class T>
void layer_norm_parameters(const T* g, const T* x, const double* mean, const double* rstd,
                           T* dweight, T* dbias, int64_t rows, int64_t n, Work& work) {
  constexpr int64_t blockVectors = 256 / doubles, rowsAtOnce = 4;
  const int64_t vectors = (n + W<T> - 1) / W<T>;
  share(work, vectors, rows * W<T>, [&](int64_t begin, int64_t end) {
    Vec<double> weightSums[blockVectors], biasSums[blockVectors];
    constexpr int64_t most = blockVectors / parts<T>;
    for (int64_t left = begin; left < end; left += most) {
      const int64_t count = end - left < most ? end - left : most;
      for (int64_t v = 0; v < count * parts<T>; ++v) weightSums[v] = biasSums[v] = zero<double>();
      const auto lanesOf = [&](int64_t v) {
        const int64_t rest = n - (left + v) * W<T>;
        return rest < W<T> ? int(rest) : W<T>;
      };
      const auto addRows = [&](int64_t r, auto some) {
        for (int64_t v = 0; v < count; ++v) {
          const int lanes = lanesOf(v);
          OSTINATO_UNROLL
          for (int k = 0; k < decltype(some)::v; ++k) {
            const int64_t at = (r + k) * n + (left + v) * W<T>;
            const Vec<T> grad = loadSome(g + at, lanes);
            const Vec<T> h = Normal<T>(mean[r + k], rstd[r + k]).of(loadSome(x + at, lanes));
            Vec<double>* const dw = weightSums + v * parts<T>;
            Vec<double>* const db = biasSums + v * parts<T>;
            dw[0] = fma(widen<0>(grad), widen<0>(h), dw[0]);
            db[0] = db[0] + widen<0>(grad);
            if constexpr (parts<T> == 2) {
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
          for (int h = 0; h < parts<T>; ++h) storeAs(some + h * doubles, sums[v * parts<T> + h]);
          storeSome(to + (left + v) * W<T>, load(some), lanesOf(v));
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
