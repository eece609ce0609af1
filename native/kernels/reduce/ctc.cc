// Connectionist temporal classification (Graves et al. 2006): the loss by the forward recursion over alpha, the gradient
// by the backward recursion over beta. Both are in log space, in vectors of states, and say what kernels.inc does.
//
// The states of a target of L labels are L + 1 blanks, b_0 .. b_L, and the labels l_0 .. l_(L-1), in the order
// b_0 l_0 b_1 l_1 ... b_L. They are kept apart, because a blank needs neither a gathered emission nor the third predecessor:
//   alpha_t(b_i) = log(e^alpha(b_i) + e^alpha(l_(i-1)))                                     + x_t(blank)
//   alpha_t(l_i) = log(e^alpha(l_i) + e^alpha(b_i) + [label i != label i-1] e^alpha(l_(i-1))) + x_t(label i)
// of alpha at t - 1. beta_t(s) leaves out the emission of t: the log-probability of what follows s at t.
//
// A step is kept relative to the largest state of the one before, and the sum of those in double precision: what is stored
// stays near 0 where it matters, and keeps its precision over any number of steps.
#include "../kernels.h"
#include "rows.h"

namespace ostinato::OSTINATO_ISA {

namespace {

// Both halves of a row of states: blanks at `blanks`, labels at `labels`. labels[-1] is minus infinity.
template <class T>
struct States {
  T *blanks, *labels;
  OSTINATO_INLINE States(T* row, int64_t width) : blanks(row), labels(row + width) {}
};

// What is the same at each step of one sequence.
template <class T>
struct Sequence {
  const T* x;  // its first row of log-probabilities
  int64_t stride, steps, length, blank;
  const int32_t* target;
  T* skip;       // [length + 1]: 0 where label i - 1 leads to label i, else minus infinity
  T* emissions;  // [length]: the labels' log-probabilities of one step

  OSTINATO_INLINE const T* row(int64_t t) const { return x + t * stride; }
  OSTINATO_INLINE void prepare() const {
    for (int64_t i = 0; i <= length; ++i) {
      const bool leads = i > 0 && i < length && target[i] != target[i - 1];
      skip[i] = leads ? T(0) : -Format<T>::infinity;
    }
  }
  OSTINATO_INLINE void gather(int64_t t) const {
    const T* const from = row(t);
    for (int64_t i = 0; i < length; ++i) emissions[i] = from[target[i]];
  }
};

// log(1 + rest) for rest from 0 to 2.
template <class T>
OSTINATO_LONG_INLINE Vec<T> logOnePlus(const Vec<T>& rest) {
  const auto [f, k] = logParts(one<T>() + rest);
  return logOf(f, k);
}
// NaN where any is NaN, minus infinity where all are.
template <class T>
OSTINATO_LONG_INLINE Vec<T> logSum(const Vec<T>& a, const Vec<T>& b) {
  const Vec<T> top = max(a, b), low = lesser(a, b);
  const Vec<T> finite = greater(top, broadcast(-Format<T>::largest));
  return top + logOnePlus(exp(low - finite));
}
template <class T>
OSTINATO_LONG_INLINE Vec<T> logSum(const Vec<T>& a, const Vec<T>& b, const Vec<T>& c) {
  const Vec<T> high = greater(a, b), low = lesser(a, b), middle = lesser(high, c);
  const Vec<T> top = max(max(a, b), c);
  const Vec<T> finite = greater(top, broadcast(-Format<T>::largest));
  return top + logOnePlus(exp(low - finite) + exp(middle - finite));
}
OSTINATO_LONG_INLINE double logSum(double a, double b) {
  return logSum(broadcast(a), broadcast(b))[0];
}

// The largest lane so far; NaN once there was one.
template <class T>
struct Top {
  Vec<T> lanes = broadcast(-Format<T>::infinity);
  OSTINATO_LONG_INLINE void take(const Vec<T>& v, int count) {
    lanes = max(lanes, count == Vec<T>::lanes ? v : select(firstLanes<T>(count), v, lanes));
  }
  // What to subtract at the next step: 0 where every state is impossible.
  OSTINATO_LONG_INLINE T shift() const {
    alignas(64) T all[Vec<T>::lanes];
    store(all, lanes);
    T best = all[0];
    for (T v : all) best = v > best || v != v ? v : best;
    return best == -Format<T>::infinity ? T(0) : best;
  }
};

// alpha at t = 0. Returns the next shift.
template <class T>
T firstStep(const Sequence<T>& s, States<T> to) {
  const T* const x = s.row(0);
  for (int64_t i = 0; i < s.length; ++i) to.blanks[i] = to.labels[i] = -Format<T>::infinity;
  to.blanks[s.length] = to.labels[-1] = -Format<T>::infinity;
  to.blanks[0] = x[s.blank];
  if (s.length > 0) to.labels[0] = x[s.target[0]];
  Top<T> top;
  top.take(broadcast(to.blanks[0]), Vec<T>::lanes);
  if (s.length > 0) top.take(broadcast(to.labels[0]), Vec<T>::lanes);
  return top.shift();
}

// alpha at t from that at t - 1, `shift` subtracted. Returns the next shift.
template <class T>
T step(const Sequence<T>& s, int64_t t, States<T> from, States<T> to, T shift) {
  s.gather(t);
  Top<T> top;
  const Vec<T> off = broadcast(shift), blank = broadcast(s.row(t)[s.blank]) - off;
  forEachVector<T>(0, s.length + 1, [&](int64_t i, int count) {
    const Vec<T> next =
        logSum(load(from.blanks + i, count), load(from.labels + i - 1, count)) + blank;
    top.take(next, count);
    store(to.blanks + i, next, count);
  });
  to.labels[-1] = -Format<T>::infinity;
  forEachVector<T>(0, s.length, [&](int64_t i, int count) {
    const Vec<T> own = load(from.labels + i, count);
    const Vec<T> skipped = load(from.labels + i - 1, count) + load(s.skip + i, count);
    const Vec<T> next =
        logSum(own, load(from.blanks + i, count), skipped) + (load(s.emissions + i, count) - off);
    top.take(next, count);
    store(to.labels + i, next, count);
  });
  return top.shift();
}

// -log of the target's probability.
template <class T>
T lossOf(const Sequence<T>& s, States<T> last, double offset) {
  const double end = double(last.blanks[s.length]);
  return T(-(logSum(end, double(last.labels[s.length - 1])) + offset));
}

template <class T>
T forward(const Sequence<T>& s, T* alpha, double* offsets, int64_t width) {
  if (s.steps == 0) return s.length == 0 ? T(0) : Format<T>::infinity;
  s.prepare();
  const auto at = [&](int64_t t) {
    return States<T>(alpha + (offsets ? t : t & 1) * 2 * width, width);
  };
  double offset = 0;
  T shift = firstStep(s, at(0));
  if (offsets) offsets[0] = 0;
  for (int64_t t = 1; t < s.steps; ++t) {
    offset += double(shift);
    if (offsets) offsets[t] = offset;
    shift = step(s, t, at(t - 1), at(t), shift);
  }
  return lossOf(s, at(s.steps - 1), offset);
}

// row[label] += e^(alpha + beta + scale), in proportion the probability of each state at a step, given the target. Returns
// their sum: 1, but for the rounding that all states at t share, which division by it removes.
template <class T>
double addProbabilities(const Sequence<T>& s, States<T> alpha, States<T> beta, double scale,
                        T* some, T* row) {
  const Vec<T> shift = broadcast(T(scale));
  LaneSums<T> blanks, labels;
  forEachVector<T>(0, s.length + 1, [&](int64_t i, int count) {
    const Vec<T> both = load(alpha.blanks + i, count) + load(beta.blanks + i, count);
    blanks.addFirst(exp(both + shift), count);
  });
  forEachVector<T>(0, s.length, [&](int64_t i, int count) {
    const Vec<T> both = load(alpha.labels + i, count) + load(beta.labels + i, count);
    const Vec<T> p = exp(both + shift);
    labels.addFirst(p, count);
    store(some + i, p, count);
  });
  for (int64_t i = 0; i < s.length; ++i) row[s.target[i]] += some[i];
  row[s.blank] += T(blanks.total());
  return blanks.total() + labels.total();
}

// beta at t - 1 from that at t, by way of `next`, beta at t with its emission and `shift` subtracted.
template <class T>
T stepBack(const Sequence<T>& s, int64_t t, States<T> beta, States<T> next, T shift) {
  s.gather(t);
  const Vec<T> off = broadcast(shift), blank = broadcast(s.row(t)[s.blank]) - off;
  forEachVector<T>(0, s.length + 1, [&](int64_t i, int count) {
    store(next.blanks + i, load(beta.blanks + i, count) + blank, count);
  });
  forEachVector<T>(0, s.length, [&](int64_t i, int count) {
    store(next.labels + i, load(beta.labels + i, count) + (load(s.emissions + i, count) - off),
          count);
  });
  next.labels[s.length] = -Format<T>::infinity;
  Top<T> top;
  forEachVector<T>(0, s.length + 1, [&](int64_t i, int count) {
    const Vec<T> before = logSum(load(next.blanks + i, count), load(next.labels + i, count));
    top.take(before, count);
    store(beta.blanks + i, before, count);
  });
  forEachVector<T>(0, s.length, [&](int64_t i, int count) {
    const Vec<T> skipped = load(next.labels + i + 1, count) + load(s.skip + i + 1, count);
    const Vec<T> before =
        logSum(load(next.labels + i, count), load(next.blanks + i + 1, count), skipped);
    top.take(before, count);
    store(beta.labels + i, before, count);
  });
  return top.shift();
}

// out = g (e^x - scale out)
template <class T>
void finish(const T* x, T* out, T scale, T g, int64_t classes) {
  forEachVector<T>(0, classes, [&](int64_t i, int count) {
    const Vec<T> p = load(out + i, count) * broadcast(scale);
    store(out + i, broadcast(g) * (exp(load(x + i, count)) - p), count);
  });
}

template <class T>
void fillRow(T* out, T value, int64_t classes) {
  for (int64_t c = 0; c < classes; ++c) out[c] = value;
}

}  // namespace

template <class T>
void ctc_loss(const T* x, const int32_t* target, const int32_t* first, const int32_t* steps,
              const int32_t* lengths, T* losses, T* alpha, double* offsets, T* spare, int64_t most,
              int64_t batch, int64_t classes, int64_t width, int64_t blank, Work& work) {
  const int64_t kept = offsets ? most : 2;
  forRows(work, batch, 8 * most * width, [&](int64_t n) {
    T* const own = spare + n * 2 * width;
    const Sequence<T> s{x + n * classes, batch * classes,   steps[n], lengths[n],
                        blank,           target + first[n], own,      own + width};
    losses[n] =
        forward(s, alpha + n * kept * 2 * width, offsets ? offsets + n * most : nullptr, width);
  });
}

template <class T>
void ctc_loss_backward(const T* g, const T* x, const int32_t* target, const int32_t* first,
                       const int32_t* steps, const int32_t* lengths, const T* losses,
                       const T* alpha, const double* offsets, T* out, T* spare, int64_t most,
                       int64_t batch, int64_t classes, int64_t width, int64_t blank,
                       int64_t zeroInfinity, Work& work) {
  forRows(work, batch, 16 * most * width, [&](int64_t n) {
    T* const own = spare + n * 7 * width;
    const Sequence<T> s{x + n * classes, batch * classes,   steps[n], lengths[n],
                        blank,           target + first[n], own,      own + width};
    const auto outRow = [&](int64_t t) { return out + (t * batch + n) * classes; };
    const bool impossible = losses[n] == Format<T>::infinity;
    const int64_t live = impossible && zeroInfinity ? 0 : s.steps;
    for (int64_t t = live; t < most; ++t) fillRow(outRow(t), T(0), classes);
    if (impossible) {
      for (int64_t t = 0; t < live; ++t) fillRow(outRow(t), Format<T>::nan, classes);
      return;
    }
    if (live == 0) return;
    s.prepare();
    const States<T> beta(own + 3 * width, width), next(own + 5 * width, width);
    for (int64_t i = 0; i < s.length; ++i) beta.blanks[i] = beta.labels[i] = -Format<T>::infinity;
    beta.blanks[s.length] = 0;
    if (s.length > 0) beta.labels[s.length - 1] = 0;
    const T* const ownAlpha = alpha + n * most * 2 * width;
    const double* const offset = offsets + n * most;
    double after = 0;
    T shift = 0;
    for (int64_t t = s.steps - 1; t >= 0; --t) {
      T* const row = outRow(t);
      fillRow(row, T(0), classes);
      const States<T> before(const_cast<T*>(ownAlpha) + t * 2 * width, width);
      const double total = addProbabilities(s, before, beta, offset[t] + after + double(losses[n]),
                                            own + 2 * width, row);
      finish(s.row(t), row, T(1 / total), g[n], classes);
      if (t == 0) return;
      after += double(shift);
      shift = stepBack(s, t, beta, next, shift);
    }
  });
}

INSTANTIATE_FLOAT(ctc_loss)
INSTANTIATE_FLOAT(ctc_loss_backward)

}  // namespace ostinato::OSTINATO_ISA
