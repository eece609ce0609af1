// A recording: the kernel calls of an instance, with all their arguments, while a function is
// traced. Nothing is computed meanwhile, and no address is followed. What the addresses mean is
// TypeScript's concern (src/compile/trace.ts).
#pragma once

#include <napi.h>

#include <vector>

namespace ostinato {

class Recording {
 public:
  // Appends a call in place of making it; its arguments are at `args`.
  void append(int kernel, const double* args);

  // The calls since the last take. Each is the kernel's number, n = its number of arguments, n
  // kinds (ArgumentKind, entries.h), n arguments.
  Napi::Float64Array take(Napi::Env env);

 private:
  std::vector<double> calls;
  std::vector<char> kinds;  // of the call that is appended
};

}  // namespace ostinato
