// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "image/xmp_extension.h"

#include "image/md5.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kGuid = "0123456789ABCDEF0123456789ABCDEF";

Bytes bytes_of(std::string_view text) {
  const ByteSpan span = as_byte_span(text);
  return Bytes(span.begin(), span.end());
}

std::string packet_of(std::string_view attributes, std::string_view properties,
                      std::string_view rest = "") {
  return fmt::format(
      "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>"
      "<x:xmpmeta xmlns:x='adobe:ns:meta/' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
      "<rdf:Description rdf:about='uuid:a' xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
      "xmlns:xmpNote='http://ns.adobe.com/xmp/note/' xmlns:t='http://a.test/&amp;' {}>{}"
      "</rdf:Description>{}</rdf:RDF></x:xmpmeta><?xpacket end='w'?>   ",
      attributes, properties, rest);
}

std::string list_of(std::string_view name, std::string_view item) {
  return fmt::format("<{0}><rdf:Bag><rdf:li>{1}</rdf:li></rdf:Bag></{0}>", name, item);
}

TEST(Md5, of_the_rfcs_own_examples) {
  EXPECT_EQ(md5_hex({}), "D41D8CD98F00B204E9800998ECF8427E");
  EXPECT_EQ(md5_hex(as_byte_span("message digest")), "F96B697D7CB7938D525A2F31AAF161D0");
  EXPECT_EQ(md5_hex(as_byte_span("123456789012345678901234567890123456789012345678901234567890123"
                                 "45678901234567890")),
            "57EDF4A22BE3C955AC49DA2E2107B67A");
}

TEST(XmpExtension, is_named_by_attribute_or_element) {
  const std::string attribute = packet_of(fmt::format("xmpNote:HasExtendedXMP='{}'", kGuid), "");
  const std::string element =
      packet_of("", fmt::format("<xmpNote:HasExtendedXMP>{}</xmpNote:HasExtendedXMP>", kGuid));
  EXPECT_EQ(extension_guid(as_byte_span(attribute)), kGuid);
  EXPECT_EQ(extension_guid(as_byte_span(element)), kGuid);
  EXPECT_EQ(extension_guid(as_byte_span(packet_of("xmpNote:HasExtendedXMP='short'", ""))), "");
  EXPECT_EQ(extension_guid(as_byte_span(packet_of("xmp:Rating='4'", "HasExtendedXMP"))), "");
  EXPECT_EQ(extension_guid(as_byte_span("HasExtendedXMP, no XML")), "");
}

TEST(XmpExtension, becomes_part_of_the_packet) {
  const std::string main =
      packet_of(fmt::format("xmp:Rating='4' xmpNote:HasExtendedXMP=\"{}\"", kGuid), "");
  const std::string more = packet_of("", list_of("dc:subject", "a &amp; b"));
  const Bytes whole = merge_extension(as_byte_span(main), as_byte_span(more));
  ASSERT_OK_AND_ASSIGN(const XmpSummary summary, read_xmp(whole));
  EXPECT_EQ(summary.rating, 4);
  EXPECT_EQ(summary.subjects, std::vector<std::string>{"a & b"});
  EXPECT_THAT(std::string(as_text(whole)), Not(HasSubstr("HasExtendedXMP")));
}

TEST(XmpExtension, that_is_broken_leaves_the_packet_alone) {
  const std::string main =
      packet_of(fmt::format("xmp:Rating='4' xmpNote:HasExtendedXMP='{}'", kGuid), "");
  const std::string doctype = "<!DOCTYPE a [<!ENTITY b 'c'>]>" + packet_of("", "");
  for (const std::string& more :
       {std::string(), std::string("<x>"), packet_of("", "").substr(0, 300), doctype}) {
    const Bytes whole = merge_extension(as_byte_span(main), as_byte_span(more));
    ASSERT_OK_AND_ASSIGN(const XmpSummary summary, read_xmp(whole));
    EXPECT_EQ(summary.rating, 4);
    EXPECT_THAT(std::string(as_text(whole)), Not(HasSubstr("HasExtendedXMP")));
  }
  EXPECT_EQ(merge_extension(as_byte_span("broken"), as_byte_span(main)), bytes_of("broken"));
}

// Ten thousand descriptions that each need ten thousand namespaces of the elements above.
TEST(XmpExtension, cannot_grow_without_bound) {
  std::string more = "<x";
  for (int i = 0; i < 10000; ++i) more += fmt::format(" xmlns:n{0}='u:{0}'", i);
  more += "><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>";
  for (int i = 0; i < 10000; ++i) more += "<rdf:Description rdf:about=''/>";
  more += "</rdf:RDF></x>";
  ASSERT_LT(more.size(), kMaxXmpBytes);
  const Bytes whole = merge_extension(as_byte_span(packet_of("", "")), as_byte_span(more));
  EXPECT_LT(whole.size(), size_t{2000});
}

TEST(XmpSplit, moves_the_largest_and_merges_back) {
  const std::string large(50000, 'L'), small(9000, 's'), value(20000, 'v');
  const std::string packet =
      packet_of(fmt::format("xmp:Rating='3' t:value='{}'", value),
                list_of("dc:subject", large) + list_of("t:list", small) +
                    "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>d</rdf:li></rdf:Alt>"
                    "</dc:description>");
  const auto split = split_xmp(as_byte_span(packet), 65000);
  ASSERT_TRUE(split.has_value());
  EXPECT_LE(split->packet.size(), size_t{65000});
  EXPECT_EQ(extension_guid(split->packet), split->guid);
  EXPECT_EQ(split->guid, md5_hex(split->extension));
  EXPECT_THAT(std::string(as_text(split->extension)),
              AllOf(HasSubstr(large), HasSubstr("rdf:about='uuid:a'"), Not(HasSubstr(small))));

  const Bytes whole = merge_extension(split->packet, split->extension);
  ASSERT_OK_AND_ASSIGN(const XmpSummary summary, read_xmp(whole));
  EXPECT_EQ(summary.rating, 3);
  EXPECT_EQ(summary.subjects, std::vector<std::string>{large});
  EXPECT_EQ(summary.description, "d");
  EXPECT_THAT(std::string(as_text(whole)), AllOf(HasSubstr(value), HasSubstr(small)));

  // Attributes move when they have to.
  const auto tight = split_xmp(as_byte_span(packet), 2000);
  ASSERT_TRUE(tight.has_value());
  EXPECT_LE(tight->packet.size(), size_t{2000});
  EXPECT_THAT(std::string(as_text(merge_extension(tight->packet, tight->extension))),
              AllOf(HasSubstr(value), HasSubstr(small), HasSubstr(large)));
}

TEST(XmpSplit, gives_up_where_nothing_can_move) {
  EXPECT_FALSE(split_xmp(as_byte_span("no XML"), 10));
  EXPECT_FALSE(split_xmp(as_byte_span(packet_of("", "")), 10));
}

TEST(XmpExtension, survives_every_truncation) {
  const std::string packet =
      packet_of(fmt::format("xmpNote:HasExtendedXMP='{}'", kGuid), list_of("dc:subject", "x"));
  for (size_t n = 0; n < packet.size(); ++n) {
    const ByteSpan part = as_byte_span(packet).first(n);
    (void)extension_guid(part);
    (void)merge_extension(part, as_byte_span(packet));
    (void)merge_extension(as_byte_span(packet), part);
    (void)split_xmp(part, 100);
  }
}

}  // namespace
}  // namespace imagemill
