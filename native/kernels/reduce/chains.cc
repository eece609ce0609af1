// What is one chain of operations for each line of [outer, n, inner] along n, floats in double precision: variance, prod,
// and the running sums, products and extremes with the gradient of running products. Lines next to each other are computed
// side by side, so that memory is read in order and their chains overlap.
#include "../kernels.h"
#include "rows.h"

namespace ostinato::OSTINATO_ISA {

// Two passes: the mean, then the squares of the distances from it.
template <class T>
void variance(const T* x, T* out, T* meanOut, double correction, int64_t outer, int64_t n,
              int64_t inner, Work& work) {
  const double divisor = double(n) > correction ? double(n) - correction : 0;
  const int64_t size = n * inner;
  forRows(work, outer * inner, n, [&](int64_t place) {
    const T* const p = x + place / inner * size + place % inner;
    double total = 0, squares = 0;
    for (int64_t j = 0; j < n; ++j) total += double(p[j * inner]);
    const double average = total / double(n);
    for (int64_t j = 0; j < n; ++j) {
      const double d = double(p[j * inner]) - average;
      squares += d * d;
    }
    out[place] = T(squares / divisor);
    if (meanOut) meanOut[place] = T(average);
  });
}

// The product of n contiguous elements: in four vectors of eight products, so that they overlap; then those, and what is left, in order.
template <class T>
OSTINATO_INLINE static double productOfRun(const T* p, int64_t n) {
  constexpr int lanes = Vec<double>::lanes;
  Vec<double> some[4];
  for (Vec<double>& one : some) one = broadcast(1.0);
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    OSTINATO_UNROLL
    for (int c = 0; c < 4; ++c) some[c] = some[c] * loadAsDouble(p + i + c * lanes);
  }
  alignas(64) double product[lanes];
  store(product, (some[0] * some[1]) * (some[2] * some[3]));
  double total = 1;
  for (int l = 0; l < lanes; ++l) total *= product[l];
  for (; i < n; ++i) total *= double(p[i]);
  return total;
}

template <class T>
void prod(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Flag lines, Work& work) {
  forRows(work, outer * inner, n, [&](int64_t place) {
    const T* const p = x + place / inner * n * inner + place % inner;
    if constexpr (!isFloating<T>) {
      uint32_t total = 1;
      for (int64_t j = 0; j < n; ++j) total *= uint32_t(p[j * inner]);
      out[place] = T(total);
    } else if (lines) {
      out[place] = T(productOfRun(p, n));
    } else {
      double total = 1;
      for (int64_t j = 0; j < n; ++j) total *= double(p[j * inner]);
      out[place] = T(total);
    }
  });
}

// What running sums and products are kept in: int32 wraps around.
template <class T>
struct TotalOf {
  using type = double;
};
template <>
struct TotalOf<int32_t> {
  using type = uint32_t;
};
template <class T>
using Total = typename TotalOf<T>::type;

// Lines of a block: rows, n apart, whose chains overlap; or columns, next to each other.
constexpr int64_t rowsAtOnce = 4, columnsAtOnce = 64;

// Block(at, count, distance): `count` lines from element `at` on, `distance` apart, whose elements are `inner` apart.
template <class Block>
OSTINATO_INLINE static void forBlocks(int64_t outer, int64_t n, int64_t inner, Work& work,
                                      Block block) {
  if (inner == 1) {
    forRows(work, ceilDiv(outer, rowsAtOnce), rowsAtOnce * n, [&](int64_t i) {
      const int64_t first = i * rowsAtOnce;
      block(first * n, min(outer - first, rowsAtOnce), n);
    });
    return;
  }
  const int64_t blocks = ceilDiv(inner, columnsAtOnce);
  forRows(work, outer * blocks, n * min(inner, columnsAtOnce), [&](int64_t i) {
    const int64_t first = i % blocks * columnsAtOnce;
    block(i / blocks * n * inner + first, min(inner - first, columnsAtOnce), 1);
  });
}

// out = the totals along n, from `start` on, each next one by step(total, x).
template <class T, class Step>
OSTINATO_INLINE static void runningTotals(const T* x, T* out, int64_t outer, int64_t n,
                                          int64_t inner, Work& work, Total<T> start, Step step) {
  forBlocks(outer, n, inner, work, [&](int64_t at, int64_t count, int64_t distance) {
    if (inner == 1 && count == rowsAtOnce) {
      Total<T> total[rowsAtOnce] = {start, start, start, start};
      for (int64_t j = at; j < at + n; ++j) {
        OSTINATO_UNROLL
        for (int64_t c = 0; c < rowsAtOnce; ++c)
          out[j + c * distance] = T(total[c] = step(total[c], Total<T>(x[j + c * distance])));
      }
    } else if (inner == 1) {
      for (int64_t c = 0; c < count; ++c, at += distance) {
        Total<T> total = start;
        for (int64_t j = at; j < at + n; ++j) out[j] = T(total = step(total, Total<T>(x[j])));
      }
    } else {
      Total<T> total[columnsAtOnce];
      for (int64_t c = 0; c < count; ++c) total[c] = start;
      for (int64_t j = 0; j < n; ++j, at += inner)
        for (int64_t c = 0; c < count; ++c)
          out[at + c] = T(total[c] = step(total[c], Total<T>(x[at + c])));
    }
  });
}

template <class T>
void cumsum(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  runningTotals(x, out, outer, n, inner, work, Total<T>(0),
                [](Total<T> total, Total<T> v) { return total + v; });
}
template <class T>
void cumprod(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  runningTotals(x, out, outer, n, inner, work, Total<T>(1),
                [](Total<T> total, Total<T> v) { return total * v; });
}

// With z the first zero of a line (n where there is none) and w the second:
//   dx_k = Σ_{k ≤ j < z} g_j y_j / x_k                       for k < z, since y is 0 from z on
//   dx_z = y_{z-1} Σ_{z ≤ j < w} g_j Π_{z < i ≤ j} x_i       the product of the others
//   dx_k = 0                                                 for k > z
template <class T>
void cumprod_backward(const T* g, const T* x, const T* y, T* out, int64_t outer, int64_t n,
                      int64_t inner, Work& work) {
  forRows(work, outer * inner, n, [&](int64_t place) {
    const int64_t start = place / inner * n * inner + place % inner;
    const auto at = [&](int64_t j) { return start + j * inner; };
    int64_t z = 0;
    while (z < n && x[at(z)] != 0) ++z;
    double sum = 0;
    for (int64_t k = z - 1; k >= 0; --k) {
      sum += double(g[at(k)]) * double(y[at(k)]);
      out[at(k)] = T(sum / double(x[at(k)]));
    }
    if (z == n) return;
    double product = z == 0 ? 1 : double(y[at(z - 1)]);
    sum = double(g[at(z)]) * product;
    int64_t j = z + 1;
    for (; j < n && x[at(j)] != 0; ++j) {
      product *= double(x[at(j)]);
      sum += double(g[at(j)]) * product;
      out[at(j)] = 0;
    }
    out[at(z)] = T(sum);
    for (; j < n; ++j) out[at(j)] = 0;
  });
}

// The extremes along one row. A new one is rare: vectors without any are filled with what is known.
template <class T, class Replaces>
OSTINATO_INLINE static void extremesOfRow(const T* x, T* values, int32_t* indices, int64_t n,
                                          Replaces replaces) {
  T best = x[0];
  int32_t place = 0;
  for (int64_t j = 0; j < n;) {
    const int64_t count = min(n - j, W<T>);
    if (count == W<T>) {
      const Vec<T> v = load(x + j), known = broadcast(best);
      if (!any(replaces(v, known) | isNaN(v))) {
        store(values + j, known);
        for (int i = 0; i < W<T>; ++i) indices[j + i] = place;
        j += W<T>;
        continue;
      }
    }
    for (const int64_t end = j + count; j < end; ++j) {
      const T v = x[j];
      const bool found = v != v || replaces(v, best);
      best = found ? v : best;
      place = found ? int32_t(j) : place;
      values[j] = best;
      indices[j] = place;
    }
  }
}

// values = the extremes so far, indices = where they are, the last of equal ones; a NaN replaces all. replaces(x, best) for
// numbers.
template <class T, class Replaces>
OSTINATO_INLINE static void runningExtremes(const T* x, T* values, int32_t* indices, int64_t outer,
                                            int64_t n, int64_t inner, Work& work,
                                            Replaces replaces) {
  if (n == 0) return;
  forBlocks(outer, n, inner, work, [&](int64_t at, int64_t count, int64_t distance) {
    if (inner == 1) {
      for (int64_t c = 0; c < count; ++c, at += distance)
        extremesOfRow(x + at, values + at, indices + at, n, replaces);
      return;
    }
    T best[columnsAtOnce];
    int32_t place[columnsAtOnce];
    for (int64_t c = 0; c < count; ++c) {
      best[c] = x[at + c];
      place[c] = 0;
    }
    // Stored apart from being found: what x is stored over could be the next one otherwise, for all the compiler knows.
    for (int64_t j = 0; j < n; ++j, at += inner) {
      for (int64_t c = 0; c < count; ++c) {
        const T v = x[at + c];
        const bool found = (v != v) | replaces(v, best[c]);
        best[c] = found ? v : best[c];
        place[c] = found ? int32_t(j) : place[c];
      }
      for (int64_t c = 0; c < count; ++c) values[at + c] = best[c];
      for (int64_t c = 0; c < count; ++c) indices[at + c] = place[c];
    }
  });
}

template <class T>
void cummax(const T* x, T* values, int32_t* indices, int64_t outer, int64_t n, int64_t inner,
            Work& work) {
  runningExtremes(x, values, indices, outer, n, inner, work,
                  [](const auto& v, const auto& best) { return v >= best; });
}
template <class T>
void cummin(const T* x, T* values, int32_t* indices, int64_t outer, int64_t n, int64_t inner,
            Work& work) {
  runningExtremes(x, values, indices, outer, n, inner, work,
                  [](const auto& v, const auto& best) { return v <= best; });
}

INSTANTIATE_FLOAT(variance)
INSTANTIATE_NUMBER(prod)
INSTANTIATE_NUMBER(cumsum)
INSTANTIATE_NUMBER(cumprod)
INSTANTIATE_FLOAT(cumprod_backward)
INSTANTIATE_NUMBER(cummax)
INSTANTIATE_NUMBER(cummin)

}  // namespace ostinato::OSTINATO_ISA
