// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Multi-index hashing (Norouzi, Punjani and Fleet, 2012): two hashes that differ in few bits
// differ in very few of some quarter of theirs. So hashes are sorted by each quarter in turn, and
// only those are compared whose quarters are that near.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace imagemill {

inline constexpr int kQuarters = 4;
inline constexpr int kQuarterBits = 16;
inline constexpr size_t kBuckets = size_t{1} << kQuarterBits;

// In how many bits quarter number `quarter` may differ, so that every pair within `radius` meets
// that bound in one quarter at least; -1: the others suffice. With r = 4q + s: q in the first
// s + 1 quarters, q - 1 in the rest (all bounds missed, the distance is r + 1 at least).
constexpr int quarter_radius(int radius, int quarter) {
  return radius / kQuarters - (quarter > radius % kQuarters ? 1 : 0);
}

// All 16-bit numbers of at most `weight` bits, the lightest first; none for -1.
std::vector<uint32_t> masks_within(int weight);

// Bits of a hash in another order: distances stay, but the quarters hold other bits.
class BitOrder {
 public:
  // order[i] is the place that bit i moves to.
  explicit BitOrder(const std::array<uint8_t, 64>& order);

  uint64_t apply(uint64_t hash) const {
    uint64_t out = 0;
    for (size_t byte = 0; byte < 8; ++byte) out |= table_[byte][hash >> (8 * byte) & 255];
    return out;
  }

 private:
  std::array<std::array<uint64_t, 256>, 8> table_;
};

// Pairs of hashes that would be compared. Bits of pictures' hashes are not independent: which of
// them share a quarter decides whether buckets fill evenly.
double comparisons(std::span<const uint64_t> hashes, int radius);

// Of a few orders the one with the fewest comparisons for these hashes, applied to them.
struct OrderedHashes {
  BitOrder order;
  std::vector<uint64_t> hashes;
  double comparisons;
};
OrderedHashes order_bits(std::span<const uint64_t> hashes, int radius);

// Hashes in the order of one quarter. They are kept rotated, so that it comes highest and equal
// quarters are followed by the next.
struct QuarterTable {
  QuarterTable(std::span<const uint64_t> ordered_hashes, int quarter_number);

  size_t begin(size_t bucket) const { return begins[bucket]; }
  size_t end(size_t bucket) const { return begins[bucket + 1]; }
  uint64_t rotated(uint64_t hash) const;

  int quarter;
  size_t size;
  std::vector<uint64_t> hashes;  // and kHammingPadding more
  std::vector<uint32_t> ids;     // places in what it was made of
  std::vector<uint32_t> begins;  // kBuckets + 1
};

// Whether a pair, of which `difference` is the exclusive or as rotated for `quarter`, is seen in
// the table of an earlier quarter already.
bool is_seen_earlier(uint64_t difference, int quarter, int radius);

}  // namespace imagemill
