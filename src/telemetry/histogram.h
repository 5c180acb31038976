// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace imagemill {

// How long items took, in milliseconds. Buckets grow by 2^(1/8), so a percentile is right within
// 5 % from 1 us to hours in 2 kB, whatever the count. Not synchronised: one a thread, then merge().
class Histogram {
 public:
  void add(double ms);
  void merge(const Histogram& other);

  int64_t count() const { return count_; }
  double sum() const { return sum_; }
  double mean() const { return count_ > 0 ? sum_ / static_cast<double>(count_) : 0; }
  double min() const { return min_; }  // exact; 0 when empty
  double max() const { return max_; }
  // `percent` in 0..100; 0 when empty.
  double percentile(double percent) const;

 private:
  static constexpr int kBucketsPerOctave = 8;
  static constexpr int kLowestExponent = -10;  // 2^-10 ms is about a microsecond
  static constexpr int kHighestExponent = 24;  // 2^24 ms is 4.7 hours
  static constexpr int kBuckets = (kHighestExponent - kLowestExponent) * kBucketsPerOctave;

  std::array<int64_t, kBuckets> buckets_ = {};
  int64_t count_ = 0;
  double sum_ = 0;
  double min_ = 0;
  double max_ = 0;
};

}  // namespace imagemill
