// When a sequence is shared among threads, forward and backward alike.
#pragma once

#include <cstdint>

namespace ostinato::OSTINATO_ISA {

// Below this many multiply-adds one thread does it all.
inline constexpr double parallelWork = 5e5;
// Up to this many rows, workers share the hidden units of each step; it needs this much of W_hh for
// each step's meeting to pay.
inline constexpr int64_t sharedRows = 8;
inline constexpr int64_t sharedWeights = 65536;

}  // namespace ostinato::OSTINATO_ISA
