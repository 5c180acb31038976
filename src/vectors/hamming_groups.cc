// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Connected components without a list of the edges. What keeps crowds (near-flat pictures, bursts)
// from costing the square of their size:
//   - equal hashes are one;
//   - before anything else each hash is compared with the few that follow it in each quarter's
//     order: that alone connects most of a crowd;
//   - buckets are then sorted by group, and where two stretches of hashes are of one group by now,
//     their pairs are not looked at.
#include <algorithm>
#include <tuple>
#include <utility>

#include "vectors/disjoint_sets.h"
#include "vectors/fork_join.h"
#include "vectors/hamming_kernel.h"
#include "vectors/hamming_neighbors.h"

namespace imagemill {
namespace {

// So few are compared all with all: half a second at worst, where tables take 0.1 s to set up.
constexpr size_t kFewHashes = 16'384;
// How many of those that follow in a quarter's order a hash is compared with at first.
constexpr size_t kSeedNeighbors = 8;
// Pairs of two stretches from which on it pays to ask whether both are of one group.
constexpr size_t kWorthAsking = 1024;
// A bucket from which on it pays to sort it by group.
constexpr size_t kCrowd = 128;

// Distinct hashes, each with the picture that stands for it.
struct DistinctHashes {
  std::vector<uint64_t> hashes;
  std::vector<uint32_t> pictures;
};

// Joins the pictures of equal hashes. `hashes` may hold several of each picture.
DistinctHashes collapse(std::span<const uint64_t> hashes, size_t pictures, DisjointSets& sets) {
  std::vector<std::pair<uint64_t, uint32_t>> sorted(hashes.size());
  for (size_t i = 0; i < hashes.size(); ++i)
    sorted[i] = {hashes[i], static_cast<uint32_t>(i % pictures)};
  std::ranges::sort(sorted);
  DistinctHashes out;
  for (const auto& [hash, picture] : sorted) {
    if (out.hashes.empty() || out.hashes.back() != hash) {
      out.hashes.push_back(hash);
      out.pictures.push_back(picture);
    } else {
      sets.unite(out.pictures.back(), picture);
    }
  }
  return out;
}

struct Stretch {
  const uint64_t* hashes;  // kHammingPadding readable past the end
  const uint32_t* pictures;
  size_t count;

  size_t tiles() const { return (count + kHammingTile - 1) / kHammingTile; }
  Stretch tile(size_t index) const {
    const size_t begin = index * kHammingTile;
    return {hashes + begin, pictures + begin, std::min(kHammingTile, count - begin)};
  }
};

Stretch bucket_of(const QuarterTable& table, const std::vector<uint32_t>& pictures, size_t bucket) {
  const size_t begin = table.begin(bucket);
  return {table.hashes.data() + begin, pictures.data() + begin, table.end(bucket) - begin};
}

// One thread's part: compares, and joins what is near.
class Joiner {
 public:
  Joiner(const DisjointSets& sets, int radius, const CancelToken* cancel)
      : sets_(sets), radius_(radius), cancel_(cancel), hits_(kHammingTile * kHammingTile) {}

  DisjointSets& sets() { return sets_; }

  // All pairs of two stretches.
  void join(const Stretch& a, const Stretch& b) {
    known_b_.assign(b.tiles(), 0);
    for (size_t i = 0; i < a.tiles() && !is_cancelled(); ++i) {
      uint8_t is_known_a = 0;
      for (size_t j = 0; j < b.tiles(); ++j)
        join_tiles(a.tile(i), is_known_a, b.tile(j), known_b_[j]);
    }
  }

  // All pairs within one, the tiles from `begin` to `end` with themselves and all that follow.
  void join_within(const Stretch& a, size_t begin, size_t end) {
    known_b_.assign(a.tiles(), 0);
    for (size_t i = begin; i < end && !is_cancelled(); ++i) {
      const Stretch tile = a.tile(i);
      compare(tile, tile);
      for (size_t j = i + 1; j < a.tiles(); ++j)
        join_tiles(tile, known_b_[i], a.tile(j), known_b_[j]);
    }
  }

 private:
  bool is_cancelled() const { return cancel_ != nullptr && cancel_->is_requested(); }

  // Once a tile is known to be of one group it stays so.
  void join_tiles(const Stretch& a, uint8_t& is_known_a, const Stretch& b, uint8_t& is_known_b) {
    if (a.count * b.count >= kWorthAsking && is_one_group(a, is_known_a) &&
        is_one_group(b, is_known_b) && sets_.find(*a.pictures) == sets_.find(*b.pictures))
      return;
    compare(a, b);
  }

  bool is_one_group(const Stretch& tile, uint8_t& is_known) {
    if (is_known != 0) return true;
    const uint32_t group = sets_.find(tile.pictures[0]);
    for (size_t i = 1; i < tile.count; ++i)
      if (sets_.find(tile.pictures[i]) != group) return false;
    is_known = 1;
    return true;
  }

  void compare(const Stretch& a, const Stretch& b) {
    const size_t count = near_pairs(a.hashes, a.count, b.hashes, b.count, radius_, hits_.data());
    for (size_t i = 0; i < count; ++i) sets_.unite(a.pictures[hits_[i].a], b.pictures[hits_[i].b]);
  }

  DisjointSets sets_;
  int radius_;
  const CancelToken* cancel_;
  std::vector<TileHit> hits_;
  std::vector<uint8_t> known_b_;
};

// The threads of a step, each with what was known when it began.
class Joiners {
 public:
  Joiners(DisjointSets& sets, const HammingGroupOptions& options)
      : sets_(sets), options_(options) {}

  // work(joiner, begin, end) on ranges of [0, count).
  template <typename Work>
  void run(size_t count, size_t grain, const Work& work) {
    const size_t workers = std::min(thread_count(options_.threads), (count + grain - 1) / grain);
    std::vector<Joiner> joiners(workers, Joiner(sets_, options_.radius, options_.cancel));
    for_ranges(count, grain, options_.threads,
               [&](size_t worker, size_t begin, size_t end) { work(joiners[worker], begin, end); });
    for (Joiner& joiner : joiners) sets_.unite(joiner.sets());
  }

  DisjointSets& sets() { return sets_; }

 private:
  DisjointSets& sets_;
  const HammingGroupOptions& options_;
};

// The pictures of a table's hashes, in its order.
std::vector<uint32_t> pictures_of(const QuarterTable& table, const DistinctHashes& distinct) {
  std::vector<uint32_t> out(table.size);
  for (size_t i = 0; i < out.size(); ++i) out[i] = distinct.pictures[table.ids[i]];
  return out;
}

void join_followers(Joiners& joiners, const QuarterTable& table,
                    const std::vector<uint32_t>& pictures) {
  joiners.run(table.size, kFewHashes, [&](Joiner& joiner, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t followers = std::min(kSeedNeighbors, table.size - i - 1);
      joiner.join({&table.hashes[i], &pictures[i], 1},
                  {table.hashes.data() + i + 1, pictures.data() + i + 1, followers});
    }
  });
}

// Within crowded buckets, groups come one after the other.
void sort_crowds(QuarterTable& table, std::vector<uint32_t>& pictures, DisjointSets& sets) {
  std::vector<std::tuple<uint32_t, uint64_t, uint32_t>> crowd;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    const size_t begin = table.begin(bucket), end = table.end(bucket);
    if (end - begin < kCrowd) continue;
    crowd.clear();
    for (size_t i = begin; i < end; ++i)
      crowd.emplace_back(sets.find(pictures[i]), table.hashes[i], pictures[i]);
    std::ranges::sort(crowd);
    for (size_t i = begin; i < end; ++i)
      std::tie(std::ignore, table.hashes[i], pictures[i]) = crowd[i - begin];
  }
}

constexpr size_t kBucketGrain = 256;

void join_buckets(Joiners& joiners, const QuarterTable& table,
                  const std::vector<uint32_t>& pictures, std::span<const uint32_t> masks) {
  joiners.run(kBuckets, kBucketGrain, [&](Joiner& joiner, size_t first, size_t last) {
    for (size_t bucket = first; bucket < last; ++bucket) {
      const Stretch a = bucket_of(table, pictures, bucket);
      if (a.count == 0) continue;
      for (const uint32_t mask : masks) {
        const size_t other = bucket ^ mask;
        if (other < bucket) continue;  // met from there
        if (mask == 0)
          joiner.join_within(a, 0, a.tiles());
        else if (const Stretch b = bucket_of(table, pictures, other); b.count > 0)
          joiner.join(a, b);
      }
    }
  });
}

void join_buckets(Joiners& joiners, const QuarterTable& table_a,
                  const std::vector<uint32_t>& pictures_a, const QuarterTable& table_b,
                  const std::vector<uint32_t>& pictures_b, std::span<const uint32_t> masks) {
  joiners.run(kBuckets, kBucketGrain, [&](Joiner& joiner, size_t first, size_t last) {
    for (size_t bucket = first; bucket < last; ++bucket) {
      const Stretch a = bucket_of(table_a, pictures_a, bucket);
      if (a.count == 0) continue;
      for (const uint32_t mask : masks)
        if (const Stretch b = bucket_of(table_b, pictures_b, bucket ^ mask); b.count > 0)
          joiner.join(a, b);
    }
  });
}

void join_all(Joiners& joiners, const DistinctHashes& of_pictures,
              const DistinctHashes& of_variants) {
  std::vector<uint64_t> a = of_pictures.hashes, b = of_variants.hashes;
  a.resize(a.size() + kHammingPadding);
  b.resize(b.size() + kHammingPadding);
  const Stretch pictures{a.data(), of_pictures.pictures.data(), of_pictures.hashes.size()};
  const Stretch variants{b.data(), of_variants.pictures.data(), of_variants.hashes.size()};
  joiners.run(pictures.tiles(), 8, [&](Joiner& joiner, size_t begin, size_t end) {
    joiner.join_within(pictures, begin, end);
    for (size_t i = begin; i < end; ++i) joiner.join(pictures.tile(i), variants);
  });
}

void join_by_quarters(Joiners& joiners, const DistinctHashes& of_pictures,
                      const DistinctHashes& of_variants, const OrderedHashes& ordered, int radius) {
  std::vector<uint64_t> variants(of_variants.hashes.size());
  std::ranges::transform(of_variants.hashes, variants.begin(),
                         [&](uint64_t hash) { return ordered.order.apply(hash); });
  std::vector<std::pair<QuarterTable, std::vector<uint32_t>>> tables;
  for (int quarter = 0; quarter < kQuarters && quarter_radius(radius, quarter) >= 0; ++quarter) {
    QuarterTable table(ordered.hashes, quarter);
    std::vector<uint32_t> pictures = pictures_of(table, of_pictures);
    join_followers(joiners, table, pictures);
    tables.emplace_back(std::move(table), std::move(pictures));
  }
  for (auto& [table, pictures] : tables) {
    const auto masks = masks_within(quarter_radius(radius, table.quarter));
    sort_crowds(table, pictures, joiners.sets());
    join_buckets(joiners, table, pictures, masks);
    if (variants.empty()) continue;
    const QuarterTable other(variants, table.quarter);
    join_buckets(joiners, table, pictures, other, pictures_of(other, of_variants), masks);
  }
}

}  // namespace

Result<std::vector<uint32_t>> group_within(std::span<const uint64_t> hashes,
                                           const HammingGroupOptions& options) {
  IMAGEMILL_TRY(check_hamming(hashes.size(), options.radius));
  if (hashes.empty() ? !options.variants.empty() : options.variants.size() % hashes.size() != 0)
    return fail(Code::kInvalidArgument,
                "hashes: {} variants of {} hashes, expected as many of each",
                options.variants.size(), hashes.size());
  IMAGEMILL_TRY(check_hamming(options.variants.size(), options.radius));
  if (hashes.empty()) return std::vector<uint32_t>();

  DisjointSets sets(hashes.size());
  const DistinctHashes of_pictures = collapse(hashes, hashes.size(), sets);
  const DistinctHashes of_variants = collapse(options.variants, hashes.size(), sets);
  Joiners joiners(sets, options);
  const auto count = static_cast<double>(of_pictures.hashes.size());
  if (of_pictures.hashes.size() + of_variants.hashes.size() <= kFewHashes) {
    join_all(joiners, of_pictures, of_variants);
  } else {
    const OrderedHashes ordered = order_bits(of_pictures.hashes, options.radius);
    if (ordered.comparisons > count * count / 2)
      join_all(joiners, of_pictures, of_variants);
    else
      join_by_quarters(joiners, of_pictures, of_variants, ordered, options.radius);
  }
  if (options.cancel != nullptr && options.cancel->is_requested())
    return fail(Code::kCancelled, "stopped");
  return sets.names();
}

}  // namespace imagemill
