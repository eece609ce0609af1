// How many elements of memory the caller of a sequence kernel provides: what is neither an array of
// the layer's own shapes nor saved by the forward pass (arguments.h has those).
#pragma once

#include <cstdint>

namespace ostinato {

// I, H and P as in arguments.h, G gates and B pre-activation blocks of the cell.
template <class T>
struct SequenceMemory {
  int64_t gates, blocks, inputSize, hiddenSize, projSize;

  // Lanes of a vector.
  static constexpr int64_t W = 64 / sizeof(T);
  static constexpr int64_t up(int64_t n) { return (n + W - 1) / W * W; }

  constexpr int64_t stateSize() const { return projSize ? projSize : hiddenSize; }

  // W + up(H) * (B + G*(I + S)) + up(P) * H: flags, biases, the panels of x, h and the projection.
  constexpr int64_t packed() const {
    return W + up(hiddenSize) * (blocks + gates * (inputSize + stateSize())) +
           up(projSize) * hiddenSize;
  }

  // max(up(S) * G*H + (P ? up(H) * P : 0), up(I) * G*H): the panels of the backward pass, first
  // those of its steps, then those of gradX.
  constexpr int64_t workspace() const {
    const int64_t rows = gates * hiddenSize;
    const int64_t steps = up(stateSize()) * rows + (projSize ? up(hiddenSize) * projSize : 0);
    const int64_t input = up(inputSize) * rows;
    return steps > input ? steps : input;
  }
};

}  // namespace ostinato
