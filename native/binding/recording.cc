#include "recording.h"

#include <cstdlib>
#include <cstring>

#include "arguments.h"
#include "entries.h"
#include "program.h"

namespace ostinato {

Recording::~Recording() { std::free(calls); }

void Recording::append(int kernel, const double* args) {
  char kinds[argumentBlockLength];
  const auto count = static_cast<size_t>(kernelEntries[kernel].describe(args, kinds));
  // The one result that JavaScript reads at once: no index is out of range. A replay checks it.
  if (kernel == index_bounds_number) *indexBoundsResult(args) = -1;
  const size_t end = used + sizeof(RecordedCall) / sizeof(double) + 2 * count;
  if (end > capacity) {
    const size_t wanted = 2 * end + 1024;
    // Not a container: without exceptions, one that gets no memory ends the process.
    void* const grown = failed ? nullptr : std::realloc(calls, wanted * sizeof(double));
    failed = !grown;
    if (failed) return;
    calls = static_cast<double*>(grown);
    capacity = wanted;
  }
  double* at = calls + used;
  const RecordedCall call = {static_cast<double>(kernel), static_cast<double>(count)};
  std::memcpy(at, &call, sizeof call);
  at += sizeof call / sizeof(double);
  for (size_t i = 0; i < count; ++i) *at++ = kinds[i];
  std::memcpy(at, args, count * sizeof(double));
  used = end;
}

void Recording::take(double* out) {
  if (used > 0) std::memcpy(out, calls, used * sizeof(double));
  used = 0;
}

}  // namespace ostinato
