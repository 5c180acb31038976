// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Samples as TIFF files hold them, to samples as pictures hold them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "imagemill/image.h"

namespace imagemill {

// TIFF SampleFormat, with its values.
enum class TiffSampleKind : uint16_t { kUnsigned = 1, kSigned = 2, kFloat = 3 };

// How a row of a strip or tile lies in memory, once libtiff has put 16, 32 and 64-bit samples into
// the machine's byte order. Other depths are packed, most significant bit first, rows padded to
// bytes.
struct TiffSamples {
  int bits = 8;
  TiffSampleKind kind = TiffSampleKind::kUnsigned;
  int per_pixel = 1;
};

// The sample type that keeps what the file has: up to 8 bits kU8 and up to 32 bits kU16, both
// scaled to the full range (of more than 16 bits the upper 16 stay; signed integers are shifted so
// that the smallest is 0); half kF16; single and double kF32. nullopt for other depths.
std::optional<SampleType> tiff_sample_type(const TiffSamples& samples);

// Scales one row of `pixels` pixels into `out`, per_pixel samples of tiff_sample_type() each.
void widen_tiff_row(std::vector<std::byte>& out, const std::byte* in, const TiffSamples& samples,
                    int pixels);

// Unsigned integer samples as they are, for palettes: 1 to 16 bits.
void read_tiff_indices(std::vector<uint16_t>& out, const std::byte* in, int bits, int pixels);

// Makes premultiplied colours straight. Where alpha is 0 colours become 0. kF16 is not supported.
void unpremultiply(const Image& image);

// v -> white - v, for pictures whose 0 is white. kF16 is not supported.
void invert(const Image& image, int channel);

}  // namespace imagemill
