#include "replay.h"

#include <cstring>

#include "../kernels/grain.h"
#include "../runtime/threads.h"
#include "arguments.h"
#include "entries.h"

namespace ostinato {

namespace {

inline int64_t integer(double value) { return static_cast<int64_t>(value); }

// Rows first .. first + rows - 1 of a chain's calls.
void runTile(const double* link, const double* end, const double* bases, int64_t first,
             int64_t rows, char* scratch) {
  double block[argumentBlockLength];
  const double own = addressAsDouble(scratch);
  while (link < end) {
    const auto kernel = static_cast<int>(link[0]);
    const int64_t count = integer(link[1]), addresses = integer(link[2]);
    const double* at = link + 5;
    std::memcpy(block, at, static_cast<size_t>(count) * sizeof(double));
    at += count;
    block[integer(link[3])] = link[4] * static_cast<double>(rows);
    for (int64_t i = 0; i < addresses; ++i, at += 3)
      block[integer(at[0])] +=
          (at[1] == scratchBase ? own : bases[integer(at[1])]) + at[2] * static_cast<double>(first);
    kernelEntries[kernel].call(block);
    link = at;
  }
}

void runChain(const double* step, const double* bases) {
  const double* const links = step + 5;
  const double* const end = links + integer(step[1]);
  const int64_t rows = integer(step[2]), tileRows = integer(step[3]);
  const int64_t tiles = (rows + tileRows - 1) / tileRows;
  Work& work = processWork();
  const double elements = step[4] * static_cast<double>(rows);
  int64_t pieces = piecesOf(elements, grains::rowElements, work.threads, 4 * int64_t{work.threads});
  if (pieces > tiles) pieces = tiles;
  parallel(work, pieces, [&](int64_t piece, int worker) {
    char* const scratch = work.scratch(work, worker);
    for (int64_t tile = tiles * piece / pieces; tile < tiles * (piece + 1) / pieces; ++tile) {
      const int64_t first = tile * tileRows, left = rows - first;
      runTile(links, end, bases, first, left < tileRows ? left : tileRows, scratch);
    }
  });
}

// Returns the step's end.
double* runWithTable(double* step, const double* bases) {
  double block[argumentBlockLength];
  const auto kernel = static_cast<int>(step[1]);
  const int64_t count = integer(step[2]), addresses = integer(step[3]), size = integer(step[4]);
  double* at = step + 5;
  std::memcpy(block, at, static_cast<size_t>(count) * sizeof(double));
  at += count;
  for (int64_t i = 0; i < addresses; ++i, at += 2) block[integer(at[0])] += bases[integer(at[1])];
  double* const table = at + 2 * size;
  for (int64_t i = 0; i < size; ++i, at += 2) table[i] = at[0] + bases[integer(at[1])];
  block[0] = addressAsDouble(table);
  kernelEntries[kernel].call(block);
  return table + size;
}

}  // namespace

int64_t replay(double* program, int64_t length, const double* bases) {
  double block[argumentBlockLength];
  const double* const end = program + length;
  for (double* step = program; step < end;) {
    const auto kernel = static_cast<int>(step[0]);
    if (kernel == chainStep) {
      runChain(step, bases);
      step += 5 + integer(step[1]);
      continue;
    }
    if (kernel == tableStep) {
      step = runWithTable(step, bases);
      continue;
    }
    const int64_t count = integer(step[1]), addresses = integer(step[2]);
    double* at = step + 3;
    std::memcpy(block, at, static_cast<size_t>(count) * sizeof(double));
    at += count;
    for (int64_t i = 0; i < addresses; ++i, at += 2) block[integer(at[0])] += bases[integer(at[1])];
    kernelEntries[kernel].call(block);
    if (kernel == index_bounds_number && *indexBoundsResult(block) >= 0) return step - program;
    step = at;
  }
  return -1;
}

}  // namespace ostinato
