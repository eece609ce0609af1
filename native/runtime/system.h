// What the runtime asks of the operating system: implemented by posix.cc and windows.cc.
#pragma once

#include <cstddef>
#include <new>

namespace ostinato {

// `bytes` of readable and writable zeros, whose pages cost memory once they are written; null when
// there is no address space. Aligned to a page at least.
char* reserveMemory(size_t bytes);
void releaseMemory(char* memory, size_t bytes);

// `bytes` of addresses without memory, which releaseMemory gives back; null when there are none.
char* reserveAddresses(size_t bytes);

// Whether `bytes` of addresses are left.
bool hasAddresses(size_t bytes);

// Lets another thread have this processor.
void yieldProcessor();

// Runs body(argument) on a detached thread that takes no signals; false when there is none.
bool startThread(void (*body)(void* argument), void* argument);

// Calls `function` in the child of each later fork().
void afterFork(void (*function)());

// Keeps the library that `function` is in loaded until the process ends.
void keepLoaded(void (*function)());

// A thread's body with what it is given, on the heap until the thread has read it.
struct ThreadStart {
  void (*body)(void*);
  void* argument;

  static ThreadStart* make(void (*body)(void*), void* argument) {
    return new (std::nothrow) ThreadStart{body, argument};
  }
  static void run(void* start) {
    const ThreadStart own = *static_cast<ThreadStart*>(start);
    delete static_cast<ThreadStart*>(start);
    own.body(own.argument);
  }
};

}  // namespace ostinato
