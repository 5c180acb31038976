// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numbers>

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

// sqrt(2) cos((2 i + 1) k pi / (2 kN)): what frequency k adds to sample i of kN (T.81, A.3.3,
// scaled so that frequency 0 adds 1).
template <int kN>
inline constexpr auto kBasis = [] {
  // cos x for x >= 0, by its series; std::cos is no constant.
  const auto cosine = [](double x) {
    while (x > 2 * std::numbers::pi) x -= 2 * std::numbers::pi;
    double sum = 0, term = 1;
    for (int j = 1; j < 60; j += 2) {
      sum += term;
      term *= -x * x / (j * (j + 1));
    }
    return sum;
  };
  std::array<std::array<double, kN>, kN> basis{};
  for (size_t k = 0; k < kN; ++k)
    for (size_t i = 0; i < kN; ++i)
      basis[k][i] = k == 0 ? 1
                           : std::numbers::sqrt2 * cosine(static_cast<double>((2 * i + 1) * k) *
                                                          std::numbers::pi / (2 * kN));
  return basis;
}();

}  // namespace imagemill
