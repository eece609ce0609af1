// The argument block: how JavaScript passes a kernel its arguments. TypeScript writes them as
// doubles, in the order of the parameter list, into one Float64Array that it shares with an
// Instance of this add-on, and calls the kernel's function with no JavaScript argument at all.
// Addresses are doubles too (exact below 2^53). That is cheaper than unwrapping values, and nothing
// is boxed, so no garbage collection can run between reading a buffer's address and using it.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "../kernels/strided.h"
#include "../runtime/threads.h"

namespace ostinato {

inline constexpr int argumentBlockLength = 128;

template <class E>
inline E* asAddress(double argument) {
  return reinterpret_cast<E*>(static_cast<uintptr_t>(argument));
}
inline double addressAsDouble(const void* address) {
  return static_cast<double>(reinterpret_cast<uintptr_t>(address));
}

template <class P>
struct Argument;  // a parameter type that has no specialization cannot be bound

template <class E>
struct Argument<E*> {
  static E* read(const double*& at) { return asAddress<E>(*at++); }
};
template <>
struct Argument<int64_t> {
  static int64_t read(const double*& at) { return static_cast<int64_t>(*at++); }
};
template <>
struct Argument<double> {
  static double read(const double*& at) { return *at++; }
};
template <>
struct Argument<Work&> {
  static Work& read(const double*&) { return processWork(); }
};
// Written as: dims, operands, shape[dims], strides[operand][dims] for each operand.
template <>
struct Argument<const Strided&> {
  static Strided read(const double*& at) {
    Strided s;
    s.dims = static_cast<int64_t>(*at++);
    s.operands = static_cast<int64_t>(*at++);
    for (int64_t d = 0; d < s.dims; ++d) s.shape[d] = static_cast<int64_t>(*at++);
    for (int64_t o = 0; o < s.operands; ++o)
      for (int64_t d = 0; d < s.dims; ++d) s.strides[o][d] = static_cast<int64_t>(*at++);
    return s;
  }
};
// A structure of pointers and int64_t, field by field.
template <class S>
struct Argument<const S&> {
  static_assert(std::is_trivially_copyable_v<S> && sizeof(S) % 8 == 0);
  static S read(const double*& at) {
    int64_t fields[sizeof(S) / 8];
    for (int64_t& field : fields) field = static_cast<int64_t>(*at++);
    S s;
    std::memcpy(&s, fields, sizeof(S));
    return s;
  }
};

template <class... P>
inline void callWithArguments(void (*kernel)(P...), const double* args) {
  // Braces make the reads happen from left to right.
  struct Call {
    Call(void (*f)(P...), P... arguments) { f(arguments...); }
  };
  Call{kernel, Argument<P>::read(args)...};
}

}  // namespace ostinato
