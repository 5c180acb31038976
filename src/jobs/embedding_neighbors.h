// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "imagemill/status.h"
#include "vectors/exact_search.h"
#include "vectors/hnsw_index.h"

namespace imagemill {

// Which of many feature vectors point the same way. Up to kExactRows all of them are found; of more
// an HNSW index may miss some. Memory: the vectors, and as much again for the search.
class EmbeddingNeighbors {
 public:
  static constexpr size_t kExactRows = 20'000;

  // For at most `rows` vectors: those that are not set take no part.
  explicit EmbeddingNeighbors(size_t rows) : rows_(rows), is_set_(rows) {}

  // As the rows of `embed` have them: float32 or float16, told by `dims`. Of one that is set
  // already nothing changes. kUnsupported when the length is not that of the others.
  Result<> set(size_t row, ByteSpan features, size_t dims);
  bool has_any() const { return dims_ > 0; }
  // After the last set().
  Result<> build(const CancelToken& cancel);

  // All others with a cosine of at least `threshold`, the nearest first. None of a vector of
  // zeroes.
  Result<std::vector<Neighbor>> within(size_t row, double threshold) const;

 private:
  Result<std::vector<Neighbor>> nearest(std::span<const float> query, size_t k) const;
  VectorView view() const { return {vectors_.data(), type_, rows_, dims_}; }

  const size_t rows_;
  std::vector<bool> is_set_;
  VectorType type_ = VectorType::kF32;
  size_t dims_ = 0;  // 0: nothing was set
  Bytes vectors_;
  std::optional<ExactSearch> exact_;
  std::optional<HnswIndex> index_;
};

}  // namespace imagemill
