// The whole-sequence kernels: the drivers of forward.cc and backward.cc with the cells of cells.inc.
#include "../kernels.h"
#include "cell.h"
#include "cells.h"
#include "variant.h"

namespace ostinato::OSTINATO_ISA {

// A policy whose activation is tanh or relu (cells/rnn.h) names the other one.
template <class T, class Policy, class Call>
const Cell<T>& cellFor(const Call& s) {
  if constexpr (requires { typename Policy::Relu; })
    if (s.relu)
      return isVariant(s) ? variantOf<T, typename Policy::Relu> : cellOf<T, typename Policy::Relu>;
  return isVariant(s) ? variantOf<T, Policy> : cellOf<T, Policy>;
}

#define SEQUENCE_CELL(name, policy)                                \
  template <class T>                                               \
  void name##_forward(const SequenceForward<T>& s, Work& work) {   \
    forward<T>(cellFor<T, policy>(s), s, work);                    \
  }                                                                \
  template <class T>                                               \
  void name##_backward(const SequenceBackward<T>& s, Work& work) { \
    backward<T>(cellFor<T, policy>(s), s, work);                   \
  }                                                                \
  INSTANTIATE_FLOAT(name##_forward)                                \
  INSTANTIATE_FLOAT(name##_backward)
#include "cells.inc"

}  // namespace ostinato::OSTINATO_ISA
