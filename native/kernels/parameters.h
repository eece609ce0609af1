// What kernels.inc says of a parameter beyond its type, for who reads the list: the compiler sees the type alone.
#pragma once

#include <cstdint>

namespace ostinato {

// The pointer may be null.
template <class P>
using Nullable = P;
// 0 or 1.
using Flag = int64_t;

}  // namespace ostinato
