// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/embedding_neighbors.h"

#include <algorithm>
#include <cstring>

#include "base/checked_math.h"

namespace imagemill {
namespace {

constexpr size_t kFirstNeighbors = 16;

}  // namespace

Result<> EmbeddingNeighbors::set(size_t row, ByteSpan features, size_t dims) {
  if (is_set_[row]) return {};
  if (dims_ == 0 && dims > 0 && dims <= kMaxVectorDims) {
    type_ = features.size() == 2 * dims ? VectorType::kF16 : VectorType::kF32;
    const auto bytes = checked_mul<size_t>(rows_, dims * element_bytes(type_));
    if (!bytes)
      return fail(Code::kResourceExhausted, "{} vectors of {} numbers are too many", rows_, dims);
    dims_ = dims;
    vectors_.resize(*bytes);
  }
  if (dims_ == 0 || dims != dims_ || features.size() != view().row_bytes())
    return fail(Code::kUnsupported, "a vector of {} numbers in {} bytes, those before have {}",
                dims, features.size(), dims_);
  std::memcpy(vectors_.data() + row * view().row_bytes(), features.data(), features.size());
  is_set_[row] = true;
  return {};
}

Result<> EmbeddingNeighbors::build(const CancelToken& cancel) {
  if (dims_ == 0) return {};
  if (rows_ <= kExactRows) {
    IMAGEMILL_ASSIGN_OR_RETURN(exact_, ExactSearch::build(view(), {.metric = Metric::kCosine}));
  } else {
    // One thread: the same graph every time.
    IMAGEMILL_ASSIGN_OR_RETURN(
        index_, HnswIndex::build(view(), {.metric = Metric::kCosine, .cancel = &cancel}));
  }
  return {};
}

Result<std::vector<Neighbor>> EmbeddingNeighbors::nearest(std::span<const float> query,
                                                          size_t k) const {
  return exact_ ? exact_->search(query, k) : index_->search(query, k, std::max<size_t>(64, 2 * k));
}

Result<std::vector<Neighbor>> EmbeddingNeighbors::within(size_t row, double threshold) const {
  if (!is_set_[row]) return std::vector<Neighbor>();
  std::vector<float> query(dims_);
  view().copy_row(row, query);
  if (std::ranges::all_of(query, [](float value) { return value == 0; }))
    return std::vector<Neighbor>();
  std::vector<Neighbor> found;
  for (size_t k = std::min(kFirstNeighbors, rows_);; k = std::min(4 * k, rows_)) {
    IMAGEMILL_ASSIGN_OR_RETURN(found, nearest(query, k));
    if (k == rows_ || found.empty() || found.back().score < threshold) break;
  }
  std::erase_if(found, [&](const Neighbor& n) {
    return n.row == row || n.score < threshold || !is_set_[n.row];
  });
  return found;
}

}  // namespace imagemill
