// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// XMP packets, as Metadata::xmp carries them: RDF in XML, UTF-8. Like EXIF blocks they are carried
// verbatim and patched in place, so what Imagemill does not know survives byte for byte.
//
// Read with Expat rather than an XMP toolkit: packets are hostile, and Exempi prints to std::cerr
// on every malformed one, runs out of stack on deep nesting, and names prefixes after what the
// process has read before. Every function may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

inline constexpr size_t kMaxXmpBytes = size_t{1} << 20;

struct XmpSummary {
  std::optional<Orientation> orientation;  // tiff:Orientation
  std::optional<double> rating;            // xmp:Rating, 0 to 5; -1: rejected
  std::vector<std::string> subjects;       // dc:subject: the keywords
  std::string description;                 // dc:description: the default language, else the first
};

// Errors: kResourceExhausted (longer than max_bytes), kCorruptInput (not well-formed, with a
// document type, or nested deeper than any real packet). The caller then drops the packet and says
// so.
Result<XmpSummary> read_xmp(ByteSpan packet, size_t max_bytes = kMaxXmpBytes);

// Each is written where the packet has the property, in whichever RDF form.
struct XmpPatch {
  std::optional<Orientation> orientation = std::nullopt;
  Size pixel_size = {};         // tiff:ImageWidth, exif:PixelXDimension ...; {0, 0}: left alone
  bool drop_thumbnails = true;  // xmp:Thumbnails: a changed picture no longer looks like them
};

// The same packet in UTF-8, patched. Errors as of read_xmp. Regions (mwg-rs) are not turned with
// the picture.
Result<Bytes> patch_xmp(ByteSpan packet, const XmpPatch& patch, size_t max_bytes = kMaxXmpBytes);

}  // namespace imagemill
