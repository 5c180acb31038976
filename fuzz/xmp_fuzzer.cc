// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "image/xmp.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  const ByteSpan packet(reinterpret_cast<const std::byte*>(data), size);
  (void)read_xmp(packet);
  const auto patched =
      patch_xmp(packet, {.orientation = Orientation::kNormal, .pixel_size = {640, 480}});
  if (!patched) return 0;
  const auto summary = read_xmp(*patched);
  IMAGEMILL_CHECK(summary.has_value());  // a patch leaves well-formed what it found so
  IMAGEMILL_CHECK(summary->orientation.value_or(Orientation::kNormal) == Orientation::kNormal);
  return 0;
}
