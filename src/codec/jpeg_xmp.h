// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// XMP in JPEG: a packet that fits a marker as it is, a larger one as a main and an extended packet,
// the latter in pieces (XMP specification, part 3, 1.1.3.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace imagemill {

inline constexpr std::string_view kJpegXmpPrefix{"http://ns.adobe.com/xap/1.0/\0", 29};
inline constexpr std::string_view kJpegExtendedXmpPrefix{"http://ns.adobe.com/xmp/extension/\0",
                                                         35};
inline constexpr size_t kJpegMarkerBytesMax = 65533;

// Collects the markers of a file. Markers outlive it.
class JpegXmpReader {
 public:
  // The content of an APP1 marker; others than those of XMP are ignored.
  void add(ByteSpan marker);

  // The packet of the file. What of an extended packet is missing, contradicts itself or is larger
  // than any that is read makes it left out, with a word on why in `warning`.
  Bytes packet(std::string& warning) const;

 private:
  ByteSpan main_;
  std::vector<ByteSpan> pieces_;  // guid, whole size, offset, bytes
};

// The contents of the markers that carry a packet: none when it is too large and cannot be split.
std::vector<Bytes> jpeg_xmp_markers(ByteSpan packet);

}  // namespace imagemill
