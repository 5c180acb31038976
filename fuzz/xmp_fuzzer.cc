// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "image/xmp.h"
#include "image/xmp_extension.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  const ByteSpan packet(reinterpret_cast<const std::byte*>(data), size);
  (void)read_xmp(packet);
  (void)merge_extension(packet.first(size / 2), packet.subspan(size / 2));
  if (const auto split = split_xmp(packet, size / 2)) {
    IMAGEMILL_CHECK(split->packet.size() <= size / 2);
    IMAGEMILL_CHECK(extension_guid(split->packet) == split->guid);
    IMAGEMILL_CHECK(read_xmp(merge_extension(split->packet, split->extension)).has_value());
  }
  const auto patched =
      patch_xmp(packet, {.orientation = Orientation::kNormal, .pixel_size = {640, 480}});
  if (!patched) return 0;
  const auto summary = read_xmp(*patched);
  IMAGEMILL_CHECK(summary.has_value());  // a patch leaves well-formed what it found so
  IMAGEMILL_CHECK(summary->orientation.value_or(Orientation::kNormal) == Orientation::kNormal);
  return 0;
}
