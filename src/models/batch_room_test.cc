// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/batch_room.h"

#include <gtest/gtest.h>

namespace imagemill {
namespace {

constexpr uint64_t kMB = uint64_t{1} << 20;
constexpr uint64_t kRow = 224 * 224 * 3 * 4;

TEST(BatchRoom, without_a_limit_there_is_none) {
  EXPECT_EQ(batch_room_on_cpu(0, 50 * kMB, kRow, 8 * kRow, 4).batch_max, INT32_MAX);
  EXPECT_EQ(batch_room_on_cpu(0, 50 * kMB, kRow, 8 * kRow, 4).runs_max, 0);
  EXPECT_EQ(batch_room_on_device(0, kRow, 2).batch_max, INT32_MAX);
}

TEST(BatchRoom, threads_share_what_the_weights_leave) {
  // A row takes 1 MB and, in an arena twice as large as its need, 2 x 4.5 MB: 10 MB.
  const auto rows = [](uint64_t bytes, uint64_t weights, int threads) {
    return batch_room_on_cpu(bytes, weights, kMB, 9 * kMB / 2, threads);
  };
  EXPECT_EQ(rows(200 * kMB, 40 * kMB, 1).batch_max, 16);
  EXPECT_EQ(rows(200 * kMB, 40 * kMB, 4).batch_max, 4);
  EXPECT_EQ(rows(200 * kMB, 40 * kMB, 4).runs_max, 0);
  EXPECT_EQ(rows(200 * kMB, 400 * kMB, 1).batch_max, 10) << "half is for rows, however heavy";
}

TEST(BatchRoom, fewer_runs_than_threads_where_not_each_can_have_a_row) {
  const BatchRoom room = batch_room_on_cpu(60 * kMB, 0, kMB, 9 * kMB / 2, 16);
  EXPECT_EQ(room.batch_max, 1);
  EXPECT_EQ(room.runs_max, 6);
  EXPECT_EQ(batch_room_on_cpu(1, 1, kMB, kMB, 16).runs_max, 1) << "one row is the least";
}

TEST(BatchRoom, what_a_run_takes_is_guessed_where_nothing_tells) {
  const int guessed = batch_room_on_cpu(1000 * kMB, 0, kRow, 0, 2).batch_max;
  EXPECT_GT(guessed, 1);
  EXPECT_LT(guessed, batch_room_on_cpu(1000 * kMB, 0, kRow, kRow, 2).batch_max);
}

TEST(BatchRoom, a_device_takes_inputs_of_ours_only) {
  const BatchRoom room = batch_room_on_device(10'000 * kMB, kRow, 2);
  EXPECT_GE(room.batch_max, 256);
  EXPECT_EQ(room.runs_max, 2);
  EXPECT_LE(6 * kRow * static_cast<uint64_t>(room.batch_max), 10'000 * kMB);
  EXPECT_EQ(batch_room_on_device(1, kRow, 2).batch_max, 1);
}

}  // namespace
}  // namespace imagemill
