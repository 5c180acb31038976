// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/embedded_vectors.h"
#include "vectors/exact_search.h"
#include "vectors/hnsw_index.h"

namespace imagemill {

struct NearestOptions {
  Metric metric = Metric::kCosine;
  bool is_hnsw = false;  // may miss neighbours
  int threads = 0;
  // Smaller parts are compared row by row: that takes some 20 ms, and leaves no file behind.
  uint64_t indexed_bytes = uint64_t{64} << 20;
};

// The rows that are nearest to a vector, over all parts of an output's vectors. The files that make
// the next search quick lie beside the .npy files: see ExactSearch, and "x.npy.cosine.hnsw".
class NearestRows {
 public:
  // How widely an HNSW search looks, at least.
  static constexpr size_t kHnswEf = 256;

  // `vectors` outlives it. kInvalidArgument for HNSW over vectors without .npy files.
  static Result<NearestRows> open(const EmbeddedVectors& vectors, const NearestOptions& options,
                                  FileSystem& fs);

  // min(k, rows), the nearest first, rows of the whole. kL2: squared distances. Any thread.
  Result<std::vector<Neighbor>> search(std::span<const float> query, size_t k) const;

  static std::string hnsw_path(const std::string& npy_path, Metric metric);

 private:
  struct Part {
    size_t first = 0;
    VectorView view;
    std::unique_ptr<const ExactSearch> exact;
    std::unique_ptr<const HnswIndex> hnsw;
  };

  NearestRows(Metric metric, size_t dims) : metric_(metric), dims_(dims) {}
  Result<std::vector<Neighbor>> search_part(const Part& part, std::span<const float> query,
                                            size_t k) const;  // k <= its rows

  Metric metric_;
  size_t dims_;
  std::vector<Part> parts_;
};

}  // namespace imagemill
