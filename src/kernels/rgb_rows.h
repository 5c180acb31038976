// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "imagemill/image.h"

namespace imagemill {

// An 8-bit RGB picture whose rows are made as they are asked for, so that none of it has to be held
// whole.
class RgbRows {
 public:
  virtual ~RgbRows() = default;
  virtual Size size() const = 0;
  // Fills size().width samples of red, green and blue.
  virtual void row(int y, const std::array<uint8_t*, 3>& out) = 0;
};

}  // namespace imagemill
