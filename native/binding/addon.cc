// The add-on: one JavaScript function for each kernel of kernels.inc, and a few of its own. It
// checks nothing that TypeScript has checked. Raw Node-API, because a call must cost nanoseconds.
#include <node_api.h>

#include "../runtime/dispatch.h"
#include "../runtime/memory.h"
#include "../runtime/threads.h"
#include "arguments.h"
#include "invoke.h"
#include "recorder.h"
#include "replay.h"

namespace ostinato {

constinit thread_local double* argumentBlock = nullptr;

static inline void callKernel(int number) {
  if (recording != nullptr) [[unlikely]]
    return recordCall(number, argumentBlock);
  kernelEntries[number].call(argumentBlock);
}

#define BIND(field)                                              \
  static napi_value call_##field(napi_env, napi_callback_info) { \
    callKernel(field##_number);                                  \
    return nullptr;                                              \
  }
#define KERNEL_FLOAT(name, parameters) BIND(name##_f32) BIND(name##_f64)
#define KERNEL_NUMBER(name, parameters) KERNEL_FLOAT(name, parameters) BIND(name##_i32)
#define KERNEL_ANY(name, parameters) KERNEL_NUMBER(name, parameters) BIND(name##_u8)
#define KERNEL_PLAIN(name, parameters) BIND(name)
#include "../kernels/kernels.inc"
#undef BIND

static const napi_property_descriptor kernelProperties[] = {
#define BIND(field) \
  {#field, nullptr, call_##field, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
#define KERNEL_FLOAT(name, parameters) BIND(name##_f32) BIND(name##_f64)
#define KERNEL_NUMBER(name, parameters) KERNEL_FLOAT(name, parameters) BIND(name##_i32)
#define KERNEL_ANY(name, parameters) KERNEL_NUMBER(name, parameters) BIND(name##_u8)
#define KERNEL_PLAIN(name, parameters) BIND(name)
#include "../kernels/kernels.inc"
#undef BIND
};

// setArgumentBlock(Float64Array): the array that all later calls of this JavaScript thread read. It
// must live as long as they are made.
static napi_value setArgumentBlock(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value array;
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &count, &array, nullptr, nullptr) == napi_ok && count == 1 &&
      napi_get_typedarray_info(env, array, nullptr, nullptr, &data, nullptr, nullptr) == napi_ok)
    argumentBlock = static_cast<double*>(data);
  return nullptr;
}

// addressOf(typedArray): where its bytes are, as a double; 0 when it has none.
static napi_value addressOf(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value array, result;
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &count, &array, nullptr, nullptr) != napi_ok || count != 1 ||
      napi_get_typedarray_info(env, array, nullptr, nullptr, &data, nullptr, nullptr) != napi_ok)
    data = nullptr;
  napi_create_double(env, static_cast<double>(reinterpret_cast<uintptr_t>(data)), &result);
  return result;
}

// The functions of a trace take their arguments from the argument block, as kernels do.
template <class E>
static E* addressAt(int position) {
  return reinterpret_cast<E*>(static_cast<uintptr_t>(argumentBlock[position]));
}
static napi_value start(napi_env, napi_callback_info) {
  startRecording();
  return nullptr;
}
static napi_value stop(napi_env, napi_callback_info) {
  stopRecording();
  return nullptr;
}
// Leaves in the block how many doubles `read` will write.
static napi_value length(napi_env, napi_callback_info) {
  argumentBlock[0] = static_cast<double>(recordedLength());
  return nullptr;
}
// (to)
static napi_value read(napi_env, napi_callback_info) {
  readRecording(addressAt<double>(0));
  return nullptr;
}
// (program, length, bases); leaves in the block what `replay` returned.
static napi_value run(napi_env, napi_callback_info) {
  const auto length = static_cast<int64_t>(argumentBlock[1]);
  argumentBlock[0] =
      static_cast<double>(replay(addressAt<double>(0), length, addressAt<double>(2)));
  return nullptr;
}

static napi_value setNumThreads(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value value;
  int32_t threads = 1;
  if (napi_get_cb_info(env, info, &count, &value, nullptr, nullptr) == napi_ok &&
      napi_get_value_int32(env, value, &threads) == napi_ok)
    setThreads(threads);
  return nullptr;
}

static napi_value getNumThreads(napi_env env, napi_callback_info) {
  napi_value value;
  napi_create_int32(env, currentThreads(), &value);
  return value;
}

static napi_value text(napi_env env, const char* string) {
  napi_value value;
  napi_create_string_utf8(env, string, NAPI_AUTO_LENGTH, &value);
  return value;
}

// { kernels, trace, isa, availableIsas, addressOf, setArgumentBlock, getNumThreads,
// setNumThreads, maxThreads }; isa is null when OSTINATO_ISA names a set that this machine or build
// does not have.
static napi_value initialize(napi_env env, napi_value exports) {
  const KernelTable* const table = selectedTable();
  setKernelTable(table);
  keepFreedMemory();
  napi_value isa, available, kernels, trace, value;
  int count;
  const KernelTable* const* tables = availableTables(&count);
  if (table)
    isa = text(env, table->isa);
  else
    napi_get_null(env, &isa);
  napi_create_array(env, &available);
  for (int i = 0; i < count; ++i) napi_set_element(env, available, i, text(env, tables[i]->isa));
  napi_create_object(env, &kernels);
  if (table)
    napi_define_properties(env, kernels, sizeof kernelProperties / sizeof *kernelProperties,
                           kernelProperties);
  const napi_property_descriptor traceProperties[] = {
      {"start", nullptr, start, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"stop", nullptr, stop, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"length", nullptr, length, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"read", nullptr, read, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"run", nullptr, run, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  napi_create_object(env, &trace);
  napi_define_properties(env, trace, sizeof traceProperties / sizeof *traceProperties,
                         traceProperties);
  napi_set_named_property(env, exports, "trace", trace);
  napi_set_named_property(env, exports, "isa", isa);
  napi_set_named_property(env, exports, "availableIsas", available);
  napi_set_named_property(env, exports, "kernels", kernels);
  napi_create_int32(env, maxThreads(), &value);
  napi_set_named_property(env, exports, "maxThreads", value);
  const napi_property_descriptor own[] = {
      {"addressOf", nullptr, addressOf, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"setArgumentBlock", nullptr, setArgumentBlock, nullptr, nullptr, nullptr, napi_enumerable,
       nullptr},
      {"getNumThreads", nullptr, getNumThreads, nullptr, nullptr, nullptr, napi_enumerable,
       nullptr},
      {"setNumThreads", nullptr, setNumThreads, nullptr, nullptr, nullptr, napi_enumerable,
       nullptr},
  };
  napi_define_properties(env, exports, sizeof own / sizeof *own, own);
  return exports;
}

}  // namespace ostinato

// Context-aware: each JavaScript thread that requires the add-on initializes it for itself.
NAPI_MODULE_INIT() { return ostinato::initialize(env, exports); }
