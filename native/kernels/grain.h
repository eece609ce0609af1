// How much work is worth another thread: the one place where these numbers are, for every kernel. A grain is
// what makes up for waking one: 10 to 20 us of a single thread. How much of each kind of work that is:
#pragma once

#include <cstdint>

namespace ostinato {

#define OSTINATO_GRAIN constexpr __attribute__((always_inline))

namespace grains {

// Multiply-adds of a matrix product whose operands come from L1 or L2, some 50 in a nanosecond.
constexpr double multiplyAdds = 5e5;
// What reading or writing a float in memory costs, in multiply-adds.
constexpr double memoryAccess = 8;

// Elements at the speed of memory: arithmetic, copies, the update of a parameter.
constexpr int64_t plainElements = 65536;
// Elements of rows that are summed, normalized or exponentiated; of the calls of a compiled chain.
constexpr int64_t rowElements = 32768;
// Elements of a transcendental function.
constexpr int64_t heavyElements = 16384;

// Multiply-adds for one row of a sequence's step. Workers that share its hidden units synchronize after each
// step, which pays from here on, for up to so many rows: of more, each worker takes rows of its own.
constexpr int64_t stepMultiplyAdds = 65536;
constexpr int64_t stepRows = 8;

}  // namespace grains

// Whether sharing pays.
OSTINATO_GRAIN bool paysThreads(double amount, double grain, int threads) {
  return threads > 1 && amount >= grain;
}

// Pieces to cut the work into, none below a grain, `most` at most; 1 for fewer than two grains or threads.
OSTINATO_GRAIN int64_t piecesOf(double amount, double grain, int threads, int64_t most) {
  const double count = amount / grain;
  if (threads <= 1 || count < 2) return 1;
  return count < double(most) ? int64_t(count) : most;
}

// Elements of a piece where the work is cut into equal ones, whatever the number of threads.
OSTINATO_GRAIN int64_t pieceOf(int64_t grain) { return grain / 4; }

#undef OSTINATO_GRAIN

}  // namespace ostinato
