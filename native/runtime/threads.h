// The thread pool and each worker's scratch: the implementation of kernels/work.h.
#pragma once

#include "../kernels/work.h"

namespace ostinato {

// The Work that every kernel call is given. Not reentrant: one kernel runs at a time.
Work& processWork();

// 1 <= threads <= maxThreads. Workers start when first needed.
void setThreads(int threads);
int maxThreads();

}  // namespace ostinato
