// The whole-sequence LSTM kernels: the drivers of forward.cc and backward.cc with the cell of
// cells/lstm.h.
#include "../kernels.h"
#include "cell.h"
#include "cells/lstm.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void lstm_forward(const SequenceForward<T>& s, Work& work) {
  forward(cellOf<T, LstmCell>, s, work);
}
template <class T>
void lstm_backward(const SequenceBackward<T>& s, Work& work) {
  backward(cellOf<T, LstmCell>, s, work);
}
template <class T>
void lstm_pack(const SequencePack<T>& s, Work& work) {
  packWeights(cellOf<T, LstmCell>, s, work);
}

INSTANTIATE_FLOAT(lstm_forward)
INSTANTIATE_FLOAT(lstm_backward)
INSTANTIATE_FLOAT(lstm_pack)

}  // namespace ostinato::OSTINATO_ISA
