// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imagemill/status.h"

namespace imagemill {

struct NvidiaDevice {
  std::string name;
  uint64_t memory_bytes = 0;
  uint64_t free_bytes = 0;
};

// Asks NVIDIA's management library, loaded for as long as the call takes. Errors: kNotFound without
// the driver, kUnsupported for what it says instead of an answer.
Result<std::vector<NvidiaDevice>> nvidia_devices();

}  // namespace imagemill
