// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/alpha.h"

#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using enum SampleType;

TEST(Flatten, every_colour_on_every_alpha_is_rounded_exactly) {
  const Image src = make_image(256, 256, PixelFormat::gray(kU8, true),
                               [](int c, int x, int y) { return (c == 0 ? x : y) / 255.0; });
  for (const int background : {0, 114, 255}) {
    const float b = static_cast<float>(background) / 255.0f;
    ASSERT_OK_AND_ASSIGN(const Image out, flatten(src, {b, b, b}));
    EXPECT_FALSE(out.format().has_alpha);
    for (int a = 0; a < 256; ++a)
      for (int c = 0; c < 256; ++c) {
        const double exact = (c * a + background * (255 - a)) / 255.0;
        ASSERT_EQ(out.plane(0).row<uint8_t>(a)[c], std::floor(exact + 0.5));
      }
  }
}

TEST(Flatten, every_model_and_depth_against_the_formula) {
  const Fill fill{0.9f, 0.5f, 0.1f};
  const double luma = 0.299 * 0.9 + 0.587 * 0.5 + 0.114 * 0.1;
  for (const SampleType type : {kU8, kU16, kF16, kF32})
    for (const ColorModel model : {ColorModel::kGray, ColorModel::kRgb, ColorModel::kYCbCr}) {
      const PixelFormat format{type, model, true};
      const double zero = type == kU8 ? 128 / 255.0 : type == kU16 ? 32768 / 65535.0 : 0.5;
      const double yuv[] = {luma, (0.1 - luma) / 1.772 + zero, (0.9 - luma) / 1.402 + zero};
      const double rgb[] = {0.9, 0.5, 0.1};
      const Image src = noise_image(9, 5, format);
      ASSERT_OK_AND_ASSIGN(const Image out, flatten(src, fill));
      const double step = type == kU8 ? 1 / 255.0 : type == kU16 ? 1 / 65535.0 : 0;
      for (int c = 0; c < out.channels(); ++c)
        for (int y = 0; y < 5; ++y)
          for (int x = 0; x < 9; ++x) {
            const double a = sample_at(src.plane(src.channels() - 1), type, x, y);
            const double b = model == ColorModel::kRgb ? rgb[c] : yuv[c];
            const double expected = sample_at(src.plane(c), type, x, y) * a + b * (1 - a);
            // Half a step for the rounded background, half for the result.
            ASSERT_NEAR(sample_at(out.plane(c), type, x, y), expected,
                        step * 1.001 + (type == kF16 ? 1e-3 : 2e-7));
          }
    }
}

TEST(Flatten, subsampled_chroma_takes_the_mean_alpha) {
  // Opaque left pixel column, transparent right one, in every chroma sample.
  const Image src = make_image(6, 4, ycbcr(kF32, 1, 1, true),
                               [](int c, int x, int) { return c == 3 ? 1 - x % 2 : 0.8; });
  ASSERT_OK_AND_ASSIGN(const Image out, flatten(src, {0, 0, 0}));
  EXPECT_FLOAT_EQ(out.plane(0).row<float>(1)[2], 0.8f);
  EXPECT_FLOAT_EQ(out.plane(0).row<float>(1)[3], 0.0f);
  EXPECT_FLOAT_EQ(out.plane(1).row<float>(1)[1], 0.65f);  // half of 0.8, half of 0.5
}

TEST(Flatten, picture_without_alpha_is_shared_and_cmyk_refused) {
  const Image rgb = noise_image(3, 3, PixelFormat::rgb());
  ASSERT_OK_AND_ASSIGN(const Image out, flatten(rgb, {}));
  EXPECT_EQ(out.plane(0).data, rgb.plane(0).data);
  EXPECT_THAT(flatten(noise_image(3, 3, {kU8, ColorModel::kCmyk, true}), {}),
              FailsWith(Code::kUnsupported));
}

TEST(Embed, picture_stands_on_its_background) {
  for (const SampleType type : {kU8, kU16, kF16, kF32}) {
    const Image src = noise_image(3, 2, PixelFormat::rgb(type, true));
    ASSERT_OK_AND_ASSIGN(const Image out, embed(src, 6, 5, 2, 1, {1, 0, 1, 0.0f}));
    EXPECT_EQ(max_difference(out.crop(2, 1, 3, 2), src), 0);
    const double around[] = {1, 0, 1, 0};
    for (int c = 0; c < 4; ++c) {
      EXPECT_EQ(sample_at(out.plane(c), type, 1, 1), around[c]);
      EXPECT_EQ(sample_at(out.plane(c), type, 5, 2), around[c]);
      EXPECT_EQ(sample_at(out.plane(c), type, 3, 4), around[c]);
    }
  }
}

TEST(Embed, subsampled_picture_needs_whole_groups) {
  const Image src = noise_image(5, 3, ycbcr(kU8, 1, 1));
  ASSERT_OK_AND_ASSIGN(const Image out, embed(src, 9, 8, 2, 4, {0.5f, 0.5f, 0.5f}));
  EXPECT_EQ(max_difference(out.crop(2, 4, 5, 3), src), 0);
  EXPECT_EQ(out.plane(1).row<uint8_t>(0)[0], 128);
  EXPECT_THAT(embed(src, 9, 8, 1, 4, {}),
              FailsWith(Code::kInvalidArgument, testing::HasSubstr("subsampling")));
}

TEST(Embed, refuses_what_sticks_out) {
  const Image src = noise_image(5, 3, PixelFormat::gray());
  EXPECT_THAT(embed(src, 6, 3, 2, 0, {}), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(embed(src, 6, 3, -1, 0, {}), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(embed(src, 6, 3, INT32_MAX, 0, {}), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(embed(Image(), 6, 3, 0, 0, {}), FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
