// The whole-sequence RNN kernels: forward.h and backward.h with the cell of cells/rnn.h.
#include "../kernels.h"
#include "backward.h"
#include "cells/rnn.h"
#include "forward.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void rnn_forward(const SequenceForward<T>& s, Work& work) {
  if (s.relu)
    Forward<T, RnnCell<true>>(s).run(work);
  else
    Forward<T, RnnCell<false>>(s).run(work);
}
template <class T>
void rnn_backward(const SequenceBackward<T>& s, Work& work) {
  if (s.relu)
    Backward<T, RnnCell<true>>(s).run(work);
  else
    Backward<T, RnnCell<false>>(s).run(work);
}
// The packing of weights does not know the nonlinearity.
template <class T>
void rnn_pack(const SequencePack<T>& s, Work& work) {
  packWeights<T, RnnCell<false>>(s, work);
}

INSTANTIATE_FLOAT(rnn_forward)
INSTANTIATE_FLOAT(rnn_backward)
INSTANTIATE_FLOAT(rnn_pack)

}  // namespace ostinato::OSTINATO_ISA
