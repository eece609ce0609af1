// The add-on's module: what it exports, once for each environment (a thread of JavaScript that
// requires it). TypeScript validates; the add-on's own checks are for faults of ours.
#include <napi.h>

#include <new>

#include "../runtime/dispatch.h"
#include "../runtime/memory.h"
#include "../runtime/threads.h"
#include "arguments.h"
#include "constants.h"
#include "entries.h"
#include "instance.h"
#include "interface.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace ostinato {

// addressOf(typedArray): where its bytes are, as a double; 0 when it has none. A raw function,
// because each tensor above 4 KB asks for it: 26 ns, through Napi::CallbackInfo and
// Napi::TypedArray 62 ns (Node 20).
static napi_value addressOf(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value array, result;
  void* data = nullptr;
  if (napi_get_cb_info(env, info, &count, &array, nullptr, nullptr) != napi_ok || count != 1 ||
      napi_get_typedarray_info(env, array, nullptr, nullptr, &data, nullptr, nullptr) != napi_ok)
    data = nullptr;
  napi_create_double(env, addressAsDouble(data), &result);
  return result;
}

#ifdef __SANITIZE_ADDRESS__
// setAddressable(buffer, byteOffset, capacity, bytes): poisons the capacity but for its first `bytes`.
static void setAddressable(const Napi::CallbackInfo& info) {
  const char* const start = static_cast<const char*>(info[0].As<Napi::ArrayBuffer>().Data()) +
                            info[1].As<Napi::Number>().Int64Value();
  ASAN_POISON_MEMORY_REGION(start, size_t(info[2].As<Napi::Number>().Int64Value()));
  ASAN_UNPOISON_MEMORY_REGION(start, size_t(info[3].As<Napi::Number>().Int64Value()));
}
#endif

class Module : public Napi::Addon<Module> {
 public:
  // { interface, isa, availableIsas, maxThreads, constants, addressOf, sequenceMemory, getNumThreads,
  // setNumThreads, createInstance }, under AddressSanitizer also setAddressable; isa is null when OSTINATO_ISA names a set
  // that this machine or build does not have.
  Module(Napi::Env env, Napi::Object exports) {
    keepFreedMemory();
    ostinato::keepSpareAddresses();
    const KernelTable* const table = useSelectedTable();
    int count;
    const KernelTable* const* const tables = availableTables(&count);
    Napi::Array available = Napi::Array::New(env, static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) available[static_cast<uint32_t>(i)] = tables[i]->isa;
    const Napi::Value isa =
        table ? Napi::String::New(env, table->isa).As<Napi::Value>() : env.Null().As<Napi::Value>();
    napi_value address;
    napi_create_function(env, "addressOf", NAPI_AUTO_LENGTH, addressOf, nullptr, &address);
    DefineAddon(
        exports,
        {
            InstanceValue("interface", Napi::String::New(env, addonInterface), napi_enumerable),
            InstanceValue("isa", isa, napi_enumerable),
            InstanceValue("availableIsas", available, napi_enumerable),
            InstanceValue("maxThreads", Napi::Number::New(env, maxThreads()), napi_enumerable),
            InstanceValue("constants", sharedConstants(env, table), napi_enumerable),
            InstanceValue("addressOf", Napi::Value(env, address), napi_enumerable),
            InstanceMethod<&Module::sequenceMemory>("sequenceMemory", napi_enumerable),
            InstanceMethod<&Module::keepSpareAddresses>("keepSpareAddresses", napi_enumerable),
            InstanceMethod<&Module::giveUpSpareAddresses>("giveUpSpareAddresses", napi_enumerable),
            InstanceMethod<&Module::getNumThreads>("getNumThreads", napi_enumerable),
            InstanceMethod<&Module::setNumThreads>("setNumThreads", napi_enumerable),
            InstanceMethod<&Module::createInstance>("createInstance", napi_enumerable),
        });
#ifdef __SANITIZE_ADDRESS__
    exports["setAddressable"] = Napi::Function::New(env, setAddressable);
#endif
  }

  ~Module() {
    while (instances) {
      Instance* const last = instances;
      instances = last->next;
      delete last;
    }
  }

 private:
  // Until the environment ends, because their kernel functions may be called until then.
  Instance* instances = nullptr;

  Napi::Value sequenceMemory(const Napi::CallbackInfo& info) {
    return ostinato::sequenceMemory(info);
  }

  void keepSpareAddresses(const Napi::CallbackInfo&) { ostinato::keepSpareAddresses(); }
  void giveUpSpareAddresses(const Napi::CallbackInfo&) { ostinato::giveUpSpareAddresses(); }
  Napi::Value getNumThreads(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), currentThreads());
  }

  void setNumThreads(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) {
      Napi::TypeError::New(info.Env(), "internal: setNumThreads takes a number")
          .ThrowAsJavaScriptException();
      return;
    }
    setThreads(info[0].As<Napi::Number>().Int32Value());
  }

  // Null when there is no memory for it, or none for this thread's scratch.
  Napi::Value createInstance(const Napi::CallbackInfo& info) {
    if (!hasScratch()) return info.Env().Null();
    auto* const made = new (std::nothrow) Instance(info.Env(), instances);
    if (!made) return info.Env().Null();
    instances = made;
    return made->toObject(info.Env());
  }
};

NODE_API_ADDON(Module)

}  // namespace ostinato
