// Replaying a program: kernel calls whose addresses are offsets from bases, which its caller sets
// for each run. src/compile/program.ts writes programs.
#pragma once

#include <cstdint>

namespace ostinato {

// A program is a list of steps. One call is a row of doubles:
//
//   kernel, count, addresses, `count` arguments, `addresses` pairs (argument, base)
//
// An argument that is an address holds its offset in bytes from bases[base].
//
// A chain is a run of elementwise calls over `rows` rows, none of which reads other rows of what
// another writes. It is run tile by tile, all calls on a tile's rows before the next tile, so that
// what they hand on stays in the caches:
//
//   -1, length, rows, tileRows, elements of all calls in one row, `length` doubles of links
//
// A link is the kernel, count, addresses, the argument that holds how many rows or elements there
// are, that many for each row, `count` arguments, and `addresses` triples (argument, base, bytes
// from row to row). Base -1 is memory of the worker's own, for one tile.
//
// A call whose first argument is a table of addresses (gemm_sums) is
//
//   -2, kernel, count, addresses, size, `count` arguments, `addresses` pairs, `size` pairs (offset,
//   base) that make the table
//
// Returns -1, or the place in `program` of an index_bounds step that found an index out of range:
// nothing after it has been run.
int64_t replay(const double* program, int64_t length, const double* bases);

}  // namespace ostinato
