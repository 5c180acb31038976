// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// How often each value of an 8-bit plane occurs.
struct SampleHistogram {
  std::array<uint64_t, 256> counts{};
  uint64_t total = 0;

  // The least value that at least `share` (0..1) of the samples do not exceed.
  int percentile(double share) const;
  double mean() const;      // 0..255
  double variance() const;  // of the population, 0..255 squared
};

SampleHistogram histogram_of(const Plane& plane);

// Of Y' of a grey or YCbCr picture with 8-bit samples; kInvalidArgument for others.
Result<SampleHistogram> luma_histogram(const Image& image);

}  // namespace imagemill
