// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Resize as Pillow does it, and torchvision with Pillow's pictures, bit by bit: antialiased, one
// axis after the other, rounded to 8 bits in between, with coefficients of 22 fractional bits, kept
// within the picture and scaled to add up to one at its edges. Networks whose training saw such
// pictures can notice the rounding between the passes: the cosine of MobileNetV2's features of a
// grainy grey picture falls to 0.9993 without it.
#pragma once

#include <cstdint>

#include "imagemill/status.h"
#include "kernels/plane_resize.h"
#include "kernels/rgb_rows.h"

namespace imagemill {

struct PillowTarget {
  int width = 0;
  int height = 0;
  // The part of the source that is shown, in its pixels, within it. Neighbours outside of it still
  // take part.
  double crop_x = 0;
  double crop_y = 0;
  double crop_width = 0;
  double crop_height = 0;
  // Pillow resizes rows first. For a picture that it would turn by a quarter before that, the
  // columns are what are rows then.
  bool columns_first = false;
};

// 8-bit RGB of the target's size. Asks for each row at most once, in rising order; rows that no
// result depends on are left out. `kernel` is not kNearest. Errors: kResourceExhausted.
Result<Image> pillow_resize(RgbRows& source, const PillowTarget& target, ResizeKernel kernel);

// Bytes that it takes at most, the result included.
uint64_t pillow_resize_bytes(Size source, const PillowTarget& target, ResizeKernel kernel);

}  // namespace imagemill
