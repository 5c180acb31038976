// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/hash_set.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_set>

namespace imagemill {
namespace {

TEST(HashSet, holds_what_was_put_in) {
  HashSet<uint64_t> set;
  EXPECT_FALSE(set.contains(0));
  EXPECT_FALSE(set.contains(7));
  EXPECT_TRUE(set.insert(7));
  EXPECT_FALSE(set.insert(7));
  EXPECT_TRUE(set.contains(7));
  EXPECT_FALSE(set.contains(7 + 64)) << "the same place";
  EXPECT_TRUE(set.insert(0));
  EXPECT_FALSE(set.insert(0));
  EXPECT_TRUE(set.contains(0));
  EXPECT_EQ(set.size(), 2u);
}

TEST(HashSet, agrees_with_the_standard_one_also_where_places_collide) {
  for (const uint64_t mask : {~uint64_t{0}, uint64_t{0xfff0000}, uint64_t{0x3ff}}) {
    std::mt19937_64 random(5);
    HashSet<uint64_t> set;
    std::unordered_set<uint64_t> expected;
    for (int i = 0; i < 20000; ++i) {
      const uint64_t hash = random() & mask;
      EXPECT_EQ(set.insert(hash), expected.insert(hash).second);
    }
    EXPECT_EQ(set.size(), expected.size());
    for (int i = 0; i < 20000; ++i) {
      const uint64_t hash = random() & mask;
      EXPECT_EQ(set.contains(hash), expected.contains(hash));
    }
  }
}

TEST(HashSet, tells_hashes_apart_that_share_a_half) {
  HashSet<ContentHash> set;
  EXPECT_TRUE(set.insert({1, 2}));
  EXPECT_TRUE(set.insert({3, 2}));
  EXPECT_TRUE(set.insert({1, 0}));
  EXPECT_FALSE(set.insert({3, 2}));
  EXPECT_TRUE(set.contains({1, 0}));
  EXPECT_FALSE(set.contains({3, 0}));
  EXPECT_FALSE(set.contains({}));
}

}  // namespace
}  // namespace imagemill
