// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A quarter of the bytes of float32 vectors, an eighth of which a search reads: enough to prove of
// nearly every row that it is not among the nearest.
//
// Each row x is centred (minus a mean), rotated, and rounded to 8 bits a dimension with a step of
// its own. The upper four bits of a dimension are kept apart from the lower four: they alone are
// a coarse row c, together they are a fine row f. The lengths |x - c| and |x - f| are kept as
// measured, so for any query q
//     q.c - |q| |x - c|  <=  q.x  <=  q.c + |q| |x - c|        (Cauchy-Schwarz)
// and the same, thirty times tighter, with f. prefilter_scan.h computes these bounds.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "imagemill/status.h"
#include "vectors/mapped_bytes.h"
#include "vectors/rotation.h"
#include "vectors/vector_view.h"

namespace imagemill {

inline constexpr size_t kPrefilterBlockRows = 256;
inline constexpr size_t kPrefilterGroupRows = 16;

// Rows of one block, padded with rows of zeroes. A word has 4 bits each of 8 dimensions, the first
// lowest; a dimension is (16 * (upper - 8) + lower) * step.
struct PrefilterBlock {
  const float* step;
  const float* coarse_error;  // |x - c|, rounding of every kind included
  const float* fine_error;    // |x - f|, the same
  const float* norm;          // |x|
  const uint32_t* upper;  // [group][word][row of group]: a vector register is one word of many rows
  const uint32_t* lower;  // [row][word]
};

// Which vectors a prefilter was made of: what its file is checked against.
struct PrefilterKey {
  Metric metric = Metric::kCosine;
  VectorType type = VectorType::kF32;
  uint64_t rows = 0;
  uint64_t dims = 0;
  // Of the vectors' file, 0 when in memory. The inode tells apart what is renamed to one name
  // within one tick of the file system's clock.
  uint64_t source_bytes = 0;
  int64_t source_mtime_ns = 0;
  uint64_t source_inode = 0;
  bool operator==(const PrefilterKey&) const = default;
};

// Immutable. Memory: dims + 16 bytes a row, as a mapped file or its own.
class Prefilter {
 public:
  // kInvalidArgument for a row with a NaN or an infinity, which is named. Takes about two passes
  // over the rows, O(rows * dims * log dims) on `threads`.
  static Result<Prefilter> build(VectorView rows, Metric metric, int threads);

  // The same into a file, and from it. open() refuses a file of other vectors (kNotFound, as if
  // there were none) and one whose checksums do not hold (kCorruptInput); it reads it all.
  static Result<> write(FileSystem& fs, const std::string& path, VectorView rows,
                        const PrefilterKey& key, int threads);
  static Result<Prefilter> open(const std::string& path, const PrefilterKey& key, int threads);

  const PrefilterKey& key() const { return key_; }
  size_t blocks() const;
  PrefilterBlock block(size_t index) const;
  size_t words() const { return words_of(key_.dims); }
  size_t bytes() const { return map_.span().size(); }

  // What rows had subtracted, after `unit` scaled them.
  std::span<const double> mean() const { return mean_; }
  double unit() const { return unit_; }  // kCosine: unused, rows have length 1 or 0
  const Rotation& rotation() const { return rotation_; }

  static size_t words_of(size_t dims) { return (dims + 7) / 8; }

 private:
  Prefilter(PrefilterKey key, MappedBytes map);
  static Result<> encode(VectorView rows, const PrefilterKey& key, int threads,
                         const std::function<Result<>(ByteSpan)>& write);
  Result<> read_header();
  Result<> check_blocks(int threads) const;

  PrefilterKey key_;
  MappedBytes map_;
  double unit_ = 1;
  std::vector<double> mean_;
  Rotation rotation_;
};

}  // namespace imagemill
