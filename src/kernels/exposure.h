// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/histogram.h"

namespace imagemill {

// How light and dark a picture is, from its Y' (gamma-encoded), all in 0..1.
struct Exposure {
  double mean = 0;
  double p1 = 0;   // the 1st percentile: its black
  double p99 = 0;  // the 99th: its white
  // Shares of pixels without shadow or highlight detail: Y' at most 2, at least 253 of 255 (lossy
  // compression spreads clipped areas by that much).
  double clipped_low = 0;
  double clipped_high = 0;
};

Exposure exposure_of(const SampleHistogram& luma);

}  // namespace imagemill
