// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The measures of one picture: histogram, sharpness, exposure, contrast, entropy, near-uniform.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "kernels/contrast.h"
#include "kernels/entropy.h"
#include "kernels/exposure.h"
#include "kernels/histogram.h"
#include "kernels/near_uniform.h"
#include "kernels/resize.h"
#include "kernels/sharpness.h"
#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

constexpr Size kSizes[] = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {15, 4}, {16, 3}, {17, 5}, {64, 48}};

Image flat(double value, PixelFormat format = PixelFormat::gray()) {
  return make_image(20, 10, format, [=](int, int, int) { return value; });
}

SampleHistogram luma(const Image& image) { return luma_histogram(image).value(); }

TEST(SampleHistogram, counts_mean_and_variance_as_a_plain_loop_has_them) {
  for (const Size size : kSizes) {
    const Image image = noise_image(size.width, size.height, PixelFormat::gray());
    std::vector<int> values;
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) values.push_back(image.plane(0).row<uint8_t>(y)[x]);
    const SampleHistogram h = luma(image);
    ASSERT_EQ(h.total, values.size());
    double mean = 0, variance = 0;
    for (const int v : values) mean += v / static_cast<double>(values.size());
    for (const int v : values)
      variance += (v - mean) * (v - mean) / static_cast<double>(values.size());
    EXPECT_NEAR(h.mean(), mean, 1e-9);
    EXPECT_NEAR(h.variance(), variance, 1e-6);
    for (int v = 0; v < 256; ++v)
      ASSERT_EQ(h.counts[static_cast<size_t>(v)],
                static_cast<uint64_t>(std::ranges::count(values, v)));
    std::ranges::sort(values);
    for (const double share : {0.0, 0.01, 0.5, 0.99, 1.0}) {
      const double rank = std::ceil(share * static_cast<double>(values.size()));
      EXPECT_EQ(h.percentile(share), values[static_cast<size_t>(std::max(rank - 1, 0.0))]);
    }
  }
}

TEST(SampleHistogram, only_of_luma_in_8_bits) {
  EXPECT_THAT(luma_histogram(noise_image(4, 4, ycbcr(SampleType::kU8, 1, 1))), IsOk());
  for (const PixelFormat format : {PixelFormat::rgb(), PixelFormat::gray(SampleType::kU16)})
    EXPECT_THAT(luma_histogram(noise_image(4, 4, format)), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(luma_histogram(Image()), FailsWith(Code::kInvalidArgument));
}

TEST(Sharpness, agrees_with_the_reference) {
  for (const Size size : kSizes) {
    const Image image = noise_image(size.width, size.height, PixelFormat::gray());
    ASSERT_OK_AND_ASSIGN(const double variance, laplacian_variance(image));
    const double expected = laplacian_variance_ref(image.plane(0));
    EXPECT_NEAR(variance, expected, 1e-9 * (1 + expected));
  }
}

TEST(Sharpness, ends_of_the_scale) {
  ASSERT_OK_AND_ASSIGN(const double none, laplacian_variance(flat(0.7)));
  EXPECT_EQ(none, 0);
  const Image chequers =
      make_image(16, 16, PixelFormat::gray(), [](int, int x, int y) { return (x + y) % 2; });
  ASSERT_OK_AND_ASSIGN(const double most, laplacian_variance(chequers));
  EXPECT_NEAR(most, 1020.0 * 1020.0, 1e-6);
  EXPECT_THAT(laplacian_variance(flat(0, PixelFormat::rgb())), FailsWith(Code::kInvalidArgument));
}

TEST(Sharpness, falls_when_a_picture_is_blurred) {
  Resizer resizer;
  const Image sharp = noise_image(64, 64, PixelFormat::gray());
  ResizeTarget target;
  target.format = PixelFormat::gray();
  target.width = target.height = 16;
  ASSERT_OK_AND_ASSIGN(const Image small, resizer.resize(sharp, target, ResizeKernel::kLinear));
  target.width = target.height = 64;
  ASSERT_OK_AND_ASSIGN(const Image blurred, resizer.resize(small, target, ResizeKernel::kLinear));
  EXPECT_LT(laplacian_variance(blurred).value() * 20, laplacian_variance(sharp).value());
}

TEST(Exposure, of_a_ramp_and_of_clipped_areas) {
  const Image ramp =
      make_image(256, 4, PixelFormat::gray(), [](int, int x, int) { return x / 255.0; });
  const Exposure e = exposure_of(luma(ramp));
  EXPECT_NEAR(e.mean, 0.5, 1e-9);
  EXPECT_NEAR(e.p1, 2 / 255.0, 1e-9);  // 3 of 256 values are the first to reach 1 %
  EXPECT_NEAR(e.p99, 253 / 255.0, 1e-9);
  EXPECT_NEAR(e.clipped_low, 3 / 256.0, 1e-9);
  EXPECT_NEAR(e.clipped_high, 3 / 256.0, 1e-9);

  const Image window =
      make_image(10, 10, PixelFormat::gray(), [](int, int x, int) { return x < 3 ? 1.0 : 0.2; });
  EXPECT_NEAR(exposure_of(luma(window)).clipped_high, 0.3, 1e-9);
  EXPECT_EQ(exposure_of(luma(window)).clipped_low, 0);
}

TEST(Contrast, from_none_to_half_black_half_white) {
  EXPECT_EQ(rms_contrast(luma(flat(0.3))), 0);
  const Image halves =
      make_image(8, 8, PixelFormat::gray(), [](int, int x, int) { return x < 4 ? 0.0 : 1.0; });
  EXPECT_NEAR(rms_contrast(luma(halves)), 0.5, 1e-9);
}

TEST(Entropy, in_bits) {
  EXPECT_EQ(entropy_bits(luma(flat(0.3))), 0);
  const Image ramp =
      make_image(256, 4, PixelFormat::gray(), [](int, int x, int) { return x / 255.0; });
  EXPECT_NEAR(entropy_bits(luma(ramp)), 8, 1e-9);
  const Image quarter =
      make_image(8, 8, PixelFormat::gray(), [](int, int x, int) { return x < 2 ? 0.0 : 1.0; });
  EXPECT_NEAR(entropy_bits(luma(quarter)), 0.811278, 1e-6);
}

TEST(NearUniform, blank_with_noise_but_not_with_content) {
  const Image blank = noise_image(64, 64, PixelFormat::rgb(), 0.50, 0.52);
  EXPECT_TRUE(is_near_uniform(blank).value());
  // A speck of 1 % does not make a picture.
  const Image speck = make_image(100, 100, PixelFormat::rgb(),
                                 [](int, int x, int y) { return x < 9 && y < 9 ? 1.0 : 0.2; });
  EXPECT_TRUE(is_near_uniform(speck).value());
  // Two colours of equal luma are content.
  const Image colours = make_image(64, 64, PixelFormat::rgb(), [](int c, int x, int) {
    return (x < 32) == (c == 0) ? 0.5 : 0.2;
  });
  EXPECT_FALSE(is_near_uniform(colours).value());
  EXPECT_NEAR(channel_spread(colours).value(), (128 - 51) / 255.0, 1e-9);
  EXPECT_THAT(is_near_uniform(noise_image(4, 4, PixelFormat::rgb(SampleType::kF32))),
              FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
