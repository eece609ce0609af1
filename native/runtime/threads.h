// The thread pool and each worker's scratch: the implementation of kernels/work.h. How many
// processors there are is runtime/processors.
#pragma once

#include "../kernels/work.h"

namespace ostinato {

// The calling thread's Work, which every kernel call is given: one per JavaScript thread, all of
// them on one pool of workers. While one caller uses the pool, another's kernels run serially on
// its own thread.
Work& processWork();

// Whether the calling thread has scratch memory of its own; without it, it must not call kernels.
bool hasScratch();

// 1 <= threads <= maxThreads(); values outside are brought inside. Workers start when first needed.
// The value at load is OSTINATO_NUM_THREADS, or else the number of physical cores this process may
// use.
void setThreads(int threads);
int currentThreads();
int maxThreads();

}  // namespace ostinato
