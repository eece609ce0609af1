// softmax and log_softmax along the middle of [outer, n, inner], and their gradients.
//   softmax      y_j = e^(x_j - m) / s        m = max x, s = sum over j of e^(x_j - m)
//   log_softmax  y_j = (x_j - m) - ln s
#include "../kernels.h"
#include "columns.h"
#include "softmax.h"

namespace ostinato::OSTINATO_ISA {

template <class T, class Body>
OSTINATO_INLINE static void eachRow(int64_t outer, int64_t n, int64_t inner, Work& work,
                                    Body body) {
  if (n == 0) return;
  forRows(work, outer * inner, n, [&](int64_t r) {
    const int64_t offset = r / inner * n * inner + r % inner;
    body(offset);
  });
}

// The sums of a strip as T, a vector from column k on.
template <class T>
struct Totals {
  alignas(64) T values[columnsOfStrip] = {};
  template <class F>
  OSTINATO_INLINE Totals(const Strip<T>& strip, const StripSums<T>& sums, F f) {
    for (int64_t k = 0; k < strip.width; ++k) values[k] = T(f(sums.total(k)));
  }
  OSTINATO_INLINE Vec<T> at(int64_t k) const { return load(values + k); }
};
static constexpr auto itself = [](double total) { return total; };

template <class T>
void softmax(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  if (inner >= fewColumns<T>) {
    forColumns<T>(work, outer, n, inner, [&](const Strip<T>& strip, int64_t) {
      alignas(64) T top[columnsOfStrip];
      largestOfStrip(strip, x, top);
      StripSums<T> sums;
      strip.each([&](int64_t j, int64_t k, int64_t at, int64_t count) {
        const Vec<T> e = exp(load(x + at, count) - load(top + k));
        store(out + at, e, count);
        sums.add(j, k, e);
      });
      const Totals<T> s(strip, sums, itself);
      strip.each([&](int64_t, int64_t k, int64_t at, int64_t count) {
        store(out + at, load(out + at, count) / s.at(k), count);
      });
    });
    return;
  }
  eachRow<T>(outer, n, inner, work, [&](int64_t offset) {
    softmaxRow<T>({const_cast<T*>(x) + offset, n, inner}, {out + offset, n, inner});
  });
}

template <class T>
void log_softmax(const T* x, T* out, int64_t outer, int64_t n, int64_t inner, Work& work) {
  if (inner >= fewColumns<T>) {
    forColumns<T>(work, outer, n, inner, [&](const Strip<T>& strip, int64_t) {
      alignas(64) T top[columnsOfStrip];
      largestOfStrip(strip, x, top);
      StripSums<T> sums;
      strip.each([&](int64_t j, int64_t k, int64_t at, int64_t count) {
        sums.add(j, k, exp(load(x + at, count) - load(top + k)));
      });
      const Totals<T> logS(strip, sums, [](double total) { return logOf(total); });
      strip.each([&](int64_t, int64_t k, int64_t at, int64_t count) {
        store(out + at, (load(x + at, count) - load(top + k)) - logS.at(k), count);
      });
    });
    return;
  }
  eachRow<T>(outer, n, inner, work, [&](int64_t offset) {
    const Row<T> from{const_cast<T*>(x) + offset, n, inner}, to{out + offset, n, inner};
    const Vec<T> m = broadcast(largest<T>({from.p, n, inner}));
    LaneSums<T> sums;
    forEachVector<T>(
        0, n, [&](int64_t i, int count) { sums.addFirst(exp(from.at(i, count, 0) - m), count); });
    const Vec<T> logS = broadcast(T(logOf(sums.total())));
    forEachVector<T>(
        0, n, [&](int64_t i, int count) { to.put(i, count, (from.at(i, count, 0) - m) - logS); });
  });
}

template <class T>
void softmax_backward(const T* g, const T* y, T* out, int64_t outer, int64_t n, int64_t inner,
                      Work& work) {
  if (inner >= fewColumns<T>) {
    forColumns<T>(work, outer, n, inner, [&](const Strip<T>& strip, int64_t) {
      StripSums<T> sums;
      strip.each([&](int64_t j, int64_t k, int64_t at, int64_t count) {
        sums.add(j, k, load(g + at, count) * load(y + at, count));
      });
      const Totals<T> total(strip, sums, itself);
      strip.each([&](int64_t, int64_t k, int64_t at, int64_t count) {
        store(out + at, load(y + at, count) * (load(g + at, count) - total.at(k)), count);
      });
    });
    return;
  }
  eachRow<T>(outer, n, inner, work, [&](int64_t offset) {
    softmaxGradientRow<T>({const_cast<T*>(g) + offset, n, inner},
                          {const_cast<T*>(y) + offset, n, inner}, {out + offset, n, inner});
  });
}

// g - e^y (sum of g)
template <class T>
void log_softmax_backward(const T* g, const T* y, T* out, int64_t outer, int64_t n, int64_t inner,
                          Work& work) {
  if (inner >= fewColumns<T>) {
    forColumns<T>(work, outer, n, inner, [&](const Strip<T>& strip, int64_t) {
      StripSums<T> sums;
      strip.each([&](int64_t j, int64_t k, int64_t at, int64_t count) {
        sums.add(j, k, load(g + at, count));
      });
      const Totals<T> total(strip, sums, itself);
      strip.each([&](int64_t, int64_t k, int64_t at, int64_t count) {
        store(out + at, load(g + at, count) - exp(load(y + at, count)) * total.at(k), count);
      });
    });
    return;
  }
  eachRow<T>(outer, n, inner, work, [&](int64_t offset) {
    const Row<T> grad{const_cast<T*>(g) + offset, n, inner},
        result{const_cast<T*>(y) + offset, n, inner}, to{out + offset, n, inner};
    LaneSums<T> sums;
    forEachVector<T>(0, n,
                     [&](int64_t i, int count) { sums.addFirst(grad.at(i, count, 0), count); });
    const Vec<T> total = broadcast(T(sums.total()));
    forEachVector<T>(0, n, [&](int64_t i, int count) {
      to.put(i, count, grad.at(i, count, 0) - exp(result.at(i, count, 0)) * total);
    });
  });
}

INSTANTIATE_FLOAT(softmax)
INSTANTIATE_FLOAT(log_softmax)
INSTANTIATE_FLOAT(softmax_backward)
INSTANTIATE_FLOAT(log_softmax_backward)

}  // namespace ostinato::OSTINATO_ISA
