// The states around one step, for W hidden units of one row, as a cell's backward is given them.
#pragma once

#include "../simd/vec.h"

namespace ostinato::OSTINATO_ISA {

// h, c: after the step; hPrevious, cPrevious: before it. Only what the cell reads is set
// (readsOutput, hasCellState, readsPrevious).
template <class T>
struct StateValues {
  Vec<T> h, hPrevious, c, cPrevious;
};

}  // namespace ostinato::OSTINATO_ISA
