// Declares every kernel of kernels.inc: its signature, and the table of function pointers that each
// instruction set fills (table.cc) and that runtime/dispatch picks from.
#pragma once

#include <cstdint>

#include "parameters.h"
#include "sequence/arguments.h"
#include "sequence/normalized-arguments.h"
#include "strided.h"
#include "work.h"

namespace ostinato {

#define KERNEL_FLOAT(name, parameters, ...) \
  template <class T>                        \
  struct name##_signature {                 \
    using type = void parameters;           \
  };
#define KERNEL_NUMBER KERNEL_FLOAT
#define KERNEL_ANY KERNEL_FLOAT
#define KERNEL_PLAIN(name, parameters, ...) \
  struct name##_signature {                 \
    using type = void parameters;           \
  };
#include "kernels.inc"

// The instruction set's own numbers of constants.inc, of float and of double.
struct SetConstants {
#define SET_CONSTANT(group, name, value) double group##_##name[2];
#include "../constants.inc"
};

struct KernelTable {
  const char* isa;
  SetConstants constants;
#define KERNEL_FLOAT(name, parameters, ...)  \
  name##_signature<float>::type* name##_f32; \
  name##_signature<double>::type* name##_f64;
#define KERNEL_NUMBER(name, parameters, ...) \
  KERNEL_FLOAT(name, parameters)             \
  name##_signature<int32_t>::type* name##_i32;
#define KERNEL_ANY(name, parameters, ...) \
  KERNEL_NUMBER(name, parameters)         \
  name##_signature<uint8_t>::type* name##_u8;
#define KERNEL_PLAIN(name, parameters, ...) name##_signature::type* name;
#include "kernels.inc"
};

}  // namespace ostinato

#ifdef OSTINATO_ISA
namespace ostinato::OSTINATO_ISA {

#define KERNEL_FLOAT(name, parameters, ...) \
  template <class T>                        \
  void name parameters;
#define KERNEL_NUMBER KERNEL_FLOAT
#define KERNEL_ANY KERNEL_FLOAT
#define KERNEL_PLAIN(name, parameters, ...) void name parameters;
#ifdef OSTINATO_BASE
#define NARROW_FLOAT(name, parameters, ...)
#define NARROW_NUMBER NARROW_FLOAT
#define NARROW_ANY NARROW_FLOAT
#define NARROW_PLAIN NARROW_FLOAT
#endif
#include "kernels.inc"

// A kernel's source file ends with one of these for each kernel that it defines.
#define INSTANTIATE_FLOAT(name)                       \
  template name##_signature<float>::type name<float>; \
  template name##_signature<double>::type name<double>;
#define INSTANTIATE_NUMBER(name) \
  INSTANTIATE_FLOAT(name)        \
  template name##_signature<int32_t>::type name<int32_t>;
#define INSTANTIATE_ANY(name) \
  INSTANTIATE_NUMBER(name)    \
  template name##_signature<uint8_t>::type name<uint8_t>;

extern const KernelTable table;

}  // namespace ostinato::OSTINATO_ISA

// OSTINATO_NARROW is the set whose narrow kernels this one has: its base's, or its own.
#ifdef OSTINATO_BASE
#define OSTINATO_NARROW OSTINATO_BASE
namespace ostinato::OSTINATO_BASE {
#define NARROW_FLOAT(name, parameters, ...) \
  template <class T>                        \
  void name parameters;
#define NARROW_NUMBER NARROW_FLOAT
#define NARROW_ANY NARROW_FLOAT
#define NARROW_PLAIN(name, parameters, ...) void name parameters;
#include "kernels.inc"
}  // namespace ostinato::OSTINATO_BASE
#else
#define OSTINATO_NARROW OSTINATO_ISA
#endif
#endif
