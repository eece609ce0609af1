// Replaying a program: kernel calls whose addresses are offsets from bases, which its caller sets
// for each run. src/compile/program.ts writes programs.
#pragma once

#include <cstdint>

namespace ostinato {

// A program is a list of steps, all doubles. The step of one call is
//
//   kernel, count, addresses, `count` arguments, `addresses` pairs (argument, base)
//
// An argument that is an address holds its offset in bytes from bases[base].
//
// A chain is a run of elementwise calls over `rows` rows, none of which reads other rows of what
// another writes. It is run tile by tile, all calls on a tile's rows before the next tile, so that
// intermediate results stay in the caches:
//
//   chainStep, length, rows, tileRows, elements of all calls in one row, `length` doubles of links
//
// A link is one call of the chain:
//
//   kernel, count, addresses, extent, extent in one row, `count` arguments, `addresses` triples
//   (argument, base, bytes from row to row)
//
// `extent` is the argument that holds how many rows or elements there are. The base scratchBase is
// the worker's scratch memory, whose contents last for one tile.
//
// A call whose first argument is a table of addresses (gemm_batch_reduce) is
//
//   tableStep, kernel, count, addresses, size, `count` arguments, `addresses` pairs (argument,
//   base), `size` pairs (offset, base) that make the table, `size` doubles of space for it
enum StepKind : int { chainStep = -1, tableStep = -2 };
inline constexpr int scratchBase = -1;

// Returns -1, or the position in `program` of an index_bounds step that found an index out of
// range: nothing after it has been run.
int64_t replay(double* program, int64_t length, const double* bases);

}  // namespace ostinato
