// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/exif_orientation.h"

#include <algorithm>
#include <string_view>

namespace imagemill {

using namespace std::string_view_literals;

Orientation exif_orientation(ByteSpan exif) {
  const std::string_view text = as_text(exif.first(std::min<size_t>(exif.size(), 4)));
  const bool big = text == "MM\0*"sv;
  if ((!big && text != "II*\0"sv) || exif.size() < 8) return Orientation::kNormal;
  const uint8_t* p = as_u8(exif);
  const uint64_t directory = read_u32(p + 4, big);
  if (directory + 2 > exif.size()) return Orientation::kNormal;
  const uint64_t entries = read_u16(p + directory, big);
  for (uint64_t i = 0; i < entries; ++i) {
    const uint64_t at = directory + 2 + 12 * i;
    if (at + 12 > exif.size()) break;
    if (read_u16(p + at, big) != 274) continue;
    // SHORT by the standard; writers of LONG exist.
    const uint32_t value =
        read_u16(p + at + 2, big) == 4 ? read_u32(p + at + 8, big) : read_u16(p + at + 8, big);
    return value >= 1 && value <= 8 ? static_cast<Orientation>(value) : Orientation::kNormal;
  }
  return Orientation::kNormal;
}

ByteSpan without_exif_prefix(ByteSpan exif) {
  return as_text(exif).starts_with("Exif\0\0"sv) ? exif.subspan(6) : exif;
}

}  // namespace imagemill
