// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/rate_estimator.h"

#include <gtest/gtest.h>

namespace imagemill {
namespace {

TEST(RateEstimator, a_steady_run_has_a_steady_rate) {
  RateEstimator estimator(1000, 0);
  for (int i = 1; i <= 40; ++i) {
    estimator.update(i * 0.25, i * 5, 0, 0);
    EXPECT_NEAR(estimator.items_per_second(), 20, 1e-9);
    if (i >= 4) {
      EXPECT_NEAR(estimator.eta_seconds(), (1000 - i * 5) / 20.0, 1e-9);
    } else {
      EXPECT_EQ(estimator.eta_seconds(), -1);
    }
  }
}

TEST(RateEstimator, resumed_and_skipped_items_do_not_count_as_speed) {
  RateEstimator estimator(10'000, 5000);
  estimator.update(0.25, 5000, 0, 0);
  estimator.update(0.5, 5000, 0, 3000);  // skipped at once
  for (int i = 1; i <= 8; ++i) estimator.update(0.5 + i * 0.25, 5000 + i, 0, 3000);
  EXPECT_LT(estimator.items_per_second(), 4.0);
  EXPECT_GT(estimator.items_per_second(), 3.0);
  EXPECT_GT(estimator.eta_seconds(), 490);
}

TEST(RateEstimator, failures_are_work) {
  RateEstimator estimator(100, 0);
  for (int i = 1; i <= 8; ++i) estimator.update(i, 0, i, 0);
  EXPECT_NEAR(estimator.items_per_second(), 1, 1e-9);
}

TEST(RateEstimator, follows_a_change_of_speed) {
  RateEstimator estimator(1'000'000, 0);
  double seconds = 0;
  int64_t done = 0;
  for (int i = 0; i < 400; ++i) estimator.update(seconds += 0.25, done += 100, 0, 0);
  for (int i = 0; i < 80; ++i) estimator.update(seconds += 0.25, done += 10, 0, 0);
  EXPECT_NEAR(estimator.items_per_second(), 40, 10);
}

TEST(RateEstimator, edges) {
  RateEstimator empty(0, 0);
  empty.update(0, 0, 0, 0);
  EXPECT_EQ(empty.eta_seconds(), 0);
  EXPECT_EQ(empty.items_per_second(), 0);

  RateEstimator estimator(100, 0);
  EXPECT_EQ(estimator.eta_seconds(), -1);
  for (int i = 1; i <= 3; ++i) estimator.update(i, i * 2, 0, 0);
  estimator.update(3, 10, 0, 0);  // the same instant
  EXPECT_NEAR(estimator.items_per_second(), 2, 1e-9);
  for (int i = 0; i < 100; ++i) estimator.update(1000 + i * 1000, 10, 0, 0);
  EXPECT_EQ(estimator.eta_seconds(), -1);  // stalled
  estimator.update(1e6, 100, 0, 0);
  EXPECT_EQ(estimator.eta_seconds(), 0);
}

}  // namespace
}  // namespace imagemill
