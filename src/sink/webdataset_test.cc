// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// That the shards are what WebDataset loaders expect: libarchive reads them back.
#include <archive.h>
#include <archive_entry.h>

#include <nlohmann/json.hpp>

#include "sink/shard.h"
#include "sink/sink.h"
#include "sink/tar_format.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using Members = std::vector<std::pair<std::string, std::string>>;

Members read_tar(const std::string& path) {
  Members out;
  archive* tar = archive_read_new();
  archive_read_support_format_tar(tar);
  EXPECT_EQ(archive_read_open_filename(tar, path.c_str(), 4096), ARCHIVE_OK);
  archive_entry* entry;
  int outcome;
  while ((outcome = archive_read_next_header(tar, &entry)) == ARCHIVE_OK) {
    EXPECT_EQ(archive_entry_mtime(entry), 0);
    EXPECT_EQ(archive_entry_perm(entry), 0644u);
    std::string bytes(static_cast<size_t>(archive_entry_size(entry)), '\0');
    EXPECT_EQ(archive_read_data(tar, bytes.data(), bytes.size()),
              static_cast<la_ssize_t>(bytes.size()));
    out.emplace_back(archive_entry_pathname(entry), bytes);
  }
  EXPECT_EQ(outcome, ARCHIVE_EOF) << archive_error_string(tar);
  archive_read_free(tar);
  return out;
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : read_tar(path)) names.push_back(name);
  return names;
}

class WebDatasetTest : public testing::Test {
 protected:
  void open(SinkOptions options) {
    options.staging_folder = folder_ / "staging";
    sink_ = open_sink(SinkKind::kWebDataset, folder_ / "out", options, real_file_system()).value();
  }
  void publish(const std::vector<std::pair<std::string, std::string>>& files) {
    std::vector<StagedFile> staged;
    for (const auto& [path, bytes] : files)
      staged.push_back(sink_->stage(path, as_byte_span(bytes)).value());
    ASSERT_THAT(sink_->publish(staged), IsOk());
  }
  std::string text(const std::string& name) {
    return std::string(as_text(real_file_system().read(folder_ / name, 1 << 20).value()));
  }

  TestFolder folder_;
  std::unique_ptr<Sink> sink_;
};

TEST_F(WebDatasetTest, files_of_one_stem_are_one_sample_with_its_origin) {
  open({});
  publish({{"a/b.jpg", "picture"}, {"a/b.txt", "caption"}, {"a/c.jpg", "other"}});
  ASSERT_THAT(sink_->finish(), IsOk());
  const std::string first = R"({"key":"000000000","path":"a/b.jpg","files":["a/b.jpg","a/b.txt"]})";
  const std::string second = R"({"key":"000000001","path":"a/c.jpg","files":["a/c.jpg"]})";
  EXPECT_THAT(read_tar(folder_ / "out/00000.tar"),
              ElementsAre(Pair("000000000.jpg", "picture"), Pair("000000000.txt", "caption"),
                          Pair("000000000.json", first + "\n"), Pair("000000001.jpg", "other"),
                          Pair("000000001.json", second + "\n")));
  EXPECT_EQ(text("out/00000.jsonl"), first + "\n" + second + "\n");
  const auto stats = nlohmann::json::parse(text("out/00000_stats.json"));
  EXPECT_EQ(stats["count"], 2);
  EXPECT_EQ(stats["bytes"], std::filesystem::file_size(folder_ / "out/00000.tar"));
}

TEST_F(WebDatasetTest, a_sample_may_reach_over_two_groups) {
  open({});
  publish({{"a.jpg", "1"}});
  publish({{"a.txt", "2"}});
  ASSERT_THAT(sink_->finish(), IsOk());
  EXPECT_THAT(names_in(folder_ / "out/00000.tar"),
              ElementsAre("000000000.jpg", "000000000.txt", "000000000.json"));
}

TEST_F(WebDatasetTest, equal_stems_in_two_folders_are_two_samples) {
  open({});
  publish({{"a/1.jpg", "1"}, {"b/1.jpg", "2"}, {"b/1.jpg.txt", "3"}});
  ASSERT_THAT(sink_->finish(), IsOk());
  EXPECT_THAT(names_in(folder_ / "out/00000.tar"),
              ElementsAre("000000000.jpg", "000000000.json", "000000001.jpg", "000000001.json",
                          "000000002.txt", "000000002.json"));
}

TEST_F(WebDatasetTest, a_json_of_the_samples_own_keeps_its_name) {
  open({});
  publish({{"a.jpg", "1"}, {"a.json", "{}"}, {"noext", "2"}});
  ASSERT_THAT(sink_->finish(), IsOk());
  EXPECT_THAT(names_in(folder_ / "out/00000.tar"),
              ElementsAre("000000000.jpg", "000000000.json", "000000000.path.json", "000000001.bin",
                          "000000001.json"));
}

TEST_F(WebDatasetTest, shards_end_at_their_number_of_samples) {
  open({.staging_folder = {}, .resume_state = {}, .shard_entries = 2});
  publish({{"1.jpg", "1"}, {"1.txt", "1"}, {"2.jpg", "2"}, {"3.jpg", "3"}});
  // The first shard is whole, but not yet committed.
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/00000.tar"));
  publish({{"4.jpg", "4"}});
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/00000_stats.json"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/00001_stats.json"));
  publish({{"5.jpg", "5"}});
  ASSERT_THAT(sink_->finish(), IsOk());
  EXPECT_THAT(names_in(folder_ / "out/00001.tar"),
              ElementsAre("000010000.jpg", "000010000.json", "000010001.jpg", "000010001.json"));
  EXPECT_THAT(names_in(folder_ / "out/00002.tar"), ElementsAre("000020000.jpg", "000020000.json"));
}

TEST_F(WebDatasetTest, shards_end_above_their_bytes) {
  open({.staging_folder = {}, .resume_state = {}, .shard_bytes = 3000});
  for (int i = 0; i < 4; ++i) publish({{fmt::format("{}.jpg", i), std::string(600, 'x')}});
  ASSERT_THAT(sink_->finish(), IsOk());
  EXPECT_EQ(names_in(folder_ / "out/00000.tar").size(), 4u);
  EXPECT_EQ(names_in(folder_ / "out/00001.tar").size(), 4u);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/00002.tar"));
}

TEST_F(WebDatasetTest, groups_do_not_change_the_bytes) {
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 0; i < 9; ++i) {
    files.emplace_back(fmt::format("{}.jpg", i), std::string(static_cast<size_t>(i) * 300, 'x'));
    files.emplace_back(fmt::format("{}.txt", i), "caption");
  }
  std::string whole;
  for (const size_t group : {18u, 1u, 5u}) {
    TestFolder folder;
    const auto sink =
        open_sink(SinkKind::kWebDataset, folder / "out",
                  {.staging_folder = folder / "staging", .resume_state = {}, .shard_entries = 4},
                  real_file_system())
            .value();
    for (size_t begin = 0; begin < files.size(); begin += group) {
      std::vector<StagedFile> staged;
      for (size_t i = begin; i < std::min(files.size(), begin + group); ++i)
        staged.push_back(sink->stage(files[i].first, as_byte_span(files[i].second)).value());
      ASSERT_THAT(sink->publish(staged), IsOk());
    }
    ASSERT_THAT(sink->finish(), IsOk());
    std::string bytes;
    for (const char* shard : {"out/00000.tar", "out/00001.tar", "out/00002.tar"})
      bytes += as_text(real_file_system().read(folder / shard, 1 << 20).value());
    if (whole.empty()) whole = bytes;
    EXPECT_EQ(bytes, whole) << group;
  }
}

TEST_F(WebDatasetTest, an_extension_that_no_tar_name_holds_is_refused) {
  open({});
  EXPECT_THAT(sink_->stage("a." + std::string(65, 'x'), {}),
              FailsWith(Code::kInvalidArgument, HasSubstr("extension")));
  EXPECT_THAT(sink_->stage("a." + std::string(64, 'x'), {}), IsOk());
}

TEST(TarFormat, headers_come_back_and_nothing_else_is_one) {
  const TarEntry member{.name = std::string(100, 'n'), .bytes = kTarMaxFileBytes};
  Bytes header = tar_header(member);
  ASSERT_OK_AND_ASSIGN(const auto back, parse_tar_header(header));
  EXPECT_EQ(back->name, member.name);
  EXPECT_EQ(back->bytes, member.bytes);
  EXPECT_FALSE(parse_tar_header(Bytes(512)).value().has_value());
  EXPECT_THAT(parse_tar_header(Bytes(511)), FailsWith(Code::kCorruptInput));
  header[130] = std::byte{'9'};
  EXPECT_THAT(parse_tar_header(header), FailsWith(Code::kCorruptInput));
}

TEST(ShardNames, keys_grow_with_the_shard) {
  EXPECT_EQ(ShardNames("d", 10'000).key(3, 42), "000030042");
  EXPECT_EQ(ShardNames("d", 10'001).key(3, 42), "0000300042");
  EXPECT_EQ(ShardNames("d", 10).tar(123'456), "d/123456.tar");
  EXPECT_EQ(shard_number("00012.tar", ".tar"), 12u);
  EXPECT_EQ(shard_number("012.tar", ".tar"), std::nullopt);
  EXPECT_EQ(shard_number("00012.tar.partial", ".tar"), std::nullopt);
  EXPECT_EQ(shard_number("0001x.tar", ".tar"), std::nullopt);
}

}  // namespace
}  // namespace imagemill
