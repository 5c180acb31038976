// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/luma_signature.h"

#include "kernels/orient.h"
#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

// Smooth noise that depends on the seed, `cells` values to a side.
Image scene(int width, int height, int seed, double gain = 1, double lift = 0) {
  constexpr int kCells = 9;
  return make_image(width, height, PixelFormat::gray(), [=](int, int x, int y) {
    const double u = (x + 0.5) / width * kCells, v = (y + 0.5) / height * kCells;
    const int i = static_cast<int>(u), j = static_cast<int>(v);
    const auto at = [&](int a, int b) { return noise_at(seed, a, b); };
    const double fu = u - i, fv = v - j;
    const double value = (at(i, j) * (1 - fu) + at(i + 1, j) * fu) * (1 - fv) +
                         (at(i, j + 1) * (1 - fu) + at(i + 1, j + 1) * fu) * fv;
    return std::clamp(lift + gain * (0.1 + 0.8 * value), 0.0, 1.0);
  });
}

LumaSignature signature_of(const Image& image) {
  Resizer resizer;
  return luma_signature(resizer, image).value();
}

TEST(LumaSignature, copies_agree_and_others_do_not) {
  for (int seed = 1; seed < 6; ++seed) {
    const LumaSignature original = signature_of(scene(320, 240, seed));
    EXPECT_DOUBLE_EQ(signature_similarity(original, original), 1);
    for (const Image& copy :
         {scene(80, 60, seed), scene(333, 217, seed), scene(320, 240, seed, 0.6, 0.1)})
      EXPECT_GT(signature_similarity(original, signature_of(copy)), 0.9) << seed;
    EXPECT_LT(signature_similarity(original, signature_of(scene(320, 240, seed + 10))), 0.5);
  }
}

TEST(LumaSignature, turns_as_the_picture_does) {
  const Image image = scene(64, 64, 3);
  const LumaSignature signature = signature_of(image);
  for (int o = 1; o <= 8; ++o) {
    const auto orientation = static_cast<Orientation>(o);
    EXPECT_EQ(oriented_signature(signature, orientation),
              signature_of(apply_orientation(image, orientation).value()))
        << o;
  }
}

TEST(LumaSignature, smooth_changes_alone_say_nothing) {
  const auto ramp = [](double slope) {
    return signature_of(make_image(200, 200, PixelFormat::gray(), [slope](int, int x, int y) {
      return 0.5 + slope * (x + y) / 400.0;
    }));
  };
  EXPECT_EQ(signature_similarity(ramp(0), ramp(0)), 0);
  EXPECT_EQ(signature_similarity(ramp(0.05), ramp(0.06)), 0);
}

TEST(LumaSignature, alpha_is_refused) {
  Resizer resizer;
  const Image image =
      make_image(8, 8, PixelFormat::rgb(SampleType::kU8, true), [](int, int, int) { return 0.5; });
  EXPECT_THAT(luma_signature(resizer, image), FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
