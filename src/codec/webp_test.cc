// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <webp/mux.h>

#include <memory>

#include "codec/codec.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

Image make_picture(int width, int height, PixelFormat format = PixelFormat::rgb()) {
  Image image = Image::allocate(width, height, format).value();
  for (int c = 0; c < image.channels(); ++c)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        image.plane(c).row<uint8_t>(y)[x] = static_cast<uint8_t>(x * 3 + y * 5 + x * y % 13 + c);
  return image;
}

Bytes encode(const Image& image, bool lossless) {
  EncodeOptions options;
  options.lossless = lossless;
  return encoder_for(FileFormat::kWebp)->encode(image, options, {}).value();
}

// Two frames of 20x10 at (4, 6) on the canvas that the mux makes of them: 24x16.
Bytes make_animation() {
  const std::unique_ptr<WebPMux, decltype(&WebPMuxDelete)> mux(WebPMuxNew(), WebPMuxDelete);
  const Bytes picture = encode(make_picture(20, 10), true);
  for (int i = 0; i < 2; ++i) {
    WebPMuxFrameInfo frame{};
    frame.bitstream = {as_u8(picture), picture.size()};
    frame.x_offset = 4;
    frame.y_offset = 6;
    frame.duration = 100;
    frame.id = WEBP_CHUNK_ANMF;
    EXPECT_EQ(WebPMuxPushFrame(mux.get(), &frame, 1), WEBP_MUX_OK);
  }
  const WebPMuxAnimParams forever{0xFFFFFFFF, 0};
  EXPECT_EQ(WebPMuxSetAnimationParams(mux.get(), &forever), WEBP_MUX_OK);
  WebPData file{};
  EXPECT_EQ(WebPMuxAssemble(mux.get(), &file), WEBP_MUX_OK);
  const auto* bytes = reinterpret_cast<const std::byte*>(file.bytes);
  Bytes out(bytes, bytes + file.size);
  WebPDataClear(&file);
  return out;
}

TEST(Webp, first_frame_stands_on_a_transparent_canvas) {
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode_image(make_animation(), {}));
  const Image& image = out.image;
  EXPECT_EQ(out.header.pages, 2);
  ASSERT_EQ((Size{image.width(), image.height()}), (Size{24, 16}));
  ASSERT_TRUE(image.format().has_alpha);
  EXPECT_EQ(image.plane(3).row<uint8_t>(5)[4], 0);
  EXPECT_EQ(image.plane(3).row<uint8_t>(6)[3], 0);
  EXPECT_EQ(image.plane(3).row<uint8_t>(6)[4], 255);
  const Image frame = make_picture(20, 10);
  for (int c = 0; c < 3; ++c)
    EXPECT_EQ(image.plane(c).row<uint8_t>(15)[23], frame.plane(c).row<uint8_t>(9)[19]);
}

TEST(Webp, a_cut_keeps_the_rows_before_it) {
  const Image image = make_picture(300, 200);
  const Bytes whole = encode(image, false);
  const ByteSpan cut = ByteSpan(whole).first(whole.size() * 3 / 4);
  ASSERT_OK_AND_ASSIGN(const Decoded full, decode_image(whole, {}));
  ASSERT_OK_AND_ASSIGN(const Decoded part, decode_image(cut, {}));
  EXPECT_FALSE(full.is_damaged);
  EXPECT_TRUE(part.is_damaged);
  for (int x = 0; x < 300; ++x)
    EXPECT_EQ(part.image.plane(1).row<uint8_t>(40)[x], full.image.plane(1).row<uint8_t>(40)[x]);
  EXPECT_EQ(part.image.plane(1).row<uint8_t>(199)[299], 0);
}

TEST(Webp, every_cut_of_an_animation_is_an_error_or_damage) {
  const Bytes whole = make_animation();
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const auto out = decode_image(ByteSpan(whole).first(bytes), {});
    if (out) {
      EXPECT_TRUE(out->is_damaged) << bytes;
    }
  }
}

TEST(Webp, lossless_keeps_colours_under_full_transparency) {
  const Image image = make_picture(9, 9, PixelFormat::rgb(SampleType::kU8, true));
  for (int x = 0; x < 9; ++x) image.plane(3).row<uint8_t>(4)[x] = 0;
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode_image(encode(image, true), {}));
  for (int x = 0; x < 9; ++x)
    EXPECT_EQ(out.image.plane(0).row<uint8_t>(4)[x], image.plane(0).row<uint8_t>(4)[x]);
}

TEST(Webp, quality_is_heard) {
  const Image image = make_picture(200, 200);
  const auto bytes_at = [&](int quality) {
    EncodeOptions options;
    options.quality = quality;
    return encoder_for(FileFormat::kWebp)->encode(image, options, {}).value().size();
  };
  EXPECT_LT(bytes_at(20), bytes_at(90));
}

TEST(Webp, too_large_a_picture_is_refused) {
  ASSERT_OK_AND_ASSIGN(const Image image, Image::allocate(16384, 1, PixelFormat::rgb()));
  EXPECT_THAT(encoder_for(FileFormat::kWebp)->encode(image, {}, {}),
              FailsWith(Code::kInvalidArgument, HasSubstr("16383")));
}

}  // namespace
}  // namespace imagemill
