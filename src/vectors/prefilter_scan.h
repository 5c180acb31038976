// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Bounds on how near rows are to a query, from the rows' entries in a Prefilter.
//
// A row's rank is a number that orders rows as their exact scores do: the dot product of the query
// with the centred row, for kL2 minus half its squared length (in units of the query). What the
// bounds leave room for: the error of the row, measured when it was made; that of the query's own
// rounding to 16 bits, measured here; and 2e-5 of |query| |row| for the rounding of rotations and
// of the float arithmetic of the bounds themselves (at most 1e-5 together). Scores are exact to
// double precision only; the bounds leave room for that too, so that what they rule out is further
// off by its score as computed: a query far from all rows sees them all at one distance.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vectors/prefilter.h"

namespace imagemill {

// A query as a prefilter's rows are: scaled, centred, rotated, in 16-bit integers.
class PrefilterQuery {
 public:
  // The query's numbers are finite, as many as the prefilter's dims.
  PrefilterQuery(const Prefilter& prefilter, std::span<const float> query);

  // Made for the kernels: bound = step * (scale * sum + offset) + error_weight * error +
  // norm_weight * norm - square_weight * norm^2 + constant, where sum = sum of query * (upper - 8).
  struct Weights {
    float scale = 0;
    float offset = 0;
    float error = 0;
    float norm = 0;
    float square = 0;        // for the upper bound
    float lower_square = 0;  // for the lower one
    float constant = 0;      // what double precision may lose in an exact score
    int32_t bias = 0;        // -8 * sum of query
  };
  const Weights& weights() const { return weights_; }
  // Pair [p][word]: dimensions 8 * word + p (low half) and 8 * word + 4 + p (high half).
  const int32_t* pairs() const { return pairs_.data(); }

 private:
  std::vector<int32_t> pairs_;
  Weights weights_;
};

// A row that its upper bits do not rule out.
struct ScanHit {
  uint32_t row = 0;  // of the block
  int32_t sum = 0;   // of query * (upper - 8)
  float upper = 0;   // bound on its rank
};

// The rows of a block whose rank may reach `threshold`, by their upper bits; padding included.
// `hits` has room for kPrefilterBlockRows. Returns how many there are, in the order of the rows.
size_t scan_block(const Prefilter& prefilter, size_t block, const PrefilterQuery& query,
                  float threshold, ScanHit* hits);

// The same for four queries at once, in much less time than four calls.
inline constexpr size_t kScanQueries = 4;
void scan_block(const Prefilter& prefilter, size_t block,
                const std::array<const PrefilterQuery*, kScanQueries>& queries,
                const std::array<float, kScanQueries>& thresholds,
                const std::array<ScanHit*, kScanQueries>& hits,
                std::array<size_t, kScanQueries>& hit_counts);

// Bounds on a hit's rank by all of its bits.
struct RankBounds {
  float lower = 0;
  float upper = 0;
};
RankBounds rank_bounds(const Prefilter& prefilter, size_t block, const PrefilterQuery& query,
                       const ScanHit& hit);

// scan_block by formula alone.
size_t scan_block_ref(const PrefilterBlock& block, size_t words, const PrefilterQuery& query,
                      float threshold, ScanHit* hits);

// Of the eight 4-bit values of a word and the query's: pairs[0], pairs[words] and so on.
inline int32_t word_product(uint32_t word, const int32_t* pairs, size_t words) {
  int32_t sum = 0;
  for (size_t p = 0; p < 4; ++p) {
    const auto pair = static_cast<uint32_t>(pairs[p * words]);
    sum += static_cast<int16_t>(pair & 0xffff) * static_cast<int32_t>(word >> (4 * p) & 15);
    sum += static_cast<int16_t>(pair >> 16) * static_cast<int32_t>(word >> (16 + 4 * p) & 15);
  }
  return sum;
}

}  // namespace imagemill
