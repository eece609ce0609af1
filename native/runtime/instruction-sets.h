// What this processor and this operating system can run, asked of the processor itself: the compiler's
// own answer (__builtin_cpu_supports) needs a run-time library that not every tool chain has.
#pragma once

namespace ostinato {

// AVX2 and FMA, whose registers the system saves.
bool hasAvx2();

// AVX-512 F, DQ, BW and VL, likewise, and FMA.
bool hasAvx512();

}  // namespace ostinato
