#include "processors.h"

#include <cstdio>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <unistd.h>
#endif

#if defined(__linux__)
#include <sched.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace ostinato {

#if defined(__linux__)
static bool affinity(cpu_set_t* set) {
  CPU_ZERO(set);
  return sched_getaffinity(0, sizeof *set, set) == 0 && CPU_COUNT(set) > 0;
}

// The lowest-numbered processor that shares a core with `cpu`; itself when that is not known.
static int firstSibling(int cpu) {
  char path[96];
  std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                cpu);
  int first = cpu;
  if (FILE* file = std::fopen(path, "r")) {
    if (std::fscanf(file, "%d", &first) != 1) first = cpu;
    std::fclose(file);
  }
  return first;
}

// Processors' worth of time that the control group grants, rounded up; 0 when there is no limit.
static int quota() {
  long long granted = 0, period = 0;
  if (FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r")) {
    if (std::fscanf(file, "%lld %lld", &granted, &period) != 2) granted = 0;  // "max"
    std::fclose(file);
  } else if (FILE* old = std::fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "r")) {
    if (std::fscanf(old, "%lld", &granted) != 1) granted = 0;
    std::fclose(old);
    if (FILE* length = std::fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "r")) {
      if (std::fscanf(length, "%lld", &period) != 1) period = 0;
      std::fclose(length);
    }
  }
  return granted > 0 && period > 0 ? static_cast<int>((granted + period - 1) / period) : 0;
}

int availableProcessors() {
  cpu_set_t set;
  if (affinity(&set)) return CPU_COUNT(&set);
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<int>(online) : 1;
}

int availableCores() {
  cpu_set_t set;
  if (!affinity(&set)) return availableProcessors();
  cpu_set_t counted;
  CPU_ZERO(&counted);
  int cores = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    const int core = firstSibling(cpu);
    if (core < 0 || core >= CPU_SETSIZE || CPU_ISSET(core, &counted)) continue;
    CPU_SET(core, &counted);
    ++cores;
  }
  if (cores < 1) cores = 1;
  const int granted = quota();
  return granted > 0 && granted < cores ? granted : cores;
}
#elif defined(_WIN32)
// The processors of the affinity mask, which covers this thread's group of up to 64.
static DWORD_PTR affinity() {
  DWORD_PTR process = 0, system = 0;
  return GetProcessAffinityMask(GetCurrentProcess(), &process, &system) ? process : 0;
}

int availableProcessors() {
  const int count = __builtin_popcountll(affinity());
  return count > 0 ? count : 1;
}

int availableCores() {
  const DWORD_PTR own = affinity();
  SYSTEM_LOGICAL_PROCESSOR_INFORMATION entries[256];
  DWORD bytes = sizeof entries;
  if (!own || !GetLogicalProcessorInformation(entries, &bytes)) return availableProcessors();
  int cores = 0;
  for (DWORD i = 0; i < bytes / sizeof entries[0]; ++i)
    cores += entries[i].Relationship == RelationProcessorCore && (entries[i].ProcessorMask & own);
  return cores > 0 ? cores : 1;
}
#else
int availableProcessors() {
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? static_cast<int>(online) : 1;
}

int availableCores() {
#if defined(__APPLE__)
  int cores = 0;
  size_t size = sizeof cores;
  if (sysctlbyname("hw.physicalcpu", &cores, &size, nullptr, 0) == 0 && cores > 0) return cores;
#endif
  return availableProcessors();
}
#endif

}  // namespace ostinato
