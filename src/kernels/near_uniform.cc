// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/near_uniform.h"

#include <algorithm>

#include "kernels/histogram.h"

namespace imagemill {

Result<double> channel_spread(const Image& image) {
  if (image.empty() || image.format().sample != SampleType::kU8)
    return fail(Code::kInvalidArgument, "spread of {}: expected 8-bit samples",
                image.empty() ? "no picture" : to_string(image.format()));
  double widest = 0;
  for (int c = 0; c < color_channels(image.format().model); ++c) {
    const SampleHistogram histogram = histogram_of(image.plane(c));
    widest = std::max(widest, (histogram.percentile(0.99) - histogram.percentile(0.01)) / 255.0);
  }
  return widest;
}

Result<bool> is_near_uniform(const Image& image) {
  IMAGEMILL_ASSIGN_OR_RETURN(const double spread, channel_spread(image));
  return spread <= kNearUniformSpread;
}

}  // namespace imagemill
