// The whole-sequence kernels: the drivers of forward.cc and backward.cc with the cells of cells/.
#include "../kernels.h"
#include "cell.h"
#include "cells/gru.h"
#include "cells/lstm.h"
#include "cells/rnn.h"

namespace ostinato::OSTINATO_ISA {

// The packing of weights does not know RNN's nonlinearity.
template <class T>
const Cell<T>& rnnCell(bool relu = false) {
  return relu ? cellOf<T, RnnCell<true>> : cellOf<T, RnnCell<false>>;
}

#define CELL_KERNELS(name, cell, packedCell)                       \
  template <class T>                                               \
  void name##_forward(const SequenceForward<T>& s, Work& work) {   \
    forward<T>(cell, s, work);                                     \
  }                                                                \
  template <class T>                                               \
  void name##_backward(const SequenceBackward<T>& s, Work& work) { \
    backward<T>(cell, s, work);                                    \
  }                                                                \
  template <class T>                                               \
  void name##_pack(const SequencePack<T>& s, Work& work) {         \
    packWeights<T>(packedCell, s, work);                           \
  }                                                                \
  INSTANTIATE_FLOAT(name##_forward)                                \
  INSTANTIATE_FLOAT(name##_backward)                               \
  INSTANTIATE_FLOAT(name##_pack)

CELL_KERNELS(rnn, rnnCell<T>(s.relu), rnnCell<T>())
CELL_KERNELS(lstm, (cellOf<T, LstmCell>), (cellOf<T, LstmCell>))
CELL_KERNELS(gru, (cellOf<T, GruCell>), (cellOf<T, GruCell>))

}  // namespace ostinato::OSTINATO_ISA
