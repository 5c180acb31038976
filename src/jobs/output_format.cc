// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/output_format.h"

namespace imagemill {

FileFormat kept_format(const CodecSet& codecs, FileFormat format, bool has_alpha) {
  if (format == FileFormat::kUnknown || codecs.encoder_for(format) != nullptr) return format;
  const bool flat = format == FileFormat::kGif || format == FileFormat::kBmp ||
                    format == FileFormat::kPnm || format == FileFormat::kTga;
  return has_alpha || flat ? FileFormat::kPng : FileFormat::kJpeg;
}

uint64_t encode_bytes(FileFormat output, Size size, const PixelFormat& format) {
  const uint64_t pixels = static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height);
  const uint64_t raw = image_bytes(size.width, size.height, format).value_or(SIZE_MAX / 4);
  switch (output) {
    case FileFormat::kJpeg:
      return 2 * pixels;  // what comes out, grown by doubling
    case FileFormat::kWebp:
      return 8 * pixels;
    case FileFormat::kJxl:
      return raw + 48 * pixels;  // in the helper; as measured, as is the next
    case FileFormat::kAvif:
      return raw + 100 * pixels;
    default:
      return 2 * raw;  // filtered rows, and what comes out
  }
}

}  // namespace imagemill
