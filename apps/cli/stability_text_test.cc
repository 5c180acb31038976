// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "stability_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

StabilityReport report(double unchanged) {
  StabilityReport r{.output = "out", .model = "toy", .pictures = 1000, .sample = 32};
  r.variants = {{.name = "unchanged",
                 .pictures = 32,
                 .mean = unchanged,
                 .p5 = unchanged,
                 .worst = unchanged,
                 .worst_key = "in/a.jpg",
                 .found = 1},
                {.name = "mirrored",
                 .pictures = 32,
                 .mean = 0.97,
                 .p5 = 0.9,
                 .worst = 0.81,
                 .worst_key = "in/b.jpg",
                 .found = 0.96875}};
  return r;
}

TEST(StabilityText, has_a_line_for_each_variant) {
  EXPECT_EQ(stability_text(report(1)),
            "VARIANT       MEAN      P5   WORST   FOUND  WORST PICTURE\n"
            "unchanged   1.0000  1.0000  1.0000   100 %  in/a.jpg\n"
            "mirrored    0.9700  0.9000  0.8100    97 %  in/b.jpg\n"
            "\n"
            "Cosine to the features in out, of 32 of its 1,000 pictures; found: nearest to itself "
            "among all of them\n");
}

TEST(StabilityText, says_when_unchanged_pictures_are_not_what_the_output_was_made_of) {
  EXPECT_THAT(stability_text(report(0.9)), HasSubstr("changed since"));
  EXPECT_THAT(stability_text(report(1)), Not(HasSubstr("changed since")));
}

TEST(StabilityText, names_some_of_what_was_left_out) {
  StabilityReport r = report(1);
  for (int i = 0; i < 7; ++i) r.skipped.push_back({fmt::format("in/{}.jpg", i), "gone"});
  EXPECT_THAT(stability_text(r), HasSubstr("left out: in/4.jpg: gone\nleft out: 2 more\n"));
}

}  // namespace
}  // namespace imagemill::cli
