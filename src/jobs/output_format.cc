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

}  // namespace imagemill
