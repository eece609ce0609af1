// The whole-sequence kernels: the drivers of forward.cc and backward.cc with the cells of cells.inc.
#include "../kernels.h"
#include "cell.h"
#include "cells.h"

namespace ostinato::OSTINATO_ISA {

// A policy whose activation is tanh or relu (cells/rnn.h) names the other one.
template <class T, class Policy>
const Cell<T>& cellFor(bool relu) {
  if constexpr (requires { typename Policy::Relu; })
    if (relu) return cellOf<T, typename Policy::Relu>;
  return cellOf<T, Policy>;
}

#define SEQUENCE_CELL(name, policy)                                \
  template <class T>                                               \
  void name##_forward(const SequenceForward<T>& s, Work& work) {   \
    forward<T>(cellFor<T, policy>(s.relu), s, work);               \
  }                                                                \
  template <class T>                                               \
  void name##_backward(const SequenceBackward<T>& s, Work& work) { \
    backward<T>(cellFor<T, policy>(s.relu), s, work);              \
  }                                                                \
  INSTANTIATE_FLOAT(name##_forward)                                \
  INSTANTIATE_FLOAT(name##_backward)
#include "cells.inc"

}  // namespace ostinato::OSTINATO_ISA
