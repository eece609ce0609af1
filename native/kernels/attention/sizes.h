// How large the rows are that the attention kernels keep in a worker's scratch.
#pragma once

#include <cstdint>

namespace ostinato {

// The most keys, and the most features of a query.
inline constexpr int64_t mostAttended = 16384;

}  // namespace ostinato
