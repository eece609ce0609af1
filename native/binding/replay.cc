#include "replay.h"

#include <cstring>

#include "arguments.h"
#include "invoke.h"

namespace ostinato {

int64_t replay(const double* program, int64_t length, const double* bases) {
  double block[argumentBlockLength];
  const double* const end = program + length;
  for (const double* step = program; step < end;) {
    const int kernel = static_cast<int>(step[0]);
    const auto count = static_cast<int64_t>(step[1]);
    const auto addresses = static_cast<int64_t>(step[2]);
    const double* at = step + 3;
    std::memcpy(block, at, static_cast<size_t>(count) * sizeof(double));
    at += count;
    for (int64_t i = 0; i < addresses; ++i, at += 2)
      block[static_cast<int64_t>(at[0])] += bases[static_cast<int64_t>(at[1])];
    kernelEntries[kernel].call(block);
    if (kernel == index_bounds_number &&
        *reinterpret_cast<const double*>(static_cast<uintptr_t>(block[4])) >= 0)
      return step - program;
    step = at;
  }
  return -1;
}

}  // namespace ostinato
