// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include "imagemill/image.h"

namespace imagemill {

// IEEE 754 half precision to single.
inline float half_to_float(uint16_t half) {
  // The exponents' biases differ by 112; multiplying also makes denormals right.
  float value = std::bit_cast<float>(uint32_t{half} << 13 & 0x0FFFE000u) * 0x1p112f;
  if ((half & 0x7C00) == 0x7C00)
    value = std::bit_cast<float>(0x7F800000u | (uint32_t{half} << 13 & 0x007FE000u));
  return (half & 0x8000) != 0 ? -value : value;
}

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
