// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Full-range YCbCr <-> R'G'B' (JFIF when the matrix is BT.601), between pictures of equal size.
// Computed in float32 and rounded once, halves up. Resizer calls these where a resize changes the
// model; a target of the source's size makes it a mere conversion.
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// Luma weights of the matrix; green has the rest.
struct LumaWeights {
  float red;
  float blue;
};
constexpr LumaWeights luma_weights(YCbCrMatrix matrix) {
  return matrix == YCbCrMatrix::kBt601   ? LumaWeights{0.299f, 0.114f}
         : matrix == YCbCrMatrix::kBt709 ? LumaWeights{0.2126f, 0.0722f}
                                         : LumaWeights{0.2627f, 0.0593f};
}

// What the samples of three source planes mean.
enum class PlaneScale : uint8_t {
  kNominal,  // as SampleType says
  kFrac8,    // kU16 planes of 8-bit values with 8 fractional bits
  kFrom8,    // kF32 planes of n / 255: chroma is zero at 128/255
  kFrom16,   // kF32 planes of n / 65535: chroma is zero at 32768/65535
};

// Planes of `src` must not be subsampled (resize.h does that first). `dst` is kRgb of any sample
// type and of the same size; alpha is not touched. Results from integers are clamped to 0..1.
void ycbcr_to_rgb(const Image& src, PlaneScale scale, YCbCrMatrix matrix, const Image& dst);

// `dst` is kYCbCr of any subsampling, or kGray (luma alone). A chroma sample is the mean of the
// pixels that it covers, the last row and column repeated where the picture is odd.
Result<> rgb_to_ycbcr(const Image& src, PlaneScale scale, YCbCrMatrix matrix, const Image& dst);

}  // namespace imagemill
