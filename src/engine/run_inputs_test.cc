// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/run_inputs.h"

#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::ElementsAre;

Result<RunInputs> list(const std::vector<std::string>& inputs,
                       const std::map<std::string, std::string>& options = {}) {
  return list_inputs(inputs, OptionValues::parse(run_options(), options).value(), {}, "",
                     real_file_system(), CancelToken());
}

std::vector<std::string> keys_in_shard(const RunInputs& inputs) {
  std::vector<std::string> out;
  for (const RankedEntry& e : inputs.entries)
    if (inputs.is_in_shard(e)) out.emplace_back(e.key);
  return out;
}

std::vector<std::string> paths_of(const RunInputs& inputs) {
  std::vector<std::string> out;
  for (const RankedEntry& e : inputs.entries) out.push_back(inputs.path_of(e));
  return out;
}

TEST(RunInputs, ranks_follow_the_keys_of_all_sources) {
  const TestFolder folder;
  for (const char* path : {"b/x.jpg", "b/y.jpg", "a/z.jpg"}) folder.write(path, "-");
  ASSERT_OK_AND_ASSIGN(const RunInputs inputs, list({folder / "b", folder / "a"}));
  EXPECT_THAT(keys_in_shard(inputs), ElementsAre("a/z.jpg", "b/x.jpg", "b/y.jpg"));
  EXPECT_THAT(paths_of(inputs), ElementsAre("a/z.jpg", "b/x.jpg", "b/y.jpg"));
  for (size_t i = 0; i < inputs.entries.size(); ++i) EXPECT_EQ(inputs.entries[i].rank, i);
}

TEST(RunInputs, one_source_needs_no_folder_of_its_own) {
  const TestFolder folder;
  folder.write("a/sub/x.jpg", "-");
  ASSERT_OK_AND_ASSIGN(const RunInputs inputs, list({folder / "a"}));
  EXPECT_THAT(paths_of(inputs), ElementsAre("sub/x.jpg"));
}

TEST(RunInputs, sources_of_one_name_and_single_pictures_are_told_apart) {
  const TestFolder folder;
  for (const char* path : {"1/heap/x.jpg", "2/heap/x.jpg", "p.jpg", "1/p.jpg"})
    folder.write(path, "-");
  ASSERT_OK_AND_ASSIGN(const RunInputs inputs,
                       list({folder / "1/heap", folder / "2/heap", folder / "p.jpg"}));
  EXPECT_THAT(paths_of(inputs), ElementsAre("heap/x.jpg", "heap~2/x.jpg", "p.jpg"));
  ASSERT_OK_AND_ASSIGN(const RunInputs twice, list({folder / "p.jpg", folder / "1/p.jpg"}));
  ASSERT_EQ(twice.entries.size(), 2u);
  EXPECT_NE(twice.entries[0].key, twice.entries[1].key);
  EXPECT_NE(paths_of(twice)[0], paths_of(twice)[1]);
}

TEST(RunInputs, shards_share_out_all_entries) {
  const TestFolder folder;
  for (const char* path : {"a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"}) folder.write(path, "-");
  std::vector<std::string> all;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    ASSERT_OK_AND_ASSIGN(const RunInputs inputs, list({folder.path()}, {{"shard", shard}}));
    EXPECT_EQ(inputs.entries.size(), 5u);
    for (const std::string& key : keys_in_shard(inputs)) all.push_back(key);
  }
  std::ranges::sort(all);
  ASSERT_OK_AND_ASSIGN(const RunInputs whole, list({folder.path()}));
  EXPECT_EQ(all, keys_in_shard(whole));
}

TEST(RunInputs, bad_shards_are_refused) {
  const TestFolder folder;
  for (const char* shard : {"0/3", "4/3", "1", "1/", "/3", "a/b", "1/3x", "-1/3", "1/0", "1 /3",
                            "99999999999999999999/3"})
    EXPECT_THAT(list({folder.path()}, {{"shard", shard}}),
                FailsWith(Code::kInvalidArgument, testing::HasSubstr("--shard")))
        << shard;
}

TEST(RunInputs, a_refused_archive_is_one_failure_beside_the_others) {
  const TestFolder folder;
  folder.write("bad!.zip", "PK\x03\x04 and no directory");
  folder.write("a/x.jpg", "-");
  ASSERT_OK_AND_ASSIGN(const RunInputs alone, list({folder / "bad!.zip"}));
  EXPECT_TRUE(alone.entries.empty());
  ASSERT_EQ(alone.failures.size(), 1u);
  EXPECT_EQ(alone.failures[0].key, "bad%21.zip");
  EXPECT_EQ(alone.failures[0].status.code(), Code::kCorruptInput);
  EXPECT_THAT(alone.failures[0].status.message(), testing::HasSubstr("ZIP"));

  // Names do not depend on whether it is refused.
  ASSERT_OK_AND_ASSIGN(const RunInputs both, list({folder / "bad!.zip", folder / "a"}));
  EXPECT_THAT(paths_of(both), ElementsAre("a/x.jpg"));
  EXPECT_EQ(both.failures.size(), 1u);
}

TEST(RunInputs, a_table_without_paths_is_misuse) {
  const TestFolder folder;
  folder.write("list.csv", "colour,shape\nred,round\n");
  EXPECT_THAT(list({folder / "list.csv"}), FailsWith(Code::kInvalidArgument));
}

TEST(RunInputs, what_does_not_exist_is_an_error) {
  const TestFolder folder;
  EXPECT_THAT(list({folder / "gone"}), FailsWith(Code::kNotFound));
}

}  // namespace
}  // namespace imagemill
