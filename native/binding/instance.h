// An instance: one evaluation of the package in one environment. Its argument block, its kernel
// functions and its recording are its own, so that several copies of the package in one process
// (require.cache emptied, jest.resetModules(), two folders, workers) compute side by side.
#pragma once

#include <napi.h>

#include <memory>

#include "recording.h"

namespace ostinato {

class Instance {
 public:
  // `next` is the instance made before this one, kept by it: a list that needs no memory of its own.
  Instance(Napi::Env env, Instance* next);

  // { args, kernels, replay, startRecording, stopRecording, recordingLength, readRecording }: the argument block
  // (arguments.h), a function for each kernel of kernels.inc and each call of calls.inc, and the recording of the kernels'
  // calls (recording.h). All of them point to this instance, which therefore lives as long as its
  // environment: 1.3 KB.
  Napi::Object toObject(Napi::Env env);

  // Makes a kernel's call with the arguments in the block, or records it.
  void call(int kernel);

  const double* arguments() const { return block; }

  Instance* const next;

 private:
  Napi::Reference<Napi::Float64Array> args;  // keeps the block's memory
  double* block;
  std::unique_ptr<Recording> recording;  // null while nothing is recorded

  static Napi::Value startRecording(const Napi::CallbackInfo& info);
  static void stopRecording(const Napi::CallbackInfo& info);
  static Napi::Value recordingLength(const Napi::CallbackInfo& info);
  static void readRecording(const Napi::CallbackInfo& info);
};

}  // namespace ostinato
