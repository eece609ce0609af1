// Where the rows of a step are, for padded and packed batches, either direction. Steps are walked
// in order of processing (step 0 is the first that the cell sees); t is the place in memory.
#pragma once

#include <cstdint>

namespace ostinato::OSTINATO_ISA {

struct Steps {
  int64_t T, N;
  bool reverse;
  const int32_t* batchSizes;

  int64_t rowsAt(int64_t t) const { return batchSizes ? batchSizes[t] : N; }
  int64_t totalRows() const {
    if (!batchSizes) return T * N;
    int64_t sum = 0;
    for (int64_t t = 0; t < T; ++t) sum += batchSizes[t];
    return sum;
  }
};

// One step; previous* describe the step that the cell saw before.
struct Step {
  int64_t index, t, rows;
  int64_t row;  // of an [R, ...] array: the step's first
  int64_t previousT, previousRow;
  int64_t
      carriedRows;  // rows 0 .. carriedRows-1 come from the previous step, the others begin here
};

// Walks the steps from first to last, or (backwards) from last to first.
class StepWalk {
 public:
  StepWalk(const Steps& steps, bool backwards) : s(steps), backwards(backwards) {
    // Processing order is memory order unless exactly one of the two is reversed.
    if (s.reverse != backwards) row = s.totalRows();
    index = backwards ? s.T - 1 : 0;
  }
  bool next(Step& step) {
    if (index < 0 || index >= s.T) return false;
    const bool up = s.reverse == backwards;
    step.index = index;
    step.t = s.reverse ? s.T - 1 - index : index;
    step.rows = s.rowsAt(step.t);
    if (!up) row -= step.rows;
    step.row = row;
    if (up) row += step.rows;
    if (index == 0) {
      step.carriedRows = 0;
      step.previousT = step.previousRow = 0;
    } else {
      step.previousT = s.reverse ? step.t + 1 : step.t - 1;
      const int64_t rows = s.rowsAt(step.previousT);
      step.previousRow = s.reverse ? step.row + step.rows : step.row - rows;
      step.carriedRows = rows < step.rows ? rows : step.rows;
    }
    index += backwards ? -1 : 1;
    return true;
  }

 private:
  const Steps& s;
  bool backwards;
  int64_t index, row = 0;
};

// A [T, N, .] array by strides, or with batchSizes [R, .] with the row stride strideN.
template <class T>
struct SequenceArray {
  T* p;
  int64_t strideT, strideN;
  bool packed;
  T* at(int64_t t, int64_t row) const { return p + (packed ? row * strideN : t * strideT); }
};

}  // namespace ostinato::OSTINATO_ISA
