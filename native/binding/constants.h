// Sizes and limits of the kernels that TypeScript works with too: exported, so that each is written
// down once.
#pragma once

#include <napi.h>

namespace ostinato {

// { strided, work, generator, cells }: numbers and flags.
Napi::Object kernelConstants(Napi::Env env);

// sequenceMemory(gates, blocks, itemSize, inputSize, hiddenSize, projSize): { packed, workspace }, in
// elements.
Napi::Value sequenceMemory(const Napi::CallbackInfo& info);

}  // namespace ostinato
