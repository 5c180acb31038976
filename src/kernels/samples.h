// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/half.h"
#include "imagemill/image.h"

namespace imagemill {

// A sample of a row: integers as 0 to 1, floats as they are.
inline double unit_value(const void* row, SampleType type, int x) {
  switch (type) {
    case SampleType::kU8:
      return static_cast<const uint8_t*>(row)[x] / 255.0;
    case SampleType::kU16:
      return static_cast<const uint16_t*>(row)[x] / 65535.0;
    case SampleType::kF16:
      return static_cast<double>(half_to_float(static_cast<const uint16_t*>(row)[x]));
    case SampleType::kF32:
      break;
  }
  return static_cast<double>(static_cast<const float*>(row)[x]);
}

}  // namespace imagemill
