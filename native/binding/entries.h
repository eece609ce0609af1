// Every kernel by number, in the order of kernels.inc: what an Instance, a Recording
// and a replayed program call.
#pragma once

#include "../kernels/kernels.h"
#include "arguments.h"

namespace ostinato {

enum KernelNumber : int {
#define KERNEL_FLOAT(name, parameters, ...) name##_f32_number, name##_f64_number,
#define KERNEL_NUMBER(name, parameters, ...) KERNEL_FLOAT(name, parameters) name##_i32_number,
#define KERNEL_ANY(name, parameters, ...) KERNEL_NUMBER(name, parameters) name##_u8_number,
#define KERNEL_PLAIN(name, parameters, ...) name##_number,
#include "../kernels/kernels.inc"
  kernelCount
};

// What one double of an argument block is. The kind of an address of T has itemSizeFactor * sizeof(T)
// added.
inline constexpr int itemSizeFactor = 8;
enum ArgumentKind : char {
  plainNumber,
  readAddress,   // of a const T* parameter; may be null
  writeAddress,  // of a T* parameter: written, perhaps read too
  structField,   // of an Args<T>: a number or an address of either kind
  stridedField,  // of a Strided: the kernel is an elementwise one
};

struct KernelEntry {
  // Calls the kernel.
  void (*call)(const double* args);
  // Writes the kinds of the arguments, one for each double that `call` reads (argumentBlockLength at
  // most), and returns how many they are.
  int (*describe)(const double* args, char* kinds);
};
extern const KernelEntry kernelEntries[kernelCount];

// Where a kernel's one parameter of type P is in the argument block, before any Strided or structure.
template <class P, class... All>
constexpr int positionOf(void (*)(All...)) {
  constexpr bool found[] = {std::is_same_v<P, All>...};
  constexpr bool inBlock[] = {!std::is_same_v<Work&, All>...};
  int position = 0;
  for (size_t i = 0; i < sizeof...(All) && !found[i]; ++i) position += inBlock[i];
  return position;
}

// `position` of index_bounds.
inline double* indexBoundsResult(const double* args) {
  constexpr int at = positionOf<double*>(decltype(KernelTable::index_bounds){});
  return asAddress<double>(args[at]);
}

// Makes the entries call the kernels of selectedTable(), once for the process, and returns it.
const KernelTable* useSelectedTable();

}  // namespace ostinato
