// The numbers that TypeScript shares with C++ (constants.inc), exported so that each is written down once.
#pragma once

#include <napi.h>

#include "../kernels/kernels.h"

namespace ostinato {

// An object for each group of constants.inc; those of the instruction set are those of `table`, and absent without one.
Napi::Object sharedConstants(Napi::Env env, const KernelTable* table);

// sequenceMemory(gates, blocks, itemSize, inputSize, hiddenSize, projSize): { packed, workspace }, in
// elements.
Napi::Value sequenceMemory(const Napi::CallbackInfo& info);

}  // namespace ostinato
