#include "entries.h"

#include <cstring>

#include "../runtime/dispatch.h"
#include "arguments.h"

namespace ostinato {

static const KernelTable* table = nullptr;

const KernelTable* useSelectedTable() {
  static const KernelTable* const selected = table = selectedTable();
  return selected;
}

// Writes an argument's kinds at `kinds` and returns their end; `at` moves past the argument.
template <class P>
struct Kind {
  static char* write(const double*& at, char* kinds) {
    ++at;
    *kinds = plainNumber;
    return kinds + 1;
  }
};
template <class E>
struct Kind<E*> {
  static char* write(const double*& at, char* kinds) {
    ++at;
    *kinds = char((std::is_const_v<E> ? readAddress : writeAddress) + itemSizeFactor * sizeof(E));
    return kinds + 1;
  }
};
template <>
struct Kind<Work&> {
  static char* write(const double*&, char* kinds) { return kinds; }
};
template <>
struct Kind<const Strided&> {
  static char* write(const double*& at, char* kinds) {
    const auto dims = static_cast<int64_t>(at[0]), operands = static_cast<int64_t>(at[1]);
    const int64_t count = 2 + dims * (1 + operands);
    std::memset(kinds, stridedField, static_cast<size_t>(count));
    at += count;
    return kinds + count;
  }
};
template <class S>
struct Kind<const S&> {
  static char* write(const double*& at, char* kinds) {
    std::memset(kinds, structField, sizeof(S) / 8);
    at += sizeof(S) / 8;
    return kinds + sizeof(S) / 8;
  }
};

template <class... P>
static int describe(void (*)(P...), const double* at, char* kinds) {
  char* end = kinds;
  ((end = Kind<P>::write(at, end)), ...);
  return static_cast<int>(end - kinds);
}

const KernelEntry kernelEntries[kernelCount] = {
#define ENTRY(field)                                                  \
  {[](const double* args) { callWithArguments(table->field, args); }, \
   [](const double* args, char* kinds) {                              \
     return describe(decltype(KernelTable::field){}, args, kinds);    \
   }},
#define KERNEL_FLOAT(name, parameters, ...) ENTRY(name##_f32) ENTRY(name##_f64)
#define KERNEL_NUMBER(name, parameters, ...) KERNEL_FLOAT(name, parameters) ENTRY(name##_i32)
#define KERNEL_ANY(name, parameters, ...) KERNEL_NUMBER(name, parameters) ENTRY(name##_u8)
#define KERNEL_PLAIN(name, parameters, ...) ENTRY(name)
#include "../kernels/kernels.inc"
#undef ENTRY
};

}  // namespace ostinato
