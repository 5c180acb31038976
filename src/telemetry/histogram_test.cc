// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace imagemill {
namespace {

TEST(Histogram, empty_is_zero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.percentile(50), 0);
}

TEST(Histogram, percentiles_are_right_within_5_percent) {
  Histogram histogram;
  for (int i = 1; i <= 10'000; ++i) histogram.add(i * 0.01);
  EXPECT_NEAR(histogram.percentile(50), 50, 2.5);
  EXPECT_NEAR(histogram.percentile(95), 95, 4.75);
  EXPECT_NEAR(histogram.percentile(1), 1, 0.05);
  EXPECT_EQ(histogram.percentile(0), 0.01);
  EXPECT_EQ(histogram.percentile(100), 100);
  EXPECT_NEAR(histogram.mean(), 50.005, 1e-6);
}

TEST(Histogram, a_single_value_is_every_percentile) {
  Histogram histogram;
  histogram.add(7);
  EXPECT_EQ(histogram.percentile(1), 7);
  EXPECT_EQ(histogram.percentile(50), 7);
  EXPECT_EQ(histogram.percentile(99), 7);
}

TEST(Histogram, takes_any_number) {
  Histogram histogram;
  histogram.add(std::numeric_limits<double>::quiet_NaN());
  histogram.add(std::numeric_limits<double>::infinity());
  EXPECT_EQ(histogram.count(), 0);
  for (const double ms : {-1.0, 0.0, 1e-300, 1e300}) histogram.add(ms);
  EXPECT_EQ(histogram.count(), 4);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 1e300);
  EXPECT_TRUE(std::isfinite(histogram.percentile(60)));
}

TEST(Histogram, merged_equals_together) {
  Histogram all;
  Histogram even;
  Histogram odd;
  for (int i = 0; i < 1000; ++i) {
    all.add(i);
    (i % 2 == 0 ? even : odd).add(i);
  }
  even.merge(odd);
  even.merge(Histogram());
  EXPECT_EQ(even.count(), all.count());
  EXPECT_EQ(even.min(), all.min());
  EXPECT_EQ(even.max(), all.max());
  for (int percent = 0; percent <= 100; percent += 5) {
    EXPECT_EQ(even.percentile(percent), all.percentile(percent));
  }
}

}  // namespace
}  // namespace imagemill
