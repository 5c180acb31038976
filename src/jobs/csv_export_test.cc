// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/csv_export.h"

#include <gtest/gtest.h>

namespace imagemill {
namespace {

TEST(CsvField, quotes_only_what_needs_it) {
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("a b;c'd"), "a b;c'd");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field("two\rlines"), "\"two\rlines\"");
}

}  // namespace
}  // namespace imagemill
