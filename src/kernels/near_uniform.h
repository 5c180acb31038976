// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// What a blank picture (lens cap, empty page, single colour) has at most.
inline constexpr double kNearUniformSpread = 8.0 / 255;

// The widest of the channels: from its 1st to its 99th percentile, 0..1. Alpha does not count.
// 8-bit samples of any colour model; else kInvalidArgument.
Result<double> channel_spread(const Image& image);

// spread <= kNearUniformSpread: all but 2 % of the pixels have one colour, give or take noise.
Result<bool> is_near_uniform(const Image& image);

}  // namespace imagemill
