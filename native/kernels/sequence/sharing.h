// When a sequence is shared among threads, forward and backward alike.
#pragma once

#include "../grain.h"

namespace ostinato::OSTINATO_ISA {

// Sequences of less than a threadGrain of multiply-adds run on one thread.

// Up to this many rows, workers share the hidden units of each step; it needs this much of W_hh for
// each step's barrier to pay.
inline constexpr int64_t sharedRows = 8;
inline constexpr int64_t sharedWeights = 65536;

}  // namespace ostinato::OSTINATO_ISA
