// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace imagemill {

// Which of a tile's pairs are near.
struct TileHit {
  uint16_t a;
  uint16_t b;
};

inline constexpr size_t kHammingTile = 64;
// Past the last of the hashes `b` that many more must be readable.
inline constexpr size_t kHammingPadding = 16;

// All pairs of a[0, a_count) and b[0, b_count) whose distance is at most `radius`; both counts at
// most kHammingTile, `hits` has room for their product. Returns how many.
size_t near_pairs(const uint64_t* a, size_t a_count, const uint64_t* b, size_t b_count, int radius,
                  TileHit* hits);

}  // namespace imagemill
