// Work: what a kernel may ask of its caller, namely threads and scratch memory. Kernels themselves
// neither allocate nor start threads; runtime/ implements this.
#pragma once

#include <cstdint>

namespace ostinato {

struct Work {
  // How many workers may run at once, this thread included; 1 means none besides the caller.
  int threads;

  // Runs body(context, index, worker) for each index in [0, count), worker in [0, threads), and
  // returns when all have ended. Which worker gets which index must not change a bit of the result.
  void (*run)(Work& work, int64_t count, void (*body)(void* context, int64_t index, int worker),
              void* context);

  // Worker w's own scratch: scratchBytes bytes, 64-byte aligned, alive for the whole process. Its
  // contents do not outlive the kernel's call.
  char* (*scratch)(Work& work, int worker);
  static constexpr int64_t scratchBytes = int64_t(8) << 20;
};

// Calls body(index, worker) for each index in [0, count): work.run for a lambda.
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

}  // namespace ostinato
