#include "entries.h"

#include "../runtime/dispatch.h"
#include "arguments.h"

namespace ostinato {

static const KernelTable* table = nullptr;

const KernelTable* useSelectedTable() {
  static const KernelTable* const selected = table = selectedTable();
  return selected;
}

template <class P>
struct Kind {
  static void append(const double*& at, std::vector<char>& kinds) {
    ++at;
    kinds.push_back(plainNumber);
  }
};
template <class E>
struct Kind<E*> {
  static void append(const double*& at, std::vector<char>& kinds) {
    ++at;
    kinds.push_back(
        char((std::is_const_v<E> ? readAddress : writeAddress) + itemSizeFactor * sizeof(E)));
  }
};
template <>
struct Kind<Work&> {
  static void append(const double*&, std::vector<char>&) {}
};
template <>
struct Kind<const Strided&> {
  static void append(const double*& at, std::vector<char>& kinds) {
    const auto dims = static_cast<int64_t>(at[0]), operands = static_cast<int64_t>(at[1]);
    const int64_t count = 2 + dims * (1 + operands);
    kinds.insert(kinds.end(), static_cast<size_t>(count), stridedField);
    at += count;
  }
};
template <class S>
struct Kind<const S&> {
  static void append(const double*& at, std::vector<char>& kinds) {
    kinds.insert(kinds.end(), sizeof(S) / 8, structField);
    at += sizeof(S) / 8;
  }
};

template <class... P>
static void describe(void (*)(P...), const double* at, std::vector<char>& kinds) {
  (Kind<P>::append(at, kinds), ...);
}

const KernelEntry kernelEntries[kernelCount] = {
#define ENTRY(field)                                                  \
  {[](const double* args) { callWithArguments(table->field, args); }, \
   [](const double* args, std::vector<char>& kinds) {                 \
     describe(decltype(KernelTable::field){}, args, kinds);           \
   }},
#define KERNEL_FLOAT(name, parameters) ENTRY(name##_f32) ENTRY(name##_f64)
#define KERNEL_NUMBER(name, parameters) KERNEL_FLOAT(name, parameters) ENTRY(name##_i32)
#define KERNEL_ANY(name, parameters) KERNEL_NUMBER(name, parameters) ENTRY(name##_u8)
#define KERNEL_PLAIN(name, parameters) ENTRY(name)
#include "../kernels/kernels.inc"
#undef ENTRY
};

}  // namespace ostinato
