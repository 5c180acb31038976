// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/exif_thumbnail.h"

#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

Bytes jpeg_with_exif(Bytes exif, bool has_profile = false) {
  Metadata metadata;
  metadata.exif = std::move(exif);
  if (has_profile) metadata.icc = make_p3_profile();
  return encoder_for(FileFormat::kJpeg)
      ->encode(made_image({.size = {320, 240}}), {}, metadata)
      .value();
}

Bytes thumbnail() { return make_picture_file({.size = {160, 120}}); }

Result<Decoded> thumbnail_of(ByteSpan file, Size at_least = {100, 75}) {
  const auto header = read_image_header(file);
  if (!header) return std::unexpected(header.error());
  return decode_exif_thumbnail(file, *header, {.at_least = at_least},
                               *decoder_for(FileFormat::kJpeg));
}

TEST(ExifThumbnail, is_turned_as_its_picture_is) {
  const Bytes file = jpeg_with_exif(make_exif_with_thumbnail(8, thumbnail()));
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, thumbnail_of(file));
  EXPECT_EQ(decoded.header.width, 160);
  EXPECT_EQ(decoded.image.width(), 160);
  EXPECT_EQ(decoded.header.orientation, Orientation::kRotate270);
  EXPECT_EQ(decoded.scale_num, decoded.scale_den);
}

TEST(ExifThumbnail, that_cannot_stand_for_the_picture_is_not_taken) {
  const Bytes file = jpeg_with_exif(make_exif_with_thumbnail(1, thumbnail()));
  EXPECT_THAT(thumbnail_of(file, {161, 121}), FailsWith(Code::kNotFound, HasSubstr("too small")));
  EXPECT_THAT(thumbnail_of(file, {}), FailsWith(Code::kNotFound, HasSubstr("too small")));
  const Bytes png = make_picture_file({.format = FileFormat::kPng, .size = {160, 120}});
  EXPECT_THAT(thumbnail_of(jpeg_with_exif(make_exif_with_thumbnail(1, png))),
              FailsWith(Code::kNotFound));
  EXPECT_THAT(thumbnail_of(jpeg_with_exif(make_exif_with_thumbnail(1, thumbnail()), true)),
              FailsWith(Code::kNotFound));
  EXPECT_THAT(thumbnail_of(jpeg_with_exif({})), FailsWith(Code::kNotFound, HasSubstr("none")));
}

TEST(ExifThumbnail, cut_or_broken_anywhere_is_an_error) {
  const Bytes whole = thumbnail();
  for (size_t n = 0; n < whole.size(); n += 1 + whole.size() / 64) {
    const Bytes file = jpeg_with_exif(make_exif_with_thumbnail(1, ByteSpan(whole).first(n)));
    EXPECT_FALSE(thumbnail_of(file).has_value()) << n;
  }
  const Bytes file = jpeg_with_exif(make_exif_with_thumbnail(1, whole));
  const auto header = read_image_header(file);
  ASSERT_THAT(header, IsOk());
  for (size_t n = 0; n < file.size(); n += 1 + file.size() / 128)
    (void)decode_exif_thumbnail(ByteSpan(file).first(n), *header, {.at_least = {100, 75}},
                                *decoder_for(FileFormat::kJpeg));
}

}  // namespace
}  // namespace imagemill
