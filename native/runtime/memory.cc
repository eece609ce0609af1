#include "memory.h"

#include "system.h"

#include <atomic>

#include <cstdlib>
#include <initializer_list>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace ostinato {

void keepFreedMemory() {
#ifdef __GLIBC__
  for (const char* setting : {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"})
    if (std::getenv(setting)) return;
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  // Larger blocks are mapped one by one. Some versions take no more than 32 MB.
  if (!mallopt(M_MMAP_THRESHOLD, 256 << 20)) mallopt(M_MMAP_THRESHOLD, 32 << 20);
#endif
}

static constexpr size_t spareBytes = size_t(64) << 20;
static std::atomic<char*> spare{nullptr};

void keepSpareAddresses() {
  if (spare.load()) return;
  char* const fresh = reserveAddresses(spareBytes);
  char* none = nullptr;
  if (fresh && !spare.compare_exchange_strong(none, fresh)) releaseMemory(fresh, spareBytes);
}

void giveUpSpareAddresses() {
  if (char* const kept = spare.exchange(nullptr)) releaseMemory(kept, spareBytes);
}

}  // namespace ostinato
