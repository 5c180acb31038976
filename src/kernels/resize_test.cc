// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/resize.h"

#include <thread>

#include "kernels/resize_ref.h"
#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using enum SampleType;
constexpr ResizeKernel kKernels[] = {ResizeKernel::kLanczos3, ResizeKernel::kCubic,
                                     ResizeKernel::kLinear, ResizeKernel::kNearest};

struct Case {
  int from_w, from_h, to_w, to_h;
};

ResizeTarget target(int width, int height, PixelFormat format) {
  ResizeTarget t;
  t.width = width;
  t.height = height;
  t.format = format;
  return t;
}

// The worst difference to the reference over kernels and shapes, in units of white.
double worst(PixelFormat from, PixelFormat to, double low, double high) {
  static constexpr Case kCases[] = {{1, 1, 1, 1},     {1, 1, 7, 5},    {1, 9, 3, 2},
                                    {9, 1, 2, 3},     {2, 2, 1, 1},    {31, 33, 16, 15},
                                    {64, 48, 63, 49}, {65, 47, 20, 9}, {13, 11, 40, 37},
                                    {17, 16, 17, 16}, {90, 7, 3, 7}};
  Resizer resizer;
  double largest = 0;
  for (const Case& c : kCases) {
    const Image src = noise_image(c.from_w, c.from_h, from, low, high);
    for (const ResizeKernel kernel : kKernels) {
      const auto t = target(c.to_w, c.to_h, to);
      const auto out = resizer.resize(src, t, kernel);
      const auto expected = resize_ref(src, t, kernel);
      EXPECT_THAT(out, IsOk());
      if (!out || !expected) return 3;
      const double difference = max_difference(*out, *expected);
      largest = std::max(largest, difference);
      if (difference > 1.5 / 255)
        ADD_FAILURE() << to_string(from) << " to " << to_string(to) << ", " << c.from_w << "x"
                      << c.from_h << " to " << c.to_w << "x" << c.to_h << ", kernel "
                      << static_cast<int>(kernel) << ": " << difference * 255;
    }
  }
  return largest;
}

// Noise between a quarter and three quarters: no kernel overshoots the range.
double worst_inside(PixelFormat from, PixelFormat to) { return worst(from, to, 0.25, 0.75); }

constexpr double kStep8 = 1.0001 / 255;
constexpr double kStep16 = 1.0001 / 65535;

TEST(Resize, eight_bits_within_one_step_of_the_reference) {
  EXPECT_LE(worst_inside(PixelFormat::gray(), PixelFormat::gray()), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::rgb()), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::gray()), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::gray(), PixelFormat::rgb()), kStep8);
  EXPECT_LE(worst_inside(ycbcr(kU8, 0, 0), PixelFormat::gray()), kStep8);
  EXPECT_LE(worst_inside({kU8, ColorModel::kCmyk}, {kU8, ColorModel::kCmyk}), kStep8);
}

TEST(Resize, every_subsampling_to_every_other_within_one_step) {
  for (const int from : {0, 1, 3, 2})
    for (const int to : {0, 1, 3})
      EXPECT_LE(
          worst_inside(ycbcr(kU8, from & 1 ? 1 : from, from >> 1), ycbcr(kU8, to & 1, to >> 1)),
          kStep8)
          << from << " to " << to;
  EXPECT_LE(worst_inside(ycbcr(kU8, 2, 0), ycbcr(kU8, 1, 1)), kStep8);
}

TEST(Resize, colour_conversions_within_one_step) {
  EXPECT_LE(worst_inside(ycbcr(kU8, 1, 1), PixelFormat::rgb()), 1.0001 / 255);
  EXPECT_LE(worst_inside(ycbcr(kU8, 0, 0), PixelFormat::rgb(kF32)), 0.1 / 255);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), ycbcr(kU8, 1, 1)), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), ycbcr(kU8, 1, 0)), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::gray(), ycbcr(kU8, 1, 1)), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kU16), ycbcr(kU16, 1, 1)), 2 * kStep16);
}

TEST(Resize, depth_changes_keep_the_precision_of_the_target) {
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::rgb(kF32)), 0.05 / 255);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::rgb(kU16)), 0.05 / 255);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kU16), PixelFormat::rgb(kU16)), kStep16);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kU16), PixelFormat::rgb()), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kU16), PixelFormat::rgb(kF32)), 1e-6);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kF32), PixelFormat::rgb(kF32)), 1e-6);
  EXPECT_LE(worst_inside(PixelFormat::rgb(kF16), PixelFormat::rgb(kF16)), 0.0005);
  EXPECT_LE(worst_inside(ycbcr(kU8, 1, 1), ycbcr(kU16, 0, 0)), 0.05 / 255);
  EXPECT_LE(worst_inside(ycbcr(kU16, 1, 1), ycbcr(kU8, 1, 1)), kStep8);
}

TEST(Resize, alpha_weights_the_colours) {
  EXPECT_LE(worst(PixelFormat::rgb(kF32, true), PixelFormat::rgb(kF32, true), 0.25, 0.75), 2e-5);
  EXPECT_LE(worst(PixelFormat::rgb(kU8, true), PixelFormat::rgb(kU8, true), 0.25, 0.75), kStep8);
  EXPECT_LE(worst(PixelFormat::gray(kU16, true), PixelFormat::gray(kU16, true), 0.25, 0.75),
            2 * kStep16);
  EXPECT_LE(worst(ycbcr(kU8, 1, 1, true), ycbcr(kU8, 1, 1, true), 0.25, 0.75), kStep8);
  EXPECT_LE(worst(ycbcr(kU8, 1, 1, true), PixelFormat::rgb(kU8, true), 0.25, 0.75), kStep8);
  EXPECT_LE(worst_inside(PixelFormat::rgb(), PixelFormat::rgb(kU8, true)), kStep8);
}

}  // namespace
}  // namespace imagemill
