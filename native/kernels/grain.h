// How much work is worth another thread, in one unit for every kernel: multiply-adds from L1 or L2, of
// which a core makes some 50 in a nanosecond. What reading costs is expressed in it.
#pragma once

#include <cstdint>

namespace ostinato::OSTINATO_ISA {

// About 10 us of one thread.
inline constexpr double threadGrain = 5e5;
// A float that is read from memory costs about as much.
inline constexpr double readCost = 8;

// Pieces to cut `cost` multiply-adds into, `most` at most and none below a grain; 1 for fewer than two
// grains or threads.
inline int64_t piecesOf(double cost, int threads, int64_t most) {
  const double grains = cost / threadGrain;
  if (threads <= 1 || grains < 2) return 1;
  return grains < double(most) ? int64_t(grains) : most;
}

}  // namespace ostinato::OSTINATO_ISA
