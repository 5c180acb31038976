// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "compare_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Comparison comparison() {
  Comparison c;
  c.a = {.path = "a.jpg",
         .bytes = 12'345,
         .format = "jpeg",
         .size = {640, 480},
         .pixel_format = "ycbcr8 4:2:0"};
  c.b = c.a;
  c.b.path = "b\x1b.png";
  c.b.profile = "Display P3";
  c.b.orientation = 6;
  c.likeness = Likeness::kSamePicture;
  c.verdict = "the same picture, mirrored";
  c.turn = Orientation::kFlipHorizontal;
  c.phash_distance = 2;
  c.compared = {512, 384};
  c.psnr = 31.25;
  c.ssim = 0.91234;
  return c;
}

TEST(ComparisonText, says_the_verdict_first_and_the_measures_after) {
  EXPECT_EQ(comparison_text(comparison()),
            "the same picture, mirrored\n"
            "A         a.jpg  jpeg, 640 x 480, ycbcr8 4:2:0, 12.3 kB\n"
            "B         b\\x1b.png  jpeg, 640 x 480, ycbcr8 4:2:0, 12.3 kB, Display P3, orientation "
            "6\n"
            "hashes    2 of 64 bits differ (pHash), 0 (dHash); B is nearest mirrored\n"
            "SSIM      0.9123, PSNR 31.2 dB, of the lumas at 512 x 384\n");
}

TEST(ComparisonText, has_the_cosine_where_it_was_asked_for) {
  Comparison c = comparison();
  EXPECT_THAT(comparison_text(c), Not(HasSubstr("cosine")));
  c.cosine = 0.5;
  c.psnr = std::numeric_limits<double>::infinity();
  EXPECT_THAT(comparison_text(c), HasSubstr("cosine 0.5000"));
  EXPECT_THAT(comparison_text(c), HasSubstr("equal lumas"));
}

TEST(ComparisonText, says_no_more_of_the_same_file) {
  Comparison c = comparison();
  c.likeness = Likeness::kSameFile;
  EXPECT_THAT(comparison_text(c), Not(HasSubstr("SSIM")));
}

}  // namespace
}  // namespace imagemill::cli
