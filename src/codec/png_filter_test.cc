// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/png_filter.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <random>
#include <vector>

namespace imagemill {
namespace {

// Rows with the margin before them that the filters read.
struct Rows {
  std::vector<uint8_t> row, above;

  Rows(size_t bytes, size_t pixel_bytes, unsigned seed)
      : row(kPngRowMargin + bytes), above(kPngRowMargin + bytes) {
    std::mt19937 random(seed);
    for (size_t i = kPngRowMargin; i < row.size(); ++i) {
      row[i] = static_cast<uint8_t>(random());
      above[i] = static_cast<uint8_t>(random());
    }
    view = {row.data() + kPngRowMargin, above.data() + kPngRowMargin, bytes, pixel_bytes};
  }
  PngRow view;
};

TEST(PngFilter, fast_equals_reference_on_every_target) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
    for (const size_t pixel_bytes : {1u, 2u, 3u, 4u, 6u, 8u})
      for (const size_t pixels : {1u, 2u, 5u, 16u, 21u, 22u, 64u, 129u, 641u}) {
        const Rows rows(pixels * pixel_bytes, pixel_bytes, static_cast<unsigned>(pixels));
        EXPECT_EQ(png_filter_costs(rows.view), png_filter_costs_ref(rows.view))
            << hwy::TargetName(target) << " " << pixels << "x" << pixel_bytes;
        for (int f = 0; f < kPngRowFilters; ++f) {
          const auto filter = static_cast<PngRowFilter>(f);
          std::vector<uint8_t> fast(rows.view.bytes), reference(rows.view.bytes);
          png_filter_row(fast.data(), filter, rows.view);
          png_filter_row_ref(reference.data(), filter, rows.view);
          EXPECT_EQ(fast, reference) << hwy::TargetName(target) << " filter " << f;
        }
      }
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

// Worked by hand from the specification: left + up - corner = 10 + 20 - 15 = 15, which is corner.
TEST(PngFilter, paeth_predicts_from_the_nearest_neighbour) {
  std::vector<uint8_t> row(kPngRowMargin + 2), above(kPngRowMargin + 2);
  row[kPngRowMargin] = 10;
  row[kPngRowMargin + 1] = 18;
  above[kPngRowMargin] = 15;
  above[kPngRowMargin + 1] = 20;
  uint8_t out[2];
  png_filter_row(out, PngRowFilter::kPaeth,
                 {row.data() + kPngRowMargin, above.data() + kPngRowMargin, 2, 1});
  EXPECT_EQ(out[0], static_cast<uint8_t>(10 - 15));  // only `up` is there
  EXPECT_EQ(out[1], 18 - 15);
}

}  // namespace
}  // namespace imagemill
