// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <tiffio.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "codec/codec.h"
#include "codec/exif_prefix.h"
#include "codec/tiff_directory.h"
#include "codec/tiff_file.h"
#include "image/exif.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

// A strip file of the given layout, written by libtiff itself; `more` sets further tags.
struct Layout {
  uint32_t width = 1, height = 1;
  uint16_t bits = 8, samples = 1;
  uint16_t photometric = PHOTOMETRIC_MINISBLACK;
  uint32_t rows_per_strip = 1000;
  std::function<void(TIFF*)> more = [](TIFF*) {};
};

Bytes write_tiff(const Layout& layout, const std::vector<std::string>& strips) {
  const auto file = TiffFile::create(false);
  TIFF* tiff = file->tiff();
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, layout.width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, layout.height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, layout.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, layout.samples);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, layout.photometric);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, layout.rows_per_strip);
  layout.more(tiff);
  for (size_t i = 0; i < strips.size(); ++i) {
    std::string data = strips[i];
    EXPECT_GE(TIFFWriteRawStrip(tiff, static_cast<uint32_t>(i), data.data(),
                                static_cast<tmsize_t>(data.size())),
              0);
  }
  return file->close();
}

Result<Decoded> decode(ByteSpan bytes, FailOn fail_on = FailOn::kNone) {
  DecodeRequest request;
  request.fail_on = fail_on;
  return decode_image(bytes, request);
}

std::vector<double> row_of(const Image& image, int channel, int y) {
  std::vector<double> out;
  for (int x = 0; x < image.width(); ++x) {
    const Plane& plane = image.plane(channel);
    out.push_back(image.format().sample == SampleType::kF32   ? plane.row<float>(y)[x]
                  : image.format().sample == SampleType::kU16 ? plane.row<uint16_t>(y)[x]
                                                              : plane.row<uint8_t>(y)[x]);
  }
  return out;
}

using Row = std::vector<double>;

template <typename T>
std::string raw(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

TEST(Tiff, one_bit_with_white_as_zero) {
  Layout layout{.width = 10, .bits = 1, .photometric = PHOTOMETRIC_MINISWHITE};
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(write_tiff(layout, {"\xAA\x80"})));
  EXPECT_EQ(out.image.format(), PixelFormat::gray());
  EXPECT_EQ(row_of(out.image, 0, 0), (Row{0, 255, 0, 255, 0, 255, 0, 255, 0, 255}));
}

TEST(Tiff, depths_between_are_scaled_to_the_full_range) {
  ASSERT_OK_AND_ASSIGN(const Decoded four,
                       decode(write_tiff({.width = 3, .bits = 4}, {"\x0F\x80"s})));
  EXPECT_EQ(row_of(four.image, 0, 0), (Row{0, 255, 136}));
  ASSERT_OK_AND_ASSIGN(const Decoded twelve,
                       decode(write_tiff({.width = 2, .bits = 12}, {"\xFF\xF8\x00"s})));
  EXPECT_EQ(twelve.image.format(), PixelFormat::gray(SampleType::kU16));
  EXPECT_EQ(row_of(twelve.image, 0, 0), (Row{65535, 32776}));
}

TEST(Tiff, wide_and_signed_integers_keep_their_order_and_say_so) {
  Layout layout{.width = 3, .bits = 32};
  ASSERT_OK_AND_ASSIGN(const Decoded wide,
                       decode(write_tiff(layout, {raw<uint32_t>({0, 0xFFFFFFFF, 0x12345678})})));
  EXPECT_EQ(row_of(wide.image, 0, 0), (Row{0, 65535, 0x1234}));
  EXPECT_EQ(wide.warnings.size(), 1u);
  layout.bits = 16;
  layout.more = [](TIFF* tiff) { TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_INT); };
  ASSERT_OK_AND_ASSIGN(const Decoded plain,
                       decode(write_tiff(layout, {raw<int16_t>({-32768, 0, 32767})})));
  EXPECT_EQ(row_of(plain.image, 0, 0), (Row{0, 32768, 65535}));
}

TEST(Tiff, premultiplied_alpha_becomes_straight) {
  Layout layout{.width = 3, .samples = 4, .photometric = PHOTOMETRIC_RGB};
  layout.more = [](TIFF* tiff) {
    const uint16_t kind = EXTRASAMPLE_ASSOCALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  };
  const Bytes bytes =
      write_tiff(layout, {raw<uint8_t>({10, 20, 30, 255, 50, 100, 20, 128, 9, 9, 9, 0})});
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(bytes));
  EXPECT_EQ(row_of(out.image, 0, 0), (Row{10, 100, 0}));
  EXPECT_EQ(row_of(out.image, 1, 0), (Row{20, 199, 0}));
  EXPECT_EQ(row_of(out.image, 3, 0), (Row{255, 128, 0}));
}

TEST(Tiff, samples_without_a_meaning_are_dropped_and_alpha_behind_them_found) {
  Layout layout{.width = 1, .samples = 5, .photometric = PHOTOMETRIC_RGB};
  layout.more = [](TIFF* tiff) {
    const uint16_t kinds[] = {EXTRASAMPLE_UNSPECIFIED, EXTRASAMPLE_UNASSALPHA};
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 2, kinds);
  };
  const Bytes bytes = write_tiff(layout, {"\1\2\3\4\5"s});
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(bytes));
  EXPECT_EQ(row_of(out.image, 2, 0), Row{3});
  EXPECT_EQ(row_of(out.image, 3, 0), Row{5});
  EXPECT_EQ(out.warnings.size(), 1u);
  EXPECT_FALSE(out.is_damaged);
  EXPECT_THAT(decode(bytes, FailOn::kWarning), FailsWith(Code::kCorruptInput));
  DecodeRequest narrow;
  narrow.limits.max_channels = 4;
  EXPECT_THAT(decode_image(bytes, narrow), FailsWith(Code::kResourceExhausted));
}

TEST(Tiff, palette_becomes_rgb) {
  Layout layout{.width = 2, .bits = 4, .photometric = PHOTOMETRIC_PALETTE};
  layout.more = [](TIFF* tiff) {
    std::vector<uint16_t> red(16), green(16), blue(16);
    red[5] = 0xFFFF;
    blue[9] = 0x8080;
    TIFFSetField(tiff, TIFFTAG_COLORMAP, red.data(), green.data(), blue.data());
  };
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(write_tiff(layout, {"\x59"})));
  EXPECT_EQ(row_of(out.image, 0, 0), (Row{255, 0}));
  EXPECT_EQ(row_of(out.image, 2, 0), (Row{0, 0x80}));
}

TEST(Tiff, tiles_and_planes_land_where_they_belong) {
  const auto file = TiffFile::create(false);
  TIFF* tiff = file->tiff();
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 40);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 20);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_SEPARATE);
  TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
  TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
  for (uint32_t tile = 0; tile < 3 * 2 * 3; ++tile) {
    std::string data(256, static_cast<char>(tile));
    ASSERT_EQ(TIFFWriteEncodedTile(tiff, tile, data.data(), 256), 256);
  }
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(file->close()));
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 20; ++y)
      for (int x = 0; x < 40; ++x)
        ASSERT_EQ(out.image.plane(c).row<uint8_t>(y)[x], c * 6 + y / 16 * 3 + x / 16);
}

TEST(Tiff, a_tile_much_larger_than_the_picture_is_refused) {
  const auto file = TiffFile::create(false);
  TIFF* tiff = file->tiff();
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 1);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 1 << 17);
  TIFFSetField(tiff, TIFFTAG_TILELENGTH, 1 << 17);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  std::string data = "x";
  ASSERT_EQ(TIFFWriteRawTile(tiff, 0, data.data(), 1), 1);
  EXPECT_THAT(decode(file->close()), FailsWith(Code::kResourceExhausted));
}

TEST(Tiff, a_broken_strip_is_damage_and_the_others_are_delivered) {
  Layout layout{.width = 4, .height = 3, .rows_per_strip = 1};
  layout.more = [](TIFF* tiff) { TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_PACKBITS); };
  // PackBits: 3 = four literal bytes; a run that the strip does not hold.
  const Bytes bytes = write_tiff(layout, {"\3abcd", "\3a", "\3efgh"});
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(bytes));
  EXPECT_TRUE(out.is_damaged);
  EXPECT_EQ(row_of(out.image, 0, 0), (Row{'a', 'b', 'c', 'd'}));
  EXPECT_EQ(row_of(out.image, 0, 2), (Row{'e', 'f', 'g', 'h'}));
  EXPECT_THAT(decode(bytes, FailOn::kTruncated), IsOk());
  EXPECT_THAT(decode(bytes, FailOn::kError), FailsWith(Code::kCorruptInput, HasSubstr("strip 1")));
}

TEST(Tiff, huge_sizes_are_refused_from_the_header) {
  EXPECT_THAT(decode(write_tiff({.width = 100'000, .height = 100'000}, {"x"})),
              FailsWith(Code::kResourceExhausted));
}

// Two empty directories, at 8 and 14, that name each other as the next.
TEST(Tiff, a_loop_of_directories_ends) {
  std::string bytes = "II*\0\x08\0\0\0"s + "\0\0"s + "\x0E\0\0\0"s + "\0\0"s + "\x08\0\0\0"s;
  EXPECT_EQ(count_tiff_pages(as_byte_span(bytes)), 2);
  EXPECT_EQ(count_tiff_pages(as_byte_span("II*\0\xFF\xFF\0\0"s)), 1);
}

// A big-endian block: Orientation 8 and Make "abcdefg" in the first directory, an EXIF directory
// with ExposureTime 1/50.
std::string make_big_endian_exif() {
  return "MM\0*\0\0\0\x08"s + "\0\3"s +                   //
         "\1\x0F\0\2\0\0\0\x08\0\0\0\x32"s +              // Make at 50
         "\1\x12\0\3\0\0\0\1\0\x08\0\0"s +                // Orientation
         "\x87\x69\0\4\0\0\0\1\0\0\0\x3A"s +              // EXIF directory at 58
         "\0\0\0\0"s + "abcdefg\0"s +                     //
         "\0\1\x82\x9A\0\5\0\0\0\1\0\0\0\x4C\0\0\0\0"s +  // ExposureTime at 76
         "\0\0\0\1\0\0\0\x32"s;
}

TEST(Tiff, carries_exif_directories_of_either_byte_order) {
  const std::string exif = make_big_endian_exif();
  ASSERT_EQ(exif_orientation(as_byte_span(exif)), Orientation::kRotate270);
  Metadata metadata;
  metadata.exif.assign(as_byte_span(exif).begin(), as_byte_span(exif).end());
  ASSERT_OK_AND_ASSIGN(const Image image, Image::allocate(3, 2, PixelFormat::gray()));
  std::memset(image.plane(0).data, 7, 3);
  std::memset(image.plane(0).row<std::byte>(1), 9, 3);
  ASSERT_OK_AND_ASSIGN(const Bytes bytes,
                       encoder_for(FileFormat::kTiff)->encode(image, {}, metadata));
  ASSERT_OK_AND_ASSIGN(const Decoded out, decode(bytes, FailOn::kWarning));
  EXPECT_EQ(out.header.orientation, Orientation::kRotate270);
  EXPECT_EQ(row_of(out.image, 0, 1), Row(3, 9));
  const Bytes& back = out.metadata.exif;
  EXPECT_EQ(exif_orientation(back), Orientation::kRotate270);
  EXPECT_EQ(as_text(find_tiff_tag(back, 271)), "abcdefg\0"s);
  const uint32_t exif_at = read_u32(as_u8(find_tiff_tag(back, 34665)), false);
  EXPECT_EQ(read_u16(as_u8(back) + exif_at + 2, false), 33434);  // its first field
  const uint32_t value_at = read_u32(as_u8(back) + exif_at + 10, false);
  EXPECT_EQ(read_u32(as_u8(back) + value_at, false), 1u);
  EXPECT_EQ(read_u32(as_u8(back) + value_at + 4, false), 50u);
}

TEST(Tiff, broken_exif_leaves_the_file_alone) {
  ASSERT_OK_AND_ASSIGN(const Image image, Image::allocate(3, 2, PixelFormat::gray()));
  const std::string exif = make_big_endian_exif();
  for (size_t bytes = 0; bytes <= exif.size(); ++bytes) {
    Metadata metadata;
    const ByteSpan cut = as_byte_span(exif).first(bytes);
    metadata.exif.assign(cut.begin(), cut.end());
    ASSERT_OK_AND_ASSIGN(const Bytes file,
                         encoder_for(FileFormat::kTiff)->encode(image, {}, metadata));
    EXPECT_THAT(decode(file, FailOn::kWarning), IsOk());
  }
}

// The same picture in classic and big TIFF, both byte orders, strips and tiles.
TEST(Tiff, all_bigtiff_samples_are_the_classic_one) {
  if (!test_data()) GTEST_SKIP() << "no test data here";
  const auto slurp = [](const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return Bytes(as_byte_span(text).begin(), as_byte_span(text).end());
  };
  const std::filesystem::path folder = *test_data() + "/images/bigtiff";
  ASSERT_OK_AND_ASSIGN(const Decoded classic, decode(slurp(folder / "Classic.tif")));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".tif") continue;
    ASSERT_OK_AND_ASSIGN(const Decoded out, decode(slurp(entry.path()), FailOn::kError));
    ASSERT_EQ(out.image.format(), classic.image.format());
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < classic.image.height(); ++y)
        ASSERT_EQ(row_of(out.image, c, y), row_of(classic.image, c, y)) << entry.path();
  }
}

}  // namespace
}  // namespace imagemill
