// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/similarity.h"

#include <cmath>

#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

Image wave(int width, int height, double amplitude, double phase = 0) {
  return make_image(width, height, PixelFormat::gray(), [=](int, int x, int y) {
    return 0.5 + amplitude * std::sin(0.4 * x + phase) * std::cos(0.3 * y);
  });
}

TEST(Ssim, is_what_the_definition_gives_window_by_window) {
  for (const Size size : {Size{1, 1}, {1, 9}, {9, 1}, {5, 4}, {11, 11}, {12, 30}, {40, 23}}) {
    const Image a = noise_image(size.width, size.height, PixelFormat::gray());
    const Image b = wave(size.width, size.height, 0.4);
    ASSERT_OK_AND_ASSIGN(const double fast, ssim(a, b));
    EXPECT_NEAR(fast, ssim_ref(a.plane(0), b.plane(0)), 1e-9) << size.width << "x" << size.height;
  }
}

TEST(Ssim, is_one_for_equal_lumas_and_symmetric) {
  const Image a = noise_image(33, 21, PixelFormat::gray());
  const Image b = wave(33, 21, 0.3);
  EXPECT_NEAR(ssim(a, a).value(), 1, 1e-12);
  EXPECT_NEAR(ssim(a, b).value(), ssim(b, a).value(), 1e-12);
}

// Of two flat pictures only the luminance term is left.
TEST(Ssim, compares_flat_pictures_by_their_means) {
  const auto flat = [](double value) {
    return make_image(20, 15, PixelFormat::gray(), [=](int, int, int) { return value; });
  };
  const double a = 51, b = 102, c1 = 2.55 * 2.55;
  EXPECT_NEAR(ssim(flat(a / 255), flat(b / 255)).value(), (2 * a * b + c1) / (a * a + b * b + c1),
              1e-9);
}

TEST(Ssim, falls_with_what_is_lost_and_is_negative_for_an_inverted_picture) {
  const Image original = wave(64, 64, 0.4);
  const double weaker = ssim(original, wave(64, 64, 0.2)).value();
  const double moved = ssim(original, wave(64, 64, 0.4, 1)).value();
  EXPECT_LT(weaker, 0.95);
  EXPECT_LT(moved, weaker);
  EXPECT_LT(ssim(original, wave(64, 64, -0.4)).value(), -0.5);
}

TEST(Psnr, is_that_of_a_known_difference) {
  const Image a =
      make_image(10, 10, PixelFormat::gray(), [](int, int, int) { return 100 / 255.0; });
  const Image b = make_image(10, 10, PixelFormat::gray(), [](int, int x, int) {
    return (x % 2 == 0 ? 100 : 110) / 255.0;  // mean square 50
  });
  EXPECT_NEAR(psnr(a, b).value(), 10 * std::log10(255.0 * 255 / 50), 1e-9);
  EXPECT_TRUE(std::isinf(psnr(a, a).value()));
}

TEST(Similarity, refuses_what_it_cannot_compare) {
  const Image a = wave(8, 8, 0.1);
  EXPECT_THAT(ssim(a, wave(8, 9, 0.1)), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(psnr(a, noise_image(8, 8, PixelFormat::rgb())), FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
