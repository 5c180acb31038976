// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/bottleneck_finder.h"

#include <gtest/gtest.h>

namespace imagemill {
namespace {

struct Behaviour {
  std::string name;
  double load = 0;
  int64_t queue_depth = 0;
  int64_t queue_capacity = 0;
  int threads = 1;
};

std::string bottleneck_of(const std::vector<Behaviour>& stages, int run_threads = 1) {
  BottleneckFinder finder(run_threads);
  std::vector<StageSnapshot> snapshots(stages.size());
  for (int tick = 1; tick <= 40; ++tick) {
    for (size_t i = 0; i < stages.size(); ++i) {
      snapshots[i].name = stages[i].name;
      snapshots[i].threads = stages[i].threads;
      snapshots[i].queue_depth = stages[i].queue_depth;
      snapshots[i].queue_capacity = stages[i].queue_capacity;
      snapshots[i].busy_seconds = tick * 0.25 * stages[i].load * stages[i].threads;
    }
    finder.update(tick * 0.25, snapshots);
  }
  return finder.bottleneck();
}

TEST(BottleneckFinder, is_where_work_piles_up) {
  EXPECT_EQ(bottleneck_of({{"read", 0.9}, {"decode", 0.6, 8, 8}, {"write", 0.1, 0, 8}}), "decode");
}

TEST(BottleneckFinder, is_the_last_full_queue) {
  EXPECT_EQ(bottleneck_of({{"read", 0.1}, {"decode", 0.9, 8, 8}, {"write", 0.7, 8, 8}}), "write");
}

TEST(BottleneckFinder, is_the_busiest_of_stages_that_share_threads) {
  EXPECT_EQ(bottleneck_of({{"read", 0.1},
                           {"decode", 0.3, 8, 8},
                           {"resize", 0.5},
                           {"encode", 0.2},
                           {"write", 0.9, 0, 8}}),
            "resize");
}

TEST(BottleneckFinder, goes_by_load_where_the_budget_keeps_queues_short) {
  EXPECT_EQ(bottleneck_of({{"read", 0.2}, {"decode", 0.97, 1, 64}, {"write", 0.1, 0, 64}}),
            "decode");
  EXPECT_EQ(bottleneck_of({{"read", 0.98}, {"decode", 0.3, 0, 8}}), "read");
}

TEST(BottleneckFinder, is_unclear_when_everybody_waits) {
  EXPECT_EQ(bottleneck_of({{"read", 0.1}, {"decode", 0.3, 1, 8}, {"write", 0.2, 0, 8}}), "");
}

TEST(BottleneckFinder, counts_load_against_the_threads_of_the_stage) {
  // Half a core of work: all that one thread can do twice over, little for four.
  EXPECT_EQ(bottleneck_of({{"read", 0.6, 0, 0, 1}, {"decode", 0.4, 0, 8, 4}}), "read");
  // Without a number the run's threads count.
  EXPECT_EQ(bottleneck_of({{"read", 1.0, 0, 0, 0}}, 4), "");
}

TEST(BottleneckFinder, says_nothing_before_it_knows) {
  BottleneckFinder finder(1);
  EXPECT_EQ(finder.bottleneck(), "");
  std::vector<StageSnapshot> stages = {{.name = "read", .busy_seconds = 0.25}};
  finder.update(0.25, stages);
  EXPECT_EQ(finder.bottleneck(), "");
  finder.update(0.25, {});  // the same instant changes nothing
  stages[0].busy_seconds = 2;
  finder.update(2, stages);
  EXPECT_EQ(finder.bottleneck(), "read");
  finder.update(3, {});
  EXPECT_EQ(finder.bottleneck(), "");
}

}  // namespace
}  // namespace imagemill
