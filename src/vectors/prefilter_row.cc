// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/prefilter_row.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>

#include "vectors/distance.h"
#include "vectors/fork_join.h"
#include "vectors/prefilter.h"

namespace imagemill {
namespace {

constexpr size_t kMeanRows = 65'536;
constexpr uint32_t kInfinityBits = 0x7f800000u;
// Of the values 0 to 15 that the lower bits may have, the middle: what a coarse row assumes.
constexpr float kLowerMiddle = 7.5f;
// A row as small as this beside the largest number of all is encoded as zeroes, its length as
// error.
constexpr float kNegligible = 1e-30f;

// Bits of magnitudes compare as the magnitudes do; infinities and NaN come last.
uint32_t largest_magnitude_bits(std::span<const float> x) {
  uint32_t largest = 0;
  for (const float value : x)
    largest = std::max(largest, std::bit_cast<uint32_t>(value) & 0x7fffffffu);
  return largest;
}

double row_scale(std::span<const float> x, Metric metric, double unit) {
  if (metric == Metric::kL2) return unit;
  const double length = std::sqrt(dot_f64(x, x));
  return length > 0 ? 1 / length : 0;
}

// Rounds up, and covers what rotating the row may have cost.
float error_bound(double squared, double norm) {
  return static_cast<float>(std::sqrt(squared) * (1 + 1e-6) + 2 * double{kRotationError} * norm);
}

}  // namespace

Result<RowScaling> measure_row_scaling(VectorView rows, Metric metric, int threads) {
  struct Seen {
    uint32_t largest = 0;
    size_t bad_row = std::numeric_limits<size_t>::max();
    std::vector<float> row;
  };
  std::vector<Seen> seen(thread_count(threads));
  for_ranges(rows.rows, 4096, threads, [&](size_t worker, size_t begin, size_t end) {
    Seen& mine = seen[worker];
    mine.row.resize(rows.dims);
    for (size_t i = begin; i < end; ++i) {
      rows.copy_row(i, mine.row);
      const uint32_t largest = largest_magnitude_bits(mine.row);
      if (largest >= kInfinityBits) mine.bad_row = std::min(mine.bad_row, i);
      mine.largest = std::max(mine.largest, largest);
    }
  });
  Seen all;
  for (const Seen& part : seen) {
    all.largest = std::max(all.largest, part.largest);
    all.bad_row = std::min(all.bad_row, part.bad_row);
  }
  if (all.largest >= kInfinityBits)
    return fail(Code::kInvalidArgument,
                "vectors: row {} has a NaN or an infinity, expected finite numbers", all.bad_row);

  RowScaling out;
  out.mean.assign(rows.dims, 0);
  if (all.largest > 0) out.unit = std::exp2(-std::ilogb(std::bit_cast<float>(all.largest)));
  const size_t stride = (rows.rows + kMeanRows - 1) / kMeanRows;
  std::vector<float> x(rows.dims);
  for (size_t i = 0; i < rows.rows; i += stride) {
    rows.copy_row(i, x);
    const double scale = row_scale(x, metric, out.unit);
    for (size_t j = 0; j < x.size(); ++j) out.mean[j] += x[j] * scale;
  }
  const size_t counted = stride > 0 ? (rows.rows + stride - 1) / stride : 1;
  for (double& mean : out.mean) mean /= static_cast<double>(counted);
  return out;
}

PrefilterRowEncoder::PrefilterRowEncoder(Metric metric, const RowScaling& scaling)
    : metric_(metric), scaling_(scaling), rotation_(scaling.mean.size()), x_(scaling.mean.size()) {
  row_.upper.resize(Prefilter::words_of(x_.size()));
  row_.lower.resize(row_.upper.size());
}

const PrefilterRow& PrefilterRowEncoder::encode(VectorView rows, size_t index) {
  rows.copy_row(index, x_);
  const double scale = row_scale(x_, metric_, scaling_.unit);
  for (size_t j = 0; j < x_.size(); ++j)
    x_[j] = static_cast<float>(x_[j] * scale - scaling_.mean[j]);
  const double norm = std::sqrt(dot_f64(x_, x_));
  rotation_.apply(x_);

  float largest = 0;
  for (const float value : x_) largest = std::max(largest, std::abs(value));
  if (largest < kNegligible) largest = 0;
  row_.step = largest / 127;
  const float inverse = largest > 0 ? 127 / largest : 0;
  std::ranges::fill(row_.upper, 0);
  std::ranges::fill(row_.lower, 0);
  double coarse = 0, fine = 0;
  for (size_t j = 0; j < x_.size(); ++j) {
    const int code = std::clamp(static_cast<int>(x_[j] * inverse + 128.5f), 0, 255);
    const int upper = code >> 4, lower = code & 15;
    row_.upper[j / 8] |= static_cast<uint32_t>(upper) << (4 * (j % 8));
    row_.lower[j / 8] |= static_cast<uint32_t>(lower) << (4 * (j % 8));
    const double coarse_value = double{row_.step} * (16 * (upper - 8) + double{kLowerMiddle});
    const double fine_value = double{row_.step} * (16 * (upper - 8) + lower);
    coarse += (x_[j] - coarse_value) * (x_[j] - coarse_value);
    fine += (x_[j] - fine_value) * (x_[j] - fine_value);
  }
  row_.coarse_error = error_bound(coarse, norm);
  row_.fine_error = error_bound(fine, norm);
  row_.norm = static_cast<float>(norm);
  return row_;
}

}  // namespace imagemill
