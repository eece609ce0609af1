#include "replay.h"

#include <cstring>

#include "../kernels/grain.h"
#include "../runtime/threads.h"
#include "arguments.h"
#include "entries.h"
#include "program.h"

namespace ostinato {

namespace {

inline int64_t integer(double value) { return static_cast<int64_t>(value); }

// The structure at `at`, which moves past it.
template <class Record>
inline const Record& take(const double*& at) {
  static_assert(sizeof(Record) % sizeof(double) == 0);
  const auto* const record = reinterpret_cast<const Record*>(at);
  at += sizeof(Record) / sizeof(double);
  return *record;
}

// Copies a call's arguments to `block`.
template <class Record>
inline void takeArguments(const Record& call, const double*& at, double* block) {
  std::memcpy(block, at, static_cast<size_t>(call.arguments) * sizeof(double));
  at += integer(call.arguments);
}

template <class Record>
inline void takeAddresses(const Record& call, const double*& at, const double* bases,
                          double* block) {
  for (int64_t i = integer(call.addresses); i > 0; --i) {
    const auto& [argument, base] = take<Address>(at);
    block[integer(argument)] += bases[integer(base)];
  }
}

// Rows first .. first + rows - 1 of a chain's calls.
void runTile(const double* at, const double* end, const double* bases, int64_t first, int64_t rows,
             char* scratch) {
  double block[argumentBlockLength];
  const double own = addressAsDouble(scratch);
  while (at < end) {
    const auto& call = take<ChainCall>(at);
    takeArguments(call, at, block);
    block[integer(call.extent)] = call.rowExtent * static_cast<double>(rows);
    for (int64_t i = integer(call.addresses); i > 0; --i) {
      const auto& [argument, base, rowBytes] = take<ChainAddress>(at);
      block[integer(argument)] += (base == scratchBase ? own : bases[integer(base)]) +
                                  rowBytes * static_cast<double>(first);
    }
    kernelEntries[static_cast<int>(call.kernel)].call(block);
  }
}

// Each of these returns its step's end.
const double* runChain(const double* at, const double* bases) {
  const auto& step = take<ChainStep>(at);
  const double* const end = at + integer(step.length);
  const int64_t rows = integer(step.rows), tileRows = integer(step.tileRows);
  const int64_t tiles = (rows + tileRows - 1) / tileRows;
  Work& work = processWork();
  const double elements = step.rowElements * static_cast<double>(rows);
  int64_t pieces = piecesOf(elements, grains::rowElements, work.threads, 4 * int64_t{work.threads});
  if (pieces > tiles) pieces = tiles;
  parallel(work, pieces, [&](int64_t piece, int worker) {
    char* const scratch = work.scratch(work, worker);
    for (int64_t tile = tiles * piece / pieces; tile < tiles * (piece + 1) / pieces; ++tile) {
      const int64_t first = tile * tileRows, left = rows - first;
      runTile(at, end, bases, first, left < tileRows ? left : tileRows, scratch);
    }
  });
  return end;
}

const double* runWithTable(const double* at, const double* bases) {
  double block[argumentBlockLength];
  const auto& step = take<TableStep>(at);
  takeArguments(step, at, block);
  takeAddresses(step, at, bases, block);
  const int64_t size = integer(step.size);
  // Space within the program, which is its caller's and not constant.
  auto* const table =
      const_cast<double*>(at + size * int64_t(sizeof(TableAddress) / sizeof(double)));
  for (int64_t i = 0; i < size; ++i) {
    const auto& [offset, base] = take<TableAddress>(at);
    table[i] = offset + bases[integer(base)];
  }
  block[integer(step.table)] = addressAsDouble(table);
  kernelEntries[static_cast<int>(step.kernel)].call(block);
  return table + size;
}

}  // namespace

void replay(double* program, int64_t length, const double* bases, double* stopped) {
  double block[argumentBlockLength];
  const double* const end = program + length;
  *stopped = -1;
  for (const double* at = program; at < end;) {
    const auto kernel = static_cast<int>(*at);
    if (kernel == chainStep) {
      at = runChain(at, bases);
      continue;
    }
    if (kernel == tableStep) {
      at = runWithTable(at, bases);
      continue;
    }
    const double* const start = at;
    const auto& step = take<CallStep>(at);
    takeArguments(step, at, block);
    takeAddresses(step, at, bases, block);
    kernelEntries[kernel].call(block);
    if (kernel == index_bounds_number && *indexBoundsResult(block) >= 0) {
      *stopped = static_cast<double>(start - program);
      return;
    }
  }
}

}  // namespace ostinato
