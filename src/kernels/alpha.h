// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Putting a picture on a background: under its transparency (flatten) and around it (embed).
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// A colour in the picture's own R'G'B' (not linear light), 0..1. Grey pictures get its BT.601 luma,
// YCbCr pictures what their matrix makes of it. Integer samples get it rounded to their depth.
struct Fill {
  float red = 0;
  float green = 0;
  float blue = 0;
  float alpha = 1;  // of embed() in a picture that has alpha
};

// color * alpha + background * (1 - alpha), without the alpha plane. Integers are computed exactly
// and rounded to nearest (a tie cannot happen: the divisor is odd); chroma of a subsampled picture
// takes the mean alpha of its pixels. A picture without alpha is returned as it is.
// Errors: kUnsupported for CMYK, kResourceExhausted.
Result<Image> flatten(const Image& src, const Fill& background);

// A canvas of width x height with `src` at (x, y), which must lie inside; x and y must be multiples
// of the chroma subsampling. Where src ends inside a group of subsampled pixels, the rest of that
// group keeps src's chroma. Errors: kInvalidArgument, kUnsupported for CMYK, kResourceExhausted.
Result<Image> embed(const Image& src, int width, int height, int x, int y, const Fill& background);

}  // namespace imagemill
