// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a PNG file says outside its pixels. libpng is left the pixels alone: the chunks are read
// here, so that a header costs no decoder, and a broken profile costs no picture.
#pragma once

#include "codec/codec.h"
#include "codec/complaints.h"

namespace imagemill {

// What the chunks say. Profiles and texts are inflated into at most kMaxPngMetadataBytes each.
struct PngChunks {
  ImageHeader header;
  bool is_interlaced = false;
  bool is_cut = false;  // the end mark was not found
  ColorSpace color;
  Metadata metadata;
  Complaints complaints;
};

inline constexpr size_t kMaxPngMetadataBytes = 16 << 20;

enum class PngMetadata : uint8_t { kSkip, kRead };

// Walks the chunks of the whole file. kSkip leaves metadata.icc and xmp empty: nothing is inflated.
// kCorruptInput when the signature or the header chunk is broken; anything broken behind them is a
// complaint at most.
Result<PngChunks> read_png_chunks(ByteSpan bytes, PngMetadata what);

}  // namespace imagemill
