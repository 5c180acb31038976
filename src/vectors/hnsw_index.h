// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Nearly the nearest of many millions of vectors: a hierarchical navigable small world graph
// (Malkov and Yashunin, 2016). Where ExactSearch is fast enough, prefer it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "imagemill/cancel.h"
#include "imagemill/status.h"
#include "vectors/vector_view.h"

namespace imagemill {

struct HnswOptions {
  Metric metric = Metric::kCosine;  // rows and queries need not be normalised
  size_t links = 16;                // of each row; twice as many in the lowest layer. 2 to 512
  size_t ef_construction = 200;     // how widely a row's links are sought; 1 to 100,000
  // With one, the same rows give the same graph (on the same kind of CPU). With more, rows enter
  // in the order in which threads get to them: the graph, and what it misses, differs every time.
  int threads = 1;
  const CancelToken* cancel = nullptr;  // kCancelled soon after it is requested
};

// Any thread may search.
class HnswIndex {
 public:
  // Copies the rows: 4 * dims + 8 * links + 12 bytes each, and about as much again of 4 * links
  // for the upper layers. About O(rows * log(rows) * dims * ef_construction).
  // kInvalidArgument for a row with a NaN or a number of 1e15 and more, which is named.
  static Result<HnswIndex> build(VectorView rows, const HnswOptions& options);

  // A file with checksums. load() believes nothing in it: every link is checked before use.
  Result<> save(FileSystem& fs, const std::string& path) const;
  static Result<HnswIndex> load(const std::string& path);
  // load() of a file's bytes.
  static Result<HnswIndex> parse(ByteSpan file);

  // Up to k neighbours, the nearest first. `ef` (at least k is taken): how many rows are kept in
  // view; more of them miss less. Scores are float32's.
  Result<std::vector<Neighbor>> search(std::span<const float> query, size_t k, size_t ef) const;

  size_t rows() const;
  size_t dims() const;
  Metric metric() const;
  size_t memory_bytes() const;

  HnswIndex(HnswIndex&&) noexcept;
  HnswIndex& operator=(HnswIndex&&) noexcept;
  ~HnswIndex();

 private:
  struct Graph;
  explicit HnswIndex(std::unique_ptr<Graph> graph);

  std::unique_ptr<Graph> graph_;
};

}  // namespace imagemill
