// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Against libjpeg itself, used the plain way: what it makes of a file, sample for sample.
#include <cstring>

#include "codec/codec.h"
#include "image/exif.h"
#include "support/made_jpegs.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

constexpr int kScales[] = {1, 2, 3, 4, 5, 6, 8};  // eighths

using testing::HasSubstr;

// Interleaved samples in the colour space asked for.
std::vector<JSAMPLE> read_lines(ByteSpan bytes, J_COLOR_SPACE space) {
  JpegReader reader(bytes);
  reader.d.out_color_space = space;
  jpeg_start_decompress(&reader.d);
  const size_t stride = reader.d.output_width * static_cast<size_t>(reader.d.output_components);
  std::vector<JSAMPLE> out(stride * reader.d.output_height);
  while (reader.d.output_scanline < reader.d.output_height) {
    JSAMPROW row = out.data() + stride * reader.d.output_scanline;
    jpeg_read_scanlines(&reader.d, &row, 1);
  }
  return out;
}

Result<Decoded> decode(ByteSpan bytes, const DecodeRequest& request = {}) {
  return decoder_for(FileFormat::kJpeg)->decode(bytes, request);
}

ImageHeader header_of(ByteSpan bytes) {
  return decoder_for(FileFormat::kJpeg)->read_header(bytes).value();
}

double mean_of(const Plane& plane) {
  double sum = 0;
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x) sum += plane.row<uint8_t>(y)[x];
  return sum / (static_cast<double>(plane.width) * plane.height);
}

// Samples of `image` that differ from libjpeg's lines.
int count_different(const Image& image, const std::vector<JSAMPLE>& lines, int flip = 0) {
  int different = 0;
  const int channels = image.channels();
  for (int c = 0; c < channels; ++c)
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x)
        different += image.plane(c).row<uint8_t>(y)[x] !=
                     (lines[static_cast<size_t>((y * image.width() + x) * channels + c)] ^ flip);
  return different;
}

TEST(JpegDecode, planes_are_those_of_libjpeg) {
  for (JpegRecipe recipe : planar_recipes()) {
    for (const Size size : kJpegSizes) {
      recipe.size = size;
      const Bytes bytes = make_jpeg(recipe);
      ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(bytes));
      SCOPED_TRACE(
          fmt::format("{} {}x{}", to_string(decoded.image.format()), size.width, size.height));
      EXPECT_FALSE(decoded.is_damaged);
      ASSERT_EQ(decoded.image.width(), size.width);
      ASSERT_EQ(decoded.image.height(), size.height);
      const bool is_gray = recipe.space == JCS_GRAYSCALE;
      EXPECT_EQ(decoded.image.format().model, is_gray ? ColorModel::kGray : ColorModel::kYCbCr);
      const auto planes = read_raw_planes(bytes);
      int different = 0;
      for (int c = 0; c < decoded.image.channels(); ++c)
        for (int y = 0; y < decoded.image.plane(c).height; ++y)
          for (int x = 0; x < decoded.image.plane(c).width; ++x)
            different += decoded.image.plane(c).row<uint8_t>(y)[x] !=
                         planes[static_cast<size_t>(c)].at(x, y);
      EXPECT_EQ(different, 0);
      if (!decoded.image.format().is_subsampled()) {
        EXPECT_EQ(
            count_different(decoded.image, read_lines(bytes, is_gray ? JCS_GRAYSCALE : JCS_YCbCr)),
            0);
      }
    }
  }
}

TEST(JpegDecode, other_colour_spaces_and_factors_are_read_as_rows) {
  const JpegFactors four = {{1, 1}, {1, 1}, {1, 1}, {1, 1}};
  struct Row {
    JpegRecipe recipe;
    J_COLOR_SPACE as;
    int flip = 0;
  };
  const std::vector<Row> rows = {
      {{.space = JCS_CMYK, .factors = four}, JCS_CMYK, 255},
      {{.space = JCS_CMYK, .factors = four, .has_adobe_marker = false}, JCS_CMYK, 0},
      {{.space = JCS_YCCK, .factors = {{2, 2}, {1, 1}, {1, 1}, {2, 2}}}, JCS_CMYK, 255},
      {{.space = JCS_RGB, .factors = {{1, 1}, {1, 1}, {1, 1}}}, JCS_RGB},
      {{.factors = {{1, 1}, {2, 1}, {2, 1}}}, JCS_RGB},  // chroma finer than luma
      {{.factors = {{3, 1}, {1, 1}, {1, 1}}}, JCS_RGB},
      {{.factors = {{2, 2}, {2, 1}, {1, 1}}}, JCS_RGB},
  };
  for (auto [recipe, as, flip] : rows) {
    for (const Size size : kJpegSizes) {
      recipe.size = size;
      const Bytes bytes = make_jpeg(recipe);
      SCOPED_TRACE(
          fmt::format("space {} {}x{}", static_cast<int>(recipe.space), size.width, size.height));
      ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(bytes));
      EXPECT_EQ(decoded.image.format().model,
                as == JCS_CMYK ? ColorModel::kCmyk : ColorModel::kRgb);
      EXPECT_EQ(count_different(decoded.image, read_lines(bytes, as), flip), 0);
      EXPECT_EQ(header_of(bytes).pixel_format, decoded.image.format());
    }
  }
}

size_t find_marker(const Bytes& bytes, uint8_t marker) {
  size_t at = 0;
  while (as_u8(bytes)[at] != 0xFF || as_u8(bytes)[at + 1] != marker) ++at;
  return at;
}

TEST(JpegDecode, factors_that_are_no_multiples_are_unsupported) {
  // libjpeg does not write them either.
  Bytes bytes = make_jpeg({.factors = {{3, 1}, {1, 1}, {1, 1}}});
  const size_t frame = find_marker(bytes, 0xC0);
  for (const size_t chroma : {1, 2}) bytes[frame + 10 + 3 * chroma + 1] = std::byte{0x21};
  EXPECT_THAT(decode(bytes), FailsWith(Code::kUnsupported));
}

TEST(JpegDecode, delivers_the_smallest_scale_that_is_large_enough) {
  const Decoder& decoder = *decoder_for(FileFormat::kJpeg);
  std::vector<JpegRecipe> recipes = planar_recipes();
  recipes.push_back({.space = JCS_CMYK, .factors = {{1, 1}, {1, 1}, {1, 1}, {1, 1}}});
  for (JpegRecipe recipe : recipes) {
    recipe.size = {203, 131};
    const Bytes bytes = make_jpeg(recipe);
    const ImageHeader header = header_of(bytes);
    ASSERT_OK_AND_ASSIGN(const Decoded full, decode(bytes));
    for (const int n : kScales) {
      DecodeRequest request;
      request.at_least = {(203 * n + 7) / 8, (131 * n + 7) / 8};
      ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(bytes, request));
      EXPECT_EQ(decoded.scale_num, n);
      EXPECT_EQ(decoded.scale_den, 8);
      const Size seen{decoded.image.width(), decoded.image.height()};
      EXPECT_EQ(seen, request.at_least);
      EXPECT_EQ(seen, decoder.decoded_size(header, request));
      EXPECT_EQ(decoded.header.width, 203);
      for (int c = 0; c < decoded.image.channels(); ++c)
        EXPECT_NEAR(mean_of(decoded.image.plane(c)), mean_of(full.image.plane(c)), 1) << n;
      // One more on either side, and it has to be the next scale.
      if (n == 8) continue;
      ++request.at_least.height;
      EXPECT_EQ(decoder.decoded_size(header, request).width, (203 * (n == 6 ? 8 : n + 1) + 7) / 8);
    }
  }
}

TEST(JpegDecode, promises_the_bytes_it_takes) {
  const Decoder& decoder = *decoder_for(FileFormat::kJpeg);
  for (JpegRecipe recipe : planar_recipes()) {
    for (const Size size : {Size{1, 1}, Size{65, 3000}, Size{600, 400}, Size{1100, 9}}) {
      recipe.size = size;
      recipe.quality = 20;
      const Bytes bytes = make_jpeg(recipe);
      for (const int n : kScales) {
        DecodeRequest request;
        request.at_least = {(size.width * n + 7) / 8, (size.height * n + 7) / 8};
        ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(bytes, request));
        EXPECT_GE(decoder.decode_bytes(header_of(bytes), request), decoded.image.bytes());
      }
    }
  }
}

TEST(JpegDecode, tall_narrow_pictures_keep_the_promise) {
  // Rows are padded to 64 bytes: of a narrow picture that is a good part.
  const Bytes bytes =
      make_jpeg({.size = {65, 65500}, .factors = {{1, 1}, {1, 1}, {1, 1}}, .quality = 20});
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(bytes));
  EXPECT_GE(decoder_for(FileFormat::kJpeg)->decode_bytes(header_of(bytes), {}),
            decoded.image.bytes());
}

TEST(JpegDecode, what_is_missing_is_mid_grey) {
  const Bytes bytes = make_jpeg({.size = {160, 320}});
  ASSERT_OK_AND_ASSIGN(const Decoded whole, decode(bytes));
  int delivered = 0;
  for (size_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
    SCOPED_TRACE(fmt::format("{}/16", sixteenth));
    const auto decoded = decode(ByteSpan(bytes).first(bytes.size() * sixteenth / 16));
    if (!decoded) continue;
    ++delivered;
    EXPECT_TRUE(decoded->is_damaged);
    // Rows of blocks as they should be, one in which the data ends, then nothing.
    const Plane& luma = decoded->image.plane(0);
    int mixed = 0;
    bool is_over = false;
    for (int y = 0; y < luma.height; y += 16) {
      bool is_right = true, is_gray = true;
      for (int line = y; line < y + 16; ++line)
        for (int x = 0; x < luma.width; ++x) {
          is_right &= luma.row<uint8_t>(line)[x] == whole.image.plane(0).row<uint8_t>(line)[x];
          is_gray &= luma.row<uint8_t>(line)[x] == 128;
        }
      EXPECT_FALSE(is_over && !is_gray) << "rows from " << y;
      is_over |= is_gray;
      mixed += !is_right && !is_gray;
    }
    EXPECT_LE(mixed, 1);
  }
  EXPECT_GE(delivered, 10);
}

TEST(JpegDecode, damage_is_an_error_from_the_level_asked_on) {
  const Bytes bytes = make_jpeg({.size = {160, 160}});
  Bytes cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(bytes.size() / 2));
  Bytes broken = make_jpeg({.size = {160, 160}, .restart_blocks = 4});
  // All ones: no code.
  for (size_t i = broken.size() / 2; i < broken.size() / 2 + 40; ++i)
    broken[i] = i % 2 == 0 ? std::byte{0xFF} : std::byte{0};
  const auto is_refused = [](const Bytes& data, FailOn fail_on) {
    return !decode(data, {.fail_on = fail_on}).has_value();
  };
  EXPECT_FALSE(is_refused(cut, FailOn::kNone));
  EXPECT_TRUE(is_refused(cut, FailOn::kTruncated));
  EXPECT_TRUE(is_refused(cut, FailOn::kError));
  EXPECT_FALSE(is_refused(broken, FailOn::kNone));
  EXPECT_FALSE(is_refused(broken, FailOn::kTruncated));
  EXPECT_TRUE(is_refused(broken, FailOn::kError));
  EXPECT_TRUE(is_refused(broken, FailOn::kWarning));
  EXPECT_FALSE(is_refused(bytes, FailOn::kWarning));
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(broken));
  EXPECT_TRUE(decoded.is_damaged);
}

size_t find_last(const Bytes& bytes, uint8_t marker) {
  for (size_t at = bytes.size() - 2;; --at)
    if (as_u8(bytes)[at] == 0xFF && as_u8(bytes)[at + 1] == marker) return at;
}

TEST(JpegDecode, a_picture_that_never_begins_is_refused) {
  for (const bool is_progressive : {false, true}) {
    const Bytes bytes = make_jpeg({.size = {320, 320}, .is_progressive = is_progressive});
    const size_t first_scan = find_marker(bytes, 0xDA);
    for (const size_t more : {14, 20, 40})
      EXPECT_THAT(decode(ByteSpan(bytes).first(first_scan + more)), FailsWith(Code::kCorruptInput));
  }
}

TEST(JpegDecode, a_thousand_scans_are_refused) {
  const Bytes bytes = make_jpeg({.size = {64, 64}, .is_progressive = true});
  const auto last_scan = bytes.begin() + static_cast<ptrdiff_t>(find_last(bytes, 0xDA));
  Bytes many(bytes.begin(), bytes.end() - 2);
  for (int i = 0; i < 1000; ++i) many.insert(many.end(), last_scan, bytes.end() - 2);
  EXPECT_THAT(decode(many), FailsWith(Code::kResourceExhausted, HasSubstr("scans")));
}

TEST(JpegDecode, a_header_larger_than_its_data_costs_little) {
  Bytes bytes = make_jpeg({.size = {16, 16}});
  const size_t frame = find_marker(bytes, 0xC0);
  for (const size_t side : {frame + 5, frame + 7}) {
    bytes[side] = std::byte{16000 >> 8};
    bytes[side + 1] = std::byte{16000 & 255};
  }
  ASSERT_EQ(header_of(bytes).width, 16000);
  EXPECT_THAT(decode(bytes), FailsWith(Code::kCorruptInput));
  DecodeRequest request;
  request.limits.max_pixels = 1'000'000;
  EXPECT_THAT(decode(bytes, request), FailsWith(Code::kResourceExhausted));
}

Bytes exif_with(uint8_t orientation) {
  const uint8_t exif[] = {'I', 'I', 42, 0, 8, 0,           0, 0, 1, 0, 0x12, 0x01, 3,
                          0,   1,   0,  0, 0, orientation, 0, 0, 0, 0, 0,    0,    0};
  const auto* bytes = reinterpret_cast<const std::byte*>(exif);
  return {bytes, bytes + sizeof exif};
}

Image ycbcr_image(Size size, int shift_x, int shift_y) {
  const PixelFormat format{SampleType::kU8, ColorModel::kYCbCr, false,
                           static_cast<uint8_t>(shift_x), static_cast<uint8_t>(shift_y)};
  Image image = Image::allocate(size.width, size.height, format).value();
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < image.plane(c).height; ++y)
      for (int x = 0; x < image.plane(c).width; ++x)
        image.plane(c).row<uint8_t>(y)[x] = sample_of(c, x, y);
  return image;
}

Result<Bytes> encode(const Image& image, const EncodeOptions& options = {},
                     const Metadata& metadata = {}) {
  return encoder_for(FileFormat::kJpeg)->encode(image, options, metadata);
}

TEST(JpegMetadata, all_blocks_come_back) {
  Metadata metadata;
  metadata.exif = exif_with(6);
  metadata.xmp.assign(3000, std::byte{'x'});
  for (const size_t iptc_bytes : {1, 10, 501}) {
    metadata.iptc.assign(iptc_bytes, std::byte{0x1C});
    Bytes icc(200'000);  // four markers
    for (size_t i = 0; i < icc.size(); ++i) icc[i] = static_cast<std::byte>(i * i >> 3);
    metadata.icc = std::make_shared<const Bytes>(std::move(icc));
    ASSERT_OK_AND_ASSIGN(const Bytes bytes, encode(ycbcr_image({20, 10}, 1, 1), {}, metadata));
    ASSERT_OK_AND_ASSIGN(const Decoded back, decode(bytes));
    EXPECT_TRUE(back.metadata.exif == metadata.exif);
    EXPECT_TRUE(back.metadata.xmp == metadata.xmp);
    EXPECT_TRUE(back.metadata.iptc == metadata.iptc);
    ASSERT_NE(back.metadata.icc, nullptr);
    EXPECT_TRUE(*back.metadata.icc == *metadata.icc);
    const ImageHeader header = header_of(bytes);
    EXPECT_EQ(header.orientation, Orientation::kRotate90);
    EXPECT_TRUE(header.has_icc);
  }
}

TEST(JpegMetadata, of_two_exif_blocks_the_first_counts) {
  ASSERT_OK_AND_ASSIGN(const Bytes first,
                       encode(ycbcr_image({8, 8}, 0, 0), {}, {.exif = exif_with(6)}));
  ASSERT_OK_AND_ASSIGN(const Bytes second,
                       encode(ycbcr_image({8, 8}, 0, 0), {}, {.exif = exif_with(3)}));
  // SOI and JFIF are 20 bytes; the second EXIF marker goes in after the first.
  const size_t marker = 2 + 2 + 6 + exif_with(1).size();
  Bytes both = first;
  both.insert(both.begin() + static_cast<ptrdiff_t>(20 + marker), second.begin() + 20,
              second.begin() + static_cast<ptrdiff_t>(20 + marker));
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode(both));
  EXPECT_EQ(decoded.header.orientation, Orientation::kRotate90);
  EXPECT_EQ(exif_orientation(decoded.metadata.exif), Orientation::kRotate90);
}

TEST(JpegEncode, planes_come_back_and_edges_are_repeated) {
  for (const auto& [shift_x, shift_y] : {std::pair{0, 0}, {1, 0}, {1, 1}, {0, 1}, {2, 0}}) {
    for (const Size size : kJpegSizes) {
      SCOPED_TRACE(fmt::format("{}x{} shifts {} {}", size.width, size.height, shift_x, shift_y));
      const Image image = ycbcr_image(size, shift_x, shift_y);
      ASSERT_OK_AND_ASSIGN(const Bytes bytes, encode(image, {.quality = 100}));
      const auto planes = read_raw_planes(bytes);
      int worst = 0;
      for (int c = 0; c < 3; ++c) {
        const Plane& plane = image.plane(c);
        const RawPlane& raw = planes[static_cast<size_t>(c)];
        // What lies beyond the picture is its edge again, up to the block's end.
        for (int y = 0; y < std::min(raw.height, (plane.height + 7) / 8 * 8); ++y)
          for (int x = 0; x < raw.width; ++x) {
            const int expected =
                plane.row<uint8_t>(std::min(y, plane.height - 1))[std::min(x, plane.width - 1)];
            worst = std::max(worst, std::abs(raw.at(x, y) - expected));
          }
      }
      EXPECT_LE(worst, 3);
    }
  }
}

TEST(JpegEncode, quality_and_subsampling_are_obeyed) {
  Image rgb = Image::allocate(97, 61, PixelFormat::rgb()).value();
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 61; ++y)
      for (int x = 0; x < 97; ++x) rgb.plane(c).row<uint8_t>(y)[x] = sample_of(c, x, y);
  size_t before = 0;
  for (const int quality : {1, 30, 60, 90, 100}) {
    ASSERT_OK_AND_ASSIGN(const Bytes bytes, encode(rgb, {.quality = quality}));
    EXPECT_GT(bytes.size(), before);
    before = bytes.size();
  }
  ASSERT_OK_AND_ASSIGN(const Bytes fine, encode(rgb, {.quality = 98, .subsample_chroma = false}));
  ASSERT_OK_AND_ASSIGN(const Bytes coarse, encode(rgb, {.quality = 98}));
  EXPECT_FALSE(header_of(fine).pixel_format.is_subsampled());
  EXPECT_EQ(header_of(coarse).pixel_format.chroma_shift_x, 1);
  EXPECT_EQ(header_of(coarse).pixel_format.chroma_shift_y, 1);
  const std::vector<JSAMPLE> back = read_lines(fine, JCS_RGB);
  double sum = 0;
  for (int y = 0; y < 61; ++y)
    for (int x = 0; x < 97; ++x)
      for (int c = 0; c < 3; ++c)
        sum += std::abs(back[static_cast<size_t>((y * 97 + x) * 3 + c)] - sample_of(c, x, y));
  EXPECT_LT(sum / (97 * 61 * 3), 3);
}

TEST(JpegEncode, says_what_it_cannot_store) {
  const Image image = ycbcr_image({8, 8}, 0, 0);
  EXPECT_THAT(encode(image, {}, {.exif = Bytes(65528)}),
              FailsWith(Code::kUnsupported, HasSubstr("65528")));
  EXPECT_THAT(encode(image, {}, {.exif = Bytes(65527)}), IsOk());
  EXPECT_THAT(encode(Image::allocate(8, 8, PixelFormat::rgb(SampleType::kU8, true)).value()),
              FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(encode(Image::allocate(65501, 1, PixelFormat::gray()).value()),
              FailsWith(Code::kUnsupported, HasSubstr("65501")));
}

}  // namespace
}  // namespace imagemill
