// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The five row filters of PNG (specification chapter 9) and the cost by which one is chosen.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace imagemill {

enum class PngRowFilter : uint8_t { kNone, kSub, kUp, kAverage, kPaeth };
inline constexpr int kPngRowFilters = 5;

// Bytes that must lie readable before `row` and `above`, zero for the first pixel's left neighbour.
inline constexpr size_t kPngRowMargin = 8;

// One row to be filtered. `pixel_bytes` is 1 to 8; `above` is all zero for the first row.
struct PngRow {
  const uint8_t* row = nullptr;
  const uint8_t* above = nullptr;
  size_t bytes = 0;
  size_t pixel_bytes = 1;
};

using PngFilterCosts = std::array<uint64_t, kPngRowFilters>;

// For each filter the sum over the filtered bytes of their magnitude as signed numbers: small where
// the filter predicts well. The heuristic that the specification recommends.
PngFilterCosts png_filter_costs(const PngRow& row);
PngFilterCosts png_filter_costs_ref(const PngRow& row);

// Filters the row into `out` (row.bytes bytes).
void png_filter_row(uint8_t* out, PngRowFilter filter, const PngRow& row);
void png_filter_row_ref(uint8_t* out, PngRowFilter filter, const PngRow& row);

}  // namespace imagemill
