// Work: what a kernel gets from its caller, namely threads and scratch memory. Kernels themselves
// neither allocate nor start threads; runtime/threads implements this.
//
//   parallel(work, count, body)         parallel for: body(index, worker) for each index in [0, count),
//                                       in any order, on any worker
//   parallelRegion(work, wanted, body)  1 <= count <= wanted participants that all run at the same time
//                                       and may synchronize with work.barrier(work):
//                                       body(index, count, worker)
//
// Neither the assignment of indices to workers nor the number of participants may change a bit of any
// result. Neither nests.
#pragma once

#include <cstdint>

namespace ostinato {

struct Work {
  // How many workers may run at once, this thread included; 1 means none besides the caller.
  int threads;

  // Runs body(context, index, worker) for each index in [0, count), worker in [0, threads), and
  // returns when all have ended.
  void (*run)(Work& work, int64_t count, void (*body)(void* context, int64_t index, int worker),
              void* context);

  // Runs body(context, index, count, worker) for each index in [0, count), all at the same time,
  // and returns when all have ended. 1 <= count <= wanted <= threads is the number of workers that are
  // free: one that is late, or busy for another caller, is not waited for.
  void (*runRegion)(Work& work, int wanted,
                    void (*body)(void* context, int index, int count, int worker), void* context);

  // In a body of runRegion: returns when all `count` participants have called it as often as this one.
  // Their earlier writes are visible then.
  void (*barrier)(Work& work);

  // Worker w's own scratch: scratchBytes bytes, 64-byte aligned. Its contents do not outlive the
  // kernel's call.
  char* (*scratch)(Work& work, int worker);
  static constexpr int64_t scratchBytes = int64_t(8) << 20;
};

// work.run for a lambda body(index, worker).
template <class Body>
inline __attribute__((always_inline)) void parallel(Work& work, int64_t count, Body body) {
  if (work.threads <= 1 || count <= 1) {
    for (int64_t i = 0; i < count; ++i) body(i, 0);
    return;
  }
  work.run(
      work, count,
      [](void* context, int64_t index, int worker) {
        (*static_cast<Body*>(context))(index, worker);
      },
      &body);
}

// work.runRegion for a lambda body(index, count, worker).
template <class Body>
inline __attribute__((always_inline)) void parallelRegion(Work& work, int wanted, Body body) {
  work.runRegion(
      work, wanted,
      [](void* context, int index, int count, int worker) {
        (*static_cast<Body*>(context))(index, count, worker);
      },
      &body);
}

}  // namespace ostinato
