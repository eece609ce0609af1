// A recording: the kernel calls of this JavaScript thread, with all their arguments, while a
// function is traced. Nothing is computed meanwhile, and no address is followed. What the addresses
// mean is TypeScript's concern (src/compile/trace.ts).
#pragma once

#include <cstdint>

namespace ostinato {

struct Recording;
// Null while nothing is recorded. Initial-exec: asking costs one load in every call.
extern constinit thread_local Recording* recording __attribute__((tls_model("initial-exec")));

void startRecording();
void stopRecording();

// Appends a call in place of making it.
void recordCall(int kernel, const double* at);

// The calls so far: each is the kernel, a count, as many kinds, as many arguments. Reading empties
// the recording.
int64_t recordedLength();
void readRecording(double* to);

}  // namespace ostinato
