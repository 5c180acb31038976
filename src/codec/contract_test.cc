// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every codec promises, run over every codec that is registered: a new one is tested the day
// it enters registry.cc.
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "codec/exif_prefix.h"
#include "image/exif.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

// A smooth picture with a little texture, so that lossy codecs stay close and filters have work.
Image make_picture(int width, int height, PixelFormat format) {
  Image image = Image::allocate(width, height, format).value();
  for (int c = 0; c < image.channels(); ++c)
    for (int y = 0; y < image.plane(c).height; ++y)
      for (int x = 0; x < image.plane(c).width; ++x) {
        const double v = 0.5 + 0.4 * std::sin(0.07 * x + 0.05 * y * (c + 1) + c) +
                         0.05 * ((x * 31 + y * 17 + c * 7) % 16) / 16;
        if (format.sample == SampleType::kU8)
          image.plane(c).row<uint8_t>(y)[x] = static_cast<uint8_t>(v * 255);
        else if (format.sample == SampleType::kU16)
          image.plane(c).row<uint16_t>(y)[x] = static_cast<uint16_t>(v * 65535);
        else
          image.plane(c).row<float>(y)[x] = static_cast<float>(v * 4 - 1);
      }
  return image;
}

double sample_at(const Image& image, int c, int x, int y) {
  switch (image.format().sample) {
    case SampleType::kU8:
      return image.plane(c).row<uint8_t>(y)[x];
    case SampleType::kU16:
      return image.plane(c).row<uint16_t>(y)[x];
    default:
      return image.plane(c).row<float>(y)[x];
  }
}

// Mean difference over all samples; a gray picture may come back as RGB.
double mean_difference(const Image& expected, const Image& actual) {
  const bool widened =
      expected.format().model == ColorModel::kGray && actual.format().model == ColorModel::kRgb;
  double sum = 0;
  for (int c = 0; c < actual.channels(); ++c) {
    const int from = c == actual.alpha_channel() ? expected.alpha_channel() : widened ? 0 : c;
    for (int y = 0; y < expected.plane(from).height; ++y)
      for (int x = 0; x < expected.plane(from).width; ++x)
        sum += std::abs(sample_at(expected, from, x, y) - sample_at(actual, c, x, y));
  }
  return sum / (static_cast<double>(actual.width()) * actual.height() * actual.channels());
}

std::vector<PixelFormat> formats_of(const EncoderTraits& traits) {
  std::vector<PixelFormat> out = {PixelFormat::rgb()};
  if (traits.gray) out.push_back(PixelFormat::gray());
  if (traits.gray && traits.alpha) out.push_back(PixelFormat::gray(SampleType::kU8, true));
  if (traits.alpha) out.push_back(PixelFormat::rgb(SampleType::kU8, true));
  if (traits.u16) out.push_back(PixelFormat::gray(SampleType::kU16));
  if (traits.u16) out.push_back(PixelFormat::rgb(SampleType::kU16));
  if (traits.u16 && traits.alpha) out.push_back(PixelFormat::rgb(SampleType::kU16, true));
  if (traits.f32) out.push_back(PixelFormat::gray(SampleType::kF32));
  if (traits.f32) out.push_back(PixelFormat::rgb(SampleType::kF32));
  if (traits.f32 && traits.alpha) out.push_back(PixelFormat::rgb(SampleType::kF32, true));
  if (traits.cmyk) out.push_back({SampleType::kU8, ColorModel::kCmyk});
  if (traits.ycbcr) out.push_back({SampleType::kU8, ColorModel::kYCbCr});
  if (traits.ycbcr) out.push_back({SampleType::kU8, ColorModel::kYCbCr, false, 1, 1});
  return out;
}

struct Codec {
  FileFormat format;
  const Decoder* decoder;
  const Encoder* encoder;
};

std::vector<Codec> codecs() {
  std::vector<Codec> out;
  for (const FileFormat format : encodable_formats()) {
    const Codec codec{format, decoder_for(format), encoder_for(format)};
    if (codec.decoder != nullptr && codec.encoder != nullptr) out.push_back(codec);
  }
  return out;
}

bool is_lossless(const Codec& codec) {
  return codec.format == FileFormat::kPng || codec.format == FileFormat::kTiff ||
         codec.format == FileFormat::kWebp;  // with EncodeOptions::lossless
}

constexpr EncodeOptions kBest{.quality = 95, .lossless = true, .subsample_chroma = false};

// "II*\0", one directory at 8 with Orientation = 6.
Bytes make_exif() {
  const uint8_t exif[] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3,
                          0,   1,   0,  0, 0, 6, 0, 0, 0, 0, 0,    0,    0};
  const auto* bytes = reinterpret_cast<const std::byte*>(exif);
  return {bytes, bytes + sizeof exif};
}

Metadata make_metadata() {
  const std::string_view xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>";
  Metadata out;
  out.exif = make_exif();
  out.xmp.assign(as_byte_span(xmp).begin(), as_byte_span(xmp).end());
  Bytes icc(600);  // not a real profile; carried verbatim whatever it says
  for (size_t i = 0; i < icc.size(); ++i) icc[i] = static_cast<std::byte>(i * i);
  icc[0] = icc[1] = std::byte{0};
  icc[2] = std::byte{600 >> 8};
  icc[3] = std::byte{600 & 255};
  out.icc = std::make_shared<const Bytes>(std::move(icc));
  return out;
}

class CodecContract : public testing::TestWithParam<Codec> {
 protected:
  const Codec& codec() const { return GetParam(); }
  Bytes encode(const Image& image, const Metadata& metadata = {}) const {
    auto bytes = codec().encoder->encode(image, kBest, metadata);
    EXPECT_THAT(bytes, IsOk());
    return bytes.value_or(Bytes());
  }
};

INSTANTIATE_TEST_SUITE_P(Registered, CodecContract, testing::ValuesIn(codecs()),
                         [](const auto& row) {
                           return std::string(format_name(row.param.format));
                         });

TEST_P(CodecContract, returns_the_picture_it_was_given) {
  constexpr Size kSizes[] = {{1, 1}, {1, 9}, {9, 1}, {17, 13}, {64, 48}, {65, 3}, {200, 131}};
  for (const PixelFormat& format : formats_of(codec().encoder->traits()))
    for (const Size size : kSizes) {
      SCOPED_TRACE(fmt::format("{} {}x{}", to_string(format), size.width, size.height));
      const Image image = make_picture(size.width, size.height, format);
      const Bytes bytes = encode(image);
      EXPECT_EQ(sniff(bytes), codec().format);
      ASSERT_OK_AND_ASSIGN(const Decoded back, codec().decoder->decode(bytes, {}));
      EXPECT_FALSE(back.is_damaged);
      EXPECT_TRUE(back.warnings.empty()) << back.warnings[0];
      ASSERT_EQ(back.image.width(), size.width);
      ASSERT_EQ(back.image.height(), size.height);
      EXPECT_EQ(back.image.format().has_alpha, format.has_alpha);
      if (is_lossless(codec())) {
        EXPECT_EQ(mean_difference(image, back.image), 0);
      } else if (back.image.format() == format) {
        EXPECT_LT(mean_difference(image, back.image), 4);
      }
    }
}

TEST_P(CodecContract, header_says_what_decode_delivers) {
  for (const PixelFormat& format : formats_of(codec().encoder->traits())) {
    const Bytes bytes = encode(make_picture(33, 21, format), make_metadata());
    ASSERT_OK_AND_ASSIGN(const ImageHeader header, codec().decoder->read_header(bytes));
    ASSERT_OK_AND_ASSIGN(const Decoded back, codec().decoder->decode(bytes, {}));
    EXPECT_EQ(header.format, codec().format);
    EXPECT_EQ(header.width, back.image.width());
    EXPECT_EQ(header.height, back.image.height());
    EXPECT_EQ(header.pixel_format, back.image.format());
    EXPECT_EQ(header.orientation, back.header.orientation);
    EXPECT_EQ(header.pages, 1);
    EXPECT_TRUE(header.has_icc);
    EXPECT_GE(codec().decoder->decode_bytes(header, {}), back.image.bytes());
  }
}

TEST_P(CodecContract, carries_metadata) {
  const Metadata metadata = make_metadata();
  const Bytes bytes = encode(make_picture(20, 10, PixelFormat::rgb()), metadata);
  ASSERT_OK_AND_ASSIGN(const Decoded back, codec().decoder->decode(bytes, {}));
  EXPECT_EQ(back.metadata.xmp, metadata.xmp);
  ASSERT_NE(back.metadata.icc, nullptr);
  EXPECT_EQ(*back.metadata.icc, *metadata.icc);
  EXPECT_EQ(back.image.color.icc, back.metadata.icc);
  EXPECT_EQ(back.header.orientation, Orientation::kRotate90);
  EXPECT_EQ(exif_orientation(back.metadata.exif), Orientation::kRotate90);
}

TEST_P(CodecContract, truncation_is_an_error_or_marked_as_damage) {
  DecodeRequest strict;
  strict.fail_on = FailOn::kTruncated;
  const Bytes bytes = encode(make_picture(200, 131, PixelFormat::rgb()), make_metadata());
  for (size_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
    const ByteSpan cut = ByteSpan(bytes).first(bytes.size() * sixteenth / 16);
    SCOPED_TRACE(fmt::format("{}/16", sixteenth));
    const auto tolerant = codec().decoder->decode(cut, {});
    if (tolerant) {
      EXPECT_TRUE(tolerant->is_damaged);
      EXPECT_FALSE(tolerant->warnings.empty());
    } else {
      EXPECT_EQ(tolerant.error().code(), Code::kCorruptInput) << tolerant.error().to_string();
    }
    EXPECT_THAT(codec().decoder->decode(cut, strict), FailsWith(Code::kCorruptInput));
  }
}

// Whatever the bytes, the answer is a picture of the promised size or an error: run under the
// sanitizers.
TEST_P(CodecContract, wrong_bytes_do_no_harm) {
  const Bytes bytes = encode(make_picture(64, 48, PixelFormat::rgb()), make_metadata());
  uint32_t random = 12345;
  for (int round = 0; round < 300; ++round) {
    Bytes broken = bytes;
    for (int flip = 0; flip <= round % 4; ++flip) {
      random = random * 1664525 + 1013904223;
      // Headers and directories stand at either end; most of the hits go there.
      const size_t near = std::min<size_t>(broken.size(), 300);
      const size_t at = (random >> 8) % (round % 3 == 0 ? broken.size() : near);
      broken[round % 3 == 1 ? broken.size() - 1 - at : at] = static_cast<std::byte>(random >> 24);
    }
    DecodeRequest request;
    request.limits.max_pixels = 1'000'000;
    if (const auto header = codec().decoder->read_header(broken)) {
      if (const auto back = codec().decoder->decode(broken, request)) {
        EXPECT_EQ(back->image.width(), header->width);
        EXPECT_EQ(back->image.height(), header->height);
        EXPECT_EQ(back->image.format(), header->pixel_format);
      }
    } else {
      EXPECT_FALSE(codec().decoder->decode(broken, request).has_value());
    }
  }
}

TEST_P(CodecContract, other_formats_are_corrupt_input) {
  for (const Codec& other : codecs()) {
    if (other.format == codec().format) continue;
    ASSERT_OK_AND_ASSIGN(const Bytes bytes,
                         other.encoder->encode(make_picture(8, 8, PixelFormat::rgb()), kBest, {}));
    EXPECT_THAT(codec().decoder->read_header(bytes), FailsWith(Code::kCorruptInput));
    EXPECT_THAT(codec().decoder->decode(bytes, {}), FailsWith(Code::kCorruptInput));
  }
  EXPECT_THAT(codec().decoder->read_header({}), FailsWith(Code::kCorruptInput));
}

TEST_P(CodecContract, limits_are_kept) {
  const Bytes bytes = encode(make_picture(40, 30, PixelFormat::rgb()));
  DecodeRequest request;
  request.limits.max_pixels = 40 * 30;
  EXPECT_THAT(codec().decoder->decode(bytes, request), IsOk());
  request.limits.max_pixels = 40 * 30 - 1;
  EXPECT_THAT(codec().decoder->decode(bytes, request), FailsWith(Code::kResourceExhausted));
  request.limits.max_pixels = 40 * 30;
  request.limits.max_side = 39;
  EXPECT_THAT(codec().decoder->decode(bytes, request), FailsWith(Code::kResourceExhausted));
}

TEST_P(CodecContract, refuses_to_encode_what_its_traits_exclude) {
  const EncoderTraits traits = codec().encoder->traits();
  if (!traits.f32) {
    EXPECT_THAT(
        codec().encoder->encode(make_picture(4, 4, PixelFormat::rgb(SampleType::kF32)), kBest, {}),
        FailsWith(Code::kInvalidArgument, HasSubstr("rgb32f")));
  }
  if (!traits.cmyk) {
    EXPECT_THAT(codec().encoder->encode(make_picture(4, 4, {SampleType::kU8, ColorModel::kCmyk}),
                                        kBest, {}),
                FailsWith(Code::kInvalidArgument, HasSubstr("cmyk8")));
  }
}

}  // namespace
}  // namespace imagemill
