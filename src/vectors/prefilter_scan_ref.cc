// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/prefilter_scan.h"

namespace imagemill {

size_t scan_block_ref(const PrefilterBlock& block, size_t words, const PrefilterQuery& query,
                      float threshold, ScanHit* hits) {
  const PrefilterQuery::Weights& w = query.weights();
  size_t count = 0;
  for (size_t row = 0; row < kPrefilterBlockRows; ++row) {
    const size_t group = row / kPrefilterGroupRows, lane = row % kPrefilterGroupRows;
    int32_t sum = 0;
    for (size_t i = 0; i < words; ++i)
      sum += word_product(block.upper[(group * words + i) * kPrefilterGroupRows + lane],
                          query.pairs() + i, words);
    sum += w.bias;
    const float norm = block.norm[row];
    const float bound = block.step[row] * (w.scale * static_cast<float>(sum) + w.offset) +
                        w.error * block.coarse_error[row] + norm * (w.norm - w.square * norm);
    if (!(bound < threshold - w.constant))
      hits[count++] = {static_cast<uint32_t>(row), sum, bound + w.constant};
  }
  return count;
}

}  // namespace imagemill
