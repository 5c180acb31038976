// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace imagemill {

// Who belongs together, of 0 to size - 1. The name of a set is its smallest member, whatever the
// order in which they were joined.
class DisjointSets {
 public:
  explicit DisjointSets(size_t size) : parents_(size) {
    std::iota(parents_.begin(), parents_.end(), 0u);
  }

  uint32_t find(uint32_t member) {
    while (parents_[member] != member) {
      parents_[member] = parents_[parents_[member]];
      member = parents_[member];
    }
    return member;
  }
  void unite(uint32_t a, uint32_t b) {
    a = find(a);
    b = find(b);
    if (a == b) return;
    if (a < b) std::swap(a, b);
    parents_[a] = b;
  }
  // Joins all that `other`, of the same size, has joined.
  void unite(const DisjointSets& other) {
    for (uint32_t i = 0; i < parents_.size(); ++i)
      if (other.parents_[i] != i) unite(i, other.parents_[i]);
  }

  std::vector<uint32_t> names() {
    std::vector<uint32_t> out(parents_.size());
    for (uint32_t i = 0; i < out.size(); ++i) out[i] = find(i);
    return out;
  }

 private:
  std::vector<uint32_t> parents_;
};

}  // namespace imagemill
