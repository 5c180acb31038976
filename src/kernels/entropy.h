// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "kernels/histogram.h"

namespace imagemill {

// Shannon entropy of the values of Y', in bits: 0 (one value) to 8 (all equally often).
inline double entropy_bits(const SampleHistogram& luma) {
  double bits = 0;
  for (const uint64_t count : luma.counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / static_cast<double>(luma.total);
    bits -= p * std::log2(p);
  }
  return bits;
}

}  // namespace imagemill
