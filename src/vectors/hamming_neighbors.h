// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which of many 64-bit hashes (pHash, dHash) differ in few bits, exactly, without comparing all
// with all: a million hashes spread as pictures' are take about four thousand comparisons each.
// Hashes are known by their places in the span that was given.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/status.h"
#include "vectors/hamming_tables.h"

namespace imagemill {

inline constexpr int kDefaultHammingRadius = 10;  // of 64 bits
inline constexpr int kMaxHammingRadius = 16;      // beyond it pictures have nothing in common

// kInvalidArgument for a radius outside 0 to 16 and for 2^32 hashes and more: what all below say.
Result<> check_hamming(size_t hashes, int radius);

struct HammingPair {
  uint32_t a = 0;  // a < b
  uint32_t b = 0;
  int distance = 0;
  auto operator<=>(const HammingPair&) const = default;
};

// Calls for each pair within the radius once, in an order that depends on the hashes alone, until
// the call returns false. As long as its result: of a thousand equal hashes half a million pairs
// are told. kInvalidArgument for a radius outside 0 to 16.
Result<> for_each_pair(std::span<const uint64_t> hashes, int radius,
                       const std::function<bool(const HammingPair&)>& call);

struct HammingGroupOptions {
  int radius = kDefaultHammingRadius;
  int threads = 0;  // 0: as many as the machine has
  // Further hashes of the same pictures (mirrored, turned): variants[v * hashes.size() + i] is of
  // picture i. A picture whose variant is near another picture's hash is in one group with it.
  std::span<const uint64_t> variants;
  const CancelToken* cancel = nullptr;  // kCancelled soon after it is requested
};

// Groups of hashes that are connected by steps within the radius: the name of each one's group,
// which is the smallest place in it. Equal hashes cost nothing, and hashes already known to be in
// one group are not compared: no list of pairs is made, so crowds of near hashes are no worse.
Result<std::vector<uint32_t>> group_within(std::span<const uint64_t> hashes,
                                           const HammingGroupOptions& options);

struct HammingNeighbor {
  uint32_t index = 0;
  int distance = 0;
  bool operator==(const HammingNeighbor&) const = default;
};

// Hashes to look others up in. Memory: 48 bytes a hash. Any thread may ask.
class HammingIndex {
 public:
  static Result<HammingIndex> build(std::span<const uint64_t> hashes, int radius);

  // All within the radius of any of the hashes (several of one picture: mirrored, turned), each
  // with its least distance, the nearest first, of equals the lower place.
  std::vector<HammingNeighbor> neighbors(std::span<const uint64_t> hashes) const;

 private:
  HammingIndex(int radius, OrderedHashes ordered);
  template <typename Found>
  void for_each_near(uint64_t ordered_hash, const Found& found) const;

  int radius_;
  BitOrder order_;
  std::vector<QuarterTable> tables_;  // of the quarters that count
  std::vector<std::vector<uint32_t>> masks_;
};

// By comparing all with all.
std::vector<HammingPair> pairs_within_ref(std::span<const uint64_t> hashes, int radius);
std::vector<uint32_t> group_within_ref(std::span<const uint64_t> hashes,
                                       const HammingGroupOptions& options);

}  // namespace imagemill
