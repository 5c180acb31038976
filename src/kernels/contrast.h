// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "kernels/histogram.h"

namespace imagemill {

// RMS contrast: the standard deviation of Y' in 0..1, hence 0 (flat) to 0.5 (half black, half
// white). Photographs mostly have 0.15 to 0.35.
inline double rms_contrast(const SampleHistogram& luma) { return std::sqrt(luma.variance()) / 255; }

}  // namespace imagemill
