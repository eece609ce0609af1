// Arithmetic on sizes. In the instruction set's namespace and always inline, as std::min is not: the
// linker would keep one set's copy for all (scripts/check-symbols.cjs).
#pragma once

#include <cstdint>

namespace ostinato::OSTINATO_ISA {

#define OSTINATO_SIZE constexpr __attribute__((always_inline)) int64_t
OSTINATO_SIZE min(int64_t a, int64_t b) { return a < b ? a : b; }
OSTINATO_SIZE max(int64_t a, int64_t b) { return a > b ? a : b; }
OSTINATO_SIZE ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
OSTINATO_SIZE roundUp(int64_t n, int64_t unit) { return ceilDiv(n, unit) * unit; }
// The size of `total` cut into equal blocks of at most `most`, rounded up to a multiple of `unit`.
OSTINATO_SIZE evenBlock(int64_t total, int64_t most, int64_t unit) {
  return total > 0 ? roundUp(ceilDiv(total, ceilDiv(total, most)), unit) : unit;
}
#undef OSTINATO_SIZE

}  // namespace ostinato::OSTINATO_ISA
