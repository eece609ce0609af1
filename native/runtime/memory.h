// What the process keeps for the collector: memory that it has freed, and addresses.
#pragma once

namespace ostinato {

// Raises glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD to 256 MB, so that freed memory stays in the
// process. The collector frees tensors in large batches; with the defaults each batch is unmapped, and
// the next tensors pay for mapping and zeroing the pages again. Does nothing where the user has set
// MALLOC_TRIM_THRESHOLD_, MALLOC_MMAP_THRESHOLD_ or GLIBC_TUNABLES, or with another C library.
void keepFreedMemory();

// Addresses that the process keeps for V8: where a limit (ulimit -v) leaves it none, it ends the process in the collection that a failed
// allocation starts. Given up before a large allocation, kept again after it.
void keepSpareAddresses();
void giveUpSpareAddresses();

}  // namespace ostinato
