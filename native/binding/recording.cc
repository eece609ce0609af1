#include "recording.h"

#include <cstring>

#include "arguments.h"
#include "entries.h"

namespace ostinato {

void Recording::append(int kernel, const double* args) {
  kinds.clear();
  kernelEntries[kernel].describe(args, kinds);
  calls.push_back(kernel);
  calls.push_back(static_cast<double>(kinds.size()));
  calls.insert(calls.end(), kinds.begin(), kinds.end());
  calls.insert(calls.end(), args, args + kinds.size());
  // The one result that JavaScript reads at once: no index is out of range. A replay checks it.
  if (kernel == index_bounds_number) *indexBoundsResult(args) = -1;
}

Napi::Float64Array Recording::take(Napi::Env env) {
  Napi::Float64Array array = Napi::Float64Array::New(env, calls.size());
  // Empty arrays may have no memory.
  if (!calls.empty() && array.Data())
    std::memcpy(array.Data(), calls.data(), calls.size() * sizeof(double));
  calls.clear();
  return array;
}

}  // namespace ostinato
