// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <thread>

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

Result<ListedSource> list_zip(const TestFolder& folder, std::string_view bytes,
                              const SourceLimits& limits = {}) {
  // A file that is truncated and written again is flushed to the disk by some file systems;
  // hundreds of these take seconds.
  std::filesystem::remove(folder / "a.zip");
  return list_source(folder.write("a.zip", bytes), {.limits = limits});
}

std::string sample_text(size_t bytes) {
  std::string out;
  for (uint32_t x = 1; out.size() < bytes; x = x * 1664525 + 1013904223)
    out += static_cast<char>('a' + (x >> 24) % 20);
  return out;
}

TEST(ZipSource, reads_stored_and_deflated_members) {
  TestFolder folder;
  const std::string large = sample_text(300'000);
  ZipBytes zip;
  zip.add("b/stored.jpg", "stored");
  zip.add({.name = "a.jpg", .content = large, .is_deflated = true});
  zip.add({.name = "folder/", .content = "", .unix_mode = 040755});
  zip.add({.name = "empty", .content = "", .is_deflated = true});
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, zip.finish()));
  EXPECT_THAT(listed.keys(), ElementsAre("a.zip!a.jpg", "a.zip!b/stored.jpg", "a.zip!empty"));
  EXPECT_THAT(listed.failures(), IsEmpty());
  EXPECT_EQ(listed.entry("a.zip!b/stored.jpg").path(), "b/stored.jpg");
  EXPECT_EQ(listed.entry("a.zip!a.jpg").bytes, large.size());
  EXPECT_EQ(listed.entry("a.zip!a.jpg").mtime_ns, 1735689600'000000000);
  EXPECT_EQ(listed.source->file_of(listed.entry("a.zip!a.jpg")), std::nullopt);
  EXPECT_EQ(listed.read("a.zip!a.jpg"), large);
  EXPECT_EQ(listed.read("a.zip!b/stored.jpg"), "stored");
  EXPECT_EQ(listed.read("a.zip!empty"), "");
}

// Streamed: sizes and CRC stand behind the data, not in the local headers.
TEST(ZipSource, reads_what_libarchive_writes) {
  TestFolder folder;
  const std::string text = sample_text(100'000);
  const std::string path = folder / "a.zip";
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  ASSERT_EQ(archive_write_open_filename(writer, path.c_str()), ARCHIVE_OK);
  for (const char* name : {"a.jpg", "b.jpg"}) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, 1'700'000'001, 0);  // odd: not from the MS-DOS time
    ASSERT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
    ASSERT_EQ(archive_write_data(writer, text.data(), text.size()),
              static_cast<la_ssize_t>(text.size()));
    archive_entry_free(entry);
  }
  ASSERT_EQ(archive_write_close(writer), ARCHIVE_OK);
  archive_write_free(writer);
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(path));
  EXPECT_EQ(listed.read("a.zip!a.jpg"), text);
  EXPECT_EQ(listed.read("a.zip!b.jpg"), text);
  EXPECT_EQ(listed.entry("a.zip!b.jpg").mtime_ns, 1'700'000'001'000'000'000);
}

// A member packed by a method that libdeflate does not have.
struct RareMethod {
  const char* name;
  uint16_t method;
  uint16_t flags = 0;
  std::string packed = {};
};

std::vector<RareMethod> rare_methods(const std::string& text) {
  // The ".lzma" format has 5 bytes of properties and 8 of size; ZIP puts a version and the length
  // of the properties before them and drops the size.
  const std::string lzma = compressed(text, "lzma");
  const std::string lzma_in_zip =
      std::string("\x09\x14\x05\0", 4) + lzma.substr(0, 5) + lzma.substr(13);
  return {{"bzip2", 12, 0, compressed(text, "bzip2")},
          {"lzma", 14, 2, lzma_in_zip},
          {"zstd", 93, 0, compressed(text, "zstd")}};
}

TEST(ZipSource, rare_methods_are_unpacked_and_bounded_by_what_they_claim) {
  TestFolder folder;
  const std::string text = sample_text(1'000) + std::string(100'000, 'x');
  for (const RareMethod& rare : rare_methods(text)) {
    const auto read_claim = [&](uint64_t claimed,
                                const std::string& packed) -> Result<std::string> {
      ZipBytes zip;
      zip.add({.name = "m",
               .content = text,
               .method = rare.method,
               .flags = rare.flags,
               .claimed_bytes = claimed,
               .packed = packed});
      IMAGEMILL_ASSIGN_OR_RETURN(const ListedSource listed, list_zip(folder, zip.finish()));
      return listed.read("a.zip!m");
    };
    EXPECT_EQ(read_claim(text.size(), rare.packed), text) << rare.name;
    for (const uint64_t claimed : {uint64_t{0}, uint64_t{10}, text.size() - 1, text.size() + 1})
      EXPECT_THAT(read_claim(claimed, rare.packed), FailsWith(Code::kCorruptInput))
          << rare.name << " " << claimed;
    for (const size_t cut : {size_t{1}, size_t{20}, rare.packed.size() - 20})
      EXPECT_THAT(read_claim(text.size(), rare.packed.substr(0, cut)),
                  FailsWith(Code::kCorruptInput))
          << rare.name << " " << cut;
    EXPECT_FALSE(read_claim(text.size(), std::string(50, '?'))) << rare.name;
  }
}

TEST(ZipSource, an_lzma_dictionary_is_bounded) {
  TestFolder folder;
  ZipBytes zip;
  zip.add({.name = "m",
           .content = "abc",
           .method = 14,
           .packed = std::string("\x09\x14\x05\0\x5d\xff\xff\xff\xff", 9) + std::string(50, '\0')});
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, zip.finish()));
  EXPECT_THAT(listed.read("a.zip!m"), FailsWith(Code::kResourceExhausted, HasSubstr("dictionary")));
}

TEST(ZipSource, many_threads_read_at_once) {
  TestFolder folder;
  ZipBytes zip;
  std::vector<std::string> contents;
  for (size_t i = 0; i < 50; ++i) {
    contents.push_back(sample_text(1000 * i + 7) + std::to_string(i));
    zip.add({.name = std::to_string(i), .content = contents.back(), .is_deflated = i % 2 == 0});
  }
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, zip.finish()));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < contents.size(); ++i) {
        const size_t at = (i + t * 13) % contents.size();
        EXPECT_EQ(listed.read("a.zip!" + std::to_string(at)), contents[at]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ZipSource, names_are_utf8_by_flag_by_looks_or_from_cp437) {
  TestFolder folder;
  ZipBytes zip;
  zip.add({.name = "\xc3\xa4.jpg", .content = "1", .flags = 1 << 11});
  zip.add({.name = "\xc3\xb6.jpg", .content = "2", .flags = 0});  // as macOS writes it
  zip.add({.name = "\x81.jpg", .content = "3", .flags = 0});
  zip.add({.name = "\xff.jpg", .content = "4", .flags = 1 << 11});  // the flag lies
  std::string extra;
  append_le(extra, 2, 0x7075);
  append_le(extra, 2, 5 + 6);
  append_le(extra, 1, 1);
  append_le(extra, 4, libdeflate_crc32(0, "_.jpg", 5));
  extra += "\xc3\x9f.jpg";
  zip.add({.name = "_.jpg", .content = "5", .flags = 0, .extra = extra});
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, zip.finish()));
  EXPECT_EQ(listed.read("a.zip!\xc3\xa4.jpg"), "1");
  EXPECT_EQ(listed.read("a.zip!\xc3\xb6.jpg"), "2");
  EXPECT_EQ(listed.read("a.zip!\xc3\xbc.jpg"), "3");
  EXPECT_EQ(listed.read("a.zip!%FF.jpg"), "4");
  EXPECT_EQ(listed.read("a.zip!\xc3\x9f.jpg"), "5");
}

TEST(ZipSource, unsafe_members_are_failures_and_the_rest_goes_on) {
  TestFolder folder;
  ZipBytes zip;
  for (const char* name : {"/abs.jpg", "../up.jpg", "a/../../up.jpg", "C:/win.jpg", "a\\b.jpg"})
    zip.add(name, "x");
  zip.add({.name = std::string("n\0.jpg", 6), .content = "x"});
  zip.add({.name = "link.jpg", .content = "/etc/passwd", .unix_mode = 0120777});
  zip.add({.name = "device", .content = "", .unix_mode = 0060666});
  zip.add({.name = "secret.jpg", .content = "x", .flags = 1});
  zip.add({.name = "deflate64.jpg", .content = "x", .method = 9});
  zip.add("good.jpg", "good");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, zip.finish()));
  EXPECT_THAT(listed.keys(), ElementsAre("a.zip!good.jpg"));
  EXPECT_EQ(listed.read("a.zip!good.jpg"), "good");
  EXPECT_THAT(
      listed.failures(),
      UnorderedElementsAre(
          Pair("a.zip!/abs.jpg", Code::kCorruptInput), Pair("a.zip!../up.jpg", Code::kCorruptInput),
          Pair("a.zip!a/../../up.jpg", Code::kCorruptInput),
          Pair("a.zip!C:/win.jpg", Code::kCorruptInput),
          Pair("a.zip!a\\b.jpg", Code::kCorruptInput), Pair("a.zip!n%00.jpg", Code::kCorruptInput),
          Pair("a.zip!link.jpg", Code::kUnsupported), Pair("a.zip!device", Code::kUnsupported),
          Pair("a.zip!secret.jpg", Code::kUnsupported),
          Pair("a.zip!deflate64.jpg", Code::kUnsupported)));
}

TEST(ZipSource, hidden_members_are_skipped_and_second_ones_of_a_name_refused) {
  TestFolder folder;
  ZipBytes zip;
  zip.add("__MACOSX/._a.jpg", "").add(".DS_Store", "").add("x/.hidden/a.jpg", "");
  zip.add("a.jpg", "first").add("./a.jpg", "second");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, zip.finish()));
  EXPECT_THAT(listed.keys(), ElementsAre("a.zip!a.jpg"));
  EXPECT_EQ(listed.read("a.zip!a.jpg"), "first");
  EXPECT_THAT(listed.failures(), ElementsAre(Pair("a.zip!a.jpg#2", Code::kCorruptInput)));
}

TEST(ZipSource, sizes_that_lie_are_found) {
  TestFolder folder;
  const std::string text = sample_text(5'000);
  const auto read_claim = [&](uint64_t claimed) -> Result<std::string> {
    IMAGEMILL_ASSIGN_OR_RETURN(
        const ListedSource listed,
        list_zip(
            folder,
            ZipBytes()
                .add({.name = "m", .content = text, .is_deflated = true, .claimed_bytes = claimed})
                .finish()));
    if (listed.listing.entries.empty())
      return std::unexpected(listed.listing.failures.at(0).status);
    return listed.read("a.zip!m");
  };
  EXPECT_EQ(read_claim(text.size()), text);
  EXPECT_THAT(read_claim(text.size() - 1), FailsWith(Code::kCorruptInput, HasSubstr("goes on")));
  EXPECT_THAT(read_claim(text.size() + 1), FailsWith(Code::kCorruptInput, HasSubstr("ends")));
  EXPECT_THAT(read_claim(0), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(read_claim(0xfffffff0), FailsWith(Code::kCorruptInput, HasSubstr("cannot be")));

  ASSERT_OK_AND_ASSIGN(
      const ListedSource stored,
      list_zip(folder,
               ZipBytes().add({.name = "m", .content = "abc", .claimed_bytes = 4}).finish()));
  EXPECT_THAT(stored.failures(), ElementsAre(Pair("a.zip!m", Code::kCorruptInput)));
  ASSERT_OK_AND_ASSIGN(
      const ListedSource crc,
      list_zip(folder, ZipBytes().add({.name = "m", .content = "abc", .claimed_crc = 1}).finish()));
  EXPECT_THAT(crc.read("a.zip!m"), FailsWith(Code::kCorruptInput, HasSubstr("CRC")));
}

// The way of David Fifield's bombs: members share the bytes of one kernel.
TEST(ZipSource, members_that_overlap_refuse_the_archive) {
  TestFolder folder;
  const std::string kernel(1'000'000, '\0');
  ZipBytes same_header;
  for (int i = 0; i < 10; ++i)
    same_header.add({.name = "m" + std::to_string(i),
                     .content = kernel,
                     .is_deflated = true,
                     .claimed_header_at = 0});
  EXPECT_THAT(list_zip(folder, same_header.finish()),
              FailsWith(Code::kCorruptInput, HasSubstr("into another member")));

  // The first member's stored bytes are the second one whole.
  const std::string inner = ZipBytes().add("b", kernel).finish();
  ZipBytes quoted;
  quoted.add({.name = "a", .content = inner.substr(0, 31 + kernel.size())});
  quoted.add({.name = "b", .content = kernel, .claimed_header_at = 31});
  EXPECT_THAT(list_zip(folder, quoted.finish()), FailsWith(Code::kCorruptInput));

  // Apart by the directory, but a local header with long extra fields points into the next member.
  ZipBytes shifted;
  std::string packed = deflated("abc");
  shifted.add({.name = "a",
               .content = "abc",
               .is_deflated = true,
               .packed = packed,
               .local_extra = std::string(5'000, 'e')});
  std::string bytes = shifted.finish();
  bytes.erase(31, 5'000);  // the header still says 5,000
  const size_t end = bytes.size() - 22;
  std::string directory_at;
  append_le(directory_at, 4, 31 + packed.size());
  bytes.replace(end + 16, 4, directory_at);
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, bytes));
  EXPECT_THAT(listed.read("a.zip!a"), FailsWith(Code::kCorruptInput, HasSubstr("reaches into")));
}

TEST(ZipSource, limits_hold) {
  TestFolder folder;
  const std::string zeros(2 << 20, '\0');
  ZipBytes zip;
  zip.add({.name = "bomb", .content = zeros, .is_deflated = true});
  zip.add("fine", "fine");
  const std::string bytes = zip.finish();
  ASSERT_OK_AND_ASSIGN(const ListedSource ratio,
                       list_zip(folder, bytes, {.max_ratio_floor = 1 << 20}));
  EXPECT_THAT(ratio.keys(), ElementsAre("a.zip!fine"));
  EXPECT_THAT(ratio.failures(), ElementsAre(Pair("a.zip!bomb", Code::kResourceExhausted)));
  ASSERT_OK_AND_ASSIGN(const ListedSource below_floor, list_zip(folder, bytes));
  EXPECT_EQ(below_floor.read("a.zip!bomb"), zeros);
  ASSERT_OK_AND_ASSIGN(const ListedSource file, list_zip(folder, bytes, {.max_file_bytes = 1'000}));
  EXPECT_THAT(file.read("a.zip!bomb"), FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(list_zip(folder, bytes, {.max_archive_bytes = zeros.size()}),
              FailsWith(Code::kResourceExhausted, HasSubstr("unpack")));
  EXPECT_THAT(list_zip(folder, bytes, {.max_entries = 1}),
              FailsWith(Code::kResourceExhausted, HasSubstr("2 members")));
  EXPECT_THAT(list_zip(folder, zip.finish(true, uint64_t{1} << 60)),
              FailsWith(Code::kResourceExhausted));
}

TEST(ZipSource, zip64_and_prefixes_work) {
  TestFolder folder;
  ZipBytes zip;
  zip.add({.name = "a", .content = "64", .is_zip64 = true}).add("b", "32");
  const std::string bytes = zip.finish(/*is_zip64=*/true);
  for (const std::string& prefix : {std::string(), std::string("MZ a program in front")}) {
    for (const std::string& whole : {prefix + bytes, prefix + zip.finish()}) {
      ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, whole));
      EXPECT_EQ(listed.read("a.zip!a"), "64");
      EXPECT_EQ(listed.read("a.zip!b"), "32");
    }
  }
  // Seventy thousand members in the old format: the count wraps.
  ZipBytes many;
  for (int i = 0; i < 70'000; ++i) many.add(std::to_string(i), "");
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, many.finish()));
  EXPECT_EQ(listed.listing.entries.size(), 70'000u);
}

TEST(ZipSource, damage_is_said_clearly) {
  TestFolder folder;
  const std::string bytes =
      ZipBytes()
          .add("a", "aaa")
          .add({.name = "b", .content = sample_text(500), .is_deflated = true})
          .finish();
  for (size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_THAT(list_zip(folder, bytes.substr(0, cut)), FailsWith(Code::kCorruptInput)) << cut;
  EXPECT_THAT(list_zip(folder, ZipBytes().add("a", "").finish(false, 2)),
              FailsWith(Code::kCorruptInput));
  ASSERT_OK_AND_ASSIGN(const ListedSource empty, list_zip(folder, ZipBytes().finish()));
  EXPECT_THAT(empty.keys(), IsEmpty());
}

TEST(ZipSource, survives_any_changed_byte) {
  TestFolder folder;
  const std::string bytes =
      ZipBytes()
          .add({.name = "b", .content = sample_text(100), .is_deflated = true, .is_zip64 = true})
          .add("a", "aaa")
          .finish(true);
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      const auto listed = list_zip(folder, changed);
      if (!listed) continue;
      for (const std::string& key : listed->keys()) (void)listed->read(key);
    }
  }
}

TEST(ZipSource, an_archive_cut_after_listing_fails_item_by_item) {
  TestFolder folder;
  const std::string bytes = ZipBytes().add("a", "aaa").add("b", sample_text(5'000)).finish();
  ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_zip(folder, bytes));
  std::filesystem::resize_file(folder / "a.zip", 100);
  EXPECT_EQ(listed.read("a.zip!a"), "aaa");
  EXPECT_THAT(listed.read("a.zip!b"), FailsWith(Code::kCorruptInput, HasSubstr("a.zip!b")));
}

TEST(ZipSource, real_zip_slip_archives_give_nothing_outside) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "needs the shared test data";
  for (const char* name : {"zip_slip_zip-slip.zip", "zip_slip_zip-slip-win.zip"}) {
    ASSERT_OK_AND_ASSIGN(const ListedSource listed, list_source(*data + "/hostile/" + name));
    EXPECT_EQ(listed.listing.entries.size(), 1u) << name;
    ASSERT_EQ(listed.listing.failures.size(), 1u) << name;
    EXPECT_EQ(listed.listing.failures[0].status.code(), Code::kCorruptInput);
  }
}

}  // namespace
}  // namespace imagemill
