// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/hamming_neighbors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <set>

#include "support/status_matchers.h"
#include "vectors/disjoint_sets.h"
#include "vectors/every_target.h"
#include "vectors/hamming_kernel.h"

namespace imagemill {
namespace {

using Hashes = std::vector<uint64_t>;

uint64_t flipped(uint64_t hash, int bits, std::mt19937_64& random) {
  for (int i = 0; i < bits; ++i) hash ^= uint64_t{1} << random() % 64;
  return hash;
}

// Pictures, some with copies that differ in up to `bits` bits.
Hashes clustered(size_t count, int bits, uint64_t seed) {
  std::mt19937_64 random(seed);
  Hashes out;
  while (out.size() < count) {
    const bool is_copy = !out.empty() && random() % 3 == 0;
    out.push_back(is_copy ? flipped(out[random() % out.size()],
                                    static_cast<int>(random() % static_cast<uint64_t>(bits + 1)),
                                    random)
                          : random());
  }
  return out;
}

// Near-flat pictures: few bits set, many equal.
Hashes skewed(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  Hashes out;
  for (size_t i = 0; i < count; ++i)
    out.push_back(i % 5 == 0 ? 0 : flipped(0, static_cast<int>(random() % 12), random));
  return out;
}

std::vector<HammingPair> pairs_within(const Hashes& hashes, int radius) {
  std::vector<HammingPair> out;
  EXPECT_THAT(for_each_pair(hashes, radius,
                            [&](const HammingPair& pair) {
                              out.push_back(pair);
                              return true;
                            }),
              IsOk());
  std::ranges::sort(out);
  return out;
}

TEST(HammingKernel, finds_the_near_on_every_target) {
  on_every_target([] {
    std::mt19937_64 random(1);
    for (const size_t na : {1, 2, 7, 64})
      for (const size_t nb : {1, 3, 8, 15, 17, 63, 64})
        for (const int radius : {0, 10, 32}) {
          Hashes a(na), b(nb + kHammingPadding);
          for (uint64_t& hash : a) hash = random();
          for (uint64_t& hash : b) hash = flipped(a[random() % na], 14, random);
          std::vector<TileHit> hits(na * nb);
          hits.resize(near_pairs(a.data(), na, b.data(), nb, radius, hits.data()));
          std::set<std::pair<size_t, size_t>> found, expected;
          for (const TileHit& hit : hits) found.emplace(hit.a, hit.b);
          for (size_t i = 0; i < na; ++i)
            for (size_t j = 0; j < nb; ++j)
              if (std::popcount(a[i] ^ b[j]) <= radius) expected.emplace(i, j);
          EXPECT_EQ(found.size(), hits.size());
          EXPECT_EQ(found, expected);
        }
  });
}

TEST(QuarterRadius, no_pair_misses_all_quarters) {
  for (int radius = 0; radius <= kMaxHammingRadius; ++radius) {
    int missing_all = 0;
    for (int quarter = 0; quarter < kQuarters; ++quarter)
      missing_all += quarter_radius(radius, quarter) + 1;
    EXPECT_EQ(missing_all, radius + 1);
  }
}

TEST(ForEachPair, finds_each_once_at_every_radius) {
  for (int radius = 0; radius <= kMaxHammingRadius; ++radius)
    for (const Hashes& hashes : {clustered(1500, 18, 2), skewed(400, 3)})
      EXPECT_EQ(pairs_within(hashes, radius), pairs_within_ref(hashes, radius)) << radius;
}

TEST(ForEachPair, ends_when_told_to) {
  int calls = 0;
  ASSERT_THAT(for_each_pair(Hashes(100), 10, [&](const HammingPair&) { return ++calls < 7; }),
              IsOk());
  EXPECT_EQ(calls, 7);
}

TEST(GroupWithin, equals_the_reference) {
  for (const int radius : {0, 1, 3, 4, 10, 16})
    for (const Hashes& hashes :
         {Hashes(), Hashes{5}, Hashes{5, 5}, clustered(3000, 16, 4), skewed(2000, 5)})
      for (const int threads : {1, 3}) {
        ASSERT_OK_AND_ASSIGN(const auto groups,
                             group_within(hashes, {.radius = radius, .threads = threads}));
        EXPECT_EQ(groups, group_within_ref(hashes, {.radius = radius})) << radius;
      }
}

// More than are compared all with all; what a pair finder says is taken for true.
void expect_groups(const Hashes& hashes, int radius) {
  DisjointSets sets(hashes.size());
  ASSERT_THAT(for_each_pair(hashes, radius,
                            [&](const HammingPair& pair) {
                              sets.unite(pair.a, pair.b);
                              return true;
                            }),
              IsOk());
  const std::vector<uint32_t> expected = sets.names();
  for (const int threads : {1, 3}) {
    ASSERT_OK_AND_ASSIGN(const auto groups,
                         group_within(hashes, {.radius = radius, .threads = threads}));
    EXPECT_TRUE(groups == expected) << radius;
  }
}

TEST(GroupWithin, by_tables_as_well) {
  const Hashes hashes = clustered(30'000, 12, 6);
  expect_groups(hashes, 4);
  expect_groups(hashes, 10);
}

TEST(GroupWithin, crowds_by_tables) {
  std::mt19937_64 random(7);
  Hashes hashes = clustered(20'000, 10, 8);
  // Many distinct hashes that share three quarters, and strangers that share one.
  for (int i = 0; i < 3000; ++i) hashes.push_back(0x123456789abc0000u | (random() & 0xffff));
  for (int i = 0; i < 3000; ++i) hashes.push_back(0x1234000000000000u | random() >> 16);
  expect_groups(hashes, 3);
  expect_groups(hashes, 7);
}

TEST(GroupWithin, a_crowd_is_one_group_soon) {
  // 41,664 + 2,016 + 64 + 1 hashes, every two of which are near: about 10^9 pairs.
  Hashes hashes{0};
  for (int a = 0; a < 64; ++a) {
    hashes.push_back(uint64_t{1} << a);
    for (int b = 0; b < a; ++b) {
      const uint64_t two = uint64_t{1} << a | uint64_t{1} << b;
      hashes.push_back(two);
      for (int c = 0; c < b; ++c) hashes.push_back(two | uint64_t{1} << c);
    }
  }
  for (uint64_t& hash : hashes) hash ^= 0x5a5a1234ffff0000u;
  ASSERT_OK_AND_ASSIGN(const auto groups, group_within(hashes, {}));
  EXPECT_EQ(std::ranges::count(groups, 0u), static_cast<ptrdiff_t>(hashes.size()));
}

TEST(GroupWithin, stops_when_it_is_told_to) {
  CancelToken cancel;
  cancel.request();
  for (const size_t count : {100, 30'000}) {
    const Hashes hashes = clustered(count, 10, 8);
    EXPECT_THAT(group_within(hashes, {.cancel = &cancel}), FailsWith(Code::kCancelled)) << count;
  }
}

TEST(GroupWithin, variants_connect_their_pictures) {
  std::mt19937_64 random(9);
  for (const size_t count : {500, 9000}) {
    Hashes hashes(count), variants(2 * count);
    for (uint64_t& hash : hashes) hash = random();
    for (uint64_t& hash : variants) hash = random();
    for (size_t i = 0; i < count / 4; ++i)  // some pictures are mirrored ones of others
      variants[random() % variants.size()] = flipped(hashes[random() % count], 9, random);
    variants[7] = variants[12];
    const HammingGroupOptions options{.radius = 10, .variants = variants};
    ASSERT_OK_AND_ASSIGN(const auto groups, group_within(hashes, options));
    if (count == 500) {
      auto expected = group_within_ref(hashes, options);
      for (uint32_t& name : expected)
        if (name == 12) name = 7;  // one hash for two pictures' variants: the same picture
      EXPECT_EQ(groups[7], groups[12]);
      EXPECT_EQ(groups, expected);
    } else {
      EXPECT_GT(std::ranges::count_if(groups, [&](uint32_t name) { return groups[name] == name; }),
                0);
      for (size_t v = 0; v < variants.size(); ++v)
        for (size_t i = 0; i < count; ++i) {
          if (std::popcount(variants[v] ^ hashes[i]) > 10) continue;
          ASSERT_EQ(groups[v % count], groups[i]);
        }
    }
  }
}

TEST(HammingIndex, finds_all_neighbours_of_any_hash) {
  std::mt19937_64 random(10);
  for (const Hashes& hashes : {clustered(3000, 14, 11), skewed(800, 12), Hashes()})
    for (const int radius : {0, 2, 10, 16}) {
      ASSERT_OK_AND_ASSIGN(const HammingIndex index, HammingIndex::build(hashes, radius));
      for (int q = 0; q < 40; ++q) {
        Hashes queries{random(),
                       flipped(hashes.empty() ? 0 : hashes[random() % hashes.size()], 5, random)};
        std::vector<HammingNeighbor> expected;
        for (uint32_t i = 0; i < hashes.size(); ++i) {
          const int distance = std::min(std::popcount(hashes[i] ^ queries[0]),
                                        std::popcount(hashes[i] ^ queries[1]));
          if (distance <= radius) expected.push_back({i, distance});
        }
        std::ranges::stable_sort(expected, {}, &HammingNeighbor::distance);
        EXPECT_EQ(index.neighbors(queries), expected);
      }
    }
}

TEST(Hamming, refuses_what_makes_no_sense) {
  const Hashes hashes(4);
  for (const int radius : {-1, 17}) {
    EXPECT_THAT(group_within(hashes, {.radius = radius}), FailsWith(Code::kInvalidArgument));
    EXPECT_THAT(HammingIndex::build(hashes, radius), FailsWith(Code::kInvalidArgument));
    EXPECT_THAT(for_each_pair(hashes, radius, [](const HammingPair&) { return true; }),
                FailsWith(Code::kInvalidArgument));
  }
  const Hashes odd(6);
  EXPECT_THAT(group_within(hashes, {.variants = odd}), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(group_within({}, {.variants = odd}), FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
