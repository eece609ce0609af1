#include "recorder.h"

#include <cstring>
#include <vector>

#include "invoke.h"

namespace ostinato {

struct Recording {
  std::vector<double> calls;
  std::vector<char> kinds;
};

constinit thread_local Recording* recording = nullptr;

void startRecording() {
  if (!recording) recording = new Recording;
}
void stopRecording() {
  delete recording;
  recording = nullptr;
}

void recordCall(int kernel, const double* at) {
  auto& [calls, kinds] = *recording;
  kinds.clear();
  kernelEntries[kernel].describe(at, kinds);
  calls.push_back(kernel);
  calls.push_back(static_cast<double>(kinds.size()));
  calls.insert(calls.end(), kinds.begin(), kinds.end());
  calls.insert(calls.end(), at, at + kinds.size());
  // The one result that JavaScript reads at once: no index is out of range. A replay checks it.
  if (kernel == index_bounds_number) *reinterpret_cast<double*>(static_cast<uintptr_t>(at[4])) = -1;
}

int64_t recordedLength() { return recording ? static_cast<int64_t>(recording->calls.size()) : 0; }
void readRecording(double* to) {
  if (!recording) return;
  std::memcpy(to, recording->calls.data(), recording->calls.size() * sizeof(double));
  recording->calls.clear();
}

}  // namespace ostinato
