// Replaying a program (program.h): kernel calls whose addresses are offsets from bases, which its caller sets for each run.
// src/compile/program.ts writes programs.
#pragma once

#include <cstdint>

namespace ostinato {

// stopped[0] = -1, or the position in `program` of an index_bounds step that found an index out of range:
// nothing after it has been run.
void replay(double* program, int64_t length, const double* bases, double* stopped);

}  // namespace ostinato
