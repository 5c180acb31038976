// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/phash.h"

#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

// Smooth blobs at places that depend on the seed: something like a scene.
Image scene(int width, int height, PixelFormat format, int seed, double gain = 1, double lift = 0) {
  return make_image(width, height, format, [=](int c, int x, int y) {
    const bool chroma = format.model == ColorModel::kYCbCr && c > 0;
    const double u = (x + 0.5) / (width >> (chroma ? format.chroma_shift_x : 0));
    const double v = (y + 0.5) / (height >> (chroma ? format.chroma_shift_y : 0));
    double sum = 0;
    for (int i = 0; i < 12; ++i) {
      const double dx = u - noise_at(seed, i, 1), dy = v - noise_at(seed, i, 2);
      const double size = 0.05 + 0.2 * noise_at(seed, i, 3);
      sum += (noise_at(seed, i, 4) - 0.4) * std::exp(-(dx * dx + dy * dy) / (size * size));
    }
    return chroma ? 0.5 : 0.4 + lift + gain * 0.4 * sum;
  });
}

TEST(Phash, is_what_its_definition_says) {
  Resizer resizer;
  for (int seed = 1; seed < 6; ++seed) {
    const Image gray = scene(32, 32, PixelFormat::gray(), seed);
    ASSERT_OK_AND_ASSIGN(const uint64_t hash, phash(resizer, gray));
    EXPECT_EQ(hash, phash_ref(gray));
    EXPECT_EQ(std::popcount(hash), 32);  // half above the median
  }
}

TEST(Phash, one_cosine_sets_its_own_bit) {
  Resizer resizer;
  for (const auto& [u, v] : {std::pair{1, 1}, {3, 2}, {8, 8}}) {
    const Image gray = make_image(32, 32, PixelFormat::gray(), [u = u, v = v](int, int x, int y) {
      constexpr double kPi = 3.14159265358979323846;
      return 0.5 +
             0.4 * std::cos(kPi * u * (2 * x + 1) / 64) * std::cos(kPi * v * (2 * y + 1) / 64);
    });
    ASSERT_OK_AND_ASSIGN(const uint64_t hash, phash(resizer, gray));
    EXPECT_TRUE(hash >> (63 - ((v - 1) * 8 + (u - 1))) & 1) << u << "," << v;
  }
}

TEST(Phash, same_scene_in_other_sizes_formats_and_exposures_is_near) {
  Resizer resizer;
  for (int seed = 1; seed < 6; ++seed) {
    const uint64_t p = phash(resizer, scene(320, 240, PixelFormat::gray(), seed)).value();
    const uint64_t d = dhash(resizer, scene(320, 240, PixelFormat::gray(), seed)).value();
    const Image others[] = {scene(131, 97, PixelFormat::rgb(), seed),
                            scene(512, 512, PixelFormat::gray(), seed),
                            scene(200, 150, ycbcr(SampleType::kU8, 1, 1), seed),
                            scene(320, 240, PixelFormat::rgb(SampleType::kU16), seed),
                            scene(320, 240, PixelFormat::gray(), seed, 0.8, 0.05)};
    for (const Image& other : others) {
      EXPECT_LE(hash_distance(p, phash(resizer, other).value()), 6) << seed;
      EXPECT_LE(hash_distance(d, dhash(resizer, other).value()), 6) << seed;
    }
  }
}

TEST(Phash, other_scenes_are_far) {
  Resizer resizer;
  for (int a = 1; a < 8; ++a)
    for (int b = a + 1; b < 8; ++b) {
      const Image one = scene(160, 120, PixelFormat::gray(), a);
      const Image two = scene(160, 120, PixelFormat::gray(), b);
      EXPECT_GE(hash_distance(phash(resizer, one).value(), phash(resizer, two).value()), 14);
      EXPECT_GE(hash_distance(dhash(resizer, one).value(), dhash(resizer, two).value()), 8);
    }
}

TEST(Dhash, follows_the_slope_of_each_row) {
  Resizer resizer;
  const Image image = make_image(9, 8, PixelFormat::gray(), [](int, int x, int y) {
    return (y == 0 ? x : 8 - x) / 10.0;  // the first row rises, the others fall
  });
  ASSERT_OK_AND_ASSIGN(const uint64_t hash, dhash(resizer, image));
  EXPECT_EQ(hash, 0xff00000000000000u);
}

TEST(Phash, alpha_is_to_be_flattened_first) {
  Resizer resizer;
  EXPECT_THAT(phash(resizer, noise_image(40, 40, PixelFormat::rgb(SampleType::kU8, true))),
              FailsWith(Code::kInvalidArgument, testing::HasSubstr("flatten")));
  EXPECT_THAT(dhash(resizer, Image()), FailsWith(Code::kInvalidArgument));
}

}  // namespace
}  // namespace imagemill
