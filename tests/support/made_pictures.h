// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Picture files that tests make themselves, with what a test wants to find again in them.
#pragma once

#include <lcms2.h>

#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "base/check.h"
#include "codec/codec.h"

namespace imagemill {

using Rgb = std::array<int, 3>;

// The quarters of a made picture, as its raster is stored: left top, right top, left bottom, right
// bottom.
inline constexpr std::array<Rgb, 4> kQuarters = {Rgb{200, 30, 30}, Rgb{30, 180, 40},
                                                 Rgb{40, 50, 190}, Rgb{220, 220, 210}};

struct MadePicture {
  FileFormat format = FileFormat::kJpeg;
  Size size{64, 48};
  int orientation = 0;  // 0: no EXIF block
  bool is_gray = false;
  int bits = 8;
  std::optional<int> alpha = {};  // 0..255, of every pixel
  std::optional<Rgb> color = {};  // of every pixel; else kQuarters
  bool has_p3_profile = false;
  bool has_camera_data = false;  // EXIF: maker and time; XMP: a title; IPTC where it can be carried
};

inline Bytes bytes_of(std::string_view text) {
  const ByteSpan span = as_byte_span(text);
  return Bytes(span.begin(), span.end());
}

// EXIF with the orientation and, for camera data, maker and time.
inline Bytes make_exif_block(int orientation, bool has_camera_data) {
  std::string out("II\x2A\0\x08\0\0\0", 8);
  const auto le = [&](int bytes, uint32_t value) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  const auto entry = [&](uint32_t tag, uint32_t type, uint32_t count, uint32_t value) {
    le(2, tag);
    le(2, type);
    le(4, count);
    le(4, value);
  };
  const uint32_t entries = has_camera_data ? 3 : 1;
  const uint32_t after = 8 + 2 + 12 * entries + 4;
  le(2, entries);
  if (has_camera_data) entry(0x010F, 2, 6, after);
  entry(0x0112, 3, 1, static_cast<uint32_t>(orientation));
  if (has_camera_data) entry(0x8769, 4, 1, after + 6);
  le(4, 0);
  if (has_camera_data) {
    out += std::string_view("Maker\0", 6);
    le(2, 1);
    entry(0x9003, 2, 20, after + 6 + 18);
    le(4, 0);
    out += std::string_view("2019:07:04 12:34:56\0", 20);
  }
  return bytes_of(out);
}

// EXIF with an orientation and a thumbnail, as cameras write them: in a second directory.
inline Bytes make_exif_with_thumbnail(int orientation, ByteSpan thumbnail) {
  std::string out("II\x2A\0\x08\0\0\0", 8);
  const auto le = [&](int bytes, size_t value) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  const auto entry = [&](size_t tag, size_t type, size_t value) {
    le(2, tag);
    le(2, type);
    le(4, 1);
    le(4, value);
  };
  constexpr size_t kSecond = 8 + 2 + 12 + 4, kThumbnail = kSecond + 2 + 3 * 12 + 4;
  le(2, 1);
  entry(0x0112, 3, static_cast<size_t>(orientation));
  le(4, kSecond);
  le(2, 3);
  entry(0x0103, 3, 6);
  entry(0x0201, 4, kThumbnail);
  entry(0x0202, 4, thumbnail.size());
  le(4, 0);
  return bytes_of(out.append(as_text(thumbnail)));
}

inline std::shared_ptr<const Bytes> make_p3_profile() {
  const cmsCIExyY d65{0.3127, 0.3290, 1};
  const cmsCIExyYTRIPLE colorants{{0.680, 0.320, 1}, {0.265, 0.690, 1}, {0.150, 0.060, 1}};
  const cmsFloat64Number srgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
  cmsToneCurve* curve = cmsBuildParametricToneCurve(nullptr, 4, srgb);
  cmsToneCurve* const curves[] = {curve, curve, curve};
  cmsHPROFILE profile = cmsCreateRGBProfile(&d65, &colorants, curves);
  cmsFreeToneCurve(curve);
  cmsUInt32Number size = 0;
  cmsSaveProfileToMem(profile, nullptr, &size);
  Bytes out(size);
  cmsSaveProfileToMem(profile, out.data(), &size);
  cmsCloseProfile(profile);
  return std::make_shared<const Bytes>(std::move(out));
}

inline Metadata made_metadata(const MadePicture& made) {
  Metadata out;
  if (made.orientation != 0 || made.has_camera_data)
    out.exif = make_exif_block(std::max(1, made.orientation), made.has_camera_data);
  if (made.has_camera_data) {
    out.xmp = bytes_of(
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='4'/></rdf:RDF></x:xmpmeta>");
    out.iptc = bytes_of(std::string_view("\x1C\x02\x78\0\x05hello", 10));
  }
  if (made.has_p3_profile) out.icc = make_p3_profile();
  return out;
}

inline Image made_image(const MadePicture& made) {
  const PixelFormat format{made.bits == 16 ? SampleType::kU16 : SampleType::kU8,
                           made.is_gray ? ColorModel::kGray : ColorModel::kRgb,
                           made.alpha.has_value()};
  Image image = Image::allocate(made.size.width, made.size.height, format).value();
  for (int y = 0; y < made.size.height; ++y)
    for (int x = 0; x < made.size.width; ++x) {
      const int quarter = (2 * x >= made.size.width) + 2 * (2 * y >= made.size.height);
      const Rgb rgb = made.color.value_or(kQuarters[static_cast<size_t>(quarter)]);
      for (int c = 0; c < image.channels(); ++c) {
        const int value =
            c == image.alpha_channel() ? *made.alpha : rgb[static_cast<size_t>(std::min(c, 2))];
        if (made.bits == 16)
          image.plane(c).row<uint16_t>(y)[x] = static_cast<uint16_t>(value * 257);
        else
          image.plane(c).row<uint8_t>(y)[x] = static_cast<uint8_t>(value);
      }
    }
  return image;
}

// Fine enough to tell colours by.
inline Bytes make_picture_file(const MadePicture& made) {
  const Encoder* encoder = encoder_for(made.format);
  IMAGEMILL_CHECK(encoder != nullptr);
  auto bytes = encoder->encode(made_image(made),
                               {.quality = 95, .lossless = true, .subsample_chroma = false},
                               made_metadata(made));
  IMAGEMILL_CHECK(bytes.has_value());
  return *std::move(bytes);
}

// A JPEG of CMYK as Adobe writes it (the ink inverted), all of one colour.
inline Bytes make_cmyk_jpeg(Size size, std::array<int, 4> ink) {
  jpeg_compress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* out = nullptr;
  unsigned long out_bytes = 0;
  jpeg_mem_dest(&codec, &out, &out_bytes);
  codec.image_width = static_cast<JDIMENSION>(size.width);
  codec.image_height = static_cast<JDIMENSION>(size.height);
  codec.input_components = 4;
  codec.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, 95, TRUE);
  jpeg_start_compress(&codec, TRUE);
  std::string line;
  for (int x = 0; x < size.width; ++x)
    for (const int value : ink) line += static_cast<char>(255 - value);
  auto* row = reinterpret_cast<JSAMPROW>(line.data());
  for (int y = 0; y < size.height; ++y) jpeg_write_scanlines(&codec, &row, 1);
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  const auto* data = reinterpret_cast<const std::byte*>(out);
  Bytes bytes(data, data + out_bytes);
  std::free(out);
  return bytes;
}

}  // namespace imagemill
