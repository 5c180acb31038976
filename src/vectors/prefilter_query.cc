// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "vectors/prefilter_scan.h"

namespace imagemill {
namespace {

// Rotation of row and query, and the arithmetic of a bound: each at most 1e-5 of |query| |row|.
constexpr double kRoundingSlack = 2e-5;
// The rounding of |row|^2 / 2.
constexpr double kSquareSlack = 1e-6;

// Sums of |query| * 15 over all dimensions stay within 31 bits.
int32_t largest_query_value(size_t dims) {
  return static_cast<int32_t>(std::min<size_t>(32'767, 0x7fffffff / (16 * dims)));
}

int16_t at_or_zero(std::span<const int16_t> values, size_t i) {
  return i < values.size() ? values[i] : int16_t{0};
}

}  // namespace

PrefilterQuery::PrefilterQuery(const Prefilter& prefilter, std::span<const float> query) {
  const bool is_l2 = prefilter.key().metric == Metric::kL2;
  std::vector<double> centred(query.begin(), query.end());
  if (is_l2)
    for (size_t i = 0; i < centred.size(); ++i)
      centred[i] = centred[i] * prefilter.unit() - prefilter.mean()[i];
  double length = 0;
  for (const double value : centred) length += value * value;
  length = std::sqrt(length);
  std::vector<float> rotated(query.size());
  for (size_t i = 0; i < rotated.size(); ++i)
    rotated[i] = static_cast<float>(length > 0 ? centred[i] / length : 0);
  prefilter.rotation().apply(rotated);

  float largest = 0;
  for (const float value : rotated) largest = std::max(largest, std::abs(value));
  const double step = largest > 0 ? double{largest} / largest_query_value(query.size()) : 1;
  std::vector<int16_t> values(query.size());
  int64_t sum = 0;
  double squared_error = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int16_t>(std::lround(rotated[i] / step));
    sum += values[i];
    squared_error += (rotated[i] - step * values[i]) * (rotated[i] - step * values[i]);
  }
  const size_t words = prefilter.words();
  pairs_.resize(4 * words);
  for (size_t p = 0; p < 4; ++p)
    for (size_t w = 0; w < words; ++w) {
      const auto low = static_cast<uint16_t>(at_or_zero(values, 8 * w + p));
      const auto high = static_cast<uint16_t>(at_or_zero(values, 8 * w + 4 + p));
      pairs_[p * words + w] = static_cast<int32_t>(low | uint32_t{high} << 16);
    }

  // rank = alpha * (unit query . row) - beta * |row|^2 / 2, the larger of the weights being 1.
  const double alpha = is_l2 ? length / std::max(1.0, length) : 1;
  const double beta = is_l2 ? 1 / std::max(1.0, length) : 0;
  const double own_error = std::sqrt(squared_error) * (1 + 1e-6) + kRoundingSlack;
  weights_.scale = static_cast<float>(alpha * step * 16);
  weights_.offset = static_cast<float>(alpha * step * 7.5 * static_cast<double>(sum));
  weights_.error = static_cast<float>(alpha * (1 + own_error));
  weights_.norm = static_cast<float>(alpha * own_error);
  weights_.square = static_cast<float>(beta * (0.5 - kSquareSlack));
  weights_.lower_square = static_cast<float>(beta * (0.5 + kSquareSlack));
  // Scores are sums of as many terms as there are dimensions.
  const double score_error = static_cast<double>(query.size() + 8) * 0x1p-52;
  weights_.constant = static_cast<float>(score_error * (is_l2 ? beta * length * length : 1));
  weights_.bias = static_cast<int32_t>(-8 * sum);
}

}  // namespace imagemill
