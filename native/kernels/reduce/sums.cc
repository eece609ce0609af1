// Sums of [outer, n, inner] along n: sum, mean, norm, logsumexp, logcumsumexp. Floats are accumulated in double: along lines in
// four vectors of eight sums, added up as a tree; along columns, also where there is one only, in one sum for each. Serial sums are in
// chains.cc.
#include "../kernels.h"
#include "columns.h"

namespace ostinato::OSTINATO_ISA {

// The sum of value(lanes) over n contiguous elements: four vectors of sums, to hide an addition's
// latency, added in order; then the last, partial vector element by element, so that `value` sees no
// padding.
template <class T, class Value>
OSTINATO_INLINE static double sumOfRun(const T* p, int64_t n, Value value) {
  constexpr int W = Vec<double>::lanes;
  Vec<double> sums[4] = {zero<double>(), zero<double>(), zero<double>(), zero<double>()};
  int64_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
    OSTINATO_UNROLL
    for (int c = 0; c < 4; ++c) {
      sums[c] = sums[c] + value(loadAsDouble(p + i + c * W));
    }
  }
  for (; i + W <= n; i += W) sums[0] = sums[0] + value(loadAsDouble(p + i));
  double total = sumLanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
  if (i < n) {
    alignas(64) double lanes[W];
    store(lanes, value(loadPartialAsDouble(p + i, int(n - i))));
    for (int l = 0; l < n - i; ++l) total += lanes[l];
  }
  return total;
}

// Rows are summed by runs of this many elements, and the runs in order: a long row can be shared by
// threads.
constexpr int64_t runLength = int64_t(1) << 14;

template <class T, class Value, class Finish>
OSTINATO_INLINE static void sumRows(const T* x, int64_t rows, int64_t n, Work& work, Value value,
                                    Finish finish) {
  const int64_t runs = ceilDiv(n, runLength);
  const auto sumOfOne = [&](const T* row, int64_t run) {
    const int64_t from = run * runLength;
    return sumOfRun(row + from, min(n - from, runLength), value);
  };
  if (runs > 3 && work.threads > 1 && rows < 2 * work.threads &&
      runs * int64_t(sizeof(double)) <= Work::scratchBytes) {
    double* const partial = (double*)work.scratch(work, 0);
    for (int64_t r = 0; r < rows; ++r) {
      parallel(work, runs, [&](int64_t run, int) { partial[run] = sumOfOne(x + r * n, run); });
      double total = 0;
      for (int64_t run = 0; run < runs; ++run) total += partial[run];
      finish(r, total);
    }
    return;
  }
  forRows(work, rows, n, [&](int64_t r) {
    double total = 0;
    for (int64_t run = 0; run < runs; ++run) total += sumOfOne(x + r * n, run);
    finish(r, total);
  });
}

// A single column of [n, 1]: its running sum, term by term.
template <class T, class Value>
OSTINATO_INLINE static double sumInOrder(const T* p, int64_t n, Value value) {
  constexpr int W = Vec<double>::lanes;
  double total = 0;
  alignas(64) double terms[W];
  for (int64_t i = 0; i < n; i += W) {
    const int count = int(min(n - i, W));
    store(terms, value(count == W ? loadAsDouble(p + i) : loadPartialAsDouble(p + i, count)));
    for (int l = 0; l < count; ++l) total += terms[l];
  }
  return total;
}

// Columns of [n, inner]: one running sum each, kept in a strip that four rows at a time are added
// to.
template <class T, class Value, class Finish>
OSTINATO_INLINE static void sumColumns(const T* x, int64_t outer, int64_t n, int64_t inner,
                                       Work& work, Value value, Finish finish) {
  constexpr int W = Vec<double>::lanes;
  if (inner == 1) {
    forRows(work, outer, n, [&](int64_t o) { finish(o, sumInOrder(x + o * n, n, value)); });
    return;
  }
  constexpr int64_t stripLength = 256;
  forStrips(work, outer, n, inner, stripLength, [&](int64_t at, int64_t width, int64_t place) {
    alignas(64) double strip[stripLength];
    for (int64_t k = 0; k < width; k += W) store(strip + k, zero<double>());
    const T* p = x + at;
    for (int64_t j = 0; j < n; j += 4, p += 4 * inner) {
      const int rows = int(min(n - j, 4));
      for (int64_t k = 0; k < width; k += W) {
        const int count = int(min(width - k, W));
        Vec<double> total = load(strip + k);
        for (int i = 0; i < rows; ++i) {
          const T* const row = p + i * inner + k;
          total = total + value(count == W ? loadAsDouble(row) : loadPartialAsDouble(row, count));
        }
        store(strip + k, total);
      }
    }
    for (int64_t k = 0; k < width; ++k) finish(place + k, strip[k]);
  });
}

// Calls finish(place, total) for each of outer * inner results, total the sum of value(lanes) over
// the n elements. `value` maps Vec<double> to Vec<double>.
template <class T, class Value, class Finish>
OSTINATO_INLINE static void sumOver(const T* x, int64_t outer, int64_t n, int64_t inner, Flag lines,
                                    Work& work, Value value, Finish finish) {
  if (lines)
    sumRows(x, outer, n, work, value, finish);
  else
    sumColumns(x, outer, n, inner, work, value, finish);
}

struct Identity {
  OSTINATO_INLINE Vec<double> operator()(const Vec<double>& v) const { return v; }
};
struct Square {
  OSTINATO_INLINE Vec<double> operator()(const Vec<double>& v) const { return v * v; }
};

template <class T>
void sum(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Flag lines, Work& work) {
  sumOver(x, outer, n, inner, lines, work, Identity{}, [&](int64_t i, double s) { out[i] = T(s); });
}
// int32 wraps around, exactly, in any order.
template <>
void sum<int32_t>(const int32_t* x, int32_t* out, int64_t outer, int64_t n, int64_t inner, Flag,
                  Work& work) {
  forRows(work, outer, n * inner, [&](int64_t o) {
    for (int64_t k = 0; k < inner; ++k) {
      uint32_t total = 0;
      for (int64_t j = 0; j < n; ++j) total += uint32_t(x[(o * n + j) * inner + k]);
      out[o * inner + k] = int32_t(total);
    }
  });
}

template <class T>
void mean(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Flag lines, Work& work) {
  sumOver(x, outer, n, inner, lines, work, Identity{},
          [&](int64_t i, double s) { out[i] = T(s / double(n)); });
}
template <class T>
void norm(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Flag lines, Work& work) {
  sumOver(x, outer, n, inner, lines, work, Square{},
          [&](int64_t i, double s) { out[i] = T(__builtin_sqrt(s)); });
}

// m + ln of the sum of e^(x - m); an infinite m counts as 0, so that infinities come out as they
// are.
template <class T>
OSTINATO_INLINE static T finiteTop(T m) {
  return m == Format<T>::infinity || m == -Format<T>::infinity ? T(0) : m;
}

template <class T>
static void logsumexpOfColumns(const T* x, T* out, int64_t outer, int64_t n, int64_t inner,
                               Work& work) {
  forColumns<T>(work, outer, n, inner, [&](const Strip<T>& strip, int64_t place) {
    alignas(64) T top[columnsOfStrip];
    largestOfStrip(strip, x, top);
    for (T& m : top) m = n > 0 ? finiteTop(m) : T(0);
    StripSums<T> sums;
    strip.each([&](int64_t j, int64_t k, int64_t at, int64_t count) {
      sums.add(j, k, exp(load(x + at, count) - load(top + k)));
    });
    for (int64_t k = 0; k < strip.width; ++k)
      out[place + k] = T(double(top[k]) + logOf(sums.total(k)));
  });
}

template <class T>
void logsumexp(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Flag, Work& work) {
  if (inner >= fewColumns<T>) return logsumexpOfColumns(x, out, outer, n, inner, work);
  forRows(work, outer * inner, n, [&](int64_t place) {
    const Row<T> row{const_cast<T*>(x) + place / inner * n * inner + place % inner, n, inner};
    const T m = n > 0 ? finiteTop(largest<T>({row.p, n, inner})) : T(0);
    const Vec<T> top = broadcast(m);
    LaneSums<T> sums;
    forEachVector<T>(
        0, n, [&](int64_t i, int count) { sums.addFirst(exp(row.at(i, count, 0) - top), count); });
    out[place] = T(double(m) + logOf(sums.total()));
  });
}

// Chains of ln(e^a + e^b) in double precision, those of eight lines in one vector.
template <class T>
void logcumsumexp(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  constexpr int64_t W = Vec<double>::lanes;
  const int64_t lines = outer * inner;
  forRows(work, ceilDiv(lines, W), W * n, [&](int64_t group) {
    const int64_t first = group * W, count = min(lines - first, W);
    int64_t at[W];
    for (int64_t l = 0; l < count; ++l)
      at[l] = (first + l) / inner * n * inner + (first + l) % inner;
    alignas(64) double some[W] = {};
    Vec<double> total = broadcast(-Format<double>::infinity);
    for (int64_t j = 0; j < n * inner; j += inner) {
      for (int64_t l = 0; l < count; ++l) some[l] = double(x[at[l] + j]);
      total = logAddExp(total, load(some));
      store(some, total);
      for (int64_t l = 0; l < count; ++l) out[at[l] + j] = T(some[l]);
    }
  });
}

INSTANTIATE_FLOAT(sum)
INSTANTIATE_FLOAT(mean)
INSTANTIATE_FLOAT(norm)
INSTANTIATE_FLOAT(logsumexp)
INSTANTIATE_FLOAT(logcumsumexp)

}  // namespace ostinato::OSTINATO_ISA
