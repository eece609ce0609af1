// Replaying a program: kernel calls whose addresses are offsets from bases, which its caller sets
// for each run. src/compile/program.ts writes programs.
#pragma once

#include <cstdint>

namespace ostinato {

// A program is a list of steps, each a row of doubles:
//   kernel, count, addresses, `count` arguments, `addresses` pairs (argument, base)
// An argument that is an address holds its offset in bytes from bases[base].
//
// Returns -1, or the place in `program` of an index_bounds step that found an index out of range:
// nothing after it has been run.
int64_t replay(const double* program, int64_t length, const double* bases);

}  // namespace ostinato
