// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What onnx_runtime.cc and session.cc share; the only header that includes ONNX Runtime's own.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infer/onnx_runtime.h"

namespace imagemill {

struct OnnxRuntime::State {
  std::string path;
  std::string version;
  int api_version = 0;
  int pool_threads = 1;
  std::vector<std::string> providers;   // as OnnxRuntime::providers() names them
  std::optional<Ort::Env> environment;  // set once, before the runtime is handed out

  // The devices of a provider library, which is loaded when it is first asked for and stays.
  // Errors: kNotFound; kUnsupported for what is no such library, and where the runtime is too old
  // for any; kInvalidArgument where the name is another library's.
  Result<std::vector<Ort::ConstEpDevice>> devices_of(const ProviderLibrary& library);

  struct LoadedLibrary {
    ProviderLibrary library;
    std::vector<Ort::ConstEpDevice> devices;
  };
  std::mutex libraries_mutex;
  std::vector<LoadedLibrary> libraries;  // guarded by libraries_mutex

  std::mutex log_mutex;
  std::list<Log> logs;  // guarded by log_mutex

  // ONNX Runtime's logging function; `state` is a State.
  static void ORT_API_CALL take_log(void* state, OrtLoggingLevel severity, const char* category,
                                    const char* log_id, const char* code_location,
                                    const char* message);
};

// What it says without where in its own source it says so.
std::string_view reason_in(std::string_view message);

// Whether what the runtime says means that memory ran out, which has no code of its own.
bool is_out_of_memory(std::string_view message);

// Calls a function of ONNX Runtime's C++ interface, whose exceptions end here as errors of `code`,
// or kResourceExhausted. `what` begins the message.
template <typename Call>
auto call_runtime(Code code, std::string_view what, Call call) -> Result<decltype(call())> {
  try {
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
      return {};
    } else {
      return call();
    }
  } catch (const Ort::Exception& e) {
    return fail(is_out_of_memory(e.what()) ? Code::kResourceExhausted : code,
                "{}: ONNX Runtime says \"{}\"", what, reason_in(e.what()));
  } catch (const std::bad_alloc&) {
    return fail(Code::kResourceExhausted, "{}: out of memory", what);
  } catch (const std::exception& e) {
    return fail(code, "{}: {}", what, e.what());
  }
}

}  // namespace imagemill
