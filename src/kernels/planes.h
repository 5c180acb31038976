// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "imagemill/image.h"

namespace imagemill {

// Whether a channel of this format is one that subsampling shrinks.
constexpr bool is_chroma(const PixelFormat& format, int channel) {
  return format.model == ColorModel::kYCbCr && (channel == 1 || channel == 2);
}

// Every sample becomes `value`, which is in units of white.
void fill_plane(const Plane& plane, SampleType type, float value);

// Of a picture that has alpha: what each sample of row y of its chroma planes has of it, the mean
// over the sample's pixels (edges repeated). `mean` has the width of a chroma plane.
void mean_alpha_row(const Image& image, int y, std::vector<float>& mean);

}  // namespace imagemill
