// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "image/xmp.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string packet(std::string_view attributes, std::string_view elements) {
  return fmt::format(
      "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
      "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
      "<rdf:Description rdf:about=\"\" xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" "
      "xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" "
      "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:own=\"http://example.org/own/\" {}>"
      "{}</rdf:Description></rdf:RDF></x:xmpmeta>\n   \n<?xpacket end=\"w\"?>",
      attributes, elements);
}

Result<XmpSummary> read(std::string_view text) { return read_xmp(as_byte_span(text)); }
Result<std::string> patch(std::string_view text, const XmpPatch& how) {
  IMAGEMILL_ASSIGN_OR_RETURN(const Bytes out, patch_xmp(as_byte_span(text), how));
  return std::string(as_text(out));
}

TEST(Xmp, reads_both_rdf_forms) {
  for (const std::string& text :
       {packet("t:Orientation='6' xmp:Rating=\"4\"", ""),
        packet("", "<t:Orientation> 6 </t:Orientation><xmp:Rating>4</xmp:Rating>")}) {
    ASSERT_OK_AND_ASSIGN(const XmpSummary xmp, read(text));
    EXPECT_EQ(xmp.orientation, Orientation::kRotate90);
    EXPECT_EQ(xmp.rating, 4);
  }
}

TEST(Xmp, reads_keywords_and_the_default_description) {
  ASSERT_OK_AND_ASSIGN(
      const XmpSummary xmp,
      read(packet("",
                  "<dc:subject><rdf:Bag><rdf:li>sea &amp; sun</rdf:li><rdf:li>Z\xC3\xBCrich"
                  "</rdf:li></rdf:Bag></dc:subject><dc:description><rdf:Alt>"
                  "<rdf:li xml:lang=\"de\">Hallo</rdf:li><rdf:li xml:lang=\"x-default\">Hello"
                  "</rdf:li></rdf:Alt></dc:description>")));
  EXPECT_THAT(xmp.subjects, ElementsAre("sea & sun", "Z\xC3\xBCrich"));
  EXPECT_EQ(xmp.description, "Hello");
}

TEST(Xmp, only_properties_of_the_picture_itself_count) {
  ASSERT_OK_AND_ASSIGN(
      const XmpSummary xmp,
      read(packet("",
                  "<own:Parent><rdf:Description t:Orientation=\"8\"/></own:Parent>"
                  "<own:List><rdf:Bag><rdf:li rdf:parseType=\"Resource\">"
                  "<t:Orientation>8</t:Orientation></rdf:li></rdf:Bag></own:List>")));
  EXPECT_FALSE(xmp.orientation.has_value());
}

TEST(Xmp, patch_replaces_values_and_nothing_else) {
  const std::string before =
      packet("own:a=\"t:Orientation='6'\" t:Orientation = '6' exif:PixelXDimension=\"4000\"",
             "<t:ImageLength>3000</t:ImageLength><own:b c=\"&lt;\"><!-- kept --></own:b>");
  ASSERT_OK_AND_ASSIGN(const std::string after, patch(before, {.orientation = Orientation::kNormal,
                                                               .pixel_size = {640, 480}}));
  EXPECT_EQ(after,
            packet("own:a=\"t:Orientation='6'\" t:Orientation = '1' exif:PixelXDimension=\"640\"",
                   "<t:ImageLength>480</t:ImageLength><own:b c=\"&lt;\"><!-- kept --></own:b>"));
}

TEST(Xmp, patch_cuts_thumbnails) {
  const std::string before = packet(
      "",
      "<xmp:Thumbnails><rdf:Alt><rdf:li rdf:parseType=\"Resource\"><own:image>AAAA</own:image>"
      "</rdf:li></rdf:Alt></xmp:Thumbnails><xmp:Rating>3</xmp:Rating>");
  ASSERT_OK_AND_ASSIGN(const std::string after, patch(before, {}));
  EXPECT_EQ(after, packet("", "<xmp:Rating>3</xmp:Rating>"));
  ASSERT_OK_AND_ASSIGN(const std::string kept, patch(before, {.drop_thumbnails = false}));
  EXPECT_EQ(kept, before);
}

TEST(Xmp, orientation_in_an_odd_form_is_taken_out) {
  for (const char* odd : {"<t:Orientation rdf:parseType=\"Resource\"><rdf:value>6</rdf:value>"
                          "</t:Orientation>",
                          "<t:Orientation rdf:value=\"6\"/>"}) {
    ASSERT_OK_AND_ASSIGN(const std::string after,
                         patch(packet("", odd), {.orientation = Orientation::kNormal}));
    EXPECT_EQ(after, packet("", ""));
  }
}

TEST(Xmp, padding_around_the_packet_is_no_error) {
  using std::string_literals::operator""s;
  const std::string padded = "\n \0"s + packet("t:Orientation='3'", "") + "\0\0 \n"s;
  ASSERT_OK_AND_ASSIGN(const XmpSummary xmp, read(padded));
  EXPECT_EQ(xmp.orientation, Orientation::kRotate180);
  ASSERT_OK_AND_ASSIGN(const std::string after,
                       patch("\xEF\xBB\xBF" + packet("t:Orientation='3'", ""),
                             {.orientation = Orientation::kNormal}));
  EXPECT_THAT(after, HasSubstr("t:Orientation='1'"));
}

TEST(Xmp, utf16_becomes_utf8) {
  std::string utf16 = "\xFE\xFF";
  for (const char c : packet("t:Orientation='6'", "")) {
    // The writer's one character beyond ASCII is the byte order mark in the packet's head.
    if (c == '\xEF') utf16 += "\xFE\xFF";
    if (static_cast<unsigned char>(c) < 0x80) utf16 += {'\0', c};
  }
  ASSERT_OK_AND_ASSIGN(const std::string after,
                       patch(utf16, {.orientation = Orientation::kNormal}));
  EXPECT_EQ(after, packet("t:Orientation='1'", ""));
  EXPECT_THAT(read(utf16.substr(2)), FailsWith(Code::kCorruptInput));
}

TEST(Xmp, hostile_packets_are_refused) {
  EXPECT_THAT(read(""), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(read("no XML"), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(read(packet("", "<own:a>")), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(read("<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\">]><a>&b;</a>"),
              FailsWith(Code::kCorruptInput, HasSubstr("document type")));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_THAT(read(deep), FailsWith(Code::kCorruptInput, HasSubstr("nesting")));
  EXPECT_THAT(read_xmp(as_byte_span(deep), 1000), FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(patch_xmp(as_byte_span(deep), {}, 1000), FailsWith(Code::kResourceExhausted));
}

TEST(XmpFiles, sidecars_of_real_programs_stay_readable) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no test data folder";
  for (const auto& file : std::filesystem::directory_iterator(*data + "/images/metadata")) {
    if (file.path().extension() != ".xmp") continue;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    ASSERT_OK_AND_ASSIGN(const XmpSummary before, read(text));
    ASSERT_OK_AND_ASSIGN(const std::string patched,
                         patch(text, {.orientation = Orientation::kNormal}));
    ASSERT_OK_AND_ASSIGN(const XmpSummary after, read(patched));
    EXPECT_EQ(after.rating, before.rating);
    EXPECT_EQ(after.subjects, before.subjects);
    EXPECT_EQ(after.orientation.value_or(Orientation::kNormal), Orientation::kNormal);
  }
}

// Packets as they lie in JPEG files.
TEST(XmpFiles, packets_inside_pictures_are_read) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no test data folder";
  int packets = 0, tagged = 0;
  for (const auto& file : std::filesystem::directory_iterator(*data + "/images/metadata")) {
    if (file.path().extension() != ".jpg") continue;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    const size_t begin = bytes.find("<x:xmpmeta"), end = bytes.find("</x:xmpmeta>");
    if (begin == std::string::npos || end == std::string::npos) continue;
    ASSERT_OK_AND_ASSIGN(const XmpSummary xmp, read(bytes.substr(begin, end + 12 - begin)));
    ++packets;
    if (!xmp.subjects.empty() || xmp.rating || !xmp.description.empty()) ++tagged;
  }
  EXPECT_GE(packets, 1);
  EXPECT_GE(tagged, 1);
}

}  // namespace
}  // namespace imagemill
