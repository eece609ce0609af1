// A recording: the kernel calls of an instance, with all their arguments, while a function is
// traced. Nothing is computed meanwhile, and no address is followed. What the addresses mean is
// TypeScript's concern (src/compile/trace.ts).
#pragma once

#include <napi.h>

#include <cstddef>

namespace ostinato {

class Recording {
 public:
  // Appends a call in place of making it; its arguments are at `args`.
  void append(int kernel, const double* args);

  // How many doubles the calls since the last take are; -1 when there was no memory for them.
  double length() const { return failed ? -1 : static_cast<double>(used); }

  // Copies the calls since the last take to `out`, and begins anew. Each is a RecordedCall (program.h).
  void take(double* out);

  Recording() = default;
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  double* calls = nullptr;
  size_t used = 0, capacity = 0;  // in doubles
  bool failed = false;
};

}  // namespace ostinato
