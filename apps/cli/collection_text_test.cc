// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "collection_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor_text.h"

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CollectionText, counts_shares_and_lists) {
  CollectionReport report{.files = 4, .pictures = 3, .bytes = 3'000'000};
  report.formats = {{"jpeg", 2}, {"png", 1}};
  report.blurred = {"in/soft.jpg"};
  report.broken = {{"in/bad\x1b[2J.png", "read", "PNG: no header"}};
  report.duplicates = {{"00ff", 1'000'000, {"in/a.jpg", "in/b.jpg"}}};
  const std::string text = collection_text(report);
  EXPECT_THAT(text, HasSubstr("4 files: 3 pictures (3.0 MB), 1 unreadable, 0 no pictures\n"));
  EXPECT_THAT(text, HasSubstr("66.7 %"));
  EXPECT_THAT(text, HasSubstr("in/soft.jpg"));
  EXPECT_THAT(text, HasSubstr("PNG: no header"));
  EXPECT_THAT(text, HasSubstr("2 times: in/a.jpg, in/b.jpg"));
  EXPECT_THAT(text, HasSubstr("1.0 MB to save"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "names are hostile";
}

TEST(CollectionText, long_lists_are_cut_and_an_empty_heap_is_short) {
  CollectionReport report{.files = 12, .pictures = 12};
  for (int i = 0; i < 12; ++i) report.dark.push_back(fmt::format("in/{}.jpg", i));
  EXPECT_THAT(collection_text(report), HasSubstr("... and 2 more"));
  EXPECT_EQ(collection_text({}), "0 files: 0 pictures (0 B), 0 unreadable, 0 no pictures\n");
}

TEST(DoctorText, says_where_the_helper_is_missing) {
  const Diagnosis diagnosis{.version = "1.2.3",
                            .cores = 4,
                            .reads = {"jpeg", "png"},
                            .helper_reads = {"heic"},
                            .libraries = {"libpng 1.6"}};
  const std::string text = doctor_text(diagnosis, "/x/imagemill-codec", "/x/config.yaml, in use");
  EXPECT_THAT(text, HasSubstr("/x/config.yaml, in use"));
  EXPECT_THAT(text, HasSubstr("/x/imagemill-codec, not found"));
  EXPECT_THAT(text, HasSubstr("4 usable"));
  EXPECT_THAT(text, HasSubstr("jpeg png"));
  EXPECT_THAT(text, HasSubstr("libpng 1.6"));
}

}  // namespace
}  // namespace imagemill::cli
