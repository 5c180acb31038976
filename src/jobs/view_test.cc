// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/view.h"

#include <cmath>
#include <numbers>

#include "kernels/test_pictures.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

// What the user sees at (u, v), both 0..1: smooth, and different from each of its mirror images.
double scene(int channel, double u, double v) {
  return 0.5 + 0.2 * std::sin(std::numbers::pi * (1.3 * u + 0.4 * v + 0.2 * channel)) +
         0.2 * u * v * (channel % 2 == 0 ? 1 : -1);
}

struct Point {
  double x;
  double y;
};

// Where a point of the stored raster is seen, in a picture of `seen` size.
Point seen_at(Point stored, Size seen, Orientation orientation) {
  switch (orientation) {
    case Orientation::kNormal:
      return stored;
    case Orientation::kFlipHorizontal:
      return {seen.width - stored.x, stored.y};
    case Orientation::kRotate180:
      return {seen.width - stored.x, seen.height - stored.y};
    case Orientation::kFlipVertical:
      return {stored.x, seen.height - stored.y};
    case Orientation::kTranspose:
      return {stored.y, stored.x};
    case Orientation::kRotate90:
      return {seen.width - stored.y, stored.x};
    case Orientation::kTransverse:
      return {seen.width - stored.y, seen.height - stored.x};
    case Orientation::kRotate270:
      return {stored.y, seen.height - stored.x};
  }
  return stored;
}

// The scene as a camera held in that way stores it, sample centres where they are.
Decoded shoot(Size seen, PixelFormat format, Orientation orientation) {
  const Size stored = oriented(seen, orientation);
  Decoded out;
  out.header = {.width = stored.width,
                .height = stored.height,
                .pixel_format = format,
                .orientation = orientation};
  out.image = make_image(stored.width, stored.height, format, [&](int c, int x, int y) {
    const bool is_chroma = format.model == ColorModel::kYCbCr && (c == 1 || c == 2);
    const Point centre{(x + 0.5) * (is_chroma ? 1 << format.chroma_shift_x : 1),
                       (y + 0.5) * (is_chroma ? 1 << format.chroma_shift_y : 1)};
    const Point at = seen_at(centre, seen, orientation);
    return scene(c, at.x / seen.width, at.y / seen.height);
  });
  return out;
}

double psnr(const Image& a, const Image& b) {
  double sum = 0, count = 0;
  for (int c = 0; c < a.channels(); ++c)
    for (int y = 0; y < a.plane(c).height; ++y)
      for (int x = 0; x < a.plane(c).width; ++x) {
        const double d = sample_at(a.plane(c), a.format().sample, x, y) -
                         sample_at(b.plane(c), b.format().sample, x, y);
        sum += d * d;
        ++count;
      }
  return sum == 0 ? 99 : -10 * std::log10(sum / count);
}

constexpr Orientation kOrientations[] = {Orientation::kNormal,     Orientation::kFlipHorizontal,
                                         Orientation::kRotate180,  Orientation::kFlipVertical,
                                         Orientation::kTranspose,  Orientation::kRotate90,
                                         Orientation::kTransverse, Orientation::kRotate270};
const PixelFormat kFormats[] = {ycbcr(SampleType::kU8, 1, 1),
                                ycbcr(SampleType::kU8, 1, 0),
                                PixelFormat::gray(),
                                PixelFormat::rgb(),
                                PixelFormat::rgb(SampleType::kU16),
                                PixelFormat::rgb(SampleType::kU8, true)};
constexpr Size kSeen[] = {{64, 48}, {61, 48}, {64, 47}, {61, 47}};

struct Made {
  Image image;
  std::optional<std::string> warning;
};

Result<Made> view_of(const Decoded& decoded, const ViewRequest& request) {
  static ViewTools tools;
  Made made;
  IMAGEMILL_ASSIGN_OR_RETURN(made.image, make_view(decoded, request, tools, made.warning));
  return made;
}

// The request on the picture held any way must give what it gives on the picture held upright.
void expect_turning_changes_nothing(const ViewRequest& base, bool keeps_size, double least_db) {
  for (const PixelFormat& format : kFormats)
    for (const Size seen : kSeen)
      for (const Orientation orientation : kOrientations) {
        ViewRequest request = base;
        if (keeps_size) request.size = seen;
        SCOPED_TRACE(fmt::format("{} {}x{} orientation {}", to_string(format), seen.width,
                                 seen.height, static_cast<int>(orientation)));
        ASSERT_OK_AND_ASSIGN(const Made upright,
                             view_of(shoot(seen, format, Orientation::kNormal), request));
        const Decoded turned = shoot(seen, format, orientation);
        ASSERT_OK_AND_ASSIGN(const Made view, view_of(turned, request));
        const Size size{view.image.width(), view.image.height()};
        ASSERT_EQ(size, request.size);
        ASSERT_EQ(view.image.format(), upright.image.format());
        EXPECT_GE(psnr(view.image, upright.image), least_db);
        EXPECT_GE(view_bytes(turned.header, request), view.image.bytes());
      }
}

// Chroma of an odd size moves by half a sample here.
TEST(View, is_upright_at_its_own_size) { expect_turning_changes_nothing({}, true, 40); }

TEST(View, is_upright_when_resized) {
  expect_turning_changes_nothing({.size = {31, 25}}, false, 45);
  expect_turning_changes_nothing({.size = {30, 24}, .color = ViewColor::kAsStored}, false, 45);
  expect_turning_changes_nothing({.size = {97, 71}}, false, 45);
}

TEST(View, windows_are_cut_as_the_user_sees_them) {
  const ViewRequest request{
      .size = {20, 20}, .window_x = 7.5, .window_y = 3, .window_width = 40, .window_height = 40};
  expect_turning_changes_nothing(request, false, 45);
  // And they show the part asked for.
  ASSERT_OK_AND_ASSIGN(
      const Made view,
      view_of(shoot({64, 48}, PixelFormat::rgb(), Orientation::kRotate90), request));
  for (const Point at : {Point{3, 4}, Point{16, 5}, Point{10, 17}})
    for (int c = 0; c < 3; ++c)
      EXPECT_NEAR(sample_at(view.image.plane(c), SampleType::kU8, static_cast<int>(at.x),
                            static_cast<int>(at.y)),
                  scene(c, (7.5 + 2 * (at.x + 0.5)) / 64, (3 + 2 * (at.y + 0.5)) / 48), 0.01);
}

TEST(View, measures_and_tensors_are_upright_too) {
  expect_turning_changes_nothing({.size = {33, 21}, .color = ViewColor::kLuma}, false, 45);
  expect_turning_changes_nothing({.size = {32, 24}, .color = ViewColor::kRgbFloat}, false, 45);
}

TEST(View, luma_is_the_y_of_ycbcr) {
  const Decoded decoded = shoot({64, 48}, ycbcr(SampleType::kU8, 1, 1), Orientation::kNormal);
  ASSERT_OK_AND_ASSIGN(const Made view,
                       view_of(decoded, {.size = {64, 48}, .color = ViewColor::kLuma}));
  EXPECT_EQ(view.image.format(), PixelFormat::gray());
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x)
      ASSERT_EQ(view.image.plane(0).row<uint8_t>(y)[x], decoded.image.plane(0).row<uint8_t>(y)[x]);
}

TEST(View, tensors_are_planes_at_equal_distances) {
  const MadePicture made{
      .format = FileFormat::kPng, .size = {64, 48}, .bits = 16, .color = Rgb{255, 128, 0}};
  for (const int width : {64, 100, 33}) {
    ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode_image(make_picture_file(made), {}));
    ASSERT_OK_AND_ASSIGN(const Made view,
                         view_of(decoded, {.size = {width, 20}, .color = ViewColor::kRgbFloat}));
    EXPECT_EQ(view.image.format(), PixelFormat::rgb(SampleType::kF32));
    const Image& t = view.image;
    EXPECT_EQ(t.plane(1).data - t.plane(0).data, t.plane(2).data - t.plane(1).data);
    EXPECT_EQ(t.plane(1).data - t.plane(0).data, t.plane(0).stride_bytes * 20);
    EXPECT_NEAR(t.plane(0).row<float>(9)[9], 1, 1e-4);
    EXPECT_NEAR(t.plane(1).row<float>(9)[9], 128 / 255.0, 1e-4);
    EXPECT_NEAR(t.plane(2).row<float>(9)[9], 0, 1e-4);
  }
}

TEST(View, depth_is_kept_within_what_was_asked) {
  const Decoded deep = shoot({16, 16}, PixelFormat::rgb(SampleType::kU16), Orientation::kNormal);
  const Decoded shallow = shoot({16, 16}, PixelFormat::rgb(), Orientation::kNormal);
  const auto sample = [](const Decoded& decoded, int least, int most) {
    return view_of(decoded, {.size = {8, 8}, .bits_max = most, .bits_min = least})
        ->image.format()
        .sample;
  };
  EXPECT_EQ(sample(deep, 8, 16), SampleType::kU16);
  EXPECT_EQ(sample(deep, 8, 8), SampleType::kU8);
  EXPECT_EQ(sample(shallow, 8, 16), SampleType::kU8);
  EXPECT_EQ(sample(shallow, 16, 16), SampleType::kU16);
}

Rgb rgb_at(const Image& image, int x, int y) {
  Rgb out;
  for (int c = 0; c < 3; ++c) out[static_cast<size_t>(c)] = image.plane(c).row<uint8_t>(y)[x];
  return out;
}

void expect_near(const Rgb& seen, const Rgb& expected, int tolerance) {
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(seen[c], expected[c], tolerance) << "channel " << c;
}

TEST(View, display_p3_becomes_srgb) {
  for (const FileFormat format : {FileFormat::kJpeg, FileFormat::kPng}) {
    const Bytes file =
        make_picture_file({.format = format, .color = Rgb{120, 100, 80}, .has_p3_profile = true});
    ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode_image(file, {}));
    ASSERT_OK_AND_ASSIGN(const Made srgb, view_of(decoded, {.size = {32, 24}}));
    expect_near(rgb_at(srgb.image, 10, 10), {124, 99, 77}, 3);
    EXPECT_EQ(srgb.image.color.icc, nullptr);
    EXPECT_FALSE(srgb.warning.has_value());
    ASSERT_OK_AND_ASSIGN(const Made kept,
                         view_of(decoded, {.size = {32, 24}, .color = ViewColor::kAsStoredRgb}));
    expect_near(rgb_at(kept.image, 10, 10), {120, 100, 80}, 3);
    EXPECT_NE(kept.image.color.icc, nullptr);
    ASSERT_OK_AND_ASSIGN(const Made luma,
                         view_of(decoded, {.size = {32, 24}, .color = ViewColor::kLuma}));
    EXPECT_NEAR(luma.image.plane(0).row<uint8_t>(5)[5], 0.299 * 124 + 0.587 * 99 + 0.114 * 77, 3);
  }
}

TEST(View, a_broken_profile_is_said_and_ignored) {
  Decoded decoded = shoot({16, 16}, PixelFormat::rgb(), Orientation::kNormal);
  decoded.image.color.icc = std::make_shared<const Bytes>(Bytes(200));
  ASSERT_OK_AND_ASSIGN(const Made view, view_of(decoded, {.size = {16, 16}}));
  ASSERT_TRUE(view.warning.has_value());
  EXPECT_THAT(*view.warning, testing::HasSubstr("colour profile ignored"));
  EXPECT_EQ(rgb_at(view.image, 3, 3), rgb_at(decoded.image, 3, 3));
  EXPECT_EQ(view.image.color.icc, nullptr);
}

TEST(View, ink_becomes_rgb) {
  ASSERT_OK_AND_ASSIGN(Decoded decoded,
                       decode_image(make_cmyk_jpeg({32, 32}, {0, 255, 255, 0}), {}));
  for (const ViewColor color : {ViewColor::kSrgb, ViewColor::kSrgbRgb}) {
    ASSERT_OK_AND_ASSIGN(const Made view, view_of(decoded, {.size = {16, 16}, .color = color}));
    expect_near(rgb_at(view.image, 8, 8), {255, 0, 0}, 4);
  }
  ASSERT_OK_AND_ASSIGN(const Made luma,
                       view_of(decoded, {.size = {16, 16}, .color = ViewColor::kLuma}));
  EXPECT_NEAR(luma.image.plane(0).row<uint8_t>(5)[5], 76, 3);
  ASSERT_OK_AND_ASSIGN(const Made tensor,
                       view_of(decoded, {.size = {16, 16}, .color = ViewColor::kRgbFloat}));
  EXPECT_NEAR(tensor.image.plane(0).row<float>(5)[5], 1, 0.02);
  decoded.image.color.icc = std::make_shared<const Bytes>(Bytes(200));
  ASSERT_OK_AND_ASSIGN(const Made broken, view_of(decoded, {.size = {16, 16}}));
  EXPECT_TRUE(broken.warning.has_value());
  expect_near(rgb_at(broken.image, 8, 8), {255, 0, 0}, 4);
}

TEST(LeastDecodeSize, is_what_the_largest_view_needs) {
  const ImageHeader header{.width = 4000, .height = 3000};
  const auto least = [&](const std::vector<ViewRequest>& requests) {
    return least_decode_size(header, requests);
  };
  EXPECT_EQ(least({}), std::nullopt);
  EXPECT_EQ(least({{.size = {640, 480}}}), (Size{640, 480}));
  EXPECT_EQ(least({{.size = {640, 480}, .oversampling = 2}}), (Size{1280, 960}));
  EXPECT_EQ(least({{.size = {640, 480}, .oversampling = 3}}), (Size{1920, 1440}));
  EXPECT_EQ(least({{.size = {3000, 2000}, .oversampling = 2}}), (Size{4000, 3000}));
  EXPECT_EQ(least({{.size = {8000, 6000}}}), (Size{4000, 3000}));
  EXPECT_EQ(least({{.size = {640, 480}}, {.size = {224, 900}, .oversampling = 2}}),
            (Size{640, 1800}));
  // A window of half the width needs the whole at twice its size.
  EXPECT_EQ(least({{.size = {400, 300},
                    .window_x = 1000,
                    .window_y = 0,
                    .window_width = 2000,
                    .window_height = 3000}}),
            (Size{800, 300}));
}

TEST(LeastDecodeSize, is_of_the_stored_raster) {
  const ImageHeader header{.width = 4000, .height = 3000, .orientation = Orientation::kRotate90};
  EXPECT_EQ(least_decode_size(header, std::vector<ViewRequest>{{.size = {480, 640}}}),
            (Size{640, 480}));
  EXPECT_EQ(least_decode_size(header, std::vector<ViewRequest>{{.size = {300, 400},
                                                                .window_x = 0,
                                                                .window_y = 1000,
                                                                .window_width = 3000,
                                                                .window_height = 2000}}),
            (Size{800, 300}));
}

}  // namespace
}  // namespace imagemill
