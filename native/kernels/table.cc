// The table of this instruction set's kernels, narrow ones its base's, and its constants.
#include "gemm/tile.h"
#include "kernels.h"

#define OSTINATO_STRING_(x) #x
#define OSTINATO_STRING(x) OSTINATO_STRING_(x)

namespace ostinato::OSTINATO_ISA {

const KernelTable table = {
    .isa = OSTINATO_STRING(OSTINATO_ISA),
    .constants =
        {
#define SET_CONSTANT(group, name, value)                  \
  .group##_##name = {[] {                                 \
                       using T [[maybe_unused]] = float;  \
                       return double(value);              \
                     }(),                                 \
                     [] {                                 \
                       using T [[maybe_unused]] = double; \
                       return double(value);              \
                     }()},
#include "../constants.inc"
        },
#define ENTRY_FLOAT(set, name) .name##_f32 = &set::name<float>, .name##_f64 = &set::name<double>,
#define ENTRY_NUMBER(set, name) ENTRY_FLOAT(set, name).name##_i32 = &set::name<int32_t>,
#define ENTRY_ANY(set, name) ENTRY_NUMBER(set, name).name##_u8 = &set::name<uint8_t>,
#define ENTRY_PLAIN(set, name) .name = &set::name,
#define KERNEL_FLOAT(name, parameters, ...) ENTRY_FLOAT(OSTINATO_ISA, name)
#define KERNEL_NUMBER(name, parameters, ...) ENTRY_NUMBER(OSTINATO_ISA, name)
#define KERNEL_ANY(name, parameters, ...) ENTRY_ANY(OSTINATO_ISA, name)
#define KERNEL_PLAIN(name, parameters, ...) ENTRY_PLAIN(OSTINATO_ISA, name)
#define NARROW_FLOAT(name, parameters, ...) ENTRY_FLOAT(OSTINATO_NARROW, name)
#define NARROW_NUMBER(name, parameters, ...) ENTRY_NUMBER(OSTINATO_NARROW, name)
#define NARROW_ANY(name, parameters, ...) ENTRY_ANY(OSTINATO_NARROW, name)
#define NARROW_PLAIN(name, parameters, ...) ENTRY_PLAIN(OSTINATO_NARROW, name)
#include "kernels.inc"
};

}  // namespace ostinato::OSTINATO_ISA
