// Every kernel by number, in the order of kernels.inc: how the JavaScript functions (addon.cc), a
// recording (recorder.cc) and a program (replay.cc) all reach it.
#pragma once

#include <vector>

#include "../kernels/kernels.h"

namespace ostinato {

enum KernelNumber : int {
#define KERNEL_FLOAT(name, parameters) name##_f32_number, name##_f64_number,
#define KERNEL_NUMBER(name, parameters) KERNEL_FLOAT(name, parameters) name##_i32_number,
#define KERNEL_ANY(name, parameters) KERNEL_NUMBER(name, parameters) name##_u8_number,
#define KERNEL_PLAIN(name, parameters) name##_number,
#include "../kernels/kernels.inc"
  kernelCount
};

// What one double of an argument block stands for. An address has 8 * sizeof(T) added.
enum ArgumentKind : char {
  plainNumber,
  readAddress,   // of a const T* parameter; may be null
  writeAddress,  // of a T* parameter: written, perhaps read too
  structField,   // of an Args<T>: a number or an address of either kind
  stridedField,  // of a Strided: the kernel is an elementwise one
};

struct KernelEntry {
  // Calls the kernel with the arguments at `at`.
  void (*call)(const double* at);
  // The kinds of the arguments at `at`, one for each double that `call` would read.
  void (*describe)(const double* at, std::vector<char>& kinds);
};
extern const KernelEntry kernelEntries[kernelCount];

// The instruction set whose kernels are called. Before the first call.
void setKernelTable(const KernelTable* table);

}  // namespace ostinato
