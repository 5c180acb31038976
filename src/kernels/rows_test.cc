// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// On every SIMD target of this CPU, bit for bit what the plain formulas give.
#include "kernels/rows.h"

#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/half.h"
#include "kernels/depth.h"
#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

class OnEveryTarget : public testing::Test {
 protected:
  template <typename F>
  void run(F check) {
    for (int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
      const int64_t target = left & -left;
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
      SCOPED_TRACE(hwy::TargetName(target));
      // Around the lane counts of every target, with something left over.
      for (const size_t n : {1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 33, 67}) check(n);
    }
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};
using Rows = OnEveryTarget;

std::vector<float> noise(size_t n, float low, float high, int seed) {
  std::vector<float> row(n);
  for (size_t i = 0; i < n; ++i)
    row[i] = low + (high - low) * static_cast<float>(noise_at(seed, static_cast<int>(i), 0));
  return row;
}

TEST_F(Rows, integers_load_as_shares_of_white) {
  run([](size_t n) {
    std::vector<uint8_t> in8(n);
    std::vector<uint16_t> in16(n);
    for (size_t i = 0; i < n; ++i) {
      in8[i] = static_cast<uint8_t>(255 - i * 3);
      in16[i] = static_cast<uint16_t>(65535 - i * 977);
    }
    std::vector<float> out8(n), out16(n), frac8(n);
    load_row_f32(in8.data(), SampleType::kU8, out8.data(), n);
    load_row_f32(in16.data(), SampleType::kU16, out16.data(), n);
    load_row_frac8(in16.data(), frac8.data(), n);
    for (size_t i = 0; i < n; ++i) {
      ASSERT_EQ(out8[i], static_cast<float>(in8[i]) / 255.0f);
      ASSERT_EQ(out16[i], static_cast<float>(in16[i]) / 65535.0f);
      ASSERT_EQ(frac8[i], static_cast<float>(in16[i]) / 65280.0f);
    }
  });
}

TEST_F(Rows, floats_store_rounded_and_clamped) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  run([=](size_t n) {
    std::vector<float> in = noise(n, -0.5f, 1.5f, 1);
    const float special[] = {kNan, kInf, -kInf, 0.5f / 255, -0.0f, 1e30f};
    for (size_t i = 0; i < std::min(n, std::size(special)); ++i) in[i] = special[i];
    std::vector<uint8_t> out8(n + 1, 77);
    std::vector<uint16_t> out16(n + 1, 77);
    store_row_f32(in.data(), SampleType::kU8, out8.data(), n);
    store_row_f32(in.data(), SampleType::kU16, out16.data(), n);
    for (size_t i = 0; i < n; ++i) {
      const float v = std::isnan(in[i]) ? 0.0f : std::clamp(in[i], 0.0f, 1.0f);
      ASSERT_EQ(out8[i], static_cast<uint8_t>(v * 255.0f + 0.5f)) << in[i];
      ASSERT_EQ(out16[i], static_cast<uint16_t>(v * 65535.0f + 0.5f)) << in[i];
    }
    EXPECT_EQ(out8[n], 77);  // nothing past the end
    EXPECT_EQ(out16[n], 77);
  });
}

TEST_F(Rows, every_integer_survives_a_round_trip) {
  std::vector<uint16_t> all(65536), back(65536);
  std::iota(all.begin(), all.end(), uint16_t{0});
  std::vector<float> floats(65536);
  load_row_f32(all.data(), SampleType::kU16, floats.data(), all.size());
  store_row_f32(floats.data(), SampleType::kU16, back.data(), all.size());
  EXPECT_EQ(back, all);
}

TEST_F(Rows, alpha_weights_and_unweights) {
  run([](size_t n) {
    const std::vector<float> in = noise(n, 0, 1, 1);
    std::vector<float> alpha = noise(n, 0, 1, 2);
    alpha[0] = 0;
    std::vector<float> row = in;
    premultiply_row(row.data(), alpha.data(), 0.5f, n);
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(row[i], (in[i] - 0.5f) * alpha[i]);
    std::vector<float> back = row;
    unpremultiply_row(back.data(), alpha.data(), 0.5f, n);
    for (size_t i = 0; i < n; ++i)
      ASSERT_EQ(back[i], alpha[i] > 0.5f / 65535 ? row[i] / alpha[i] + 0.5f : 0.5f);
  });
}

TEST_F(Rows, matrices_follow_their_definition_and_invert_each_other) {
  run([](size_t n) {
    const std::vector<float> r = noise(n, 0, 1, 1), g = noise(n, 0, 1, 2), b = noise(n, 0, 1, 3);
    std::vector<float> y = r, cb = g, cr = b;
    rgb_to_ycbcr_rows(y.data(), cb.data(), cr.data(), 0.299f, 0.114f, n);
    for (size_t i = 0; i < n; ++i) {
      ASSERT_NEAR(y[i], 0.299 * r[i] + 0.587 * g[i] + 0.114 * b[i], 1e-6);
      ASSERT_NEAR(cb[i], (b[i] - y[i]) / 1.772, 1e-6);
      ASSERT_NEAR(cr[i], (r[i] - y[i]) / 1.402, 1e-6);
    }
    ycbcr_to_rgb_rows(y.data(), cb.data(), cr.data(), 0.299f, 0.114f, 0.0f, n);
    for (size_t i = 0; i < n; ++i) {
      ASSERT_NEAR(y[i], r[i], 1e-6);
      ASSERT_NEAR(cb[i], g[i], 1e-6);
      ASSERT_NEAR(cr[i], b[i], 1e-6);
    }
  });
}

TEST_F(Rows, targets_agree_to_the_last_bit) {
  const size_t n = 67;
  std::vector<std::vector<float>> results;
  run([&](size_t at) {
    if (at != n) return;
    std::vector<float> y = noise(n, 0, 1, 1), cb = noise(n, 0, 1, 2), cr = noise(n, 0, 1, 3);
    ycbcr_to_rgb_rows(y.data(), cb.data(), cr.data(), 0.299f, 0.114f, 128.0f / 255, n);
    rgb_to_ycbcr_rows(cb.data(), y.data(), cr.data(), 0.2126f, 0.0722f, n);
    y.insert(y.end(), cb.begin(), cb.end());
    y.insert(y.end(), cr.begin(), cr.end());
    results.push_back(y);
  });
  for (const auto& result : results) EXPECT_EQ(result, results.front());
}

TEST(Rows8, frac8_stores_rounded_and_limited_to_white) {
  const std::vector<uint16_t> in = {0, 127, 128, 255 * 256, 255 * 256 + 1, 65535, 12345};
  std::vector<uint8_t> out8(in.size());
  std::vector<uint16_t> out16(in.size());
  std::vector<float> out32(in.size());
  store_row_frac8(in.data(), SampleType::kU8, out8.data(), in.size());
  store_row_frac8(in.data(), SampleType::kU16, out16.data(), in.size());
  store_row_frac8(in.data(), SampleType::kF32, out32.data(), in.size());
  for (size_t i = 0; i < in.size(); ++i) {
    const double v = std::min(in[i] / 65280.0, 1.0);
    EXPECT_EQ(out8[i], std::floor(v * 255 + 0.5));
    EXPECT_EQ(out16[i], std::floor(v * 65535 + 0.5));
    EXPECT_NEAR(out32[i], v, 1e-7);
  }
}

TEST(Half, every_half_survives_a_round_trip) {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    const float value = half_to_float(static_cast<uint16_t>(h));
    if (std::isnan(value)) continue;
    ASSERT_EQ(float_to_half(value), h);
  }
  EXPECT_EQ(half_to_float(0x3c00), 1.0f);
  EXPECT_EQ(half_to_float(0x0001), 0x1p-24f);
  EXPECT_EQ(float_to_half(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_half(0x1p-25f), 0x0000);         // a tie goes to even
  EXPECT_EQ(float_to_half(1.0f + 0x1p-11f), 0x3c00);  // so does this
  EXPECT_EQ(float_to_half(1.0f + 0x3p-11f), 0x3c02);
  EXPECT_TRUE(std::isnan(half_to_float(float_to_half(std::nanf("")))));
}

TEST(Depth, eight_to_sixteen_bits_and_back_is_exact) {
  const Image src =
      make_image(256, 1, PixelFormat::gray(), [](int, int x, int) { return x / 255.0; });
  ASSERT_OK_AND_ASSIGN(const Image wide, convert_depth(src, SampleType::kU16));
  for (int x = 0; x < 256; ++x) EXPECT_EQ(wide.plane(0).row<uint16_t>(0)[x], x * 257);
  for (const SampleType type : {SampleType::kU16, SampleType::kF16, SampleType::kF32}) {
    ASSERT_OK_AND_ASSIGN(const Image other, convert_depth(src, type));
    ASSERT_OK_AND_ASSIGN(const Image back, convert_depth(other, SampleType::kU8));
    EXPECT_EQ(max_difference(back, src), 0);
  }
}

TEST(Depth, sixteen_to_eight_bits_rounds_to_nearest) {
  const Image src = make_image(4096, 16, PixelFormat::gray(SampleType::kU16),
                               [](int, int x, int y) { return (x * 16 + y) / 65535.0; });
  ASSERT_OK_AND_ASSIGN(const Image out, convert_depth(src, SampleType::kU8));
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 4096; ++x)
      ASSERT_EQ(out.plane(0).row<uint8_t>(y)[x], ((x * 16 + y) * 2 + 257) / 514);
}

TEST(Depth, chroma_without_colour_stays_so) {
  const Image src = make_image(5, 3, ycbcr(SampleType::kU8, 1, 1),
                               [](int c, int, int) { return c == 0 ? 0.25 : 128 / 255.0; });
  ASSERT_OK_AND_ASSIGN(const Image wide, convert_depth(src, SampleType::kU16));
  EXPECT_EQ(wide.plane(1).row<uint16_t>(1)[2], 32768);
  ASSERT_OK_AND_ASSIGN(const Image floats, convert_depth(wide, SampleType::kF32));
  EXPECT_NEAR(floats.plane(2).row<float>(0)[0], 0.5, 1e-7);
  ASSERT_OK_AND_ASSIGN(const Image same, convert_depth(src, SampleType::kU8));
  EXPECT_EQ(same.plane(0).data, src.plane(0).data);
}

}  // namespace
}  // namespace imagemill
