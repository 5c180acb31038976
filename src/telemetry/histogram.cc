// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace imagemill {

void Histogram::add(double ms) {
  if (!std::isfinite(ms)) return;
  ms = std::max(ms, 0.0);
  int bucket = 0;
  if (ms > 0) {
    const double position = (std::log2(ms) - kLowestExponent) * kBucketsPerOctave;
    bucket = static_cast<int>(std::clamp(std::floor(position), 0.0, kBuckets - 1.0));
  }
  ++buckets_[static_cast<size_t>(bucket)];
  min_ = count_ == 0 ? ms : std::min(min_, ms);
  max_ = std::max(max_, ms);
  sum_ += ms;
  ++count_;
}

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  count_ += other.count_;
}

double Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const double share = std::clamp(percent, 0.0, 100.0) / 100;
  const auto rank = static_cast<int64_t>(std::ceil(share * static_cast<double>(count_)));
  if (rank <= 1) return min_;
  if (rank >= count_) return max_;
  int64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += buckets_[static_cast<size_t>(i)];
    if (seen < rank) continue;
    // The geometric middle errs by half a bucket at most.
    const double middle = std::exp2((i + 0.5) / kBucketsPerOctave + kLowestExponent);
    return std::clamp(middle, min_, max_);
  }
  return max_;
}

}  // namespace imagemill
