#include "dispatch.h"

#include "instruction-sets.h"

#include <cstdlib>
#include <cstring>

namespace ostinato {

#define OSTINATO_SET(set)         \
  namespace set {                 \
  extern const KernelTable table; \
  }
#ifdef OSTINATO_HAS_AVX512
OSTINATO_SET(avx512)
#endif
#ifdef OSTINATO_HAS_AVX2
OSTINATO_SET(avx2)
#endif
#ifdef OSTINATO_HAS_NEON
OSTINATO_SET(neon)
#endif
#ifdef OSTINATO_HAS_SCALAR
OSTINATO_SET(scalar)
#endif
#undef OSTINATO_SET

const KernelTable* const* availableTables(int* count) {
  static const KernelTable* tables[4];
  static const int found = [] {
    int n = 0;
#ifdef OSTINATO_HAS_AVX512
    if (hasAvx512()) tables[n++] = &avx512::table;
#endif
#ifdef OSTINATO_HAS_AVX2
    if (hasAvx2()) tables[n++] = &avx2::table;
#endif
#ifdef OSTINATO_HAS_NEON
    tables[n++] = &neon::table;
#endif
#ifdef OSTINATO_HAS_SCALAR
    tables[n++] = &scalar::table;
#endif
    return n;
  }();
  *count = found;
  return tables;
}

const KernelTable* selectedTable() {
  static const KernelTable* const selected = []() -> const KernelTable* {
    int count;
    const KernelTable* const* tables = availableTables(&count);
    const char* forced = std::getenv("OSTINATO_ISA");
    if (!forced || !*forced) return tables[0];
    for (int i = 0; i < count; ++i)
      if (std::strcmp(tables[i]->isa, forced) == 0) return tables[i];
    return nullptr;
  }();
  return selected;
}

}  // namespace ostinato
