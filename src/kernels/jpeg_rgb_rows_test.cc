// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// src/jobs/pillow_view_test.cc holds it against libjpeg itself.
#include "kernels/jpeg_rgb_rows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/test_pictures.h"

namespace imagemill {
namespace {

std::array<std::vector<uint8_t>, 3> row_of(JpegRgbRows& rows, int y) {
  const auto n = static_cast<size_t>(rows.size().width);
  std::array<std::vector<uint8_t>, 3> out = {std::vector<uint8_t>(n), std::vector<uint8_t>(n),
                                             std::vector<uint8_t>(n)};
  rows.row(y, {out[0].data(), out[1].data(), out[2].data()});
  return out;
}

// By the rule alone: 3/4 of the chroma sample that the pixel lies in and 1/4 of its neighbour on
// each halved axis, edges repeated; ties go alternately.
int chroma_ref(const Image& image, int channel, int x, int y) {
  const PixelFormat& format = image.format();
  const Plane& plane = image.plane(channel);
  const auto at = [&](int i, int j) {
    return int{
        plane.row<uint8_t>(std::clamp(j, 0, plane.height - 1))[std::clamp(i, 0, plane.width - 1)]};
  };
  const int sx = format.chroma_shift_x, sy = format.chroma_shift_y;
  const int i = x >> sx, j = y >> sy;
  if (sx > 1 || sy > 1 || (sx == 1 && plane.width <= 2)) return at(i, j);
  const int beside = sx == 1 ? i + (x % 2 == 0 ? -1 : 1) : i;
  const int below = sy == 1 ? j + (y % 2 == 0 ? -1 : 1) : j;
  const double value =
      (9 * at(i, j) + 3 * at(beside, j) + 3 * at(i, below) + at(beside, below)) / 16.0;
  if (sx == 1 && sy == 1) return static_cast<int>(std::floor(value + (x % 2 == 0 ? 8 : 7) / 16.0));
  const int along = sx == 1 ? x : y;
  return static_cast<int>(std::floor(value + (along % 2 == 0 ? 0.25 : 0.5)));
}

TEST(JpegRgbRows, colours_are_those_of_jfif_rounded) {
  // Every value of chroma with every eighth of luma.
  const Image image =
      make_image(256, 256 * 32, ycbcr(SampleType::kU8, 0, 0), [](int c, int x, int y) {
        return (c == 0 ? (y / 256) * 8 : c == 1 ? x : y % 256) / 255.0;
      });
  JpegRgbRows rows(image);
  for (int y = 0; y < image.height(); ++y) {
    const auto row = row_of(rows, y);
    const double luma = (y / 256) * 8, cr = y % 256 - 128;
    for (int x = 0; x < 256; ++x) {
      const double cb = x - 128;
      const double expected[] = {luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr,
                                 luma + 1.772 * cb};
      for (size_t c = 0; c < 3; ++c)
        ASSERT_NEAR(row[c][static_cast<size_t>(x)], std::clamp(expected[c], 0.0, 255.0), 0.502)
            << x << " " << y << " channel " << c;
    }
  }
}

TEST(JpegRgbRows, chroma_is_interpolated_where_it_is_halved_and_repeated_elsewhere) {
  for (const auto& [sx, sy] :
       {std::pair{1, 1}, {1, 0}, {0, 1}, {0, 0}, {2, 0}, {2, 1}, {0, 2}, {2, 2}})
    for (int width : {1, 2, 3, 4, 5, 6, 7, 33})
      for (int height : {1, 2, 3, 8}) {
        SCOPED_TRACE(testing::Message() << width << "x" << height << " shifts " << sx << " " << sy);
        const PixelFormat format = ycbcr(SampleType::kU8, sx, sy);
        const Image image = noise_image(width, height, format);
        // The same chroma without subsampling.
        const Image whole =
            make_image(width, height, ycbcr(SampleType::kU8, 0, 0), [&](int c, int x, int y) {
              return (c == 0 ? image.plane(0).row<uint8_t>(y)[x] : chroma_ref(image, c, x, y)) /
                     255.0;
            });
        JpegRgbRows rows(image), expected(whole);
        for (int y = 0; y < height; ++y) ASSERT_EQ(row_of(rows, y), row_of(expected, y)) << y;
      }
}

TEST(JpegRgbRows, leaves_other_planes_to_others) {
  EXPECT_TRUE(JpegRgbRows::takes(noise_image(4, 4, ycbcr(SampleType::kU8, 1, 1))));
  EXPECT_FALSE(JpegRgbRows::takes(noise_image(4, 4, ycbcr(SampleType::kU16, 1, 1))));
  EXPECT_FALSE(JpegRgbRows::takes(noise_image(4, 4, PixelFormat::rgb())));
  EXPECT_FALSE(JpegRgbRows::takes(noise_image(4, 4, PixelFormat::gray())));
  Image video = noise_image(4, 4, ycbcr(SampleType::kU8, 1, 1));
  video.color.matrix = YCbCrMatrix::kBt709;
  EXPECT_FALSE(JpegRgbRows::takes(video));
}

}  // namespace
}  // namespace imagemill
