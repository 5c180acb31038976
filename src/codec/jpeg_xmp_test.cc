// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg_xmp.h"

#include "codec/codec.h"
#include "image/xmp.h"
#include "image/xmp_extension.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string packet_with_subjects(size_t count, size_t bytes_each) {
  std::string out =
      "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
      "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
      "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/' "
      "xmp:Rating='2'><dc:subject><rdf:Bag>";
  for (size_t i = 0; i < count; ++i) out += fmt::format("<rdf:li>{:0{}}</rdf:li>", i, bytes_each);
  return out + "</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>";
}

Bytes jpeg_with(std::string_view xmp) {
  Metadata metadata;
  metadata.xmp = bytes_of(xmp);
  return encoder_for(FileFormat::kJpeg)->encode(made_image({}), {}, metadata).value();
}

TEST(JpegXmp, larger_than_a_marker_comes_back_whole) {
  const std::string packet = packet_with_subjects(4000, 50);
  EXPECT_THAT(jpeg_xmp_markers(as_byte_span(packet)), SizeIs(6));
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode_image(jpeg_with(packet), {}));
  EXPECT_THAT(decoded.warnings, IsEmpty());
  ASSERT_OK_AND_ASSIGN(const XmpSummary summary, read_xmp(decoded.metadata.xmp));
  EXPECT_EQ(summary.rating, 2);
  EXPECT_THAT(summary.subjects, SizeIs(4000));
}

TEST(JpegXmp, that_fits_is_one_marker_byte_for_byte) {
  const std::string packet = packet_with_subjects(100, 50);
  EXPECT_THAT(jpeg_xmp_markers(as_byte_span(packet)), SizeIs(1));
  ASSERT_OK_AND_ASSIGN(const Decoded decoded, decode_image(jpeg_with(packet), {}));
  EXPECT_EQ(as_text(decoded.metadata.xmp), packet);
}

// Reads markers as a file may have them.
struct Read {
  Bytes packet;
  std::string warning;
};
Read read(const std::vector<Bytes>& markers) {
  JpegXmpReader reader;
  for (const Bytes& marker : markers) reader.add(marker);
  Read out;
  out.packet = reader.packet(out.warning);
  return out;
}

class ExtendedXmp : public testing::Test {
 protected:
  void expect_main_alone(const std::vector<Bytes>& markers, std::string_view why) {
    const Read got = read(markers);
    EXPECT_THAT(got.warning, HasSubstr(why));
    const auto summary = read_xmp(got.packet);
    ASSERT_THAT(summary, IsOk());
    EXPECT_EQ(summary->rating, 2);
    EXPECT_THAT(summary->subjects, IsEmpty());
    EXPECT_EQ(extension_guid(got.packet), "");
  }

  // Writes four bytes, high one first, into a piece's head: 32 its whole size, 36 its offset.
  static void put(Bytes& marker, size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i)
      marker[kJpegExtendedXmpPrefix.size() + at + i] =
          static_cast<std::byte>(value >> (24 - 8 * i) & 255);
  }

  std::vector<Bytes> markers_ = jpeg_xmp_markers(as_byte_span(packet_with_subjects(4000, 50)));
};

TEST_F(ExtendedXmp, in_any_order_and_among_others) {
  std::ranges::reverse(markers_);
  Bytes other = markers_.front();
  other[kJpegExtendedXmpPrefix.size()] = std::byte{'x'};  // another GUID
  markers_.push_back(other);
  markers_.push_back(bytes_of("http://ns.adobe.com/xmp/extension/"));
  const Read got = read(markers_);
  EXPECT_EQ(got.warning, "");
  ASSERT_OK_AND_ASSIGN(const XmpSummary summary, read_xmp(got.packet));
  EXPECT_THAT(summary.subjects, SizeIs(4000));
}

TEST_F(ExtendedXmp, with_a_hole_is_left_out) {
  markers_.erase(markers_.begin() + 2);
  expect_main_alone(markers_, "missing from byte");
}

TEST_F(ExtendedXmp, of_absurd_size_is_left_out) {
  for (Bytes& marker : markers_)
    if (as_text(marker).starts_with(kJpegExtendedXmpPrefix)) put(marker, 32, 0xFFFFFFF0);
  expect_main_alone(markers_, "at most");
}

TEST_F(ExtendedXmp, that_contradicts_itself_is_left_out) {
  std::vector<Bytes> sizes = markers_;
  put(sizes[2], 32, 70000);
  expect_main_alone(sizes, "a piece of");
  std::vector<Bytes> offsets = markers_;
  put(offsets[2], 36, 0xFFFFFFFF);
  expect_main_alone(offsets, "a piece of");
  std::vector<Bytes> zero = {markers_[0], markers_[1]};
  put(zero[1], 32, 0);
  expect_main_alone(zero, "a piece of");
}

}  // namespace
}  // namespace imagemill
