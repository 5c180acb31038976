// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The k nearest of up to some millions of vectors, exactly: the rows and the order that double
// precision over all of them gives, of equals the lower row first.
//
//   IMAGEMILL_ASSIGN_OR_RETURN(const ExactSearch search,
//                              ExactSearch::open(fs, "features.npy", {.metric = Metric::kCosine}));
//   IMAGEMILL_ASSIGN_OR_RETURN(const auto nearest, search.search(query, 10));
//
// A query reads half a byte a dimension of each row (Prefilter), then the other half of the few
// rows that this leaves, then the vectors themselves of fewer still. How few depends on the data:
// where all rows are about equally near, every one has to be looked at.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "imagemill/status.h"
#include "vectors/npy.h"
#include "vectors/prefilter.h"
#include "vectors/vector_view.h"

namespace imagemill {

struct ExactSearchOptions {
  Metric metric = Metric::kCosine;  // rows and queries need not be normalised
  int threads = 0;                  // of building and of each search; 0: as many as the machine has
};

// Any thread may search.
class ExactSearch {
 public:
  // Of a .npy file, with the prefilter in a file beside it ("x.npy.cosine.prefilter"): made when
  // missing, damaged or of other vectors than the file has now (by size, time of change and inode).
  // Memory: both are mapped; a search touches dims / 2 + 16 bytes a row.
  static Result<ExactSearch> open(FileSystem& fs, const std::string& npy_path,
                                  const ExactSearchOptions& options);
  // Of vectors that outlive it; the prefilter, dims + 16 bytes a row, is kept in memory.
  static Result<ExactSearch> build(VectorView rows, const ExactSearchOptions& options);

  static std::string prefilter_path(const std::string& npy_path, Metric metric);

  // min(k, rows) neighbours, the nearest first. kInvalidArgument when the query has not the rows'
  // dimensions, or a NaN or an infinity. O(rows * dims).
  Result<std::vector<Neighbor>> search(std::span<const float> query, size_t k) const;
  // The same for several queries, back to back; faster than one by one.
  Result<std::vector<std::vector<Neighbor>>> search_batch(std::span<const float> queries,
                                                          size_t k) const;

  const VectorView& rows() const { return rows_; }
  size_t prefilter_bytes() const { return prefilter_.bytes(); }

  // What the last step of a search does, over all rows: the truth, without a prefilter.
  static std::vector<Neighbor> search_ref(VectorView rows, Metric metric,
                                          std::span<const float> query, size_t k);

 private:
  ExactSearch(std::unique_ptr<const NpyFile> file, VectorView rows, Prefilter prefilter,
              int threads)
      : file_(std::move(file)), rows_(rows), prefilter_(std::move(prefilter)), threads_(threads) {}

  std::unique_ptr<const NpyFile> file_;  // null: the rows are the caller's
  VectorView rows_;
  Prefilter prefilter_;
  int threads_;
};

}  // namespace imagemill
