// What backward.cc compiles for other drivers too.
#pragma once

#include "cell.h"
#include "plain-panels.h"

namespace ostinato::OSTINATO_ISA {

// The gradients of the weights that `s` asks for (weight-gradients.h), shared by so many threads.
template <class T>
void weightGradients(const Cell<T>& cell, const SequenceBackward<T>& s, const Steps& steps,
                     Work& work, int64_t threads);

extern template void productOfRows<float>(int64_t, int64_t, DenseRows<float>,
                                          const PlainPanels<float>&, int64_t, int64_t, int64_t,
                                          bool, float*, int64_t, float*);
extern template void productOfRows<double>(int64_t, int64_t, DenseRows<double>,
                                           const PlainPanels<double>&, int64_t, int64_t, int64_t,
                                           bool, double*, int64_t, double*);

}  // namespace ostinato::OSTINATO_ISA
