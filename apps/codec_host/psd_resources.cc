// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Adobe Photoshop File Formats Specification, "Image Resources Section": a list of blocks
// "8BIM", id, Pascal name, size, content, the last two padded to even lengths.
#include "psd_resources.h"

#include <algorithm>
#include <string_view>

namespace imagemill::codec_host {
namespace {

constexpr size_t kFileHeaderBytes = 26;
constexpr uint16_t kIptc = 1028, kExif = 1058, kXmp = 1060;

// A section that begins with its own length; `rest` goes on behind it. Shorter when the file ends.
ByteSpan take_section(ByteSpan& rest) {
  if (rest.size() < 4) return rest = {};
  const size_t length = std::min<size_t>(read_u32(as_u8(rest), true), rest.size() - 4);
  const ByteSpan section = rest.subspan(4, length);
  rest = rest.subspan(4 + length);
  return section;
}

ByteSpan even(ByteSpan bytes, size_t taken) {
  return bytes.subspan(std::min(bytes.size(), taken + taken % 2));
}

}  // namespace

Metadata read_psd_metadata(ByteSpan file) {
  Metadata metadata;
  ByteSpan rest = file.subspan(std::min(file.size(), kFileHeaderBytes));
  take_section(rest);  // colour mode data
  ByteSpan resources = take_section(rest);
  while (resources.size() >= 8 && as_text(resources).starts_with("8BIM")) {
    const uint16_t id = read_u16(as_u8(resources) + 4, true);
    const size_t name = static_cast<size_t>(resources[6]) + 1;
    resources = even(resources.subspan(6), name);
    const size_t before = resources.size();
    const ByteSpan content = take_section(resources);
    if (before - resources.size() < 4) break;
    if (content.size() % 2 != 0 && !resources.empty()) resources = resources.subspan(1);
    Bytes copy(content.begin(), content.end());
    if (id == kExif)
      metadata.exif = std::move(copy);
    else if (id == kXmp)
      metadata.xmp = std::move(copy);
    else if (id == kIptc)
      metadata.iptc = std::move(copy);
  }
  return metadata;
}

}  // namespace imagemill::codec_host
