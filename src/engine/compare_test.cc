// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/compare.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "kernels/orient.h"
#include "support/colour_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

constexpr Size kSize{320, 240};

Image scene(Size size, double brighter = 0, PixelFormat format = PixelFormat::rgb()) {
  return painted(size, format, [=](int x, int y, int c) {
    // Grey as BT.601 makes it of the three.
    const double share = format.model == ColorModel::kGray ? 0.9185 : 1 - 0.1 * c;
    return std::min(1.0, landscape(size, x, y) * share + brighter);
  });
}

class CompareTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const Bytes& bytes) const {
    return folder_.write(name, as_text(bytes));
  }
  std::string write(const std::string& name, FileFormat format, const Image& image,
                    int quality = 92) const {
    return write(name, encoder_for(format)->encode(image, {.quality = quality}, {}).value());
  }

  Result<Comparison> run(const std::string& a, const std::string& b) const {
    return compare({.a = a, .b = b, .setup = {.work_folder = folder_ / "work"}}, quiet_,
                   CancelToken());
  }

  mutable Listener quiet_;
  TestFolder folder_;
};

TEST_F(CompareTest, the_same_bytes_are_the_same_file) {
  const std::string a = write("a.jpg", FileFormat::kJpeg, scene(kSize));
  const std::string b = write("b.jpg", FileFormat::kJpeg, scene(kSize));
  ASSERT_OK_AND_ASSIGN(const Comparison c, run(a, b));
  EXPECT_EQ(c.likeness, Likeness::kSameFile);
  EXPECT_EQ(c.a.size, kSize);
  EXPECT_EQ(c.a.format, "jpeg");
  EXPECT_TRUE(std::isinf(c.psnr));
  EXPECT_NEAR(c.ssim, 1, 1e-9);
  EXPECT_TRUE(nlohmann::json::parse(to_json(c))["psnr"].is_null());
}

TEST_F(CompareTest, equal_pixels_are_seen_through_formats_depths_orientation_and_alpha) {
  const Image image = scene({61, 40});
  const std::string png = write("a.png", FileFormat::kPng, image);
  const auto expect_equal = [&](const std::string& other) {
    ASSERT_OK_AND_ASSIGN(const Comparison c, run(png, other));
    EXPECT_EQ(c.likeness, Likeness::kSamePixels) << other << ": " << c.verdict;
  };
  expect_equal(write("b.tif", FileFormat::kTiff, image));
  const Image deep =
      painted({61, 40}, PixelFormat::rgb(SampleType::kU16),
              [&](int x, int y, int c) { return image.plane(c).row<uint8_t>(y)[x] / 255.0; });
  expect_equal(write("deep.png", FileFormat::kPng, deep));
  const Image opaque = painted(
      {61, 40}, PixelFormat::rgb(SampleType::kU8, true),
      [&](int x, int y, int c) { return c == 3 ? 1 : image.plane(c).row<uint8_t>(y)[x] / 255.0; });
  expect_equal(write("opaque.png", FileFormat::kPng, opaque));
  const Image lying = apply_orientation(image, Orientation::kRotate270).value();
  expect_equal(write("turned.png", encoded(FileFormat::kPng, lying, exif_with_orientation(6))));

  const Image dot = image.clone().value();
  dot.plane(1).row<uint8_t>(20)[30] ^= 1;
  ASSERT_OK_AND_ASSIGN(const Comparison c, run(png, write("dot.png", FileFormat::kPng, dot)));
  EXPECT_EQ(c.likeness, Likeness::kSamePicture);
  EXPECT_EQ(c.verdict, "the same picture, re-encoded");
}

TEST_F(CompareTest, floats_are_compared_beyond_white) {
  const auto write_floats = [&](const std::string& name, float highlight,
                                Orientation turn = Orientation::kNormal) {
    const Image image = Image::allocate(61, 40, PixelFormat::rgb(SampleType::kF32)).value();
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < 40; ++y)
        for (int x = 0; x < 61; ++x)
          image.plane(c).row<float>(y)[x] =
              x < 20 ? highlight : static_cast<float>(landscape({61, 40}, x, y));
    const Image lying = apply_orientation(image, turn).value();
    return write(name, encoded(FileFormat::kTiff, lying,
                               exif_with_orientation(turn == Orientation::kNormal ? 1 : 6)));
  };
  const std::string a = write_floats("a.tif", 2);
  EXPECT_EQ(run(a, write_floats("equal.tif", 2, Orientation::kRotate270))->likeness,
            Likeness::kSamePixels);
  EXPECT_EQ(run(a, write_floats("brighter.tif", 3))->likeness, Likeness::kSamePicture);
  const Image deep = painted({61, 40}, PixelFormat::rgb(SampleType::kU16), [](int x, int y, int) {
    return x < 20 ? 1 : landscape({61, 40}, x, y);
  });
  EXPECT_NE(run(a, write("deep.tif", FileFormat::kTiff, deep))->likeness, Likeness::kSamePixels);
}

TEST_F(CompareTest, sees_what_was_done_to_a_picture) {
  const std::string a = write("a.png", FileFormat::kPng, scene(kSize));
  const auto verdict = [&](const std::string& b) {
    const auto c = run(a, b);
    return c ? c->verdict : c.error().to_string();
  };
  EXPECT_EQ(verdict(write("q40.jpg", FileFormat::kJpeg, scene(kSize), 40)),
            "the same picture, re-encoded");
  EXPECT_EQ(verdict(write("small.jpg", FileFormat::kJpeg, scene({160, 120}))),
            "the same picture, resized");
  EXPECT_EQ(verdict(write("bright.png", FileFormat::kPng, scene(kSize, 0.12))),
            "the same picture, made brighter");
  EXPECT_EQ(verdict(write("gray.png", FileFormat::kPng, scene(kSize, 0, PixelFormat::gray()))),
            "the same picture, with less colour");
  EXPECT_EQ(verdict(write("other.png", FileFormat::kPng,
                          painted(kSize, PixelFormat::rgb(),
                                  [](int x, int y, int) { return (x / 40 + y / 24) % 3 / 2.0; }))),
            "different pictures");
}

TEST_F(CompareTest, finds_every_way_round) {
  const std::string a = write("a.png", FileFormat::kPng, scene(kSize));
  for (int o = 1; o <= 8; ++o) {
    const auto orientation = static_cast<Orientation>(o);
    const Image turned = apply_orientation(scene(kSize), orientation).value();
    ASSERT_OK_AND_ASSIGN(const Comparison c,
                         run(a, write(fmt::format("{}.jpg", o), FileFormat::kJpeg, turned)));
    const Image back = apply_orientation(turned, c.turn).value();
    EXPECT_EQ(back.width(), kSize.width);
    EXPECT_EQ(c.likeness, Likeness::kSamePicture) << o << " " << c.verdict;
    EXPECT_GT(c.ssim, 0.9) << o;
    EXPECT_EQ(back.plane(0).row<uint8_t>(3)[5], scene(kSize).plane(0).row<uint8_t>(3)[5]) << o;
    EXPECT_EQ(c.verdict, o == 1 ? "the same picture, re-encoded"
                                : fmt::format("the same picture, {}", turn_name(c.turn)));
  }
}

TEST_F(CompareTest, words_of_a_turn_say_what_was_done) {
  const std::string a = write("a.png", FileFormat::kPng, scene(kSize));
  const Image mirrored = apply_orientation(scene(kSize), Orientation::kFlipHorizontal).value();
  EXPECT_THAT(run(a, write("m.png", FileFormat::kPng, mirrored))->verdict, HasSubstr("mirrored"));
  const Image right = apply_orientation(scene(kSize), Orientation::kRotate90).value();  // clockwise
  EXPECT_THAT(run(a, write("r.png", FileFormat::kPng, right))->verdict, HasSubstr("turned right"));
}

TEST_F(CompareTest, blank_pictures_are_told_apart_by_their_brightness_alone) {
  const auto flat = [&](const std::string& name, double value) {
    return write(name, FileFormat::kPng,
                 painted(kSize, PixelFormat::gray(), [=](int, int, int) { return value; }));
  };
  ASSERT_OK_AND_ASSIGN(const Comparison same, run(flat("a.png", 0.5), flat("b.png", 0.504)));
  EXPECT_TRUE(same.is_blank);
  EXPECT_EQ(same.likeness, Likeness::kSamePicture);
  ASSERT_OK_AND_ASSIGN(const Comparison other, run(flat("c.png", 0.1), flat("d.png", 0.9)));
  EXPECT_EQ(other.likeness, Likeness::kDifferent);
}

TEST_F(CompareTest, names_the_file_that_cannot_be_read) {
  const std::string a = write("a.png", FileFormat::kPng, scene({20, 20}));
  EXPECT_THAT(run(a, folder_ / "none.png"), FailsWith(Code::kNotFound, HasSubstr("none.png")));
  const std::string broken = folder_.write("broken.png", "\x89PNG\r\n\x1a\n nothing more");
  EXPECT_THAT(run(broken, a), FailsWith(Code::kCorruptInput, HasSubstr("broken.png")));
}

TEST_F(CompareTest, features_are_compared_where_there_is_a_model) {
  ColourPictures pictures;
  CompareSpec spec{.a = write("a.png", ColourPictures::picture({1, 0, 0})),
                   .b = write("b.png", ColourPictures::picture({1, 0, 0}, {90, 70})),
                   .setup = pictures.setup()};
  spec.setup.model = pictures.model();
  ASSERT_OK_AND_ASSIGN(const Comparison c, compare(spec, quiet_, CancelToken()));
  ASSERT_TRUE(c.cosine);
  EXPECT_NEAR(*c.cosine, 1, 1e-6);
}

}  // namespace
}  // namespace imagemill
