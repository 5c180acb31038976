// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Shards merged are what a run of the whole would have been.
#include "imagemill/merge.h"

#include <filesystem>
#include <tuple>

#include "engine/merge_shards.h"
#include "imagemill/engine.h"
#include "store/run_store.h"
#include "store/sqlite.h"
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
  void run_job(const JobRequest& job, const std::string& out, Options options) {
    options.emplace("threads", "1");
    const RunSpec spec{.inputs = {at("in")},
                       .output = at(out),
                       .jobs = {job},
                       .options = std::move(options),
                       .places = {.onnxruntime = test_onnxruntime()}};
    EXPECT_THAT(Engine().run(spec, listener_, CancelToken()), IsOk());
  }
  // Of two shards: all inputs but the first belong to the other one now.
  void swap_halves() const { folder_.write("in/00.jpg", as_text(make_picture_file({}))); }
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
  folder_.write("model.onnx", tiny_features_model(8, 8));
  const JobRequest embed{"embed", {{"model", at("model.onnx")}}};
  run_job(embed, "whole", {});
  for (const char* i : {"1", "2", "3"})
    run_job(embed, shard(i), {{"shard", fmt::format("{}/3", i)}});
  fs::remove(at("model.onnx"));
  ASSERT_THAT(merge_all(spec()), IsOk());
  EXPECT_EQ(files("all"), files("whole"));
  EXPECT_TRUE(files("all").contains("features.npy"));
}

TEST_F(MergeTest, copies_are_found_over_all_shards) {
  fs::copy_file(at("in/0.jpg"), at("in/1 again.jpg"));
  fs::copy_file(at("in/5.jpg"), at("in/sub/5.jpg"));
  run_job({"dedupe", {}}, "whole", {});
  for (const char* i : {"1", "2", "3"})
    run_job({"dedupe", {}}, shard(i), {{"shard", fmt::format("{}/3", i)}});
  ASSERT_THAT(merge_all(spec()), IsOk());
  EXPECT_THAT(files("all").at("duplicates.csv"), HasSubstr("in/sub/5.jpg"));
  EXPECT_THAT(files("all").at("duplicates.html"), HasSubstr("data:image/jpeg"));
  EXPECT_EQ(files("all"), files("whole"));
}

TEST_F(MergeTest, pictures_that_are_gone_are_in_no_table) {
  run_shards();
  fs::remove(at("in/3.jpg"));
  run_shards();
  ASSERT_THAT(merge_all(spec()), IsOk());
  run("whole");
  EXPECT_THAT(files("whole").at("quality.csv"), testing::Not(HasSubstr("in/3.jpg")));
  EXPECT_EQ(files("all").at("quality.csv"), files("whole").at("quality.csv"));
  MergeSpec some = spec();
  some.shards.erase(some.shards.begin());
  ASSERT_THAT(merge_all(some), IsOk()) << "what earlier ones said is not forgotten";
  EXPECT_EQ(files("all").at("quality.csv"), files("whole").at("quality.csv"));
}

TEST_F(MergeTest, a_picture_is_gone_only_where_no_shard_has_found_it) {
  const Bytes bytes = make_picture_file({.size = {99, 40}});
  const std::string picture(as_text(bytes));
  folder_.write("in/3.jpg", picture);
  run("out2", {{"shard", "2/2"}});
  fs::remove(at("in/3.jpg"));
  run("out2", {{"shard", "2/2"}});
  folder_.write("in/3.jpg", picture);
  swap_halves();
  run("out1", {{"shard", "1/2"}});
  MergeSpec both = spec();
  for (const auto& [output, first, second] :
       {std::tuple("all", "out1", "out2"), std::tuple("other", "out2", "out1")}) {
    both.output = at(output);
    both.shards = {at(first), at(second)};
    ASSERT_THAT(merge_all(both), IsOk());
    EXPECT_THAT(files(output).at("quality.csv"), HasSubstr("in/3.jpg")) << output;
  }
}

TEST_F(MergeTest, says_which_shards_are_missing_or_not_done) {
  run("out1", {{"shard", "1/3000000000000"}});
  MergeSpec wanted = spec();
  wanted.shards = {at("out1")};
  ASSERT_OK_AND_ASSIGN(const MergeFinished lonely, merge_all(wanted));
  EXPECT_EQ(lonely.missing, 0);
  EXPECT_EQ(lonely.shard_count, 3'000'000'000'000u);
  EXPECT_EQ(lonely.shards_missing, 2'999'999'999'999u);
  EXPECT_EQ(lonely.missing_shards.front(), 2u);
  EXPECT_FALSE(lonely.is_whole());

  wanted = spec();
  wanted.output = at("other");
  wanted.shards = {at("part3"), at("part1")};
  run("part1", {{"shard", "1/3"}});
  run("part3", {{"shard", "3/3"}});
  fs::remove(at("part3/.imagemill/run.json"));  // as if it was killed
  ASSERT_OK_AND_ASSIGN(const MergeFinished some, merge_all(wanted));
  EXPECT_THAT(some.missing_shards, ElementsAre(2));
  EXPECT_THAT(some.unfinished, ElementsAre(at("part3")));

  run("other");
  run("part3", {{"shard", "3/3"}});
  ASSERT_OK_AND_ASSIGN(const MergeFinished all, merge_all(wanted));
  EXPECT_TRUE(all.is_whole()) << "the run of the whole did the second";
}

TEST_F(MergeTest, refuses_shards_that_are_not_those_of_one_run) {
  run("out1", {{"shard", "1/2"}});
  run("out2", {{"shard", "1/2"}});
  run("out3", {{"shard", "3/4"}});
  MergeSpec wanted = spec();
  wanted.shards = {at("out1"), at("out2")};
  EXPECT_THAT(merge_all(wanted),
              FailsWith(Code::kInvalidArgument, HasSubstr("are both shard 1/2")));
  wanted.shards = {at("out1"), at("out3")};
  EXPECT_THAT(merge_all(wanted),
              FailsWith(Code::kInvalidArgument, AllOf(HasSubstr("1/2"), HasSubstr("3/4"))));
  EXPECT_FALSE(fs::exists(at("all")));
}

TEST_F(MergeTest, waits_for_no_run_that_goes_on) {
  run_shards();
  const std::string path = at("out2/.imagemill/run.sqlite");
  const auto options = RunStore::open_existing(path).value()->options().value();
  auto running = RunStore::open(path, options);
  EXPECT_THAT(merge_all(spec()), FailsWith(Code::kInvalidArgument, HasSubstr("out2")));
  EXPECT_FALSE(fs::exists(at("all")));
  running->reset();
  EXPECT_THAT(merge_all(spec()), IsOk());
}

TEST_F(MergeTest, goes_on_in_an_output_of_the_schema_before) {
  run_shards();
  MergeSpec some = spec();
  some.shards.pop_back();
  ASSERT_THAT(merge_all(some), IsOk());
  const std::string path = at("all/.imagemill/run.sqlite");
  {
    ASSERT_OK_AND_ASSIGN(auto store, sqlite::Database::open(path, sqlite::OpenMode::kCreate));
    ASSERT_THAT(store.execute("DROP TABLE gone; PRAGMA user_version = 2"), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const MergeFinished merged, merge_all(spec()));
  EXPECT_EQ(merged.added, 3);
  EXPECT_TRUE(merged.is_whole());
}

TEST_F(MergeTest, again_and_one_shard_after_the_other) {
  run("whole");
  run_shards();
  MergeSpec some = spec();
  some.shards.pop_back();
  ASSERT_OK_AND_ASSIGN(const MergeFinished first, merge_all(some));
  EXPECT_EQ(first.added, 6);
  EXPECT_GE(first.missing, 2);
  EXPECT_THAT(first.missing_shards, ElementsAre(3));
  ASSERT_OK_AND_ASSIGN(const MergeFinished second, merge_all(spec()));
  EXPECT_EQ(second.added, 3);
  EXPECT_TRUE(second.is_whole());
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
  run("out2", {{"shard", "2/2"}});
  folder_.write("in/3.jpg", as_text(make_picture_file({.size = {99, 40}})));
  swap_halves();
  run("out1", {{"shard", "1/2"}});
  MergeSpec both = spec();
  both.shards.pop_back();
  EXPECT_THAT(merge_all(both), FailsWith(Code::kInvalidArgument, HasSubstr("in/3.jpg")));
  EXPECT_FALSE(fs::exists(at("all")));
}

TEST_F(MergeTest, a_finished_item_is_better_than_a_failed_one) {
  folder_.write("in/3.jpg", "broken");
  run("out2", {{"shard", "2/2"}});
  folder_.write("in/3.jpg", as_text(make_picture_file({.size = {99, 40}})));
  swap_halves();
  run("out1", {{"shard", "1/2"}});
  const auto state = [this] {
    const std::vector<ItemRecord> all = items("all");
    return std::ranges::find(all, std::string("in/3.jpg"), &ItemRecord::key)->state;
  };
  MergeSpec some = spec();
  some.shards = {at("out2")};
  ASSERT_THAT(merge_all(some), IsOk());
  EXPECT_NE(state(), ItemState::kDone);
  some.shards = {at("out2"), at("out1")};
  ASSERT_THAT(merge_all(some), IsOk());
  EXPECT_EQ(state(), ItemState::kDone);
  run("whole");
  EXPECT_EQ(files("all").at("3.jpg"), files("whole").at("3.jpg"));
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
  EXPECT_THAT(merge_all(wanted),
              FailsWith(Code::kInvalidArgument, HasSubstr("is not the output of a run")));
  wanted.shards = {at("nowhere")};
  EXPECT_THAT(merge_all(wanted),
              FailsWith(Code::kNotFound, HasSubstr("is not the output of a run")));
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
