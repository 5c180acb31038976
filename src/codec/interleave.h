// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The libraries speak interleaved rows (RGBRGB...), our pictures are planar. Samples are moved as
// they are, whatever their kind.
#pragma once

#include <cstddef>

#include "imagemill/image.h"

namespace imagemill {

// Row `y` of every plane, from image.channels() interleaved samples a pixel. Not for subsampled
// pictures.
void deinterleave_row(const Image& image, int y, const std::byte* in);

// The reverse: image.width() * image.channels() samples to `out`.
void interleave_row(std::byte* out, const Image& image, int y);

// Bytes of one interleaved row.
inline size_t interleaved_row_bytes(const Image& image) {
  return static_cast<size_t>(image.width()) * static_cast<size_t>(image.channels()) *
         static_cast<size_t>(sample_bytes(image.format().sample));
}

}  // namespace imagemill
