// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/timeline_recorder.h"

#include <gtest/gtest.h>

namespace imagemill {
namespace {

RunProgress progress_at(double seconds, int64_t done) {
  RunProgress progress;
  progress.seconds = seconds;
  progress.done = done;
  progress.stages = {{.name = "read"}, {.name = "decode", .queue_depth = 6}};
  return progress;
}

TEST(TimelineRecorder, keeps_every_point_of_a_short_run) {
  TimelineRecorder recorder;
  for (int i = 1; i <= 20; ++i) recorder.add(progress_at(i * 0.25, i * 5));
  const Timeline timeline = recorder.timeline();
  EXPECT_EQ(timeline.stages, (std::vector<std::string>{"read", "decode"}));
  ASSERT_EQ(timeline.points.size(), 20u);
  for (const TimelinePoint& point : timeline.points) {
    EXPECT_NEAR(point.items_per_second, 20, 1e-9);
    EXPECT_EQ(point.queue_depths, (std::vector<double>{0, 6}));
  }
}

TEST(TimelineRecorder, is_bounded_and_keeps_totals_and_peaks) {
  TimelineRecorder recorder(0, 16);
  for (int i = 1; i <= 1000; ++i) {
    RunProgress progress = progress_at(i, i * 3);
    progress.resident_bytes = i == 357 ? 9000 : 100;
    progress.cpu_percent = i % 2 == 0 ? 100 : 200;
    recorder.add(progress);
    EXPECT_LE(recorder.timeline().points.size(), 16u);
  }
  const Timeline timeline = recorder.timeline();
  EXPECT_GE(timeline.points.size(), 8u);
  EXPECT_EQ(timeline.points.back().seconds, 1000);
  uint64_t peak = 0;
  double items = 0;
  double start = 0;
  for (const TimelinePoint& point : timeline.points) {
    peak = std::max(peak, point.resident_bytes);
    items += point.items_per_second * (point.seconds - start);
    start = point.seconds;
    EXPECT_NEAR(point.queue_depths[1], 6, 1e-9);
    EXPECT_NEAR(point.cpu_percent, 150, 1);
  }
  EXPECT_EQ(peak, 9000u);
  EXPECT_NEAR(items, 3000, 1e-6);
}

TEST(TimelineRecorder, resumed_and_skipped_items_are_no_throughput) {
  TimelineRecorder recorder(500);
  RunProgress progress = progress_at(1, 500);
  progress.skipped = 300;
  recorder.add(progress);
  progress = progress_at(2, 510);
  progress.failed = 2;
  progress.skipped = 300;
  recorder.add(progress);
  recorder.add(progress);  // the same instant
  const Timeline timeline = recorder.timeline();
  ASSERT_EQ(timeline.points.size(), 2u);
  EXPECT_EQ(timeline.points[0].items_per_second, 0);
  EXPECT_EQ(timeline.points[1].items_per_second, 12);
}

TEST(TimelineRecorder, stages_may_appear_later) {
  TimelineRecorder recorder(0, 2);
  RunProgress progress;
  for (int i = 1; i <= 9; ++i) {
    progress = progress_at(i, i);
    if (i < 4) progress.stages.clear();
    recorder.add(progress);
  }
  for (const TimelinePoint& point : recorder.timeline().points) {
    EXPECT_EQ(point.queue_depths.size(), 2u);
  }
}

}  // namespace
}  // namespace imagemill
