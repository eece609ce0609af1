#if defined(_WIN32)
#include "system.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

namespace ostinato {

namespace {

DWORD WINAPI threadMain(void* start) {
  ThreadStart::run(start);
  return 0;
}

}  // namespace

char* reserveMemory(size_t bytes) {
  return static_cast<char*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
}

char* reserveAddresses(size_t bytes) {
  return static_cast<char*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS));
}

void releaseMemory(char* memory, size_t) { VirtualFree(memory, 0, MEM_RELEASE); }

bool hasAddresses(size_t bytes) {
  void* base = VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS);
  if (base) VirtualFree(base, 0, MEM_RELEASE);
  return base != nullptr;
}

void yieldProcessor() { SwitchToThread(); }

bool startThread(void (*body)(void*), void* argument) {
  ThreadStart* const start = ThreadStart::make(body, argument);
  if (!start) return false;
  const HANDLE thread = CreateThread(nullptr, 0, threadMain, start, 0, nullptr);
  if (!thread) {
    delete start;
    return false;
  }
  CloseHandle(thread);
  return true;
}

void afterFork(void (*)()) {}  // there is no fork()

void keepLoaded(void (*function)()) {
  HMODULE self;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     reinterpret_cast<LPCWSTR>(function), &self);
}

}  // namespace ostinato
#endif
