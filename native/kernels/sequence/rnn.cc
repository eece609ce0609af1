// The whole-sequence RNN kernels: the drivers of forward.cc and backward.cc with the cells of
// cells/rnn.h.
#include "../kernels.h"
#include "cell.h"
#include "cells/rnn.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
const Cell<T>& rnnCell(bool relu) {
  return relu ? cellOf<T, RnnCell<true>> : cellOf<T, RnnCell<false>>;
}

template <class T>
void rnn_forward(const SequenceForward<T>& s, Work& work) {
  forward(rnnCell<T>(s.relu), s, work);
}
template <class T>
void rnn_backward(const SequenceBackward<T>& s, Work& work) {
  backward(rnnCell<T>(s.relu), s, work);
}
// The packing of weights does not know the nonlinearity.
template <class T>
void rnn_pack(const SequencePack<T>& s, Work& work) {
  packWeights(rnnCell<T>(false), s, work);
}

INSTANTIATE_FLOAT(rnn_forward)
INSTANTIATE_FLOAT(rnn_backward)
INSTANTIATE_FLOAT(rnn_pack)

}  // namespace ostinato::OSTINATO_ISA
