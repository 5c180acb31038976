// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/network_monitor.h"

#include <gmock/gmock.h>

#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;

TEST(NetworkWatch, makes_shares_of_counts) {
  NetworkWatch watch("net", "CPU", 2);
  const BatcherStatus status{.rows = 30,
                             .batches = 4,
                             .slots = 32,
                             .run_seconds = 6,
                             .wait_seconds = 15,
                             .batch_size = 8,
                             .waiting = 5};
  const NetworkSnapshot seen = watch.look(14, 4, status, {}, 1000);
  EXPECT_EQ(seen.model, "net");
  EXPECT_EQ(seen.images, 30);
  EXPECT_THAT(seen.batch_fill, DoubleEq(30.0 / 32));
  EXPECT_THAT(seen.busy_share, DoubleEq(6.0 / (4 * 2)));
  EXPECT_THAT(seen.wait_seconds, DoubleEq(0.5));
  EXPECT_EQ(seen.waiting, 5);
  EXPECT_THAT(seen.images_per_second_average, DoubleNear(30.0 / 4, 0.01));
}

TEST(NetworkWatch, nothing_done_yet_is_nothing) {
  NetworkWatch watch("net", "CPU", 2);
  const NetworkSnapshot seen = watch.look(0, 0, {.batch_size = 1}, {}, 0);
  EXPECT_EQ(seen.images_per_second, 0);
  EXPECT_EQ(seen.images_per_second_average, 0);
  EXPECT_EQ(seen.batch_fill, 0);
  EXPECT_EQ(seen.busy_share, 0);
  EXPECT_EQ(seen.wait_seconds, 0);
}

TEST(NetworkWatch, the_live_rate_is_that_of_the_last_second) {
  NetworkWatch watch("net", "CPU", 1);
  NetworkSnapshot seen;
  for (int tick = 0; tick <= 40; ++tick) {
    // Ten a second for five seconds, then forty.
    const double seconds = tick * 0.25;
    const double rows = seconds <= 5 ? seconds * 10 : 50 + (seconds - 5) * 40;
    seen = watch.look(seconds, seconds, {.rows = static_cast<int64_t>(rows)}, {}, 0);
    if (tick == 20) {
      EXPECT_THAT(seen.images_per_second, DoubleNear(10, 0.6));
    }
  }
  EXPECT_THAT(seen.images_per_second, DoubleNear(40, 0.01));
  EXPECT_GT(seen.images_per_second_average, 15);
  EXPECT_LT(seen.images_per_second_average, 40) << "it remembers what was before";
}

TEST(NetworkWatch, keeps_the_most_memory_of_each_size) {
  NetworkWatch watch("net", "CPU", 1);
  watch.look(1, 1, {.batch_size = 1}, {}, 100);
  watch.look(2, 2, {.batch_size = 1}, {}, 300);
  watch.look(3, 3, {.batch_size = 1}, {}, 200);
  const std::vector<BatchTiming> timings = {{.batch = 1, .seconds_per_item = 0.02, .runs = 4}};
  const NetworkSnapshot seen = watch.look(4, 4, {.batch_size = 2}, timings, 500);
  ASSERT_EQ(seen.sizes.size(), 2u);
  EXPECT_EQ(seen.sizes[0].batch, 1);
  EXPECT_EQ(seen.sizes[0].resident_bytes, 300u);
  EXPECT_EQ(seen.sizes[0].seconds_per_image, 0.02);
  EXPECT_EQ(seen.sizes[1].batch, 2);
  EXPECT_EQ(seen.sizes[1].resident_bytes, 500u);
  EXPECT_EQ(seen.sizes[1].seconds_per_image, 0) << "not known yet";
}

TEST(NetworkMonitor, a_network_that_nobody_needed_is_not_there) {
  const TestFolder folder;
  const std::string path = folder.write("net.onnx", tiny_features_model(8, 8));
  const ModelStore store(real_file_system(), folder.path());
  auto found = store.find(path);
  ASSERT_THAT(found, IsOk());
  NetworkSet networks{{}};
  ASSERT_THAT(networks.add(std::move(*found), {"features"}), IsOk());
  EXPECT_TRUE(NetworkMonitor(&networks, 2).look(1, 1).empty());
  EXPECT_TRUE(NetworkMonitor(nullptr, 2).look(1, 1).empty());
}

}  // namespace
}  // namespace imagemill
