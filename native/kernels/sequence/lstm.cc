// The whole-sequence LSTM kernels: forward.h and backward.h with the cell of cells/lstm.h.
#include "../kernels.h"
#include "backward.h"
#include "cells/lstm.h"
#include "forward.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void lstm_forward(const SequenceForward<T>& s, Work& work) {
  Forward<T, LstmCell>(s).run(work);
}
template <class T>
void lstm_backward(const SequenceBackward<T>& s, Work& work) {
  Backward<T, LstmCell>(s).run(work);
}
template <class T>
void lstm_pack(const SequencePack<T>& s, Work& work) {
  packWeights<T, LstmCell>(s, work);
}

INSTANTIATE_FLOAT(lstm_forward)
INSTANTIATE_FLOAT(lstm_backward)
INSTANTIATE_FLOAT(lstm_pack)

}  // namespace ostinato::OSTINATO_ISA
