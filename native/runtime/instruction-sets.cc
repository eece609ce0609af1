#include "instruction-sets.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ostinato {

#if defined(__x86_64__)
namespace {

struct Processor {
  bool avx2 = false, avx512 = false;

  Processor() {
    unsigned eax, ebx, ecx, edx;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx)) return;
    constexpr unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28;
    constexpr unsigned needed = fma | osxsave | avx;
    if ((ecx & needed) != needed) return;
    // XCR0: the register state that the system saves: XMM and YMM; opmask, the upper halves of ZMM 0-15,
    // and ZMM 16-31.
    unsigned saved, high;
    asm volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    constexpr unsigned ymm = 0x06, zmm = 0xe6;
    if ((saved & ymm) != ymm || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return;
    avx2 = ebx >> 5 & 1;
    constexpr unsigned f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;
    constexpr unsigned sets = f | dq | bw | vl;
    avx512 = avx2 && (saved & zmm) == zmm && (ebx & sets) == sets;
  }
};

const Processor& processor() {
  static const Processor only;
  return only;
}

}  // namespace

bool hasAvx2() { return processor().avx2; }
bool hasAvx512() { return processor().avx512; }
#else
bool hasAvx2() { return false; }
bool hasAvx512() { return false; }
#endif

}  // namespace ostinato
