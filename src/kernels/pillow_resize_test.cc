// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/pillow_resize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>

#include "kernels/test_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

class ImageRows final : public RgbRows {
 public:
  explicit ImageRows(const Image& image) : image_(image) {}
  Size size() const override { return {image_.width(), image_.height()}; }
  void row(int y, const std::array<uint8_t*, 3>& out) override {
    EXPECT_GT(y, last_) << "rows are asked for in rising order";
    last_ = y;
    for (size_t c = 0; c < 3; ++c)
      std::memcpy(out[c], image_.plane(static_cast<int>(c)).row<uint8_t>(y),
                  static_cast<size_t>(image_.width()));
  }

 private:
  const Image& image_;
  int last_ = -1;
};

PillowTarget whole(const Image& image, int width, int height) {
  return {.width = width,
          .height = height,
          .crop_width = static_cast<double>(image.width()),
          .crop_height = static_cast<double>(image.height())};
}

Result<Image> resized(const Image& image, const PillowTarget& target, ResizeKernel kernel) {
  ImageRows rows(image);
  return pillow_resize(rows, target, kernel);
}

// Bytes without a pattern, by a formula that is easy to write in any language.
Image formula(Size size) {
  return make_image(size.width, size.height, PixelFormat::rgb(), [](int c, int x, int y) {
    return (x * x * 37 + y * 91 + c * 53 + x * y * 17) % 256 / 255.0;
  });
}

struct Known {
  Size source;
  PillowTarget target;
  ResizeKernel kernel;
  std::vector<int> green;
};

// Image.resize(size, filter, box) of Pillow 13.
const Known kKnown[] = {
    {{7, 5},
     {3, 4, 0, 0, 7, 5},
     ResizeKernel::kLinear,
     {114, 125, 137, 149, 98, 107, 123, 114, 166, 103, 117, 121}},
    {{7, 5},
     {3, 4, 0, 0, 7, 5},
     ResizeKernel::kCubic,
     {109, 128, 136, 156, 93, 100, 121, 113, 176, 104, 114, 118}},
    {{7, 5},
     {3, 4, 0, 0, 7, 5},
     ResizeKernel::kLanczos3,
     {108, 126, 131, 162, 92, 96, 120, 116, 184, 106, 106, 115}},
    {{13, 9},
     {5, 2, 1.5, 0.75, 9.75, 7.25},
     ResizeKernel::kLinear,
     {119, 113, 140, 122, 183, 131, 132, 137, 138, 160}},
    {{13, 9},
     {5, 2, 1.5, 0.75, 9.75, 7.25},
     ResizeKernel::kCubic,
     {116, 108, 141, 116, 191, 130, 135, 136, 138, 162}},
    {{13, 9},
     {5, 2, 1.5, 0.75, 9.75, 7.25},
     ResizeKernel::kLanczos3,
     {114, 105, 140, 113, 194, 129, 139, 135, 140, 161}},
    {{3, 2},
     {5, 3, 0, 0, 3, 2},
     ResizeKernel::kLinear,
     {53, 68, 90, 157, 201, 99, 117, 144, 139, 136, 144, 166, 198, 121, 70}},
    {{3, 2},
     {5, 3, 0, 0, 3, 2},
     ResizeKernel::kCubic,
     {44, 54, 83, 167, 219, 95, 115, 144, 141, 135, 146, 176, 205, 114, 50}},
    {{3, 2},
     {5, 3, 0, 0, 3, 2},
     ResizeKernel::kLanczos3,
     {43, 39, 77, 174, 232, 94, 115, 144, 143, 133, 144, 190, 211, 112, 34}},
    {{1, 1}, {2, 2, 0, 0, 1, 1}, ResizeKernel::kLinear, {53, 53, 53, 53}},
    {{1, 1}, {2, 2, 0, 0, 1, 1}, ResizeKernel::kCubic, {53, 53, 53, 53}},
    {{1, 1}, {2, 2, 0, 0, 1, 1}, ResizeKernel::kLanczos3, {53, 53, 53, 53}},
    {{200, 3}, {2, 2, 0, 0, 200, 3}, ResizeKernel::kLinear, {121, 118, 143, 133}},
    {{200, 3}, {2, 2, 0, 0, 200, 3}, ResizeKernel::kCubic, {121, 117, 144, 134}},
    {{200, 3}, {2, 2, 0, 0, 200, 3}, ResizeKernel::kLanczos3, {122, 116, 146, 134}},
};

TEST(PillowResize, gives_what_pillow_gives) {
  for (const Known& known : kKnown) {
    SCOPED_TRACE(testing::Message()
                 << known.source.width << "x" << known.source.height << " to " << known.target.width
                 << "x" << known.target.height << " kernel " << static_cast<int>(known.kernel));
    const Image source = formula(known.source);
    ASSERT_OK_AND_ASSIGN(const Image out, resized(source, known.target, known.kernel));
    for (int y = 0; y < out.height(); ++y)
      for (int x = 0; x < out.width(); ++x)
        EXPECT_EQ(out.plane(1).row<uint8_t>(y)[x],
                  known.green[static_cast<size_t>(y * out.width() + x)])
            << x << "," << y;
  }
}

double weight_ref(ResizeKernel kernel, double x) {
  x = std::abs(x);
  const auto sinc = [](double v) {
    return v == 0 ? 1 : std::sin(std::numbers::pi * v) / (std::numbers::pi * v);
  };
  if (kernel == ResizeKernel::kLinear) return std::max(0.0, 1 - x);
  if (kernel == ResizeKernel::kLanczos3) return x < 3 ? sinc(x) * sinc(x / 3) : 0;
  if (x < 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

// One pass along x: every sample of the line weighed in double, then rounded to 8 bits.
Image across_ref(const Image& in, int width, double crop, double crop_width, ResizeKernel kernel) {
  const double scale = crop_width / width;
  const double widening = std::max(1.0, scale);
  return make_image(width, in.height(), PixelFormat::rgb(), [&](int c, int x, int y) {
    double sum = 0, weights = 0;
    for (int i = 0; i < in.width(); ++i) {
      const double w = weight_ref(kernel, (i + 0.5 - crop - (x + 0.5) * scale) / widening);
      sum += w * in.plane(c).row<uint8_t>(y)[i];
      weights += w;
    }
    return std::clamp(std::floor(sum / weights + 0.5), 0.0, 255.0) / 255;
  });
}

Image transposed(const Image& in) {
  return make_image(in.height(), in.width(), PixelFormat::rgb(),
                    [&](int c, int x, int y) { return in.plane(c).row<uint8_t>(x)[y] / 255.0; });
}

Image resize_ref(const Image& in, const PillowTarget& t, ResizeKernel kernel) {
  const Image rows = across_ref(in, t.width, t.crop_x, t.crop_width, kernel);
  return transposed(across_ref(transposed(rows), t.height, t.crop_y, t.crop_height, kernel));
}

// 22 bits of fraction may fall on the other side of a tie than doubles.
void expect_equal_but_for_ties(const Image& a, const Image& b) {
  EXPECT_LE(max_difference(a, b), 1.001 / 255);
  int64_t differ = 0;
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < a.height(); ++y)
      for (int x = 0; x < a.width(); ++x)
        differ += a.plane(c).row<uint8_t>(y)[x] != b.plane(c).row<uint8_t>(y)[x] ? 1 : 0;
  EXPECT_LE(differ, 1 + int64_t{3} * a.width() * a.height() / 500);
}

TEST(PillowResize, is_two_passes_of_weighted_sums_rounded_in_between) {
  struct Case {
    Size source;
    Size result;
  };
  for (const Case& c : {Case{{1, 1}, {1, 1}},
                        {{1, 1}, {7, 5}},
                        {{5, 1}, {1, 3}},
                        {{61, 47}, {61, 47}},
                        {{61, 47}, {20, 31}},
                        {{61, 47}, {97, 12}},
                        {{2, 500}, {9, 3}},
                        {{700, 3}, {1, 1}}})
    for (const ResizeKernel kernel :
         {ResizeKernel::kLinear, ResizeKernel::kCubic, ResizeKernel::kLanczos3}) {
      SCOPED_TRACE(testing::Message()
                   << c.source.width << "x" << c.source.height << " to " << c.result.width << "x"
                   << c.result.height << " kernel " << static_cast<int>(kernel));
      const Image source = noise_image(c.source.width, c.source.height, PixelFormat::rgb());
      PillowTarget target = whole(source, c.result.width, c.result.height);
      ASSERT_OK_AND_ASSIGN(const Image out, resized(source, target, kernel));
      expect_equal_but_for_ties(out, resize_ref(source, target, kernel));

      target.columns_first = true;
      PillowTarget turned = whole(transposed(source), c.result.height, c.result.width);
      ASSERT_OK_AND_ASSIGN(const Image columns, resized(source, target, kernel));
      ASSERT_OK_AND_ASSIGN(const Image rows, resized(transposed(source), turned, kernel));
      EXPECT_EQ(max_difference(columns, transposed(rows)), 0);
    }
}

TEST(PillowResize, a_crop_is_that_part_of_the_whole_result) {
  const Image source = noise_image(120, 90, PixelFormat::rgb());
  ASSERT_OK_AND_ASSIGN(const Image all,
                       resized(source, whole(source, 40, 30), ResizeKernel::kLinear));
  PillowTarget part{
      .width = 16, .height = 14, .crop_x = 36, .crop_y = 24, .crop_width = 48, .crop_height = 42};
  ASSERT_OK_AND_ASSIGN(const Image seen, resized(source, part, ResizeKernel::kLinear));
  EXPECT_EQ(max_difference(seen, all.crop(12, 8, 16, 14)), 0);
  part.columns_first = true;
  ASSERT_OK_AND_ASSIGN(const Image turned, resized(source, part, ResizeKernel::kLinear));
  EXPECT_LE(max_difference(turned, seen), 1.001 / 255);
}

TEST(PillowResize, the_size_it_has_is_left_alone) {
  const Image source = noise_image(37, 23, PixelFormat::rgb());
  for (const ResizeKernel kernel :
       {ResizeKernel::kLinear, ResizeKernel::kCubic, ResizeKernel::kLanczos3}) {
    ASSERT_OK_AND_ASSIGN(const Image out, resized(source, whole(source, 37, 23), kernel));
    EXPECT_EQ(max_difference(out, source), 0);
  }
}

TEST(PillowResize, bytes_that_it_says_hold_its_rows_and_result) {
  const PillowTarget target{.width = 224, .height = 224, .crop_width = 6000, .crop_height = 4000};
  const uint64_t rows_first = pillow_resize_bytes({6000, 4000}, target, ResizeKernel::kLinear);
  EXPECT_GT(rows_first, 3u * 224 * 224 + 3u * 224 * 36);
  EXPECT_LT(rows_first, uint64_t{1} << 20);
  PillowTarget turned = target;
  turned.columns_first = true;
  const uint64_t columns_first = pillow_resize_bytes({6000, 4000}, turned, ResizeKernel::kLinear);
  EXPECT_GT(columns_first, 3u * 6000 * 36);
  EXPECT_LT(columns_first, uint64_t{2} << 20);
}

}  // namespace
}  // namespace imagemill
