// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "infer/onnx_runtime.h"

namespace imagemill {

struct ProviderCheck {
  std::string device;         // as SessionSettings::device names it: "cuda"
  std::string provider;       // as the runtime does: "CUDA"; "": of a library that is not taken
  bool is_installed = false;  // part of the library, or beside it
  std::string problem;        // why a network cannot be run on it; "": one was
};

// Runs a network of a few operations on each device that there is a name for: on the first of each
// library, which stays loaded, then on those of the runtime, the CPU last. Takes a tenth of a
// second or so.
std::vector<ProviderCheck> check_providers(const std::shared_ptr<OnnxRuntime>& runtime,
                                           std::span<const ProviderLibrary> libraries);

}  // namespace imagemill
