// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Decodes what nearly every camera writes, a baseline Huffman-coded JPEG in one scan, about twice
// as fast as libjpeg: its entropy decoder does one symbol a table look-up from a 64-bit window,
// with restart markers too, and sixteen blocks go through the inverse DCT at once, at the size that
// is asked for. libjpeg-turbo reads the headers and everything else, broken files among it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "codec/jpeg_huffman.h"
#include "codec/stop_check.h"

namespace imagemill {

// A component of the scan.
struct JpegScanComponent {
  int across = 1;  // blocks in an MCU: 1, 2 or 4
  int down = 1;    // 1 to 4
  const JpegHuffmanTable* dc = nullptr;
  const JpegHuffmanTable* ac = nullptr;
  const int16_t* quantization = nullptr;  // 64, natural order
  // The plane it becomes: n rows for each row of blocks, whole groups of blocks wide.
  uint8_t* pixels = nullptr;
  ptrdiff_t stride = 0;
};

struct JpegScan {
  ByteSpan data;  // from the first entropy-coded byte on
  int mcus_across = 0;
  int mcus_down = 0;
  int restart_interval = 0;                       // in MCUs; 0: none
  int n = 8;                                      // pixels of a block on each axis: 1 to 6, or 8
  std::span<const JpegScanComponent> components;  // 1 to 4
  StopCheck* stop = nullptr;
};

// False when there is anything odd about the data (an unknown code, a marker where none belongs,
// missing or left-over bytes) or time is up; the planes then hold nothing of use.
bool decode_jpeg_scan(const JpegScan& scan);

}  // namespace imagemill
