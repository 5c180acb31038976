// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"
#include "codec/jpeg.h"
#include "codec/jpeg_huffman.h"

namespace imagemill {

// The header of a progressive scan (T.81, B.2.3).
struct JpegScanHeader {
  struct Component {
    int index = 0;  // in the frame
    int dc_table = 0;
    int ac_table = 0;
  };
  std::array<Component, 4> components{};
  int count = 0;
  int first = 0, last = 0;  // zigzag positions
  int high = 0, low = 0;    // the bit that the scan before it ended with, 0 for none; and this one
};

// What the marker segments of a progressive picture say, one scan after the other.
class JpegSegments {
 public:
  // `codec` has read everything up to and with the header of the first scan.
  explicit JpegSegments(const jpeg_decompress_struct& codec);

  enum class Next { kScan, kEnd, kOdd };
  // Reads the segments that `data`, what follows a scan, begins with, and leaves there what follows
  // them: the next scan's data, unless it is the end of the picture or something that libjpeg had
  // better look at.
  Next next(ByteSpan& data);

  const JpegScanHeader& scan() const { return scan_; }
  int restart_interval() const { return restart_interval_; }
  // Null when the file has no such table, whatever the number.
  const JpegHuffmanTable* dc_table(int number) const { return find(dc_, number); }
  const JpegHuffmanTable* ac_table(int number) const { return find(ac_, number); }

 private:
  using Tables = std::array<std::optional<JpegHuffmanTable>, NUM_HUFF_TBLS>;

  static const JpegHuffmanTable* find(const Tables& tables, int number) {
    if (number < 0 || number >= NUM_HUFF_TBLS) return nullptr;
    const auto& table = tables[static_cast<size_t>(number)];
    return table ? &*table : nullptr;
  }
  bool read_huffman_tables(ByteSpan segment);
  bool read_scan_header(ByteSpan segment);

  const jpeg_decompress_struct& codec_;
  Tables dc_, ac_;
  int restart_interval_;
  JpegScanHeader scan_;
};

}  // namespace imagemill
