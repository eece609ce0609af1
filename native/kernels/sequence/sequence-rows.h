// Rows of a whole sequence, in order of memory, as the gradients of the weights read them.
#pragma once

#include "arguments.h"
#include "steps.h"

namespace ostinato::OSTINATO_ISA {

// x [R, I]; what W_hh multiplies, the state before each step [R, S]; what W_hr is multiplied by [R, H].
enum class RowsOf { input, state, projected };

template <class T>
struct SequenceRows {
  const SequenceBackward<T>& s;
  const Steps& steps;

  // Pointers to rows k .. k+count-1; null for a state of zeros.
  void get(RowsOf what, int64_t k, int64_t count, const T** row) const {
    switch (what) {
      case RowsOf::input:
        for (int64_t i = 0; i < count; ++i)
          row[i] = s.batchSizes
                       ? s.x + (k + i) * s.xStrideN
                       : s.x + (k + i) / s.batch * s.xStrideT + (k + i) % s.batch * s.xStrideN;
        return;
      case RowsOf::state:
        return states(k, count, row);
      case RowsOf::projected:
        for (int64_t i = 0; i < count; ++i) row[i] = s.projected + (k + i) * s.hiddenSize;
        return;
    }
  }

 private:
  void states(int64_t k, int64_t count, const T** row) const {
    const int64_t S = s.projSize ? s.projSize : s.hiddenSize;
    const T* const h0 = s.recurrent ? s.recurrentH0 : s.h0;
    int64_t t = 0, n = k;
    int64_t previous = 0, first = 0;  // rows of [R, .]: of the step before t, of t
    if (!s.batchSizes) {
      t = k / s.batch;
      n = k % s.batch;
    }
    for (int64_t i = 0; i < count; ++i) {
      while (n >= steps.rowsAt(t)) {
        n -= steps.rowsAt(t);
        previous = first;
        first += steps.rowsAt(t);
        ++t;
      }
      const int64_t before = s.reverse ? t + 1 : t - 1;
      if (before < 0 || before >= s.steps || n >= steps.rowsAt(before))
        row[i] = h0 ? h0 + n * S : nullptr;
      else if (s.recurrent)
        row[i] = s.recurrent + S * (n + (!s.batchSizes ? before * s.batch
                                         : s.reverse   ? first + steps.rowsAt(t)
                                                       : previous));
      else if (s.batchSizes)
        row[i] = s.out + ((s.reverse ? first + steps.rowsAt(t) : previous) + n) * s.outStrideN;
      else
        row[i] = s.out + before * s.outStrideT + n * s.outStrideN;
      ++n;
    }
  }
};

}  // namespace ostinato::OSTINATO_ISA
