// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/shared_regions.h"

#include <cstring>
#include <set>

#include "support/status_matchers.h"

namespace imagemill {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;

TEST(SharedRegions, gives_a_region_again_only_when_nobody_uses_it) {
  const auto regions = std::make_shared<SharedRegions>(16 * kMegabyte);
  ASSERT_OK_AND_ASSIGN(SharedRegions::Region first, regions->take(1000));
  ASSERT_OK_AND_ASSIGN(const SharedRegions::Region second, regions->take(1000));
  EXPECT_NE(first.buffer->data, second.buffer->data);
  EXPECT_NE(first.slot, second.slot);
  EXPECT_NE(first.memory, nullptr);
  EXPECT_EQ(first.buffer->bytes, 1000u);

  const std::byte* data = first.buffer->data;
  const int slot = first.slot;
  first.buffer.reset();
  ASSERT_OK_AND_ASSIGN(const SharedRegions::Region again, regions->take(900));
  EXPECT_EQ(again.buffer->data, data);
  EXPECT_EQ(again.slot, slot);
  EXPECT_EQ(again.memory, nullptr) << "the process has it";
}

TEST(SharedRegions, live_on_in_what_was_taken) {
  auto regions = std::make_shared<SharedRegions>(16 * kMegabyte);
  ASSERT_OK_AND_ASSIGN(const SharedRegions::Region region, regions->take(5000));
  regions.reset();
  std::memset(region.buffer->data, 7, region.buffer->bytes);
  EXPECT_TRUE(region.memory->is_open());
}

TEST(SharedRegions, keep_no_more_than_they_may) {
  const auto regions = std::make_shared<SharedRegions>(2 * kMegabyte);
  std::vector<SharedRegions::Region> taken;
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK_AND_ASSIGN(SharedRegions::Region region, regions->take(kMegabyte));
    taken.push_back(std::move(region));
  }
  const int first = taken[0].slot;
  EXPECT_EQ(regions->take_gone_slots(), 0u);
  taken.clear();
  EXPECT_EQ(regions->take_gone_slots(), 1u << first);
  EXPECT_EQ(regions->take_gone_slots(), 0u) << "told once";
}

TEST(SharedRegions, have_slots_for_usual_sizes_alone) {
  const auto regions = std::make_shared<SharedRegions>(16 * kMegabyte);
  ASSERT_OK_AND_ASSIGN(const SharedRegions::Region large, regions->take(9 * kMegabyte));
  EXPECT_EQ(large.slot, kNoSlot);
  std::vector<SharedRegions::Region> taken;
  std::set<int> slots;
  for (int i = 0; i < kSlots + 3; ++i) {
    ASSERT_OK_AND_ASSIGN(SharedRegions::Region region, regions->take(1));
    slots.insert(region.slot);
    taken.push_back(std::move(region));
  }
  EXPECT_EQ(slots.size(), size_t{kSlots} + 1) << "as many as there are, and none";
}

TEST(SharedRegions, are_new_where_none_may_be_kept) {
  const auto regions = std::make_shared<SharedRegions>(0);
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK_AND_ASSIGN(const SharedRegions::Region region, regions->take(100));
    EXPECT_EQ(region.slot, kNoSlot);
    ASSERT_NE(region.memory, nullptr);
    EXPECT_EQ(static_cast<int>(region.buffer->data[5]), 0);
    std::memset(region.buffer->data, 9, 100);
  }
}

}  // namespace
}  // namespace imagemill
