// What becomes of memory that the collector has freed.
#pragma once

namespace ostinato {

// Asks the C library to keep freed memory for the next request of this process instead of returning
// it to the system. The collector frees tensors in large batches; without this each batch goes back
// as pages, and the next tensors pay for mapping and zeroing them again. Up to 256 MB stay at the
// end of the heap. Settings that the user has made by MALLOC_TRIM_THRESHOLD_,
// MALLOC_MMAP_THRESHOLD_ or GLIBC_TUNABLES are left alone; other C libraries than glibc are not
// touched.
void keepFreedMemory();

}  // namespace ostinato
