// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Shards merged are what a run of the whole would have been.
#include "imagemill/merge.h"

#include <filesystem>

#include "engine/merge_shards.h"
#include "imagemill/engine.h"
#include "store/run_store.h"
#include "support/fault_file_system.h"
#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Options = std::map<std::string, std::string>;

class MergeTest : public testing::Test {
 protected:
  MergeTest() {
    for (int i = 0; i < 7; ++i)
      folder_.write(fmt::format("in/{}.jpg", i),
                    as_text(make_picture_file({.size = {60 + i, 40}, .orientation = i + 1})));
    folder_.write("in/sub/broken.png", "not a picture");
    folder_.write("in/sub/wide.png",
                  as_text(make_picture_file({.format = FileFormat::kPng, .size = {90, 30}})));
  }

  std::string at(std::string_view name) const { return folder_ / name; }

  RunFinished run(const std::string& out, Options options = {}, std::string size = "32") {
    options.emplace("threads", "1");
    const RunSpec spec{.inputs = {at("in")},
                       .output = at(out),
                       .jobs = {{"prepare", {{"size", size}}},
                                {"thumbs", {{"size", "16"}}},
                                {"quality", {{"where", "item.width > 62"}}}},
                       .options = std::move(options)};
    Listener quiet;
    auto finished = Engine().run(spec, quiet, CancelToken());
    EXPECT_THAT(finished, IsOk());
    EXPECT_EQ(finished->error, "");
    return *finished;
  }

  void run_shards() {
    for (const char* i : {"1", "2", "3"}) run(shard(i), {{"shard", fmt::format("{}/3", i)}});
  }
  static std::string shard(std::string_view i) { return fmt::format("out{}", i); }

  MergeSpec spec() const {
    return {.output = at("all"), .shards = {at("out1"), at("out2"), at("out3")}};
  }
  Result<MergeFinished> merge_all(const MergeSpec& wanted) {
    return merge(wanted, listener_, CancelToken());
  }

  // Below the output, the run's own records left out.
  std::map<std::string, std::string> files(const std::string& out) const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(at(out))) {
      const std::string path = fs::relative(entry.path(), at(out)).string();
      if (!entry.is_regular_file() || path.starts_with(".imagemill")) continue;
      found[path] = std::string(as_text(*real_file_system().read(entry.path(), 1 << 30)));
    }
    return found;
  }
  std::vector<ItemRecord> items(const std::string& out) const {
    std::vector<ItemRecord> found;
    const auto store = RunStore::open_existing(at(out) + "/.imagemill/run.sqlite").value();
    const std::vector<FinishedItem> finished = store->finished_items().value();
    for (const FinishedItem& item : finished)
      found.push_back(store->find_item(item.key).value().value());
    return found;
  }
  void expect_equal_runs(const std::string& a, const std::string& b) const {
    EXPECT_EQ(files(a), files(b));
    const auto of_a = items(a), of_b = items(b);
    ASSERT_EQ(of_a.size(), of_b.size());
    for (size_t i = 0; i < of_a.size(); ++i) {
      EXPECT_EQ(of_a[i].key, of_b[i].key);
      EXPECT_EQ(of_a[i].sequence, of_b[i].sequence);
      EXPECT_EQ(of_a[i].mtime_ns, of_b[i].mtime_ns);
      EXPECT_EQ(of_a[i].message, of_b[i].message);
      EXPECT_EQ(of_a[i].job_skips, of_b[i].job_skips) << of_a[i].key;
      EXPECT_EQ(of_a[i].rows, of_b[i].rows) << of_a[i].key;
      EXPECT_EQ(of_a[i].outputs, of_b[i].outputs) << of_a[i].key;
    }
  }

  TestFolder folder_;
  ToldListener listener_;
};

TEST_F(MergeTest, shards_become_the_run_of_the_whole) {
  run("whole");
  run_shards();
  ASSERT_OK_AND_ASSIGN(const MergeFinished merged, merge_all(spec()));
  EXPECT_EQ(merged.added, 9);
  EXPECT_EQ(merged.done, 8);
  EXPECT_EQ(merged.failed + merged.skipped, 1);
  EXPECT_EQ(merged.missing, 0);
  EXPECT_EQ(merged.linked + merged.copied, 16);
  EXPECT_THAT(listener_.warnings, IsEmpty());
  expect_equal_runs("all", "whole");
  EXPECT_TRUE(fs::exists(at("all/.imagemill/report.html")));
  EXPECT_TRUE(fs::exists(at("out1/.imagemill/run.sqlite"))) << "shards stay";

  const RunFinished resumed = run("all");
  EXPECT_EQ(resumed.items_resumed, 8);
  EXPECT_EQ(resumed.done, 8);
  expect_equal_runs("all", "whole");
}

TEST_F(MergeTest, vectors_are_merged_without_their_model) {
  const auto embed = [this](const std::string& out, Options options) {
    const RunSpec spec{.inputs = {at("in")},
                       .output = at(out),
                       .jobs = {{"embed", {{"model", at("model.onnx")}}}},
                       .options = std::move(options),
                       .places = {.onnxruntime = test_onnxruntime()}};
    EXPECT_THAT(Engine().run(spec, listener_, CancelToken()), IsOk());
  };
  folder_.write("model.onnx", tiny_features_model(8, 8));
  embed("whole", {});
  for (const char* i : {"1", "2", "3"}) embed(shard(i), {{"shard", fmt::format("{}/3", i)}});
  fs::remove(at("model.onnx"));
  ASSERT_THAT(merge_all(spec()), IsOk());
  EXPECT_EQ(files("all"), files("whole"));
  EXPECT_TRUE(files("all").contains("features.npy"));
}

TEST_F(MergeTest, again_and_one_shard_after_the_other) {
  run("whole");
  run_shards();
  MergeSpec some = spec();
  some.shards.pop_back();
  ASSERT_OK_AND_ASSIGN(const MergeFinished first, merge_all(some));
  EXPECT_EQ(first.added, 6);
  EXPECT_GE(first.missing, 2);
  ASSERT_OK_AND_ASSIGN(const MergeFinished second, merge_all(spec()));
  EXPECT_EQ(second.added, 3);
  EXPECT_EQ(second.missing, 0);
  ASSERT_OK_AND_ASSIGN(const MergeFinished third, merge_all(spec()));
  EXPECT_EQ(third.added, 0);
  EXPECT_EQ(third.linked + third.copied, 0);
  expect_equal_runs("all", "whole");
}

TEST_F(MergeTest, copies_are_the_outputs_own_files) {
  run_shards();
  MergeSpec copying = spec();
  copying.copy = true;
  ASSERT_OK_AND_ASSIGN(const MergeFinished merged, merge_all(copying));
  EXPECT_EQ(merged.copied, 16);
  EXPECT_EQ(fs::hard_link_count(at("all/0.jpg")), 1);

  // Same size, other bytes.
  std::string bytes = files("out1").at("0.jpg");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  folder_.write("out1/0.jpg", bytes);
  copying.output = at("other");
  EXPECT_THAT(merge_all(copying), FailsWith(Code::kInvalidArgument, HasSubstr("0.jpg")));
}

TEST_F(MergeTest, runs_with_other_options_are_not_merged) {
  run("out1", {{"shard", "1/3"}});
  run("out2", {{"shard", "2/3"}});
  run("out3", {{"shard", "3/3"}}, "40");
  EXPECT_THAT(merge_all(spec()),
              FailsWith(Code::kInvalidArgument,
                        AllOf(HasSubstr("prepare.size: 32 in"), HasSubstr("40 in"))));
  EXPECT_FALSE(fs::exists(at("all")));
}

TEST_F(MergeTest, an_item_with_two_results_is_named) {
  run("out1", {{"shard", "1/1"}});
  folder_.write("in/3.jpg", as_text(make_picture_file({.size = {99, 40}})));
  run("out2", {{"shard", "1/2"}});  // 3.jpg is in the other half
  run("out3", {{"shard", "2/2"}});
  EXPECT_THAT(merge_all(spec()), FailsWith(Code::kInvalidArgument, HasSubstr("in/3.jpg")));
  EXPECT_FALSE(fs::exists(at("all")));
}

TEST_F(MergeTest, a_finished_item_is_better_than_a_failed_one) {
  folder_.write("in/3.jpg", "broken");
  run("out1", {{"shard", "1/1"}});
  folder_.write("in/3.jpg", as_text(make_picture_file({.size = {99, 40}})));
  run("out2", {{"shard", "2/2"}});
  MergeSpec first = spec();
  first.shards = {at("out1")};
  ASSERT_OK_AND_ASSIGN(const MergeFinished before, merge_all(first));
  first.shards = {at("out1"), at("out2")};
  ASSERT_OK_AND_ASSIGN(const MergeFinished after, merge_all(first));
  EXPECT_EQ(after.done, before.done + 1);
  EXPECT_EQ(after.added, 0);
  run("whole");
  expect_equal_runs("all", "whole");
}

TEST_F(MergeTest, what_is_in_the_way_or_changed_stops_it) {
  run_shards();
  folder_.write("all/4.jpg", "precious");
  EXPECT_THAT(merge_all(spec()),
              FailsWith(Code::kInvalidArgument, HasSubstr("all/4.jpg: is in the way")));
  EXPECT_THAT(files("all"), ElementsAre(testing::Pair("4.jpg", "precious")));
  fs::remove(at("all/4.jpg"));
  folder_.write("out1/0.jpg", "edited");
  EXPECT_THAT(merge_all(spec()), FailsWith(Code::kInvalidArgument, HasSubstr("out1/0.jpg")));
}

TEST_F(MergeTest, archives_and_strange_folders_are_refused) {
  run_shards();
  run("zip.zip", {{"shard", "1/3"}});
  run("tars", {{"shard", "1/3"}, {"layout", "webdataset"}});
  MergeSpec wanted = spec();
  wanted.shards = {at("zip.zip")};
  EXPECT_THAT(merge_all(wanted), FailsWith(Code::kInvalidArgument, HasSubstr("a ZIP archive")));
  wanted.shards = {at("tars")};
  EXPECT_THAT(merge_all(wanted), FailsWith(Code::kInvalidArgument, HasSubstr("a WebDataset")));
  wanted.shards = {at("in")};
  EXPECT_THAT(merge_all(wanted), FailsWith(Code::kNotFound, HasSubstr("not the output of a run")));
  wanted = spec();
  wanted.output = at("all.zip");
  EXPECT_THAT(merge_all(wanted), FailsWith(Code::kInvalidArgument, HasSubstr("into a folder")));
  wanted.output = at("out1");
  EXPECT_THAT(merge_all(wanted), FailsWith(Code::kInvalidArgument, HasSubstr("both a shard")));
}

TEST_F(MergeTest, shards_of_different_listings_are_told) {
  run("out1", {{"shard", "1/2"}});
  for (const char* name : {"in/00.jpg", "in/01.jpg"})
    folder_.write(name, as_text(make_picture_file({})));
  run("out2", {{"shard", "2/2"}});
  MergeSpec wanted = spec();
  wanted.shards.pop_back();
  ASSERT_THAT(merge_all(wanted), IsOk());
  EXPECT_THAT(listener_.warnings, ElementsAre(HasSubstr("came or went between the shards")));
  run("all");
  run("whole");
  EXPECT_EQ(items("all").size(), items("whole").size());
}

TEST_F(MergeTest, stopped_anywhere_it_goes_on) {
  run("whole");
  run_shards();
  FaultFileSystem counting;
  ASSERT_THAT(merge_shards(spec(), counting, listener_, CancelToken()), IsOk());
  for (int64_t call = 1; call <= counting.calls(); call += 7) {
    fs::remove_all(at("all"));
    FaultFileSystem dying(call, FaultFileSystem::Fault::kStop);
    EXPECT_FALSE(merge_shards(spec(), dying, listener_, CancelToken()).has_value()) << call;
    ASSERT_THAT(merge_all(spec()), IsOk()) << call;
    expect_equal_runs("all", "whole");
    if (HasFailure()) FAIL() << "after a stop at call " << call;
  }
}

}  // namespace
}  // namespace imagemill
