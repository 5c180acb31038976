// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/features.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/half.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

Tensor tensor(Shape shape, std::vector<float> values) {
  auto owner = std::make_shared<std::vector<float>>(std::move(values));
  return {.type = ElementType::kF32,
          .shape = std::move(shape),
          .bytes = std::as_bytes(std::span(*owner)),
          .owner = owner};
}

Tensor half_tensor(Shape shape, const std::vector<float>& values) {
  auto owner = std::make_shared<std::vector<uint16_t>>();
  for (const float value : values) owner->push_back(float_to_half(value));
  return {.type = ElementType::kF16,
          .shape = std::move(shape),
          .bytes = std::as_bytes(std::span(*owner)),
          .owner = owner};
}

TEST(Features, float16_counts_as_float32) {
  EXPECT_THAT(read_features(half_tensor({3}, {1, -2.5, 4}), {}).value(), ElementsAre(1, -2.5, 4));
  EXPECT_THAT(
      read_features(half_tensor({2, 2}, {1, 10, 2, 20}), {.pooling = TokenPooling::kMean}).value(),
      ElementsAre(1.5, 15));
  EXPECT_THAT(read_scores(half_tensor({2}, {0.25, 0.75}), {}).value(), ElementsAre(0.25, 0.75));
  EXPECT_THAT(read_features(half_tensor({1}, {1e9f}), {}), FailsWith(Code::kCorruptInput));
  Tensor bytes = tensor({1}, {1});
  bytes.type = ElementType::kI32;
  EXPECT_THAT(read_features(bytes, {}), FailsWith(Code::kUnsupported, testing::HasSubstr("int32")));
}

TEST(Features, a_vector_is_taken_as_it_is) {
  EXPECT_THAT(read_features(tensor({3}, {1, -2, 4}), {}).value(), ElementsAre(1, -2, 4));
  EXPECT_THAT(read_features(tensor({3, 1, 1}, {1, -2, 4}), {}).value(), ElementsAre(1, -2, 4));
}

TEST(Features, are_scaled_to_length_one_where_that_is_asked) {
  EXPECT_THAT(read_features(tensor({2}, {3, -4}), {.normalize = true}).value(),
              ElementsAre(FloatNear(0.6f, 1e-6f), FloatNear(-0.8f, 1e-6f)));
  EXPECT_THAT(read_features(tensor({2}, {0, 0}), {.normalize = true}),
              FailsWith(Code::kCorruptInput));
}

TEST(Features, tokens_are_pooled_as_the_manifest_says) {
  const Tensor tokens = tensor({3, 2}, {1, 10, 2, 20, 6, 60});
  EXPECT_THAT(read_features(tokens, {.pooling = TokenPooling::kFirst}).value(), ElementsAre(1, 10));
  EXPECT_THAT(read_features(tokens, {.pooling = TokenPooling::kMean}).value(), ElementsAre(3, 30));
  EXPECT_THAT(read_features(tokens, {}), FailsWith(Code::kUnsupported, testing::HasSubstr("3x2")));
}

TEST(Features, what_is_no_number_is_an_error) {
  EXPECT_THAT(read_features(tensor({2}, {1, std::nanf("")}), {}), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(read_scores(tensor({2}, {INFINITY, 1}), {}), FailsWith(Code::kCorruptInput));
}

TEST(Scores, become_probabilities_where_they_are_not) {
  EXPECT_THAT(read_scores(tensor({2}, {0.25f, 0.75f}), {}).value(), ElementsAre(0.25f, 0.75f));
  // Large ones must not overflow on the way.
  EXPECT_THAT(read_scores(tensor({2}, {1000, 1000}), {.softmax = true}).value(),
              ElementsAre(0.5f, 0.5f));
}

TEST(Scores, the_best_come_first_and_ties_keep_their_order) {
  const std::vector<float> scores = {0.1f, 0.7f, 0.1f, 0.7f};
  EXPECT_THAT(top_scores(scores, 3), ElementsAre(1, 3, 0));
  EXPECT_THAT(top_scores(scores, 10), ElementsAre(1, 3, 0, 2));
  EXPECT_TRUE(top_scores(scores, 0).empty());
}

}  // namespace
}  // namespace imagemill
