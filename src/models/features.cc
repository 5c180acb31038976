// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/features.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/half.h"

namespace imagemill {
namespace {

Result<> check_finite(std::span<const float> values) {
  const auto it = std::ranges::find_if(values, [](float v) { return !std::isfinite(v); });
  if (it == values.end()) return {};
  return fail(Code::kCorruptInput, "value {} of {} is {}, not a finite number", it - values.begin(),
              values.size(), *it);
}

Result<> normalize(std::vector<float>& values) {
  const double square = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
  if (!(square > 0)) return fail(Code::kCorruptInput, "all values are 0: there is no direction");
  const auto factor = static_cast<float>(1 / std::sqrt(square));
  for (float& value : values) value *= factor;
  return {};
}

}  // namespace

Result<std::vector<float>> numbers_of(const Tensor& tensor) {
  if (tensor.type == ElementType::kF32) {
    const std::span<const float> all = tensor.values<float>();
    return std::vector<float>(all.begin(), all.end());
  }
  if (tensor.type != ElementType::kF16)
    return fail(Code::kUnsupported, "an output of {}, expected float32 or float16",
                element_name(tensor.type));
  const std::span<const uint16_t> halves = tensor.values<uint16_t>();
  std::vector<float> values(halves.size());
  std::ranges::transform(halves, values.begin(), half_to_float);
  return values;
}

Result<std::vector<float>> read_features(const Tensor& row, const ModelOutputs& outputs) {
  Shape shape = row.shape;
  // Pooled maps come as values x 1 x 1.
  while (shape.size() > 1 && shape.back() == 1) shape.pop_back();
  IMAGEMILL_ASSIGN_OR_RETURN(std::vector<float> all, numbers_of(row));
  std::vector<float> values;
  if (shape.size() == 1) {
    values = std::move(all);
  } else if (shape.size() == 2 && outputs.pooling != TokenPooling::kNone && shape[0] > 0) {
    const auto tokens = static_cast<size_t>(shape[0]);
    const auto width = static_cast<size_t>(shape[1]);
    values.assign(all.begin(), all.begin() + static_cast<ptrdiff_t>(width));
    if (outputs.pooling == TokenPooling::kMean) {
      for (size_t i = 0; i < width; ++i) {
        double sum = 0;
        for (size_t t = 0; t < tokens; ++t) sum += all[t * width + i];
        values[i] = static_cast<float>(sum / static_cast<double>(tokens));
      }
    }
  } else {
    return fail(Code::kUnsupported,
                "features of shape {} for a picture: expected a vector, or tokens and a pooling",
                to_string(row.shape));
  }
  IMAGEMILL_TRY(check_finite(values));
  if (outputs.normalize) IMAGEMILL_TRY(normalize(values));
  return values;
}

Result<std::vector<float>> read_scores(const Tensor& row, const ModelOutputs& outputs) {
  IMAGEMILL_ASSIGN_OR_RETURN(std::vector<float> scores, numbers_of(row));
  IMAGEMILL_TRY(check_finite(scores));
  if (!outputs.softmax || scores.empty()) return scores;
  const float most = *std::ranges::max_element(scores);
  double sum = 0;
  for (float& score : scores) {
    score = std::exp(score - most);
    sum += score;
  }
  for (float& score : scores) score = static_cast<float>(score / sum);
  return scores;
}

std::vector<size_t> top_scores(std::span<const float> scores, size_t k) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  k = std::min(k, order.size());
  std::ranges::partial_sort(
      order, order.begin() + static_cast<ptrdiff_t>(k),
      [&](size_t a, size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  order.resize(k);
  return order;
}

}  // namespace imagemill
