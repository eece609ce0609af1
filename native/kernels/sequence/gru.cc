// The whole-sequence GRU kernels: forward.h and backward.h with the cell of cells/gru.h.
#include "../kernels.h"
#include "backward.h"
#include "cells/gru.h"
#include "forward.h"

namespace ostinato::OSTINATO_ISA {

template <class T>
void gru_forward(const SequenceForward<T>& s, Work& work) {
  Forward<T, GruCell>(s).run(work);
}
template <class T>
void gru_backward(const SequenceBackward<T>& s, Work& work) {
  Backward<T, GruCell>(s).run(work);
}
template <class T>
void gru_pack(const SequencePack<T>& s, Work& work) {
  packWeights<T, GruCell>(s, work);
}

INSTANTIATE_FLOAT(gru_forward)
INSTANTIATE_FLOAT(gru_backward)
INSTANTIATE_FLOAT(gru_pack)

}  // namespace ostinato::OSTINATO_ISA
