// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// EXIF orientation: mirrors and quarter turns of planar pictures.
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// Whether the way from the stored to the upright picture runs against the stored x or y axis.
constexpr bool mirrors_x(Orientation o) {
  return o == Orientation::kFlipHorizontal || o == Orientation::kRotate180 ||
         o == Orientation::kTransverse || o == Orientation::kRotate270;
}
constexpr bool mirrors_y(Orientation o) {
  return o == Orientation::kRotate180 || o == Orientation::kFlipVertical ||
         o == Orientation::kRotate90 || o == Orientation::kTransverse;
}

// The format of the upright picture: chroma subsampling changes axes with the picture.
PixelFormat oriented_format(PixelFormat format, Orientation orientation);

// Whether every sample lands exactly where it belongs. It does unless a subsampled axis of odd
// size (of a size that is no multiple of the subsampling) is mirrored: the last chroma sample,
// which only part of a pixel group stands under, becomes the first, and all chroma moves by the
// missing pixels (one for 4:2:0). To avoid that: have an even size, or 4:4:4, or let the resize
// before it place the chroma accordingly (ResizeTarget::orientation_after), or orient RGB.
bool orients_exactly(Size size, const PixelFormat& format, Orientation orientation);

// The upright picture: a permutation of samples, plane by plane, of any sample type. kNormal gives
// `src` itself (shared pixels). Errors: kResourceExhausted.
Result<Image> apply_orientation(const Image& src, Orientation orientation);

}  // namespace imagemill
