// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/tiff_file.h"
#include "codec/tiff_samples.h"

namespace imagemill {

// How the first picture of a file is stored, and what it becomes.
struct TiffLayout {
  ImageHeader header;
  TiffSamples samples;
  bool is_planar = false;  // one plane of samples after the other
  bool is_tiled = false;
  uint32_t block_width = 0, block_height = 0;  // of a tile; of a strip, its rows
  bool is_palette = false;
  bool is_inverted = false;  // 0 is white
  int alpha_sample = -1;     // which sample of a pixel is its opacity
  bool is_premultiplied = false;
  // Colour spaces that libtiff itself turns into 8-bit RGB (Lab, LogLuv, subsampled YCbCr).
  bool is_converted_by_library = false;
  bool drops_profile = false;  // the profile describes what the conversion leaves behind
  std::vector<std::string> warnings;
};

// From the tags of the open file; sets libtiff's colour conversion for JPEG-compressed YCbCr.
// kCorruptInput, or kUnsupported with the reason.
Result<TiffLayout> read_tiff_layout(const TiffFile& file);

}  // namespace imagemill
