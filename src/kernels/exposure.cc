// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/exposure.h"

#include <numeric>

namespace imagemill {

Exposure exposure_of(const SampleHistogram& luma) {
  Exposure e;
  if (luma.total == 0) return e;
  const auto total = static_cast<double>(luma.total);
  const auto& counts = luma.counts;
  e.mean = luma.mean() / 255;
  e.p1 = luma.percentile(0.01) / 255.0;
  e.p99 = luma.percentile(0.99) / 255.0;
  e.clipped_low =
      static_cast<double>(std::accumulate(counts.begin(), counts.begin() + 3, uint64_t{0})) / total;
  e.clipped_high =
      static_cast<double>(std::accumulate(counts.end() - 3, counts.end(), uint64_t{0})) / total;
  return e;
}

}  // namespace imagemill
