// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A format that the process decodes must come out of a helper as it does here: pixels, metadata,
// warnings, refusals.
#include <filesystem>

#include "base/file_system.h"
#include "codec/codec_set.h"
#include "codec/helper_client.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

namespace fs = std::filesystem;

// Quarters, with a slope over them: no block is flat.
Image sloped(Size size, PixelFormat format) {
  Image image = Image::allocate(size.width, size.height, format).value();
  for (int c = 0; c < image.channels(); ++c) {
    const Plane& plane = image.plane(c);
    for (int y = 0; y < plane.height; ++y)
      for (int x = 0; x < plane.width; ++x)
        plane.row<uint8_t>(y)[x] = static_cast<uint8_t>(40 * c + 3 * x + 5 * y + x * y / 7);
  }
  return image;
}

Bytes sloped_jpeg(Size size, uint8_t chroma_shift) {
  const PixelFormat format{SampleType::kU8, ColorModel::kYCbCr, false, chroma_shift, chroma_shift};
  return encoder_for(FileFormat::kJpeg)->encode(sloped(size, format), {}, {}).value();
}

void expect_same_header(const ImageHeader& there, const ImageHeader& here) {
  EXPECT_EQ(there.format, here.format);
  EXPECT_EQ(there.width, here.width);
  EXPECT_EQ(there.height, here.height);
  EXPECT_EQ(there.pixel_format, here.pixel_format);
  EXPECT_EQ(there.orientation, here.orientation);
  EXPECT_EQ(there.pages, here.pages);
  EXPECT_EQ(there.has_icc, here.has_icc);
  EXPECT_EQ(there.is_progressive, here.is_progressive);
}

Bytes profile_of(const std::shared_ptr<const Bytes>& icc) { return icc ? *icc : Bytes(); }

void expect_same_pixels(const Image& there, const Image& here) {
  ASSERT_EQ(there.width(), here.width());
  ASSERT_EQ(there.height(), here.height());
  ASSERT_EQ(there.format(), here.format());
  EXPECT_EQ(there.color.transfer, here.color.transfer);
  EXPECT_EQ(there.color.primaries, here.color.primaries);
  EXPECT_EQ(there.color.matrix, here.color.matrix);
  EXPECT_EQ(profile_of(there.color.icc), profile_of(here.color.icc));
  for (int c = 0; c < here.channels(); ++c) {
    const Plane& plane = here.plane(c);
    const size_t row =
        static_cast<size_t>(plane.width) * static_cast<size_t>(sample_bytes(here.format().sample));
    for (int y = 0; y < plane.height; ++y)
      ASSERT_EQ(std::memcmp(there.plane(c).row<std::byte>(y), plane.row<std::byte>(y), row), 0)
          << "row " << y << " of channel " << c;
  }
}

void expect_same(const Result<Decoded>& there, const Result<Decoded>& here) {
  ASSERT_EQ(there.has_value(), here.has_value())
      << (here ? there.error() : here.error()).to_string();
  if (!here) {
    EXPECT_EQ(there.error().to_string(), here.error().to_string());
    return;
  }
  expect_same_header(there->header, here->header);
  expect_same_pixels(there->image, here->image);
  EXPECT_EQ(there->metadata.exif, here->metadata.exif);
  EXPECT_EQ(there->metadata.xmp, here->metadata.xmp);
  EXPECT_EQ(there->metadata.iptc, here->metadata.iptc);
  EXPECT_EQ(profile_of(there->metadata.icc), profile_of(here->metadata.icc));
  EXPECT_EQ(there->is_damaged, here->is_damaged);
  EXPECT_EQ(there->warnings, here->warnings);
  EXPECT_EQ(there->scale_num, here->scale_num);
  EXPECT_EQ(there->scale_den, here->scale_den);
}

class IsolationTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    HelperOptions options;
    options.binary = IMAGEMILL_CODEC_HOST;
    pool_ = HelperPool::open(options).value();
  }
  static void TearDownTestSuite() { pool_.reset(); }

  // With every fail_on and at several scales.
  void expect_no_difference(ByteSpan bytes, const std::string& name) {
    SCOPED_TRACE(name);
    const CodecSet here(pool_.get());
    const CodecSet there(pool_.get(), Isolation::kDecoding);
    const auto header = here.read_header(bytes);
    const auto header_there = there.read_header(bytes);
    ASSERT_EQ(header.has_value(), header_there.has_value());
    if (!header) {
      EXPECT_EQ(header_there.error().to_string(), header.error().to_string());
      return;
    }
    expect_same_header(*header_there, *header);
    for (const int part : {1, 2, 3, 5, 9, 30}) {
      DecodeRequest request;
      if (part > 1) request.at_least = {header->width / part + 1, header->height / part + 1};
      const Decoder& decoder = *there.decoder_for(header->format);
      const Decoder& plain = *here.decoder_for(header->format);
      EXPECT_EQ(decoder.decoded_size(*header, request), plain.decoded_size(*header, request));
      EXPECT_EQ(decoder.decode_bytes(*header, request), plain.decode_bytes(*header, request));
      expect_same(there.decode(bytes, request), here.decode(bytes, request));
    }
    for (const FailOn fail_on : {FailOn::kTruncated, FailOn::kError, FailOn::kWarning}) {
      const DecodeRequest request{.at_least = {}, .fail_on = fail_on, .limits = {}};
      expect_same(there.decode(bytes, request), here.decode(bytes, request));
    }
  }

  static std::unique_ptr<HelperPool> pool_;
};

std::unique_ptr<HelperPool> IsolationTest::pool_;

TEST_F(IsolationTest, covers_every_format_of_the_process) {
  const CodecSet there(pool_.get(), Isolation::kDecoding);
  for (const FileFormat format : decodable_formats()) {
    ASSERT_NE(there.decoder_for(format), nullptr) << format_name(format);
    EXPECT_NE(there.decoder_for(format), decoder_for(format)) << format_name(format);
    EXPECT_EQ(CodecSet(pool_.get()).decoder_for(format), decoder_for(format));
  }
}

TEST_F(IsolationTest, makes_no_difference_to_sound_pictures) {
  const MadePicture all[] = {
      {.orientation = 6, .has_p3_profile = true, .has_camera_data = true},
      {.size = {1, 1}},
      {.is_gray = true},
      {.format = FileFormat::kPng, .size = {91, 33}, .alpha = 90, .has_p3_profile = true},
      {.format = FileFormat::kPng, .orientation = 3, .is_gray = true, .bits = 16},
      {.format = FileFormat::kWebp, .size = {65, 31}, .alpha = 128, .has_camera_data = true},
      {.format = FileFormat::kTiff, .bits = 16, .has_p3_profile = true, .has_camera_data = true},
  };
  for (const MadePicture& made : all)
    expect_no_difference(make_picture_file(made), fmt::format("picture {}", &made - all));
  for (const Size size : {Size{1000, 701}, Size{17, 9}, Size{8, 300}})
    for (const uint8_t chroma_shift : {uint8_t{0}, uint8_t{1}})
      expect_no_difference(sloped_jpeg(size, chroma_shift),
                           fmt::format("{}x{} {}", size.width, size.height, chroma_shift));
  expect_no_difference(make_cmyk_jpeg({40, 30}, {9, 90, 200, 3}), "CMYK");
}

TEST_F(IsolationTest, makes_no_difference_to_broken_pictures) {
  const Bytes files[] = {
      sloped_jpeg({300, 200}, 1),
      make_picture_file({.format = FileFormat::kPng, .size = {90, 70}, .has_p3_profile = true}),
      make_picture_file({.format = FileFormat::kWebp, .size = {90, 70}}),
      make_picture_file({.format = FileFormat::kTiff, .size = {90, 70}}),
  };
  for (const Bytes& file : files) {
    for (size_t part = 1; part < 8; ++part) {
      const size_t size = file.size() * part / 8;
      expect_no_difference(ByteSpan(file).first(size), fmt::format("{} bytes", size));
      Bytes damaged = file;
      for (size_t i = size; i < std::min(size + 4, file.size()); ++i) damaged[i] ^= std::byte{0x55};
      expect_no_difference(damaged, fmt::format("damaged at {}", size));
    }
  }
}

TEST_F(IsolationTest, makes_no_difference_to_limits) {
  const Bytes file = make_picture_file({.size = {400, 300}});
  DecodeRequest request;
  request.limits.max_pixels = 100'000;
  const CodecSet here(pool_.get());
  const CodecSet there(pool_.get(), Isolation::kDecoding);
  expect_same(there.decode(file, request), here.decode(file, request));
}

// The header of a JPEG is looked for in the head of the file first.
TEST_F(IsolationTest, finds_a_header_behind_much_metadata) {
  MadePicture made;
  const Image image = made_image(made);
  Metadata metadata;
  metadata.icc = std::make_shared<const Bytes>(Bytes(600'000, std::byte{'x'}));
  const Bytes file = encoder_for(FileFormat::kJpeg)->encode(image, {}, metadata).value();
  expect_no_difference(file, "600 KB profile");
}

// Regions are used again by later calls, but never while a picture lies in them.
TEST_F(IsolationTest, keeps_pictures_apart) {
  const CodecSet there(pool_.get(), Isolation::kDecoding);
  std::vector<Result<Decoded>> kept;
  std::vector<Bytes> files;
  for (int i = 0; i < 12; ++i) {
    files.push_back(make_picture_file({.size = {200 + i, 150}, .color = Rgb{20 * i, 99, 7 * i}}));
    kept.push_back(there.decode(files.back(), {}));
    std::ignore = there.decode(files.back(), {});  // one that is let go at once
  }
  for (size_t i = 0; i < kept.size(); ++i) expect_same(kept[i], decode_image(files[i], {}));
}

TEST_F(IsolationTest, makes_no_difference_to_real_files) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "the folder of real pictures is not here";
  int compared = 0;
  for (const char* folder : {"images/exif_orientation", "images/metadata", "images/pngsuite",
                             "images/tiff", "images/bigtiff", "hostile"}) {
    if (!fs::is_directory(*data + "/" + folder)) continue;
    for (const auto& entry : fs::directory_iterator(*data + "/" + folder)) {
      // What is large is slow here rather than different.
      if (!entry.is_regular_file() || entry.file_size() > 600'000) continue;
      const auto bytes = real_file_system().read(entry.path().string(), 1 << 20);
      ASSERT_THAT(bytes, IsOk());
      if (decoder_for(sniff(*bytes)) == nullptr) continue;
      const auto header = read_image_header(*bytes);
      if (header && int64_t{header->width} * header->height > 4'000'000) continue;
      expect_no_difference(*bytes, entry.path().string());
      ++compared;
    }
  }
  EXPECT_GT(compared, 100);
}

}  // namespace
}  // namespace imagemill
