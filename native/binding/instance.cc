#include "instance.h"

#include <new>

#include "arguments.h"
#include "entries.h"
#include "replay.h"

namespace ostinato {

Instance::Instance(Napi::Env env, Instance* next) : next(next) {
  Napi::Float64Array array = Napi::Float64Array::New(env, argumentBlockLength);
  args = Napi::Persistent(array);
  block = array.Data();
}

inline __attribute__((always_inline)) void Instance::call(int kernel) {
  if (recording) [[unlikely]]
    return recording->append(kernel, block);
  kernelEntries[kernel].call(block);
}

// Kernels and the calls of calls.inc are raw functions, because each operation of a program calls one: an empty
// function that reads its data takes 11.1 ns so, 16.9 ns through Napi::CallbackInfo (Node 20).
static inline Instance& instanceOf(napi_env env, napi_callback_info info) {
  void* instance;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &instance);
  return *static_cast<Instance*>(instance);
}

static napi_value callKernel(napi_env env, napi_callback_info info, int kernel) {
  instanceOf(env, info).call(kernel);
  return nullptr;
}

#define BIND(field)                                                       \
  static napi_value call_##field(napi_env env, napi_callback_info info) { \
    return callKernel(env, info, field##_number);                         \
  }
#define KERNEL_FLOAT(name, parameters, ...) BIND(name##_f32) BIND(name##_f64)
#define KERNEL_NUMBER(name, parameters, ...) KERNEL_FLOAT(name, parameters) BIND(name##_i32)
#define KERNEL_ANY(name, parameters, ...) KERNEL_NUMBER(name, parameters) BIND(name##_u8)
#define KERNEL_PLAIN(name, parameters, ...) BIND(name)
#include "../kernels/kernels.inc"
#undef BIND

#define INSTANCE_CALL(name, parameters)                                  \
  static napi_value call_##name(napi_env env, napi_callback_info info) { \
    callWithArguments(name, instanceOf(env, info).arguments());          \
    return nullptr;                                                      \
  }
#include "calls.inc"

static const struct {
  const char* name;
  napi_callback callback;
} kernelFunctions[kernelCount] = {
#define BIND(field) {#field, call_##field},
#define KERNEL_FLOAT(name, parameters, ...) BIND(name##_f32) BIND(name##_f64)
#define KERNEL_NUMBER(name, parameters, ...) KERNEL_FLOAT(name, parameters) BIND(name##_i32)
#define KERNEL_ANY(name, parameters, ...) KERNEL_NUMBER(name, parameters) BIND(name##_u8)
#define KERNEL_PLAIN(name, parameters, ...) BIND(name)
#include "../kernels/kernels.inc"
#undef BIND
};

Napi::Object Instance::toObject(Napi::Env env) {
  napi_property_descriptor functions[kernelCount];
  for (int i = 0; i < kernelCount; ++i) {
    const auto& [name, callback] = kernelFunctions[i];
    functions[i] = {name, nullptr, callback, nullptr, nullptr, nullptr, napi_enumerable, this};
  }
  const Napi::Object kernels = Napi::Object::New(env);
  napi_define_properties(env, kernels, kernelCount, functions);

  Napi::Object object = Napi::Object::New(env);
  object["args"] = args.Value();
  object["kernels"] = kernels;
  napi_value call;
#define INSTANCE_CALL(name, parameters)                                         \
  napi_create_function(env, #name, NAPI_AUTO_LENGTH, call_##name, this, &call); \
  object[#name] = call;
#include "calls.inc"
  object["startRecording"] = Napi::Function::New<startRecording>(env, "startRecording", this);
  object["stopRecording"] = Napi::Function::New<stopRecording>(env, "stopRecording", this);
  object["recordingLength"] = Napi::Function::New<recordingLength>(env, "recordingLength", this);
  object["readRecording"] = Napi::Function::New<readRecording>(env, "readRecording", this);
  return object;
}

static Instance& instanceOf(const Napi::CallbackInfo& info) {
  return *static_cast<Instance*>(info.Data());
}

Napi::Value Instance::startRecording(const Napi::CallbackInfo& info) {
  auto& recording = instanceOf(info).recording;
  if (!recording) recording.reset(new (std::nothrow) Recording);
  return Napi::Boolean::New(info.Env(), recording != nullptr);
}

void Instance::stopRecording(const Napi::CallbackInfo& info) { instanceOf(info).recording.reset(); }

Napi::Value Instance::recordingLength(const Napi::CallbackInfo& info) {
  const auto& recording = instanceOf(info).recording;
  return Napi::Number::New(info.Env(), recording ? recording->length() : 0);
}

void Instance::readRecording(const Napi::CallbackInfo& info) {
  const auto& recording = instanceOf(info).recording;
  auto out = info[0].As<Napi::Float64Array>();
  if (recording && static_cast<double>(out.ElementLength()) >= recording->length())
    recording->take(out.Data());
}

}  // namespace ostinato
