// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a session may run on, and how ONNX Runtime is told to.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "infer/onnx_runtime_state.h"
#include "infer/session.h"

namespace imagemill {

struct ExecutionProvider {
  std::string label;  // Session::provider()
  bool computes_on_cpu = false;
  // Why it cannot be had at all. kNotFound: this ONNX Runtime was built without it.
  Result<> presence = {};
  // Makes a session use it. Throws what ONNX Runtime throws; good as long as the settings.
  std::function<void(Ort::SessionOptions&)> append = {};
};

struct AllowedProviders {
  std::vector<ExecutionProvider> in_order;  // to be tried so; none: the CPU
  bool fall_back = false;                   // from one to the next, and to the CPU in the end
};

// What SessionSettings::device allows: of provider libraries, which are loaded for that, and of the
// runtime. Errors: kInvalidArgument for what is no device, and those of
// OnnxRuntime::State::devices_of().
Result<AllowedProviders> find_providers(OnnxRuntime& runtime, const SessionSettings& settings);

}  // namespace imagemill
