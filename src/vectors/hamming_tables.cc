// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/hamming_tables.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

#include "vectors/hamming_kernel.h"

namespace imagemill {
namespace {

uint32_t quarter_of(uint64_t hash, int quarter) {
  return static_cast<uint32_t>(hash >> (64 - kQuarterBits * (quarter + 1)) & (kBuckets - 1));
}

std::array<uint8_t, 64> as_they_are() {
  std::array<uint8_t, 64> order;
  std::iota(order.begin(), order.end(), uint8_t{0});
  return order;
}

// Neighbouring bits into different quarters.
std::array<uint8_t, 64> dealt_out() {
  std::array<uint8_t, 64> order;
  for (size_t i = 0; i < 64; ++i)
    order[i] = static_cast<uint8_t>(i % kQuarters * kQuarterBits + i / kQuarters);
  return order;
}

// Every quarter gets its share of the bits that tell hashes apart.
std::array<uint8_t, 64> dealt_out_by_balance(std::span<const uint64_t> hashes) {
  std::array<double, 64> imbalance{};
  for (const uint64_t hash : hashes)
    for (size_t i = 0; i < 64; ++i) imbalance[i] += static_cast<double>(hash >> i & 1);
  for (double& ones : imbalance) ones = std::abs(ones - static_cast<double>(hashes.size()) / 2);
  std::array<uint8_t, 64> bits = as_they_are();
  std::ranges::stable_sort(bits, {}, [&](uint8_t bit) { return imbalance[bit]; });
  const std::array<uint8_t, 64> places = dealt_out();
  std::array<uint8_t, 64> order;
  for (size_t i = 0; i < 64; ++i) order[bits[i]] = places[i];
  return order;
}

}  // namespace

std::vector<uint32_t> masks_within(int weight) {
  std::vector<uint32_t> out;
  for (uint32_t mask = 0; mask < kBuckets; ++mask)
    if (std::popcount(mask) <= weight) out.push_back(mask);
  std::ranges::stable_sort(out, {}, [](uint32_t mask) { return std::popcount(mask); });
  return out;
}

BitOrder::BitOrder(const std::array<uint8_t, 64>& order) {
  for (size_t byte = 0; byte < 8; ++byte)
    for (size_t value = 0; value < 256; ++value) {
      uint64_t out = 0;
      for (size_t bit = 0; bit < 8; ++bit)
        out |= uint64_t{value >> bit & 1} << order[8 * byte + bit];
      table_[byte][value] = out;
    }
}

double comparisons(std::span<const uint64_t> hashes, int radius) {
  double total = 0;
  std::vector<uint32_t> counts(kBuckets);
  std::vector<uint32_t> filled;
  for (int quarter = 0; quarter < kQuarters; ++quarter) {
    std::ranges::fill(counts, 0);
    for (const uint64_t hash : hashes) ++counts[quarter_of(hash, quarter)];
    filled.clear();
    for (uint32_t bucket = 0; bucket < kBuckets; ++bucket)
      if (counts[bucket] > 0) filled.push_back(bucket);
    uint64_t pairs = 0;
    for (const uint32_t mask : masks_within(quarter_radius(radius, quarter)))
      for (const uint32_t bucket : filled)
        pairs += uint64_t{counts[bucket]} * counts[bucket ^ mask];
    total += static_cast<double>(pairs) / 2;
  }
  return total;
}

OrderedHashes order_bits(std::span<const uint64_t> hashes, int radius) {
  const auto ordered_by = [&](const std::array<uint8_t, 64>& places) {
    OrderedHashes out{BitOrder(places), std::vector<uint64_t>(hashes.size()), 0};
    std::ranges::transform(hashes, out.hashes.begin(),
                           [&](uint64_t hash) { return out.order.apply(hash); });
    out.comparisons = comparisons(out.hashes, radius);
    return out;
  };
  OrderedHashes best = ordered_by(as_they_are());
  for (const auto& places : {dealt_out(), dealt_out_by_balance(hashes)}) {
    OrderedHashes other = ordered_by(places);
    if (other.comparisons < best.comparisons) best = std::move(other);
  }
  return best;
}

QuarterTable::QuarterTable(std::span<const uint64_t> ordered_hashes, int quarter_number)
    : quarter(quarter_number),
      size(ordered_hashes.size()),
      hashes(size + kHammingPadding),
      ids(size),
      begins(kBuckets + 1) {
  std::vector<std::pair<uint64_t, uint32_t>> sorted(size);
  for (size_t i = 0; i < size; ++i)
    sorted[i] = {rotated(ordered_hashes[i]), static_cast<uint32_t>(i)};
  std::ranges::sort(sorted);
  for (size_t i = 0; i < size; ++i) {
    hashes[i] = sorted[i].first;
    ids[i] = sorted[i].second;
    ++begins[quarter_of(hashes[i], 0) + 1];
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
}

uint64_t QuarterTable::rotated(uint64_t hash) const {
  return std::rotl(hash, kQuarterBits * quarter);
}

bool is_seen_earlier(uint64_t difference, int quarter, int radius) {
  const uint64_t upright = std::rotr(difference, kQuarterBits * quarter);
  for (int earlier = 0; earlier < quarter; ++earlier)
    if (std::popcount(quarter_of(upright, earlier)) <= quarter_radius(radius, earlier)) return true;
  return false;
}

}  // namespace imagemill
