// Arithmetic on sizes. In the instruction set's namespace and always inline, as std::min is not: the
// linker would keep one set's copy for all (scripts/check-symbols.cjs).
#pragma once

#include <cstdint>

namespace ostinato::OSTINATO_ISA {

#define OSTINATO_SIZE constexpr __attribute__((always_inline)) int64_t
OSTINATO_SIZE min(int64_t a, int64_t b) { return a < b ? a : b; }
OSTINATO_SIZE max(int64_t a, int64_t b) { return a > b ? a : b; }
OSTINATO_SIZE ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
#undef OSTINATO_SIZE

}  // namespace ostinato::OSTINATO_ISA
