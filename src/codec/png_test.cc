// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "codec/codec.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

std::string big_endian(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
          static_cast<char>(v)};
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  return big_endian(static_cast<uint32_t>(data.size())) + body +
         big_endian(libdeflate_crc32(0, body.data(), body.size()));
}

std::string deflated(const std::string& data) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(9), libdeflate_free_compressor);
  std::string out(libdeflate_zlib_compress_bound(compressor.get(), data.size()), '\0');
  out.resize(
      libdeflate_zlib_compress(compressor.get(), data.data(), data.size(), out.data(), out.size()));
  return out;
}

std::string header(uint32_t width, uint32_t height, char depth, char color_type) {
  return "\x89PNG\r\n\x1a\n" +
         chunk("IHDR", big_endian(width) + big_endian(height) + depth + color_type + "\0\0\0"s);
}

// `rows` with their filter bytes.
std::string png(const std::string& start, const std::string& before_pixels,
                const std::string& rows) {
  return start + before_pixels + chunk("IDAT", deflated(rows)) + chunk("IEND", "");
}

Result<Decoded> decode(const std::string& bytes, FailOn fail_on = FailOn::kNone) {
  DecodeRequest request;
  request.fail_on = fail_on;
  return decode_image(as_byte_span(bytes), request);
}

std::vector<int> row_of(const Image& image, int channel, int y) {
  std::vector<int> out;
  for (int x = 0; x < image.width(); ++x)
    out.push_back(image.format().sample == SampleType::kU16
                      ? image.plane(channel).row<uint16_t>(y)[x]
                      : image.plane(channel).row<uint8_t>(y)[x]);
  return out;
}

using Row = std::vector<int>;

TEST(Png, widens_one_bit_gray_to_the_full_range) {
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(png(header(3, 1, 1, 0), "", "\0\xA0"s)));
  EXPECT_EQ(out.image.format(), PixelFormat::gray());
  EXPECT_EQ(row_of(out.image, 0, 0), (Row{255, 0, 255}));
}

TEST(Png, palette_transparency_becomes_alpha) {
  const std::string palette = chunk("PLTE", "\1\2\3\4\5\6\7\x08\x09") + chunk("tRNS", "\0\x80"s);
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(png(header(3, 1, 2, 3), palette, "\0\x18"s)));
  EXPECT_EQ(out.image.format(), PixelFormat::rgb(SampleType::kU8, true));
  EXPECT_EQ(row_of(out.image, 0, 0), (Row{1, 4, 7}));
  EXPECT_EQ(row_of(out.image, 3, 0), (Row{0, 0x80, 255}));
}

TEST(Png, sixteen_bits_stay_and_a_colour_key_becomes_alpha) {
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(png(header(2, 1, 16, 0), chunk("tRNS", "\x12\x34"),
                                                     "\0\x12\x34\xAB\xCD"s)));
  EXPECT_EQ(out.image.format(), PixelFormat::gray(SampleType::kU16, true));
  EXPECT_EQ(row_of(out.image, 0, 0), (Row{0x1234, 0xABCD}));
  EXPECT_EQ(row_of(out.image, 1, 0), (Row{0, 0xFFFF}));
}

TEST(Png, wrong_pixel_checksum_is_damage_with_pixels) {
  std::string bytes = png(header(1, 1, 8, 0), "", "\0\x40"s);
  bytes[bytes.size() - 13] ^= 1;  // the last byte of IDAT's checksum; IEND takes 12
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(bytes));
  EXPECT_TRUE(out.is_damaged);
  EXPECT_EQ(row_of(out.image, 0, 0), Row{0x40});
  EXPECT_THAT(decode(bytes, FailOn::kTruncated), IsOk());
  EXPECT_THAT(decode(bytes, FailOn::kError), FailsWith(Code::kCorruptInput, HasSubstr("CRC")));
}

TEST(Png, wrong_header_checksum_is_refused) {
  std::string bytes = png(header(1, 1, 8, 0), "", "\0\x40"s);
  bytes[19] = 2;  // width
  EXPECT_THAT(decode(bytes), FailsWith(Code::kCorruptInput, HasSubstr("checksum")));
}

TEST(Png, huge_sizes_are_refused_from_the_header) {
  EXPECT_THAT(decode(png(header(0x7FFFFFFF, 0x7FFFFFFF, 16, 6), "", "")),
              FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(decode(png(header(0x80000000u, 1, 8, 0), "", "")), FailsWith(Code::kCorruptInput));
}

TEST(Png, file_without_pixels_says_so) {
  EXPECT_THAT(decode(header(1, 1, 8, 0) + chunk("IEND", "")),
              FailsWith(Code::kCorruptInput, HasSubstr("no pixels")));
}

TEST(Png, a_cut_keeps_the_rows_before_it) {
  std::string rows;
  for (int y = 0; y < 64; ++y) {
    rows += '\0';
    for (int x = 0; x < 64; ++x) rows += static_cast<char>(x * x * (y + 1) * 2654435761u >> 13);
  }
  const std::string whole = png(header(64, 64, 8, 0), "", rows);
  const std::string cut = whole.substr(0, whole.size() / 2);
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(cut));
  EXPECT_TRUE(out.is_damaged);
  for (int x = 0; x < 64; ++x)
    EXPECT_EQ(row_of(out.image, 0, 8)[static_cast<size_t>(x)],
              static_cast<uint8_t>(rows[static_cast<size_t>(8 * 65 + 1 + x)]));
  EXPECT_EQ(row_of(out.image, 0, 63), Row(64, 0));
  EXPECT_THAT(decode(cut, FailOn::kTruncated), FailsWith(Code::kCorruptInput));
}

TEST(Png, a_profile_that_inflates_without_end_is_dropped) {
  const std::string bomb = deflated(std::string(40 << 20, '\0'));
  ASSERT_OK_AND_ASSIGN(const Decoded out,
                       decode(png(header(1, 1, 8, 0), chunk("iCCP", "x\0\0"s + bomb), "\0\x40"s)));
  EXPECT_EQ(out.metadata.icc, nullptr);
  EXPECT_FALSE(out.is_damaged);
  EXPECT_EQ(out.warnings.size(), 1u);
}

TEST(Png, reads_compressed_xmp_code_points_and_frames) {
  const std::string chunks =
      chunk("cICP", "\x09\x10\0\1"s) + chunk("acTL", big_endian(7) + big_endian(0)) +
      chunk("iTXt", "XML:com.adobe.xmp\0\1\0\0\0"s + deflated("<x:xmpmeta/>"));
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(png(header(1, 1, 8, 0), chunks, "\0\x40"s)));
  EXPECT_EQ(as_text(out.metadata.xmp), "<x:xmpmeta/>");
  EXPECT_EQ(out.image.color.primaries, Primaries::kBt2020);
  EXPECT_EQ(out.image.color.transfer, TransferFunction::kPq);
  EXPECT_EQ(out.header.pages, 7);
}

TEST(Png, few_colours_are_stored_unfiltered) {
  ASSERT_OK_AND_ASSIGN(const Image image, Image::allocate(128, 128, PixelFormat::gray()));
  for (int y = 0; y < 128; ++y)
    for (int x = 0; x < 128; ++x)
      image.plane(0).row<uint8_t>(y)[x] = (x / 9 + y / 5) % 3 == 0 ? 255 : 0;
  ASSERT_OK_AND_ASSIGN(const Bytes bytes, encoder_for(FileFormat::kPng)->encode(image, {}, {}));
  const size_t idat = as_text(bytes).find("IDAT");
  std::string rows(129 * 128, '\1');
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> inflater(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  ASSERT_EQ(libdeflate_zlib_decompress(inflater.get(), bytes.data() + idat + 4,
                                       read_u32(as_u8(bytes) + idat - 4, true), rows.data(),
                                       rows.size(), nullptr),
            LIBDEFLATE_SUCCESS);
  for (size_t y = 0; y < 128; ++y) EXPECT_EQ(rows[y * 129], 0);
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// PngSuite has every basic kind twice: basnXXXX, and basiXXXX interlaced.
TEST(Png, interlaced_equals_plain_over_pngsuite) {
  if (!test_data()) GTEST_SKIP() << "no test data here";
  int pairs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*test_data() + "/images/pngsuite")) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("basn")) continue;
    const auto twin = entry.path().parent_path() / ("basi" + name.substr(4));
    ASSERT_OK_AND_ASSIGN(const Decoded plain, decode(slurp(entry.path()), FailOn::kWarning));
    ASSERT_OK_AND_ASSIGN(const Decoded interlaced, decode(slurp(twin), FailOn::kWarning));
    ASSERT_EQ(plain.image.format(), interlaced.image.format()) << name;
    for (int c = 0; c < plain.image.channels(); ++c)
      for (int y = 0; y < plain.image.height(); ++y)
        ASSERT_EQ(row_of(plain.image, c, y), row_of(interlaced.image, c, y)) << name;
    ++pairs;
  }
  EXPECT_GE(pairs, 15);
}

TEST(Png, broken_files_of_pngsuite_are_refused_or_marked) {
  if (!test_data()) GTEST_SKIP() << "no test data here";
  for (const auto& entry : std::filesystem::directory_iterator(*test_data() + "/images/pngsuite")) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".png")) {
      const auto out = decode(slurp(entry.path()));
      const bool is_clean = out.has_value() && !out->is_damaged;
      EXPECT_EQ(is_clean, !name.starts_with("x")) << name;
      if (!out) {
        EXPECT_GT(out.error().message().size(), 10u) << name;
      }
    }
  }
}

}  // namespace
}  // namespace imagemill
