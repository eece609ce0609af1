// The table of this instruction set's kernels, and its constants.
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
#define KERNEL_FLOAT(name, parameters, ...) .name##_f32 = &name<float>, .name##_f64 = &name<double>,
#define KERNEL_NUMBER(name, parameters, ...) \
  KERNEL_FLOAT(name, parameters).name##_i32 = &name<int32_t>,
#define KERNEL_ANY(name, parameters, ...) \
  KERNEL_NUMBER(name, parameters).name##_u8 = &name<uint8_t>,
#define KERNEL_PLAIN(name, parameters, ...) .name = &name,
#include "kernels.inc"
};

}  // namespace ostinato::OSTINATO_ISA
