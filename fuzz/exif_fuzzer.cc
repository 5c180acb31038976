// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "image/exif.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  const ByteSpan block(reinterpret_cast<const std::byte*>(data), size);
  (void)exif_orientation(block);
  const auto summary = read_exif(block);
  if (summary) (void)make_minimal_exif(*summary, {640, 480});
  for (const bool drop : {false, true}) {
    const Bytes patched = patch_exif(block, {.orientation = Orientation::kNormal,
                                             .pixel_size = {70000, 480},
                                             .drop_thumbnail = drop,
                                             .drop_gps = drop});
    IMAGEMILL_CHECK(patched.size() <= size);
    IMAGEMILL_CHECK(exif_orientation(patched) == Orientation::kNormal);
    const auto again = read_exif(patched);
    if (drop && again) IMAGEMILL_CHECK(!again->gps && again->thumbnail_bytes == 0);
  }
  return 0;
}
