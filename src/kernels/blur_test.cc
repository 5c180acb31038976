// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/blur.h"

#include <cmath>

#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

TEST(Blur, is_what_sums_over_windows_give) {
  for (const Size size : {Size{1, 1}, {7, 1}, {1, 7}, {20, 31}})
    for (const double sigma : {0.0, 0.5, 1.4, 6.0, 40.0}) {
      const Image src = noise_image(size.width, size.height, PixelFormat::gray());
      ASSERT_OK_AND_ASSIGN(const Image fast, blur(src, sigma));
      const Image slow = Image::allocate(size.width, size.height, PixelFormat::gray()).value();
      blur_ref(src.plane(0), sigma, slow.plane(0));
      EXPECT_LE(max_difference(fast, slow), 1.01 / 255) << size.width << " " << sigma;
    }
}

// A point becomes a spot of the Gaussian's width.
TEST(Blur, spreads_a_point_as_a_gaussian_does) {
  constexpr int kSide = 81, kMiddle = 40;
  for (const double sigma : {2.0, 4.0}) {
    const Image src = make_image(kSide, kSide, PixelFormat::gray(), [](int, int x, int y) {
      return std::abs(x - kMiddle) < 12 && std::abs(y - kMiddle) < 12 ? 1 : 0;
    });
    ASSERT_OK_AND_ASSIGN(const Image blurred, blur(src, sigma));
    const uint8_t* const row = blurred.plane(0).row<uint8_t>(kMiddle);
    for (int x = 20; x < 61; ++x) {
      const double edge = 11.5 * 2;
      const double expected = 0.5 * (std::erf((x - kMiddle + edge / 2) / sigma / std::sqrt(2)) -
                                     std::erf((x - kMiddle - edge / 2) / sigma / std::sqrt(2)));
      EXPECT_NEAR(row[x] / 255.0, expected, 0.025) << sigma << " " << x;
    }
  }
}

TEST(Blur, leaves_flat_pictures_and_size_alone_and_blurs_every_plane) {
  const Image flat = make_image(9, 5, ycbcr(SampleType::kU8, 1, 1),
                                [](int c, int, int) { return c == 0 ? 0.8 : 0.2; });
  EXPECT_EQ(max_difference(blur(flat, 3).value(), flat), 0);
  const Image noise = noise_image(32, 32, PixelFormat::rgb());
  const Image soft = blur(noise, 2).value();
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(soft.plane(c).row<uint8_t>(16)[16], 127, 40);
}

TEST(Blur, refuses_what_it_cannot_do) {
  EXPECT_THAT(blur(noise_image(4, 4, PixelFormat::rgb(SampleType::kU16)), 1),
              FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(blur(noise_image(4, 4, PixelFormat::rgb()), std::nan("")),
              FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
