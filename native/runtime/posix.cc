#if !defined(_WIN32)
#include "system.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

namespace ostinato {

namespace {

void* map(size_t bytes, int protection) {
  void* base = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return base == MAP_FAILED ? nullptr : base;
}

void* threadMain(void* start) {
  ThreadStart::run(start);
  return nullptr;
}

}  // namespace

char* reserveMemory(size_t bytes) { return static_cast<char*>(map(bytes, PROT_READ | PROT_WRITE)); }

char* reserveAddresses(size_t bytes) { return static_cast<char*>(map(bytes, PROT_NONE)); }

void releaseMemory(char* memory, size_t bytes) { munmap(memory, bytes); }

bool hasAddresses(size_t bytes) {
  void* base = map(bytes, PROT_NONE);
  if (base) munmap(base, bytes);
  return base != nullptr;
}

void yieldProcessor() { sched_yield(); }

bool startThread(void (*body)(void*), void* argument) {
  ThreadStart* const start = ThreadStart::make(body, argument);
  if (!start) return false;
  // Signals are for the threads that expect them: a new thread inherits the mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const bool started = pthread_create(&thread, &detached, threadMain, start) == 0;
  pthread_attr_destroy(&detached);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!started) delete start;
  return started;
}

void afterFork(void (*function)()) { pthread_atfork(nullptr, nullptr, function); }

void keepLoaded(void (*function)()) {
  Dl_info self;
  if (dladdr(reinterpret_cast<void*>(function), &self) && self.dli_fname)
    dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

}  // namespace ostinato
#endif
