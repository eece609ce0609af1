// The kernels' headers belong to an instruction set. Here they are read for their constants alone, in
// a namespace of their own; none of their functions is called, so none is compiled.
#define OSTINATO_ISA constants

#include "constants.h"

#include <cstddef>

#include "../kernels/random/mt19937.h"
#include "../kernels/sequence/cells.h"
#include "../kernels/sequence/memory.h"
#include "../kernels/strided.h"
#include "../kernels/work.h"

namespace ostinato {

using constants::Generator;
static_assert(SequenceMemory<float>::W == constants::Vec<float>::lanes &&
              SequenceMemory<double>::W == constants::Vec<double>::lanes);

static void set(Napi::Object object, const char* name, double value) {
  object[name] = Napi::Number::New(object.Env(), value);
}

template <class Policy>
static Napi::Object cell(Napi::Env env) {
  Napi::Object result = Napi::Object::New(env);
  set(result, "gates", Policy::gates);
  set(result, "blocks", Policy::blocks);
  result["hasCellState"] = Napi::Boolean::New(env, Policy::hasCellState);
  result["savesGates"] = Napi::Boolean::New(env, Policy::savesGates);
  return result;
}

Napi::Object kernelConstants(Napi::Env env) {
  Napi::Object strided = Napi::Object::New(env);
  set(strided, "maxDims", Strided::maxDims);
  set(strided, "maxOperands", Strided::maxOperands);

  Napi::Object work = Napi::Object::New(env);
  set(work, "scratchBytes", double(Work::scratchBytes));

  Napi::Object generator = Napi::Object::New(env);
  set(generator, "words", Generator::N);
  set(generator, "left", offsetof(Generator, left));
  set(generator, "next", offsetof(Generator, next));
  set(generator, "nextNormal", offsetof(Generator, nextNormal));
  set(generator, "hasNextNormal", offsetof(Generator, hasNextNormal));
  set(generator, "bytes", sizeof(Generator));

  Napi::Object cells = Napi::Object::New(env);
#define SEQUENCE_CELL(name, policy) cells[#name] = cell<constants::policy>(env);
#include "../kernels/sequence/cells.inc"

  Napi::Object result = Napi::Object::New(env);
  result["strided"] = strided;
  result["work"] = work;
  result["generator"] = generator;
  result["cells"] = cells;
  return result;
}

template <class T>
static Napi::Value lengths(Napi::Env env, const SequenceMemory<T>& memory) {
  Napi::Object result = Napi::Object::New(env);
  set(result, "packed", double(memory.packed()));
  set(result, "workspace", double(memory.workspace()));
  return result;
}

Napi::Value sequenceMemory(const Napi::CallbackInfo& info) {
  int64_t given[6];
  for (size_t i = 0; i < 6; ++i) given[i] = info[i].ToNumber().Int64Value();
  const auto [gates, blocks, itemSize, I, H, P] = given;
  return itemSize == sizeof(float)
             ? lengths(info.Env(), SequenceMemory<float>{gates, blocks, I, H, P})
             : lengths(info.Env(), SequenceMemory<double>{gates, blocks, I, H, P});
}

}  // namespace ostinato
