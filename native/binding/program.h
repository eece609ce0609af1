// The format of programs and recordings, all doubles. TypeScript's side of each structure (its writer, its positions, its
// length) is generated from this file (src/native/program-format.ts): `npm run generate`.
//
// A program is a list of steps: a CallStep, ChainStep or TableStep, told apart by the first double. An argument that
// is an address holds its offset in bytes from bases[base].
#pragma once

namespace ostinato {

// The first double of a step that is no call of one kernel.
enum StepKind : int { chainStep = -1, tableStep = -2 };
// The base that is the worker's scratch memory, whose contents last for one tile of a chain.
inline constexpr int scratchBase = -1;

// One call; `arguments` arguments follow, then `addresses` of Address.
struct CallStep {
  double kernel, arguments, addresses;
};
struct Address {
  double argument, base;
};

// A chain is a run of elementwise calls over `rows` rows, none of which reads other rows of what another writes. It is run
// tile by tile, all calls on a tile's rows before the next tile, so that intermediate results stay in the caches.
// `length` doubles of ChainCalls follow; `rowElements` are the elements of all calls in one row.
struct ChainStep {
  double kind, length, rows, tileRows, rowElements;
};
// One call of a chain; `arguments` arguments follow, then `addresses` of ChainAddress. The argument `extent` is how many
// rows or elements there are, `rowExtent` of them in one row.
struct ChainCall {
  double kernel, arguments, addresses, extent, rowExtent;
};
// `rowBytes` from row to row.
struct ChainAddress {
  double argument, base, rowBytes;
};

// A call whose argument `table` is a table of addresses (gemm_batch_reduce): `arguments` arguments follow, `addresses` of
// Address, `size` of TableAddress that make the table, and `size` doubles of space for it.
struct TableStep {
  double kind, kernel, arguments, addresses, table, size;
};
struct TableAddress {
  double offset, base;
};

// A call in a recording; `arguments` kinds (ArgumentKind, entries.h) follow, then as many arguments.
struct RecordedCall {
  double kernel, arguments;
};

}  // namespace ostinato
