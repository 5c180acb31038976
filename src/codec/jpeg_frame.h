// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "codec/jpeg.h"
#include "codec/jpeg_huffman.h"
#include "imagemill/image.h"

namespace imagemill {

struct JpegFrameComponent {
  int across = 1;  // blocks in an MCU
  int down = 1;
  // Blocks of the component alone (T.81, A.2.2). In MCUs there may be more.
  int blocks_across = 0;
  int blocks_down = 0;
  std::array<int16_t, 64> quantization{};  // natural order
  // Its plane: rows of n pixels for each block, whole MCUs and whole groups of blocks.
  uint8_t* pixels = nullptr;
  ptrdiff_t stride = 0;
};

// A grey or YCbCr picture that libjpeg has read the header of, and the planes it will become, n/8
// of its size on each axis. `image` shows them without the padding of whole blocks.
struct JpegFrame {
  int n = 8;  // 1 to 6, or 8
  int channels = 0;
  int mcus_across = 0;
  int mcus_down = 0;
  std::array<JpegFrameComponent, 3> components;
  Image image;

  // Nullopt when there are no such planes or no memory for them.
  static std::optional<JpegFrame> make(const jpeg_decompress_struct& codec, int n);
};

// A table that libjpeg has read. Nullopt: not there, or no prefix code.
std::optional<JpegHuffmanTable> jpeg_huffman_table(JHUFF_TBL* const* tables, int number,
                                                   JpegCodeKind kind);

}  // namespace imagemill
