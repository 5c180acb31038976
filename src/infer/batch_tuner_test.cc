// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/batch_tuner.h"

#include <gmock/gmock.h>

#include <functional>

namespace imagemill {
namespace {

// Runs batches that take what `seconds` says until the tuner has made up its mind.
int settle(BatchTuner& tuner, const std::function<double(int)>& seconds) {
  for (int i = 0; i < 1000 && !tuner.is_settled(); ++i)
    tuner.record(tuner.next(), seconds(tuner.next()));
  return tuner.next();
}

TEST(BatchTuner, takes_the_largest_batch_where_each_doubling_pays) {
  BatchTuner tuner(16);
  EXPECT_EQ(settle(tuner, [](int batch) { return 1.0 + 0.1 * batch; }), 16);
  EXPECT_EQ(tuner.best(), 16);
}

TEST(BatchTuner, keeps_one_where_batches_are_slower) {
  BatchTuner tuner(32);
  EXPECT_EQ(settle(tuner, [](int batch) { return batch * (batch == 1 ? 0.022 : 0.031); }), 1);
}

TEST(BatchTuner, stops_before_the_size_that_brings_nothing) {
  BatchTuner tuner(64);
  EXPECT_EQ(settle(tuner, [](int batch) { return batch <= 4 ? 1.0 : batch / 4.0; }), 4);
  EXPECT_EQ(tuner.timings().size(), 4u) << "1, 2, 4 and 8 were tried";
}

TEST(BatchTuner, does_not_count_the_first_run_of_a_size) {
  BatchTuner tuner(2);
  int runs = 0;
  // Without that, two at once would seem to pay.
  EXPECT_EQ(settle(tuner, [&](int batch) { return runs++ == 0 ? 100.0 : 1.0 * batch; }), 1);
}

TEST(BatchTuner, a_batch_cut_short_tells_nothing) {
  BatchTuner tuner(8);
  for (int i = 0; i < 100; ++i) tuner.record(3, 0.001);
  EXPECT_EQ(tuner.next(), 1);
  EXPECT_TRUE(tuner.timings().empty());
}

TEST(BatchTuner, what_the_memory_refuses_is_never_asked_for_again) {
  BatchTuner tuner(64, 64);
  tuner.refuse(64);
  EXPECT_EQ(tuner.next(), 32);
  tuner.refuse(32);
  EXPECT_EQ(tuner.next(), 16);
  EXPECT_EQ(settle(tuner, [](int batch) { return 1.0 / batch; }), 16);
  tuner.refuse(1);
  EXPECT_EQ(tuner.next(), 1) << "one picture is the least";
  EXPECT_EQ(tuner.best(), std::nullopt) << "the next run may have more memory";
}

TEST(BatchTuner, follows_a_machine_that_changes) {
  BatchTuner tuner(16);
  double seconds_of_one = 0.010;
  const auto seconds = [&](int batch) { return batch == 1 ? seconds_of_one : 0.015 * batch; };
  EXPECT_EQ(settle(tuner, seconds), 1);
  seconds_of_one = 0.030;
  for (int i = 0; i < 1000; ++i) {
    tuner.record(tuner.next(), seconds(tuner.next()));
    EXPECT_TRUE(tuner.best().has_value()) << "what was found holds until there is something better";
  }
  EXPECT_GT(tuner.next(), 1);
}

TEST(BatchTuner, trials_cost_little) {
  BatchTuner tuner(64);
  const auto seconds = [](int batch) { return batch <= 8 ? 1.0 : batch / 8.0; };
  ASSERT_EQ(settle(tuner, seconds), 8);
  int rows = 0;
  int trials = 0;
  for (int i = 0; i < 10000; ++i) {
    const int batch = tuner.next();
    rows += batch;
    trials += batch == 8 ? 0 : batch;
    tuner.record(batch, seconds(batch));
  }
  EXPECT_LT(trials, rows / 40);
  EXPECT_EQ(tuner.best(), 8);
}

TEST(BatchTuner, a_fixed_size_stays_and_is_nothing_to_remember) {
  BatchTuner tuner = BatchTuner::fixed(8);
  for (int i = 0; i < 100; ++i) tuner.record(8, 1.0);
  EXPECT_EQ(tuner.next(), 8);
  EXPECT_EQ(tuner.best(), std::nullopt);
}

TEST(BatchTuner, what_was_known_is_kept_within_what_is_allowed_now) {
  EXPECT_EQ(BatchTuner(8, 32).next(), 8);
  EXPECT_EQ(BatchTuner(8, 4).next(), 4);
  EXPECT_EQ(BatchTuner(0, 0).next(), 1);
}

TEST(BatchTuner, what_was_known_is_held_against_half_and_twice_of_it) {
  const auto fastest_at = [](int best) {
    return [best](int batch) { return batch * (batch == best ? 0.010 : 0.015); };
  };
  for (const int best : {2, 4, 8}) {
    BatchTuner tuner(16, 4);
    EXPECT_EQ(tuner.best(), std::nullopt);
    EXPECT_EQ(settle(tuner, fastest_at(best)), best);
    EXPECT_EQ(tuner.best(), best);
  }
  BatchTuner one(1, 1);
  EXPECT_EQ(settle(one, fastest_at(1)), 1);
}

TEST(BatchTuner, the_worthwhile_batch_is_the_smallest_near_the_fastest) {
  EXPECT_EQ(worthwhile_batch({}), 0);
  const std::vector<BatchTiming> timings = {{.batch = 1, .seconds_per_item = 0.020},
                                            {.batch = 2, .seconds_per_item = 0.0101},
                                            {.batch = 4, .seconds_per_item = 0.0103},
                                            {.batch = 8, .seconds_per_item = 0.0100}};
  EXPECT_EQ(worthwhile_batch(timings), 2);
  const std::vector<BatchTiming> slower = {{.batch = 1, .seconds_per_item = 0.010},
                                           {.batch = 2, .seconds_per_item = 0.012}};
  EXPECT_EQ(worthwhile_batch(slower), 1);
}

}  // namespace
}  // namespace imagemill
