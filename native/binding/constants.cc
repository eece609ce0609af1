// The kernels' headers belong to an instruction set. Here they are read for their constants alone, in
// a namespace of their own; none of their functions is called, so none is compiled.
#define OSTINATO_ISA constants

#include "constants.h"

#include <cstddef>

#include "../kernels/attention/sizes.h"
#include "../kernels/gemm/tile.h"
#include "../kernels/random/mt19937.h"
#include "../kernels/sequence/cells.h"
#include "../kernels/sequence/memory.h"
#include "../kernels/strided.h"
#include "../kernels/work.h"
#include "entries.h"
#include "program.h"

namespace ostinato {

static_assert(SequenceMemory<float>::W == constants::Vec<float>::lanes &&
              SequenceMemory<double>::W == constants::Vec<double>::lanes);

static void set(Napi::Object object, const char* name, double value) {
  object[name] = Napi::Number::New(object.Env(), value);
}

static Napi::Object groupOf(Napi::Object constants, const char* name) {
  if (!constants.Has(name)) constants[name] = Napi::Object::New(constants.Env());
  return constants.Get(name).As<Napi::Object>();
}

Napi::Object sharedConstants(Napi::Env env, const KernelTable* table) {
  using namespace constants;
  const Napi::Object result = Napi::Object::New(env);
#define SHARED_CONSTANT(group, name, value) set(groupOf(result, #group), #name, double(value));
#include "../constants.inc"
  if (!table) return result;
  const auto setEach = [&](const char* group, const char* name, const double(&values)[2]) {
    const Napi::Object each = Napi::Object::New(env);
    set(each, "f32", values[0]);
    set(each, "f64", values[1]);
    groupOf(result, group)[name] = each;
  };
#define SET_CONSTANT(group, name, value) setEach(#group, #name, table->constants.group##_##name);
#include "../constants.inc"
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
