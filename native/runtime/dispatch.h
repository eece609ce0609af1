// Picks the instruction set once, at load: the best that was built in and that the processor has,
// or the one that OSTINATO_ISA names. Compiled without instruction-set flags.
#pragma once

#include "../kernels/kernels.h"

namespace ostinato {

// Every set that was built in and runs on this processor, best first; `count` is written.
const KernelTable* const* availableTables(int* count);

// The set in use, or null when OSTINATO_ISA names one that is not available (the loader says so).
const KernelTable* selectedTable();

}  // namespace ostinato
