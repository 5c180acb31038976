// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Sample depth: 8 and 16-bit integers, half and single floats.
//
// Integers cover their whole range (white is 255 or 65535), floats have white at 1.0. 8 to 16 bits
// multiplies by 257, which is exact; every narrowing rounds to nearest, halves up, after clamping
// to 0..1 (NaN becomes 0). Nothing is dithered. Float to float neither clamps nor scales.
#pragma once

#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// The same picture with other samples; the picture itself (shared pixels) when `type` is its own.
// Chroma of kYCbCr keeps its zero: 128, 32768 and 0.5.
Result<Image> convert_depth(const Image& src, SampleType type);

// What a chroma sample of no colour reads as, in units of white: 128/255, 32768/65535, 0.5.
constexpr float chroma_zero(SampleType type) {
  return type == SampleType::kU8    ? 128.0f / 255.0f
         : type == SampleType::kU16 ? 32768.0f / 65535.0f
                                    : 0.5f;
}

}  // namespace imagemill
