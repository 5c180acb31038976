// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A library that brings an execution provider which ONNX Runtime does not have (what it calls a
// plug-in), by the name that devices of it go by: "npu" in --device npu:1.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/status.h"

namespace imagemill {

struct ProviderLibrary {
  std::string name;
  std::string path;

  bool operator==(const ProviderLibrary&) const = default;
};

// "npu=/opt/npu/libnpu_provider.so". kInvalidArgument for another form, and for a name that is no
// lower-case word or that a device has already.
Result<ProviderLibrary> parse_provider_library(std::string_view text);
// Several, each of another name.
Result<std::vector<ProviderLibrary>> parse_provider_libraries(std::span<const std::string> texts);

}  // namespace imagemill
