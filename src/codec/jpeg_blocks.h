// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace imagemill {

// Blocks that are transformed at once: neighbours in a row of blocks.
inline constexpr size_t kJpegGroupBlocks = 16;

// Quantised coefficients in natural order (row by row), one block a lane.
struct JpegBlockGroup {
  alignas(64) int16_t coefficients[64][kJpegGroupBlocks];
};

// From zigzag position to where, from its lane of the first, a block's coefficient is in a group.
inline constexpr std::array<uint16_t, 64> kJpegLaneOffsets = [] {
  std::array<uint16_t, 64> offsets{};
  int x = 0, y = 0;
  for (uint16_t& offset : offsets) {
    offset = static_cast<uint16_t>((y * 8 + x) * int{kJpegGroupBlocks});
    const bool up = (x + y) % 2 == 0;
    const bool at_side = up ? x == 7 : y == 7;
    if (at_side)
      ++(up ? y : x);
    else if ((up ? y : x) == 0)
      ++(up ? x : y);
    else
      x += up ? 1 : -1, y -= up ? 1 : -1;
  }
  return offsets;
}();

}  // namespace imagemill
