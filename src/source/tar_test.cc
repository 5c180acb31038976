// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "support/archive_bytes.h"
#include "support/listed_source.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

Result<ListedSource> list_tar(const TestFolder& folder, std::string_view bytes,
                              const SourceLimits& limits = {}) {
  // Written anew: see list_zip() in zip_test.cc.
  std::filesystem::remove(folder / "a.tar");
  return list_source(folder.write("a.tar", bytes), {.limits = limits});
}

TEST(TarSource, reads_members_in_any_order) {
  TestFolder folder;
  const std::string large(100'001, 'L');
  TarBytes tar;
  tar.add("./b.jpg", "bb").add({.name = "a/", .content = "", .type = '5'}).add("a/large", large);
  tar.add("a/empty", "").add("oldfolder/", "").add(".hidden", "h");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_tar(folder, tar.finish()));
  EXPECT_FALSE(listed.source->is_sequential());
  EXPECT_THAT(listed.keys(), ElementsAre("a.tar!a/empty", "a.tar!a/large", "a.tar!b.jpg"));
  EXPECT_THAT(listed.failures(), IsEmpty());
  EXPECT_EQ(listed.entry("a.tar!b.jpg").mtime_ns, 1'700'000'000'000'000'000);
  EXPECT_EQ(listed.entry("a.tar!a/large").bytes, large.size());
  EXPECT_EQ(listed.read("a.tar!b.jpg"), "bb");
  EXPECT_EQ(listed.read("a.tar!a/large"), large);
  EXPECT_EQ(listed.read("a.tar!b.jpg"), "bb");
  EXPECT_EQ(listed.read("a.tar!a/empty"), "");
}

TEST(TarSource, long_names_and_sizes_come_from_extensions) {
  TestFolder folder;
  const std::string gnu = std::string(150, 'g') + "/" + std::string(150, 'h') + ".jpg";
  const std::string pax = std::string(300, 'p') + "/\xc3\xa4.jpg";
  TarBytes tar;
  tar.add_gnu_name(gnu).add(gnu, "gnu");
  tar.add_pax("path", pax).add("short", "pax");
  tar.add_pax("mtime", "1500000000.5").add("timed", "t");
  tar.add_pax("size", "5").add({.name = "sized", .content = "12345", .size_field = "00000000000"});
  tar.add({.name = "globals", .content = "19 comment=nothing\n", .type = 'g'});
  tar.add({.name = "base256",
           .content = "xyz",
           .size_field = std::string("\x80\0\0\0\0\0\0\0\0\0\0\3", 12)});
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_tar(folder, tar.finish()));
  EXPECT_THAT(listed.failures(), IsEmpty());
  EXPECT_EQ(listed.read("a.tar!" + gnu), "gnu");
  EXPECT_EQ(listed.read("a.tar!" + pax), "pax");
  EXPECT_EQ(listed.entry("a.tar!timed").mtime_ns, 1'500'000'000'500'000'000);
  EXPECT_EQ(listed.read("a.tar!sized"), "12345");
  EXPECT_EQ(listed.read("a.tar!base256"), "xyz");
}

TEST(TarSource, unsafe_members_are_failures_and_the_rest_goes_on) {
  TestFolder folder;
  TarBytes tar;
  tar.add("/abs.jpg", "x").add("../up.jpg", "x").add("a\\b.jpg", "x");
  tar.add({.name = "sym", .content = "", .type = '2', .link_name = "/etc/passwd"});
  tar.add({.name = "hard", .content = "", .type = '1', .link_name = "good.jpg"});
  tar.add({.name = "device", .content = "", .type = '3'});
  tar.add({.name = "fifo", .content = "", .type = '6'});
  tar.add_pax("GNU.sparse.major", "1").add("sparse", "x");
  tar.add({.name = "gnusparse", .content = "x", .type = 'S'});
  tar.add({.name = "odd", .content = "x", .type = 'Q'});
  tar.add("good.jpg", "good").add("good.jpg", "again");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_tar(folder, tar.finish()));
  EXPECT_THAT(listed.keys(), ElementsAre("a.tar!good.jpg"));
  EXPECT_EQ(listed.read("a.tar!good.jpg"), "good");
  EXPECT_THAT(
      listed.failures(),
      UnorderedElementsAre(
          Pair("a.tar!/abs.jpg", Code::kCorruptInput), Pair("a.tar!../up.jpg", Code::kCorruptInput),
          Pair("a.tar!a\\b.jpg", Code::kCorruptInput), Pair("a.tar!sym", Code::kUnsupported),
          Pair("a.tar!hard", Code::kUnsupported), Pair("a.tar!device", Code::kUnsupported),
          Pair("a.tar!fifo", Code::kUnsupported), Pair("a.tar!sparse", Code::kUnsupported),
          Pair("a.tar!gnusparse", Code::kUnsupported), Pair("a.tar!odd", Code::kUnsupported),
          Pair("a.tar!good.jpg#2", Code::kCorruptInput)));
}

TEST(TarSource, a_cut_archive_gives_what_is_whole) {
  TestFolder folder;
  const std::string bytes =
      TarBytes().add("a", std::string(600, 'a')).add("b", std::string(600, 'b')).unfinished();
  const size_t second = 512 + 1024;
  for (const size_t cut : {second + 512, second + 512 + 599}) {
    ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_tar(folder, bytes.substr(0, cut)));
    EXPECT_THAT(listed.keys(), ElementsAre("a.tar!a"));
    EXPECT_THAT(listed.failures(), ElementsAre(Pair("a.tar!b", Code::kCorruptInput)));
  }
  // Between two headers it is just an archive without an end.
  ASSERT_OK_AND_ASSIGN(const ListedSource whole, list_tar(folder, bytes.substr(0, second)));
  EXPECT_THAT(whole.failures(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const ListedSource header, list_tar(folder, bytes.substr(0, second + 100)));
  EXPECT_THAT(header.keys(), ElementsAre("a.tar!a"));
  EXPECT_THAT(header.failures(), ElementsAre(Pair("a.tar", Code::kCorruptInput)));
  // Without the padding of the last body nothing is missing.
  ASSERT_OK_AND_ASSIGN(const ListedSource unpadded,
                       list_tar(folder, bytes.substr(0, second + 512 + 600)));
  EXPECT_THAT(unpadded.keys(), ElementsAre("a.tar!a", "a.tar!b"));
  EXPECT_THAT(unpadded.failures(), IsEmpty());
}

TEST(TarSource, a_long_name_that_is_cut_does_not_take_the_member_before_with_it) {
  TestFolder folder;
  TarBytes tar;
  tar.add("a", "a").add_gnu_name(std::string(700, 'n'));
  const std::string bytes = tar.unfinished();
  ASSERT_OK_AND_ASSIGN(const ListedSource listed,
                       list_tar(folder, bytes.substr(0, bytes.size() - 600)));
  EXPECT_THAT(listed.keys(), ElementsAre("a.tar!a"));
  EXPECT_THAT(listed.failures(), ElementsAre(Pair("a.tar", Code::kCorruptInput)));
}

TEST(TarSource, damage_is_said_clearly) {
  TestFolder folder;
  EXPECT_THAT(list_tar(folder, ""), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(list_tar(folder, std::string(2'000, 'x')),
              FailsWith(Code::kCorruptInput, HasSubstr("no header at 0")));
  TarBytes tar;
  tar.add("a", "a").add_raw(std::string(512, 'x'));
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_tar(folder, tar.finish()));
  EXPECT_THAT(listed.keys(), ElementsAre("a.tar!a"));
  EXPECT_THAT(listed.failures(), ElementsAre(Pair("a.tar", Code::kCorruptInput)));
  for (const char* size : {"77777777777", "00000000x00"}) {
    (void)list_tar(folder,
                   TarBytes().add({.name = "a", .content = "", .size_field = size}).finish());
  }
  EXPECT_THAT(
      list_tar(folder, TarBytes()
                           .add({.name = "a",
                                 .content = "",
                                 .size_field = std::string(
                                     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12)})
                           .finish()),
      FailsWith(Code::kCorruptInput));
  EXPECT_THAT(
      list_tar(folder,
               TarBytes().add({.name = "a", .content = "99 path=a\n", .type = 'x'}).finish()),
      FailsWith(Code::kCorruptInput, HasSubstr("pax")));
  EXPECT_THAT(
      list_tar(folder,
               TarBytes()
                   .add({.name = "a", .content = "", .type = 'L', .size_field = "77777777777"})
                   .finish()),
      FailsWith(Code::kCorruptInput, HasSubstr("limit")));
}

TEST(TarSource, limits_hold) {
  TestFolder folder;
  const std::string bytes = TarBytes().add("a", "1234").add("b", "12").finish();
  EXPECT_THAT(list_tar(folder, bytes, {.max_entries = 1}), FailsWith(Code::kResourceExhausted));
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_tar(folder, bytes, {.max_file_bytes = 3}));
  EXPECT_THAT(listed.read("a.tar!a"), FailsWith(Code::kResourceExhausted));
  EXPECT_EQ(listed.read("a.tar!b"), "12");
}

class CompressedTarSource : public testing::TestWithParam<const char*> {};

TEST_P(CompressedTarSource, gives_its_members_in_the_order_of_the_archive) {
  TestFolder folder;
  const std::string large(3'000'000, 'L');
  const std::string bytes = TarBytes()
                                .add("c", "cc")
                                .add("a", large)
                                .add("d/", "")
                                .add("skipped", "s")
                                .add("b", "b")
                                .finish();
  // The suffix says nothing, the content does.
  ASSERT_OK_AND_ASSIGN(const ListedSource listed,
                       list_source(folder.write("packed", compressed(bytes, GetParam()))));
  EXPECT_TRUE(listed.source->is_sequential());
  EXPECT_THAT(listed.keys(), ElementsAre("packed!c", "packed!a", "packed!skipped", "packed!b"));
  EXPECT_EQ(listed.read("packed!c"), "cc");
  EXPECT_EQ(listed.read("packed!a"), large);
  EXPECT_THAT(listed.read("packed!c"), FailsWith(Code::kInvalidArgument));
  EXPECT_EQ(listed.read("packed!b"), "b");
}

TEST_P(CompressedTarSource, damage_and_bombs_end_it) {
  TestFolder folder;
  std::string noise;
  for (uint32_t x = 1; noise.size() < 300'000; x = x * 1664525 + 1013904223)
    noise += static_cast<char>(x >> 24);
  const std::string packed =
      compressed(TarBytes().add("a", "a").add("noise", noise).add("b", "b").finish(), GetParam());
  const std::string cut = folder.write("cut", packed.substr(0, packed.size() / 2));
  const auto listed = list_source(cut);
  // Those that unpack in blocks may have given nothing yet.
  if (listed) {
    EXPECT_THAT(listed->keys(), ElementsAre("cut!a"));
    EXPECT_THAT(listed->failures(), ElementsAre(Pair("cut!noise", Code::kCorruptInput)));
    EXPECT_EQ(listed->read("cut!a"), "a");
  } else {
    EXPECT_THAT(listed, FailsWith(Code::kCorruptInput));
  }
  const std::string bomb = folder.write(
      "bomb", compressed(TarBytes().add("zeros", std::string(4 << 20, '\0')).finish(), GetParam()));
  EXPECT_THAT(list_source(bomb, {.limits = {.max_ratio_floor = 1 << 20}}),
              FailsWith(Code::kResourceExhausted, HasSubstr("ratio")));
  EXPECT_THAT(list_source(bomb, {.limits = {.max_archive_bytes = 1 << 20}}),
              FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(list_source(folder.write("text", compressed("just a text", GetParam()))),
              FailsWith(Code::kCorruptInput));
}

INSTANTIATE_TEST_SUITE_P(Filters, CompressedTarSource,
                         testing::Values("gzip", "zstd", "xz", "bzip2"),
                         [](const auto& filter) { return std::string(filter.param); });

TEST(TarSource, survives_any_changed_byte) {
  TestFolder folder;
  const std::string bytes =
      TarBytes().add_pax("path", "p").add("a", "aaa").add_gnu_name("g").add("b", "b").finish();
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0xff);
    const auto listed = list_tar(folder, changed);
    if (!listed) continue;
    for (const std::string& key : listed->keys()) (void)listed->read(key);
  }
}

TEST(TarSource, real_hostile_archives_give_nothing_outside) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "needs the shared test data";
  for (const char* name : {"zip_slip_zip-slip.tar", "zip_slip_zip-slip-win.tar"}) {
    ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(*data + "/hostile/" + name));
    EXPECT_EQ(listed.listing.entries.size(), 1u) << name;
    ASSERT_EQ(listed.listing.failures.size(), 1u) << name;
    EXPECT_EQ(listed.listing.failures[0].status.code(), Code::kCorruptInput);
  }
}

}  // namespace
}  // namespace imagemill
