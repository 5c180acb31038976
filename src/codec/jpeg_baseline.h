// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "codec/jpeg.h"
#include "imagemill/image.h"

namespace imagemill {

// The picture in its own planes, n/8 (n = 1, 2, 4, 8) of the file's size on each axis, decoded by
// our own scan decoder. `codec` has read the header from a memory source and stays as it is.
// Nullopt when libjpeg must do it: not baseline, not one scan, not grey or YCbCr, anything wrong
// with the data, or out of time.
std::optional<Image> decode_baseline_jpeg(const jpeg_decompress_struct& codec, int n,
                                          std::chrono::steady_clock::time_point deadline);

}  // namespace imagemill
