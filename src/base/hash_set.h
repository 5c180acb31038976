// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A set of hashes that a run keeps for every item it saw: 1.3 to 2.7 times the hashes themselves,
// where a std::unordered_set takes 40 bytes more for each. Grows only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace imagemill {

inline uint64_t spread_of(uint64_t hash) { return hash; }
inline uint64_t spread_of(const ContentHash& hash) { return hash.low; }

// Hash: uint64_t or ContentHash, of content: well spread, so that its low bits choose the place.
template <typename Hash>
class HashSet {
 public:
  // False: it was there.
  bool insert(const Hash& hash) {
    if (hash == Hash{}) return !std::exchange(has_zero_, true);
    if (4 * (used_ + 1) > 3 * slots_.size()) grow();
    Hash& slot = slots_[find(hash)];
    if (slot == hash) return false;
    slot = hash;
    ++used_;
    return true;
  }

  bool contains(const Hash& hash) const {
    if (hash == Hash{}) return has_zero_;
    return !slots_.empty() && slots_[find(hash)] == hash;
  }

  size_t size() const { return used_ + (has_zero_ ? 1 : 0); }

 private:
  // Where the hash is, or the free slot where it belongs.
  size_t find(const Hash& hash) const {
    const size_t mask = slots_.size() - 1;
    size_t i = static_cast<size_t>(spread_of(hash)) & mask;
    while (slots_[i] != Hash{} && slots_[i] != hash) i = (i + 1) & mask;
    return i;
  }

  void grow() {
    constexpr size_t kLeast = 64;
    std::vector<Hash> old(std::max(kLeast, 2 * slots_.size()));
    std::swap(old, slots_);
    for (const Hash& hash : old)
      if (hash != Hash{}) slots_[find(hash)] = hash;
  }

  std::vector<Hash> slots_;  // a power of two; a zero is a free one
  size_t used_ = 0;
  bool has_zero_ = false;
};

}  // namespace imagemill
