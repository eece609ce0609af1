// The whole-sequence GRU kernels: the drivers of forward.cc and backward.cc with the cell of
// cells/gru.h.
#include "../kernels.h"
#include "cell.h"
#include "cells/gru.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void gru_forward(const SequenceForward<T>& s, Work& work) {
  forward(cellOf<T, GruCell>, s, work);
}
template <class T>
void gru_backward(const SequenceBackward<T>& s, Work& work) {
  backward(cellOf<T, GruCell>, s, work);
}
template <class T>
void gru_pack(const SequencePack<T>& s, Work& work) {
  packWeights(cellOf<T, GruCell>, s, work);
}

INSTANTIATE_FLOAT(gru_forward)
INSTANTIATE_FLOAT(gru_backward)
INSTANTIATE_FLOAT(gru_pack)

}  // namespace ostinato::OSTINATO_ISA
