// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/pillow_view.h"

#include "codec/codec.h"
#include "kernels/alpha.h"
#include "kernels/orient.h"
#include "kernels/test_pictures.h"
#include "support/made_jpegs.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using enum SampleType;

constexpr Orientation kOrientations[] = {Orientation::kNormal,       Orientation::kFlipHorizontal,
                                         Orientation::kRotate180,    Orientation::kTranspose,
                                         Orientation::kFlipVertical, Orientation::kRotate90,
                                         Orientation::kRotate270,    Orientation::kTransverse};

ViewRequest request(Size size) {
  return {.size = size,
          .color = ViewColor::kRgbFloat,
          .kernel = ResizeKernel::kLinear,
          .resampling = Resampling::kPillow,
          .bits_max = 8};
}

Decoded decoded_of(Image image, Orientation orientation = Orientation::kNormal) {
  return {.image = image,
          .header = {.width = image.width(),
                     .height = image.height(),
                     .pixel_format = image.format(),
                     .orientation = orientation}};
}

Image view_of(const Decoded& decoded, const ViewRequest& r) {
  static ViewTools tools;
  std::optional<std::string> warning;
  auto view = make_view(decoded, r, tools, warning);
  EXPECT_THAT(view, IsOk());
  EXPECT_FALSE(warning.has_value());
  return view ? *view : Image();
}

// What the view is made of, the plain way: the whole picture in 8-bit sRGB on white.
Image plain_srgb(const Image& image) {
  static ViewTools tools;
  std::optional<std::string> warning;
  ViewRequest r{
      .size = {image.width(), image.height()}, .color = ViewColor::kSrgbRgb, .bits_max = 8};
  Image srgb = flatten(make_view(decoded_of(image), r, tools, warning).value(), {1, 1, 1}).value();
  srgb.color = {};
  return srgb;
}

// How libjpeg itself shows a file.
Image read_with_libjpeg(ByteSpan bytes) {
  JpegReader reader(bytes);
  reader.d.out_color_space = JCS_RGB;
  jpeg_start_decompress(&reader.d);
  Image out = Image::allocate(static_cast<int>(reader.d.output_width),
                              static_cast<int>(reader.d.output_height), PixelFormat::rgb())
                  .value();
  std::vector<JSAMPLE> line(3 * static_cast<size_t>(out.width()));
  JSAMPROW row = line.data();
  for (int y = 0; y < out.height(); ++y) {
    jpeg_read_scanlines(&reader.d, &row, 1);
    for (int i = 0; i < 3 * out.width(); ++i)
      out.plane(i % 3).row<uint8_t>(y)[i / 3] = line[static_cast<size_t>(i)];
  }
  return out;
}

TEST(PillowView, shows_a_jpeg_as_libjpeg_does) {
  for (JpegRecipe recipe : planar_recipes())
    for (const Size size : kJpegSizes) {
      recipe.size = size;
      SCOPED_TRACE(testing::Message()
                   << size.width << "x" << size.height << ", luma " << recipe.factors[0].first
                   << "x" << recipe.factors[0].second << (recipe.is_noise ? " noise" : ""));
      const Bytes file = make_jpeg(recipe);
      const ImageHeader header = read_image_header(file).value();
      const ViewRequest r = request(size);
      ASSERT_OK_AND_ASSIGN(
          const Decoded decoded,
          decode_image(file, {.at_least = least_decode_size(header, {&r, 1}).value()}));
      const Image expected = view_of(decoded_of(read_with_libjpeg(file)), r);
      ASSERT_EQ(max_difference(view_of(decoded, r), expected), 0);
    }
}

TEST(PillowView, is_resized_as_the_user_sees_it) {
  for (const Size seen : {Size{61, 40}, {64, 48}})
    for (const Orientation orientation : kOrientations)
      for (const bool is_window : {false, true}) {
        ViewRequest r = request({20, 15});
        if (is_window) {
          r.window_x = 7.25;
          r.window_y = 3;
          r.window_width = 31.5;
          r.window_height = 29;
        }
        const Size stored = oriented(seen, orientation);
        const Image image = noise_image(stored.width, stored.height, PixelFormat::rgb());
        const Image upright = apply_orientation(image, orientation).value();
        EXPECT_EQ(max_difference(view_of(decoded_of(image, orientation), r),
                                 view_of(decoded_of(upright), r)),
                  0)
            << "orientation " << static_cast<int>(orientation);
      }
}

TEST(PillowView, takes_every_kind_of_picture) {
  const PixelFormat cmyk{kU8, ColorModel::kCmyk};
  const PixelFormat cmyk16{kU16, ColorModel::kCmyk};
  for (const PixelFormat& format :
       {PixelFormat::gray(), PixelFormat::gray(kU16), PixelFormat::gray(kU8, true),
        PixelFormat::rgb(kU16), PixelFormat::rgb(kU8, true), PixelFormat::rgb(kU16, true),
        PixelFormat::rgb(kF32), PixelFormat::rgb(kF16, true), cmyk, cmyk16, ycbcr(kU16, 0, 0),
        ycbcr(kU16, 0, 0, true)}) {
    Image image = noise_image(50, 31, format);
    if (is_float(format.sample)) image.color.transfer = TransferFunction::kLinear;
    for (const Primaries primaries : {Primaries::kBt709, Primaries::kDisplayP3}) {
      SCOPED_TRACE(to_string(format));
      image.color.primaries = primaries;
      for (const Size size : {Size{50, 31}, {12, 9}}) {
        const Image view = view_of(decoded_of(image), request(size));
        const Image expected = view_of(decoded_of(plain_srgb(image)), request(size));
        // Alpha of 16 bits counts as one of 8.
        EXPECT_LE(max_difference(view, expected), format.has_alpha ? 1.001 / 255 : 0);
      }
    }
  }
}

TEST(PillowView, colours_of_a_jpeg_are_converted_before_the_resize) {
  Image image = noise_image(32, 20, ycbcr(kU8, 1, 1), 0.3, 0.7);
  const Image plain = view_of(decoded_of(image), request({32, 20}));
  image.color.primaries = Primaries::kDisplayP3;
  Image rgb = Image::allocate(32, 20, PixelFormat::rgb()).value();
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 20; ++y)
      for (int x = 0; x < 32; ++x)
        set_sample(rgb.plane(c), kU8, x, y, sample_at(plain.plane(c), kF32, x, y));
  rgb.color.primaries = Primaries::kDisplayP3;
  const Image view = view_of(decoded_of(image), request({8, 5}));
  EXPECT_EQ(max_difference(view, view_of(decoded_of(rgb), request({8, 5}))), 0);
  EXPECT_GT(
      max_difference(view, view_of(decoded_of(noise_image(32, 20, ycbcr(kU8, 1, 1), 0.3, 0.7)),
                                   request({8, 5}))),
      0);
}

TEST(PillowView, asks_for_a_full_decode_and_for_memory_of_rows_alone) {
  const ImageHeader header{
      .format = FileFormat::kJpeg, .width = 6000, .height = 4000, .pixel_format = ycbcr(kU8, 1, 1)};
  const ViewRequest r = request({224, 224});
  EXPECT_EQ(least_decode_size(header, {&r, 1}), Size{});
  EXPECT_GT(view_bytes(header, r), 224u * 224 * 3 * 5);
  EXPECT_LT(view_bytes(header, r), uint64_t{4} << 20);
  // Of the kinds that are made RGB whole.
  ImageHeader heic = header;
  heic.format = FileFormat::kHeic;
  EXPECT_GT(view_bytes(heic, r), uint64_t{3} * 6000 * 4000);
}

}  // namespace
}  // namespace imagemill
