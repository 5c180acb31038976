// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/prefilter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "support/status_matchers.h"
#include "vectors/distance.h"
#include "vectors/every_target.h"
#include "vectors/prefilter_scan.h"

namespace imagemill {
namespace {

std::vector<float> random_values(size_t size, uint32_t seed, float centre) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(centre);
  std::vector<float> out(size);
  for (float& value : out) value = normal(random);
  return out;
}

double length(std::span<const double> x) {
  double sum = 0;
  for (const double value : x) sum += value * value;
  return std::sqrt(sum);
}

// What bounds are about, from the definition.
double rank(const Prefilter& prefilter, std::span<const float> query, std::span<const float> row) {
  const bool is_l2 = prefilter.key().metric == Metric::kL2;
  const size_t dims = query.size();
  std::vector<double> q(query.begin(), query.end()), x(row.begin(), row.end());
  const double scale = is_l2 ? prefilter.unit() : 1 / length(x);
  double dot = 0, squared = 0;
  for (size_t i = 0; i < dims; ++i) {
    x[i] = x[i] * scale - prefilter.mean()[i];
    if (is_l2) q[i] = q[i] * prefilter.unit() - prefilter.mean()[i];
    dot += q[i] * x[i];
    squared += x[i] * x[i];
  }
  if (!is_l2) return dot / length(q);
  return (dot - squared / 2) / std::max(1.0, length(q));
}

TEST(Prefilter, bounds_hold_and_are_tight) {
  for (const size_t dims : {5, 24, 100, 512})
    for (const float centre : {0.0f, 3.0f})
      for (const Metric metric : {Metric::kCosine, Metric::kL2}) {
        const auto values = random_values(300 * dims, 1, centre);
        const auto query = random_values(dims, 2, centre);
        ASSERT_OK_AND_ASSIGN(const Prefilter prefilter,
                             Prefilter::build(VectorView::of(values, dims), metric, 1));
        const PrefilterQuery prepared(prefilter, query);
        std::vector<ScanHit> hits(kPrefilterBlockRows);
        double widest = 0, largest = 0;
        for (size_t block = 0; block < prefilter.blocks(); ++block) {
          hits.resize(kPrefilterBlockRows);
          ASSERT_EQ(scan_block(prefilter, block, prepared, -INFINITY, hits.data()),
                    kPrefilterBlockRows);
          for (const ScanHit& hit : hits) {
            const size_t row = block * kPrefilterBlockRows + hit.row;
            if (row >= 300) break;
            const double exact =
                rank(prefilter, query, std::span(values).subspan(row * dims, dims));
            const RankBounds bounds = rank_bounds(prefilter, block, prepared, hit);
            ASSERT_LE(bounds.lower, exact) << row;
            ASSERT_GE(bounds.upper, exact) << row;
            widest = std::max(widest, double{bounds.upper} - bounds.lower);
            largest = std::max(largest, double{prefilter.block(block).norm[hit.row]});
            // A threshold that the exact rank reaches leaves the row in.
            ScanHit still[kPrefilterBlockRows];
            const size_t count =
                scan_block(prefilter, block, prepared, static_cast<float>(exact), still);
            ASSERT_TRUE(std::any_of(still, still + count,
                                    [&](const ScanHit& other) { return other.row == hit.row; }));
          }
        }
        EXPECT_LT(widest, 0.03 * largest) << dims;
      }
}

TEST(Prefilter, scans_find_what_the_formula_finds_on_every_target) {
  for (const size_t dims : {3, 40, 130}) {
    const auto values = random_values(256 * dims, 3, 0.2f);
    ASSERT_OK_AND_ASSIGN(const Prefilter prefilter,
                         Prefilter::build(VectorView::of(values, dims), Metric::kL2, 1));
    std::vector<PrefilterQuery> queries;
    for (uint32_t q = 0; q < kScanQueries; ++q)
      queries.emplace_back(prefilter, random_values(dims, 10 + q, 0.2f));
    const std::array<float, kScanQueries> thresholds{-0.2f, 0.0f, 0.1f, 0.3f};
    on_every_target([&] {
      std::array<std::array<ScanHit, kPrefilterBlockRows>, kScanQueries> hits;
      std::array<size_t, kScanQueries> counts;
      scan_block(prefilter, 0, {&queries[0], &queries[1], &queries[2], &queries[3]}, thresholds,
                 {hits[0].data(), hits[1].data(), hits[2].data(), hits[3].data()}, counts);
      for (size_t q = 0; q < kScanQueries; ++q) {
        ScanHit one[kPrefilterBlockRows], expected[kPrefilterBlockRows];
        const size_t count = scan_block_ref(prefilter.block(0), prefilter.words(), queries[q],
                                            thresholds[q], expected);
        ASSERT_EQ(scan_block(prefilter, 0, queries[q], thresholds[q], one), count);
        ASSERT_EQ(counts[q], count);
        for (size_t i = 0; i < count; ++i) {
          EXPECT_EQ(one[i].row, expected[i].row);
          EXPECT_EQ(one[i].sum, expected[i].sum);
          EXPECT_EQ(hits[q][i].row, expected[i].row);
          EXPECT_EQ(hits[q][i].sum, expected[i].sum);
        }
      }
    });
  }
}

TEST(Rotation, keeps_dot_products_and_spreads_what_is_in_one_place) {
  for (const size_t dims : {1, 2, 3, 8, 100, 384, 512, 768}) {
    auto a = random_values(dims, 4, 0), b = random_values(dims, 5, 0);
    const double before = dot_f64(a, b);
    const Rotation rotation(dims);
    rotation.apply(a);
    rotation.apply(b);
    const double scale = std::sqrt(dot_f64(a, a) * dot_f64(b, b));
    EXPECT_NEAR(dot_f64(a, b), before, 4 * kRotationError * scale) << dims;
    if (dims < 100) continue;
    std::vector<float> spike(dims);
    spike[dims / 3] = 1;
    rotation.apply(spike);
    for (const float value : spike)
      EXPECT_LT(std::abs(value), 5 / std::sqrt(static_cast<float>(dims))) << dims;
  }
}

}  // namespace
}  // namespace imagemill
