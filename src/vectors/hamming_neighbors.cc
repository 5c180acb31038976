// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/hamming_neighbors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "vectors/hamming_kernel.h"

namespace imagemill {
namespace {

using TileHits = std::vector<TileHit>;

// found(i, j) for near pairs of table places, i from [a_begin, a_end), j from [b_begin, b_end);
// false from it ends all.
template <typename Found>
bool find_pairs(const QuarterTable& table, size_t a_begin, size_t a_end, size_t b_begin,
                size_t b_end, int radius, TileHits& hits, const Found& found) {
  for (size_t i = a_begin; i < a_end; i += kHammingTile)
    for (size_t j = b_begin; j < b_end; j += kHammingTile) {
      const size_t count =
          near_pairs(&table.hashes[i], std::min(kHammingTile, a_end - i), &table.hashes[j],
                     std::min(kHammingTile, b_end - j), radius, hits.data());
      for (size_t hit = 0; hit < count; ++hit)
        if (!found(i + hits[hit].a, j + hits[hit].b)) return false;
    }
  return true;
}

// Tables of the quarters that have to be looked at.
std::vector<QuarterTable> make_tables(std::span<const uint64_t> ordered_hashes, int radius) {
  std::vector<QuarterTable> out;
  for (int quarter = 0; quarter < kQuarters && quarter_radius(radius, quarter) >= 0; ++quarter)
    out.emplace_back(ordered_hashes, quarter);
  return out;
}

}  // namespace

Result<> check_hamming(size_t hashes, int radius) {
  if (radius < 0 || radius > kMaxHammingRadius)
    return fail(Code::kInvalidArgument, "hashes: a radius of {}, expected 0 to {}", radius,
                kMaxHammingRadius);
  if (hashes > std::numeric_limits<uint32_t>::max())
    return fail(Code::kInvalidArgument, "hashes: {}, expected at most {}", hashes,
                std::numeric_limits<uint32_t>::max());
  return {};
}

Result<> for_each_pair(std::span<const uint64_t> hashes, int radius,
                       const std::function<bool(const HammingPair&)>& call) {
  IMAGEMILL_TRY(check_hamming(hashes.size(), radius));
  const OrderedHashes ordered = order_bits(hashes, radius);
  TileHits hits(kHammingTile * kHammingTile);
  for (const QuarterTable& table : make_tables(ordered.hashes, radius)) {
    const auto tell = [&](size_t i, size_t j) {
      const uint64_t difference = table.hashes[i] ^ table.hashes[j];
      if (is_seen_earlier(difference, table.quarter, radius)) return true;
      const auto [a, b] = std::minmax(table.ids[i], table.ids[j]);
      return call({a, b, std::popcount(difference)});
    };
    const auto masks = masks_within(quarter_radius(radius, table.quarter));
    for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
      const size_t begin = table.begin(bucket), end = table.end(bucket);
      if (begin == end) continue;
      for (const uint32_t mask : masks) {
        const size_t other = bucket ^ mask;
        if (other < bucket) continue;  // met from there
        const auto found = [&](size_t i, size_t j) { return (mask == 0 && j <= i) || tell(i, j); };
        if (!find_pairs(table, begin, end, table.begin(other), table.end(other), radius, hits,
                        found))
          return {};
      }
    }
  }
  return {};
}

HammingIndex::HammingIndex(int radius, OrderedHashes ordered)
    : radius_(radius), order_(ordered.order), tables_(make_tables(ordered.hashes, radius)) {
  for (const QuarterTable& table : tables_)
    masks_.push_back(masks_within(quarter_radius(radius, table.quarter)));
}

Result<HammingIndex> HammingIndex::build(std::span<const uint64_t> hashes, int radius) {
  IMAGEMILL_TRY(check_hamming(hashes.size(), radius));
  return HammingIndex(radius, order_bits(hashes, radius));
}

template <typename Found>
void HammingIndex::for_each_near(uint64_t ordered_hash, const Found& found) const {
  std::array<TileHit, kHammingTile> hits;
  for (size_t t = 0; t < tables_.size(); ++t) {
    const QuarterTable& table = tables_[t];
    const uint64_t hash = table.rotated(ordered_hash);
    for (const uint32_t mask : masks_[t]) {
      const size_t bucket = (hash >> (64 - kQuarterBits)) ^ mask;
      for (size_t i = table.begin(bucket); i < table.end(bucket); i += kHammingTile) {
        const size_t count =
            near_pairs(&hash, 1, &table.hashes[i], std::min(kHammingTile, table.end(bucket) - i),
                       radius_, hits.data());
        for (size_t hit = 0; hit < count; ++hit) {
          const size_t place = i + hits[hit].b;
          const uint64_t difference = hash ^ table.hashes[place];
          if (!is_seen_earlier(difference, table.quarter, radius_))
            found(HammingNeighbor{table.ids[place], std::popcount(difference)});
        }
      }
    }
  }
}

std::vector<HammingNeighbor> HammingIndex::neighbors(std::span<const uint64_t> hashes) const {
  std::vector<HammingNeighbor> out;
  for (const uint64_t hash : hashes)
    for_each_near(order_.apply(hash), [&](const HammingNeighbor& found) { out.push_back(found); });
  // Of each index the least distance.
  std::ranges::sort(out, [](const HammingNeighbor& a, const HammingNeighbor& b) {
    return a.index != b.index ? a.index < b.index : a.distance < b.distance;
  });
  const auto doubles = std::ranges::unique(out, {}, &HammingNeighbor::index);
  out.erase(doubles.begin(), doubles.end());
  std::ranges::stable_sort(out, {}, &HammingNeighbor::distance);
  return out;
}

}  // namespace imagemill
