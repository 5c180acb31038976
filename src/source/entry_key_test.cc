// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/entry_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/member_name.h"
#include "source/utf8.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::ElementsAre;

TEST(EscapeKey, keeps_text_and_escapes_what_has_a_meaning_or_is_no_text) {
  EXPECT_EQ(escape_key("a/b c.jpg"), "a/b c.jpg");
  EXPECT_EQ(escape_key("r\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s"), "r\xc3\xa4ksm\xc3\xb6rg\xc3\xa5s");
  EXPECT_EQ(escape_key("100%!#"), "100%25%21%23");
  EXPECT_EQ(escape_key("a\nb\x7f"), "a%0Ab%7F");
  EXPECT_EQ(escape_key("\xff.jpg"), "%FF.jpg");
  EXPECT_EQ(escape_key("\xc0\xaf"), "%C0%AF");         // overlong '/'
  EXPECT_EQ(escape_key("\xed\xa0\x80"), "%ED%A0%80");  // surrogate
  EXPECT_EQ(escape_key("\xc2\x9b"), "%C2%9B");         // C1 control
  EXPECT_EQ(escape_key(std::string_view("a\0b", 3)), "a%00b");
}

TEST(EscapeKey, loses_nothing) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  for (const std::string& text : {every_byte, std::string("%25"), std::string("%"),
                                  std::string("%4"), std::string("a%zz"), std::string()})
    EXPECT_EQ(unescape_key(escape_key(text)), text);
  EXPECT_TRUE(is_utf8(escape_key(every_byte)));
}

std::string path_of(std::string_view raw_path) {
  return KeyPrefix("source", '/').entry_of(raw_path).path();
}

TEST(SourceEntryPath, is_readable_and_safe_below_a_folder) {
  EXPECT_EQ(path_of("a/b.jpg"), "a/b.jpg");
  EXPECT_EQ(path_of("100%#1!.jpg"), "100%#1!.jpg");
  EXPECT_EQ(path_of("\xff\n.jpg"), "%FF%0A.jpg");
  EXPECT_EQ(path_of("/etc/passwd"), "etc/passwd");
  EXPECT_EQ(path_of("../../a/./b//c.jpg"), "__/__/a/b/c.jpg");
  EXPECT_EQ(path_of("%2E%2E/a"), "%2E%2E/a");
  EXPECT_EQ(path_of("a/..b/...c"), "a/..b/...c");
  EXPECT_EQ(path_of(".imagemill/run.sqlite"), "_imagemill/run.sqlite");
  EXPECT_EQ(path_of("/"), "_");
}

TEST(KeyPrefix, escapes_the_name_and_gives_the_raw_path_back) {
  const KeyPrefix prefix("my#1.zip", '!');
  const SourceEntry entry = prefix.entry_of("a!\xff.jpg");
  EXPECT_EQ(entry.key, "my%231.zip!a%21%FF.jpg");
  EXPECT_EQ(prefix.raw_path_of(entry), "a!\xff.jpg");
}

TEST(RefuseDuplicateKeys, keeps_the_first_and_the_order) {
  Listing listing;
  for (const char* key : {"b", "a", "b", "c", "b"}) listing.entries.push_back({.key = key});
  listing.entries[0].locator = 7;
  listing.failures.push_back({"a", Status(Code::kUnsupported, "")});
  listing.failures.push_back({"x", Status(Code::kUnsupported, "")});
  listing.failures.push_back({"x", Status(Code::kUnsupported, "")});
  refuse_duplicate_keys(listing);
  std::vector<std::string> keys;
  for (const SourceEntry& entry : listing.entries) keys.push_back(entry.key);
  EXPECT_THAT(keys, ElementsAre("b", "a", "c"));
  EXPECT_EQ(listing.entries[0].locator, 7u);
  std::vector<std::string> failed;
  for (const SourceFailure& failure : listing.failures) failed.push_back(failure.key);
  EXPECT_THAT(failed, ElementsAre("a#2", "b#2", "b#3", "x", "x#2"));
}

TEST(DefaultSourceName, is_the_last_part_of_the_location) {
  EXPECT_EQ(default_source_name("photos/camera/"), "camera");
  EXPECT_EQ(default_source_name("photos/camera"), "camera");
  EXPECT_EQ(default_source_name("photos/camera/."), "camera");
  EXPECT_EQ(default_source_name("photos/camera/../x.zip"), "x.zip");
  EXPECT_EQ(default_source_name("-"), "stdin");
  EXPECT_EQ(default_source_name("/"), "root");
  EXPECT_NE(default_source_name("."), ".");
  EXPECT_NE(default_source_name(".."), "..");
}

TEST(SafeMemberName, drops_what_says_nothing_and_refuses_what_leads_out) {
  EXPECT_EQ(safe_member_name("./a//b.jpg"), "a/b.jpg");
  EXPECT_EQ(safe_member_name("a..b/c..jpg"), "a..b/c..jpg");
  for (const std::string_view name :
       {"/a", "../a", "a/../b", "a/..", "c:/a", "C:a", "a\\b", "..\\..\\a", "", "./", "//"})
    EXPECT_THAT(safe_member_name(name), FailsWith(Code::kCorruptInput)) << name;
  EXPECT_THAT(safe_member_name(std::string_view("a\0.jpg", 6)), FailsWith(Code::kCorruptInput));
}

TEST(Cp437, becomes_utf8) {
  EXPECT_EQ(cp437_to_utf8("gr\x81n"), "gr\xc3\xbcn");
  EXPECT_EQ(cp437_to_utf8("\x80\xff\xe1"), "\xc3\x87\xc2\xa0\xc3\x9f");
}

}  // namespace
}  // namespace imagemill
