// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/embedded_output.h"
#include "vectors/npy.h"

namespace imagemill {

// The vectors of an output, a row a picture in the order of their keys, and which row is whose. In
// the .npy files where there are such (mapped, nothing is read before it is asked for), else in
// memory, read from the store.
class EmbeddedVectors {
 public:
  // Vectors that lie back to back.
  struct Part {
    std::string npy_path;  // "": in memory
    VectorView view;
    size_t first = 0;  // row of the whole
  };

  // At least one row; kInvalidArgument where none of the output's pictures has any. Files that do
  // not hold what the store does (changed, or of an earlier try of the run) are left aside.
  static Result<EmbeddedVectors> open(const EmbeddedOutput& output, FileSystem& fs);

  size_t rows() const { return rows_; }
  size_t dims() const { return parts_.empty() ? 0 : parts_.front().view.dims; }
  std::span<const Part> parts() const { return parts_; }

  std::string key(size_t row) const;
  std::optional<size_t> row_of(std::string_view key) const;  // O(log rows)
  std::vector<float> vector(size_t row) const;

 private:
  Result<bool> open_files(const EmbeddedOutput& output, FileSystem& fs);
  // False where files and store do not hold the same.
  Result<bool> read_index(std::string_view text, const EmbeddedOutput& output);
  bool add_row(std::string_view row, const std::string& file, std::string_view key,
               const std::string& folder);
  Result<bool> has_stored_vectors(const EmbeddedOutput& output) const;
  Result<> read_store(const EmbeddedOutput& output);

  size_t rows_ = 0;
  std::vector<Part> parts_;
  std::vector<std::unique_ptr<const NpyFile>> files_;
  std::vector<float> values_;
  // Keys back to back: a string each would take several times the memory.
  std::string key_text_;
  std::vector<uint64_t> key_ends_;
};

}  // namespace imagemill
