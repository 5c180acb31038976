// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/orient.h"

#include "kernels/resize.h"
#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

constexpr Orientation kAll[] = {Orientation::kNormal,     Orientation::kFlipHorizontal,
                                Orientation::kRotate180,  Orientation::kFlipVertical,
                                Orientation::kTranspose,  Orientation::kRotate90,
                                Orientation::kTransverse, Orientation::kRotate270};

// TIFF 6.0, tag 274, in its own words: "the 0th row represents the visual <row side> of the image,
// and the 0th column represents the visual <column side>". Where the stored sample (x, y) is seen.
std::pair<int, int> seen_at(Orientation o, int x, int y, int w, int h) {
  switch (o) {
    case Orientation::kNormal:
      return {x, y};  // top, left
    case Orientation::kFlipHorizontal:
      return {w - 1 - x, y};  // top, right
    case Orientation::kRotate180:
      return {w - 1 - x, h - 1 - y};  // bottom, right
    case Orientation::kFlipVertical:
      return {x, h - 1 - y};  // bottom, left
    case Orientation::kTranspose:
      return {y, x};  // left, top
    case Orientation::kRotate90:
      return {h - 1 - y, x};  // right, top
    case Orientation::kTransverse:
      return {h - 1 - y, w - 1 - x};  // right, bottom
    case Orientation::kRotate270:
      return {y, w - 1 - x};  // left, bottom
  }
  return {};
}

Orientation inverse(Orientation o) {
  if (o == Orientation::kRotate90) return Orientation::kRotate270;
  if (o == Orientation::kRotate270) return Orientation::kRotate90;
  return o;
}

TEST(Orient, every_sample_lands_where_the_tag_says) {
  for (const SampleType type :
       {SampleType::kU8, SampleType::kU16, SampleType::kF16, SampleType::kF32})
    for (const Size size :
         {Size{1, 1}, Size{1, 7}, Size{9, 1}, Size{5, 3}, Size{31, 33}, Size{32, 64}, Size{65, 34}})
      for (const Orientation o : kAll) {
        const Image src = noise_image(size.width, size.height, PixelFormat::rgb(type, true));
        ASSERT_OK_AND_ASSIGN(const Image out, apply_orientation(src, o));
        ASSERT_EQ((Size{out.width(), out.height()}), oriented(size, o));
        for (int c = 0; c < src.channels(); ++c)
          for (int y = 0; y < size.height; ++y)
            for (int x = 0; x < size.width; ++x) {
              const auto [sx, sy] = seen_at(o, x, y, size.width, size.height);
              ASSERT_EQ(sample_at(out.plane(c), type, sx, sy), sample_at(src.plane(c), type, x, y));
            }
      }
}

TEST(Orient, inverse_restores_subsampled_planes_of_odd_size) {
  for (const Orientation o : kAll) {
    const Image src = noise_image(13, 7, ycbcr(SampleType::kU8, 1, 0));
    ASSERT_OK_AND_ASSIGN(const Image out, apply_orientation(src, o));
    EXPECT_EQ(out.format().chroma_shift_x, swaps_axes(o) ? 0 : 1);
    EXPECT_EQ(out.format().chroma_shift_y, swaps_axes(o) ? 1 : 0);
    ASSERT_OK_AND_ASSIGN(const Image back, apply_orientation(out, inverse(o)));
    EXPECT_EQ(max_difference(back, src), 0);
  }
}

TEST(Orient, normal_shares_the_pixels) {
  const Image src = noise_image(4, 4, PixelFormat::gray());
  ASSERT_OK_AND_ASSIGN(const Image out, apply_orientation(src, Orientation::kNormal));
  EXPECT_EQ(out.plane(0).data, src.plane(0).data);
}

TEST(Orient, says_when_chroma_would_move) {
  const PixelFormat yuv420 = ycbcr(SampleType::kU8, 1, 1);
  const PixelFormat yuv422 = ycbcr(SampleType::kU8, 1, 0);
  EXPECT_TRUE(orients_exactly({8, 6}, yuv420, Orientation::kRotate180));
  EXPECT_FALSE(orients_exactly({7, 6}, yuv420, Orientation::kFlipHorizontal));
  EXPECT_TRUE(orients_exactly({7, 6}, yuv420, Orientation::kFlipVertical));
  EXPECT_TRUE(orients_exactly({7, 6}, yuv420, Orientation::kTranspose));
  EXPECT_TRUE(orients_exactly({7, 6}, yuv420, Orientation::kRotate90));  // mirrors y only
  EXPECT_FALSE(orients_exactly({7, 6}, yuv420, Orientation::kRotate270));
  EXPECT_TRUE(orients_exactly({8, 7}, yuv422, Orientation::kRotate90));
  EXPECT_TRUE(orients_exactly({7, 7}, PixelFormat::rgb(), Orientation::kTransverse));
}

// A diagonal edge of colour, resized to an odd 4:2:0 picture and turned, against the same turned
// at full resolution first and resized then.
double chroma_error(Orientation o, bool planned) {
  const Image src = make_image(120, 100, ycbcr(SampleType::kF32, 0, 0), [](int c, int x, int y) {
    return c == 0 ? 0.5 : 0.5 + 0.4 * std::tanh((x - 60.0 + (c == 1 ? 1 : -1) * (y - 50.0)) / 12);
  });
  Resizer resizer;
  ResizeTarget target;
  target.format = ycbcr(SampleType::kF32, 1, 1);
  target.width = 31, target.height = 25;
  if (planned) target.orientation_after = o;
  const Image small = resizer.resize(src, target, ResizeKernel::kLinear).value();
  const Image out = apply_orientation(small, o).value();

  const Image turned = apply_orientation(src, o).value();
  const Size size = oriented({31, 25}, o);
  target.width = size.width, target.height = size.height;
  target.orientation_after = Orientation::kNormal;
  return max_difference(out, resizer.resize(turned, target, ResizeKernel::kLinear).value());
}

TEST(Orient, chroma_planned_by_the_resize_is_exact_where_it_would_move) {
  for (const Orientation o : kAll) {
    EXPECT_LT(chroma_error(o, true), 1e-5) << static_cast<int>(o);
    if (mirrors_x(o) || mirrors_y(o)) {
      EXPECT_GT(chroma_error(o, false), 0.02) << static_cast<int>(o);
    }
  }
}

}  // namespace
}  // namespace imagemill
