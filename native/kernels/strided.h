// Strided: shape and strides of an elementwise kernel's operands. The caller has broadcast the shapes and
// collapsed adjacent dimensions wherever the strides of every operand allow it, so most calls have one
// dimension.
#pragma once

#include <cstdint>

namespace ostinato {

// Strides are in elements and may be 0 (broadcast) or negative. operand 0.. are the inputs in the
// order of the parameter list, the last operand is the output. dims == 0 is one single element.
struct Strided {
  static constexpr int maxDims = 8;
  static constexpr int maxOperands = 4;
  int64_t dims;
  int64_t operands;
  int64_t shape[maxDims];  // outermost first
  int64_t strides[maxOperands][maxDims];
};

}  // namespace ostinato
