// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "vectors/disjoint_sets.h"
#include "vectors/hamming_neighbors.h"

namespace imagemill {

std::vector<HammingPair> pairs_within_ref(std::span<const uint64_t> hashes, int radius) {
  std::vector<HammingPair> out;
  for (uint32_t a = 0; a < hashes.size(); ++a)
    for (uint32_t b = a + 1; b < hashes.size(); ++b) {
      const int distance = std::popcount(hashes[a] ^ hashes[b]);
      if (distance <= radius) out.push_back({a, b, distance});
    }
  return out;
}

std::vector<uint32_t> group_within_ref(std::span<const uint64_t> hashes,
                                       const HammingGroupOptions& options) {
  DisjointSets sets(hashes.size());
  for (const HammingPair& pair : pairs_within_ref(hashes, options.radius))
    sets.unite(pair.a, pair.b);
  for (size_t v = 0; v < options.variants.size(); ++v)
    for (uint32_t i = 0; i < hashes.size(); ++i)
      if (std::popcount(options.variants[v] ^ hashes[i]) <= options.radius)
        sets.unite(static_cast<uint32_t>(v % hashes.size()), i);
  return sets.names();
}

}  // namespace imagemill
