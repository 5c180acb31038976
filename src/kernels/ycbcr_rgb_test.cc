// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/ycbcr_rgb.h"

#include "kernels/resize.h"
#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using enum SampleType;

Image converted(const Image& src, PixelFormat format) {
  Resizer resizer;
  ResizeTarget target;
  target.width = src.width();
  target.height = src.height();
  target.format = format;
  return resizer.resize(src, target, ResizeKernel::kLinear).value();
}

Image colours_8bit() {  // 18 steps a channel
  return make_image(18 * 18, 18, PixelFormat::rgb(), [](int c, int x, int y) {
    return (c == 0 ? x / 18 : c == 1 ? x % 18 : y) * 15 / 255.0;
  });
}

TEST(YcbcrRgb, jfif_formula_rounded_once) {
  const Image rgb = colours_8bit();
  const Image out = converted(rgb, ycbcr(kU8, 0, 0));
  for (int y = 0; y < rgb.height(); ++y)
    for (int x = 0; x < rgb.width(); ++x) {
      const double r = rgb.plane(0).row<uint8_t>(y)[x], g = rgb.plane(1).row<uint8_t>(y)[x],
                   b = rgb.plane(2).row<uint8_t>(y)[x];
      // 0.501: float arithmetic may fall on the other side of a tie.
      ASSERT_NEAR(out.plane(0).row<uint8_t>(y)[x], 0.299 * r + 0.587 * g + 0.114 * b, 0.501);
      ASSERT_NEAR(out.plane(1).row<uint8_t>(y)[x],
                  std::min(128 - 0.168735892 * r - 0.331264108 * g + 0.5 * b, 255.0), 0.501);
      ASSERT_NEAR(out.plane(2).row<uint8_t>(y)[x],
                  std::min(128 + 0.5 * r - 0.418687589 * g - 0.081312411 * b, 255.0), 0.501);
    }
}

TEST(YcbcrRgb, primaries_as_every_jpeg_has_them) {
  const double rgb[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  const int expected[3][3] = {{76, 85, 255}, {150, 44, 21}, {29, 255, 107}};
  for (int i = 0; i < 3; ++i) {
    const Image src =
        make_image(1, 1, PixelFormat::rgb(), [&](int c, int, int) { return rgb[i][c]; });
    const Image out = converted(src, ycbcr(kU8, 1, 1));
    for (int c = 0; c < 3; ++c) EXPECT_EQ(out.plane(c).row<uint8_t>(0)[0], expected[i][c]);
  }
}

TEST(YcbcrRgb, there_and_back_within_one_step) {
  for (const YCbCrMatrix matrix :
       {YCbCrMatrix::kBt601, YCbCrMatrix::kBt709, YCbCrMatrix::kBt2020}) {
    Image rgb = colours_8bit();
    rgb.color.matrix = matrix;
    const Image back8 = converted(converted(rgb, ycbcr(kU8, 0, 0)), PixelFormat::rgb());
    EXPECT_LE(max_difference(back8, rgb), 1.001 / 255);
    const Image back16 = converted(converted(rgb, ycbcr(kU16, 0, 0)), PixelFormat::rgb());
    EXPECT_EQ(max_difference(back16, rgb), 0);
    const Image back32 = converted(converted(rgb, ycbcr(kF32, 0, 0)), PixelFormat::rgb());
    EXPECT_EQ(max_difference(back32, rgb), 0);
  }
}

TEST(YcbcrRgb, grey_has_no_colour_in_any_depth) {
  for (const SampleType type : {kU8, kU16, kF32}) {
    const Image gray =
        make_image(256, 1, PixelFormat::rgb(type), [](int, int x, int) { return x / 255.0; });
    const Image out = converted(gray, ycbcr(type, 1, 0));
    const double zero = type == kU8 ? 128 / 255.0 : type == kU16 ? 32768 / 65535.0 : 0.5;
    for (int x = 0; x < 128; ++x) {
      ASSERT_NEAR(sample_at(out.plane(1), type, x, 0), zero, 1e-6);
      ASSERT_NEAR(sample_at(out.plane(2), type, x, 0), zero, 1e-6);
    }
    EXPECT_LE(max_difference(converted(out, PixelFormat::rgb(type)), gray), 1e-6);
  }
}

TEST(YcbcrRgb, colours_outside_the_cube_are_clamped_from_integers_only) {
  const Image strong =
      make_image(4, 1, ycbcr(kU8, 0, 0), [](int c, int x, int) { return c == 0 ? 0.9 : x % 2; });
  const Image clamped = converted(strong, PixelFormat::rgb(kF32));
  Image floats =
      make_image(4, 1, ycbcr(kF32, 0, 0), [](int c, int x, int) { return c == 0 ? 0.9 : x % 2; });
  const Image free = converted(floats, PixelFormat::rgb(kF32));
  EXPECT_EQ(clamped.plane(0).row<float>(0)[1], 1.0f);
  EXPECT_NEAR(free.plane(0).row<float>(0)[1], 0.9 + 1.402 * 0.5, 1e-6);
}

TEST(YcbcrRgb, chroma_is_the_mean_of_its_pixels_and_edges_repeat) {
  // Colour in the last column of an odd width: its chroma sample holds nothing else.
  const Image src = make_image(5, 3, PixelFormat::rgb(kF32),
                               [](int c, int x, int) { return x == 4 && c == 2 ? 1.0 : 0.0; });
  const Image out = converted(src, ycbcr(kF32, 1, 1));
  EXPECT_NEAR(out.plane(1).row<float>(1)[2], 1.0f, 1e-6);
  EXPECT_NEAR(out.plane(1).row<float>(1)[1], 0.5f, 1e-6);
}

}  // namespace
}  // namespace imagemill
