// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/exif_prefix.h"

namespace imagemill {

ByteSpan without_exif_prefix(ByteSpan exif) {
  return as_text(exif).starts_with(std::string_view("Exif\0\0", 6)) ? exif.subspan(6) : exif;
}

}  // namespace imagemill
