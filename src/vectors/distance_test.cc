// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "vectors/distance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/half.h"
#include "vectors/every_target.h"
#include "vectors/vector_view.h"

namespace imagemill {
namespace {

constexpr size_t kLengths[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65, 100, 512, 1000};

std::vector<float> random_row(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(size);
  for (float& value : out) value = normal(random);
  return out;
}

TEST(Distance, equals_the_reference_on_every_target_and_length) {
  on_every_target([] {
    for (const size_t n : kLengths) {
      const auto a = random_row(n, 1), b = random_row(n, 2);
      const double size = static_cast<double>(n) + 1;
      EXPECT_NEAR(dot(a, b), dot_ref(a, b), 1e-6 * size) << n;
      EXPECT_NEAR(squared_l2(a, b), squared_l2_ref(a, b), 2e-6 * size) << n;
    }
  });
}

TEST(Distance, reads_float16) {
  on_every_target([] {
    for (const size_t n : kLengths) {
      const auto a = random_row(n, 1);
      auto b = random_row(n, 2);
      std::vector<uint16_t> half(n);
      for (size_t i = 0; i < n; ++i) {
        half[i] = float_to_half(b[i]);
        b[i] = half_to_float(half[i]);
      }
      const double size = static_cast<double>(n) + 1;
      EXPECT_NEAR(dot(a, half), dot_ref(a, b), 1e-6 * size) << n;
      EXPECT_NEAR(squared_l2(a, half), squared_l2_ref(a, b), 2e-6 * size) << n;
    }
  });
}

TEST(Distance, bytes_are_exact) {
  on_every_target([] {
    std::mt19937 random(3);
    for (const size_t n : kLengths) {
      std::vector<int8_t> a(n), b(n);
      for (auto& value : a) value = static_cast<int8_t>(random());
      for (auto& value : b) value = static_cast<int8_t>(random());
      EXPECT_EQ(dot(a, b), dot_ref(a, b)) << n;
    }
    const std::vector<int8_t> lowest(kMaxVectorDims, -128);
    EXPECT_EQ(dot(lowest, lowest), 128 * 128 * static_cast<int64_t>(kMaxVectorDims));
  });
}

TEST(Distance, doubles_agree_with_the_reference) {
  for (const size_t n : kLengths) {
    const auto a = random_row(n, 4), b = random_row(n, 5);
    EXPECT_NEAR(dot_f64(a, b), dot_ref(a, b), 1e-13 * static_cast<double>(n + 1)) << n;
    EXPECT_NEAR(squared_l2_f64(a, b), squared_l2_ref(a, b), 1e-13 * static_cast<double>(n + 1));
  }
  const std::vector<float> largest(3, 3e38f);
  EXPECT_TRUE(std::isfinite(dot_f64(largest, largest)));
}

TEST(Cosine, does_not_depend_on_lengths_and_is_0_with_zeroes) {
  EXPECT_NEAR(cosine_f64(std::vector<float>{3, 0}, std::vector<float>{5, 5}), std::sqrt(0.5),
              1e-12);
  EXPECT_NEAR(cosine_f64(std::vector<float>{1, 2}, std::vector<float>{-2, -4}), -1, 1e-12);
  EXPECT_EQ(cosine_f64(std::vector<float>{0, 0}, std::vector<float>{1, 2}), 0);
}

TEST(Normalize, gives_length_one_and_leaves_zeroes) {
  std::vector<float> x = random_row(100, 6);
  const double length = normalize(x, x);
  EXPECT_NEAR(length, 10, 3);
  EXPECT_NEAR(dot_f64(x, x), 1, 1e-6);
  std::vector<float> zeroes(5);
  EXPECT_EQ(normalize(zeroes, zeroes), 0);
  EXPECT_EQ(zeroes, std::vector<float>(5));
  std::vector<float> tiny(4, 1e-40f);
  normalize(tiny, tiny);
  EXPECT_NEAR(tiny[0], 0.5, 1e-6);
}

}  // namespace
}  // namespace imagemill
