// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What jobs write after the last item, beside files that are not the run's own.
#include "engine/run_finish.h"

#include <filesystem>

#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::function<void()> meanwhile;    // between the two files
std::vector<std::string> unwanted;  // taken away after them

// Writes "table.csv" at once and "lists/long.txt" in pieces, and one file an item.
class TableJob final : public Job {
 public:
  explicit TableJob(const OptionValues& options) : item_file_(options.text("item-file")) {}
  static const JobInfo& describe() {
    static constexpr std::array kOptions = {OptionSpec{"item-file", OptionKind::kText, "item.txt"}};
    static constexpr JobInfo kInfo{"table", "", kOptions};
    return kInfo;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues& options, const JobTools&) {
    return std::make_unique<TableJob>(options);
  }
  const JobInfo& info() const override { return describe(); }
  std::vector<ViewRequest> views(const ImageHeader&) const override { return {}; }
  Result<> process(ItemContext& context) const override {
    return context.emit_file(item_file_, as_byte_span("an item's"));
  }
  Result<> finish(FinishContext& context) override {
    IMAGEMILL_TRY(context.write_output("table.csv", as_byte_span("the run's")));
    if (meanwhile) meanwhile();
    IMAGEMILL_TRY(context.write_output("lists/long.txt", [](const std::string& file) {
      return write_file_atomically(real_file_system(), file, as_byte_span("the run's"));
    }));
    for (const std::string& path : unwanted) IMAGEMILL_TRY(context.remove_output(path));
    return {};
  }

 private:
  const std::string item_file_;
};

class RunFinishTest : public testing::TestWithParam<const char*> {
 protected:
  RunFinishTest() {
    run_.known_jobs.push_back({TableJob::describe, TableJob::make});
    run_.add("a.png", make_picture_file({.format = FileFormat::kPng, .size = {9, 9}}));
  }

  void run(const std::string& output, std::map<std::string, std::string> options = {},
           std::map<std::string, std::string> job = {}) {
    options.emplace("layout", GetParam());
    const auto finished = run_.run({{"table", std::move(job)}}, std::move(options), output);
    ASSERT_THAT(finished, IsOk());
    EXPECT_EQ(finished->error, "");
    EXPECT_EQ(finished->done, 1);
  }

  // Below the run's output, before and after it.
  std::string at(const std::string& path) const { return run_.in("../" + path); }
  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(at(path)).parent_path());
    ASSERT_THAT(write_file_atomically(real_file_system(), at(path), as_byte_span(text)), IsOk());
  }
  std::string text_of(const std::string& path) const {
    const auto bytes = real_file_system().read(at(path), 1 << 20);
    return bytes ? std::string(as_text(*bytes)) : "(none)";
  }

  JobRun run_;
};

TEST_P(RunFinishTest, a_file_that_is_not_the_runs_own_stays_and_is_told_of) {
  put("out/table.csv", "mine");
  put("out/lists/long.txt", "mine");
  run("out");
  EXPECT_EQ(text_of("out/table.csv"), "mine");
  EXPECT_EQ(text_of("out/lists/long.txt"), "mine");
  EXPECT_THAT(run_.listener.warnings, ElementsAre(HasSubstr("table.csv: exists already"),
                                                  HasSubstr("long.txt: exists already")));
}

TEST_P(RunFinishTest, is_renamed_or_replaces_where_that_is_asked_for) {
  put("out/table.csv", "mine");
  put("out/lists/long.txt", "mine");
  run("out", {{"on-conflict", "rename"}});
  EXPECT_EQ(text_of("out/table.csv"), "mine");
  EXPECT_EQ(text_of("out/table~2.csv"), "the run's");
  EXPECT_EQ(text_of("out/lists/long~2.txt"), "the run's");

  put("other/table.csv", "mine");
  run("other", {{"on-conflict", "overwrite"}});
  EXPECT_EQ(text_of("other/table.csv"), "the run's");
  EXPECT_THAT(run_.listener.warnings, IsEmpty());
}

TEST_P(RunFinishTest, a_later_try_makes_its_own_files_anew) {
  run("out");
  put("out/table.csv", "old");
  put("out/lists/long.txt", "old");
  run("out");
  EXPECT_EQ(text_of("out/table.csv"), "the run's");
  EXPECT_EQ(text_of("out/lists/long.txt"), "the run's");
  EXPECT_THAT(run_.listener.warnings, IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(at("out/.imagemill/staging")));
}

TEST_P(RunFinishTest, takes_away_what_a_try_stored_and_nothing_else) {
  run("out");
  put("out/mine.csv", "mine");
  unwanted = {"table.csv", "lists/long.txt", "mine.csv", "item.txt", "never.csv"};
  run("out");
  unwanted.clear();
  EXPECT_EQ(text_of("out/table.csv"), "(none)");
  EXPECT_EQ(text_of("out/lists/long.txt"), "(none)");
  EXPECT_EQ(text_of("out/mine.csv"), "mine");
  const bool has_item_file = std::string(GetParam()) == "auto";
  EXPECT_EQ(text_of("out/item.txt"), has_item_file ? "an item's" : "(none)");
}

TEST_P(RunFinishTest, never_replaces_an_items_file) {
  run("out", {{"on-conflict", "overwrite"}}, {{"item-file", "table.csv"}});
  EXPECT_EQ(text_of("out/table~2.csv"), "the run's");
}

TEST_P(RunFinishTest, stops_when_the_run_is_cancelled_and_is_done_by_the_next_try) {
  CancelToken token;
  run_.cancel = &token;
  meanwhile = [&token] { token.request(); };
  const auto stopped = run_.run({{"table", {}}}, {{"layout", GetParam()}}, "out");
  meanwhile = nullptr;
  ASSERT_THAT(stopped, IsOk());
  EXPECT_EQ(stopped->outcome, RunFinished::Outcome::kCancelled);
  EXPECT_EQ(stopped->done, 1);
  EXPECT_EQ(text_of("out/lists/long.txt"), "(none)");

  const CancelToken other;
  run_.cancel = &other;
  run("out");
  EXPECT_EQ(text_of("out/table.csv"), "the run's");
  EXPECT_EQ(text_of("out/lists/long.txt"), "the run's");
}

INSTANTIATE_TEST_SUITE_P(Layouts, RunFinishTest, testing::Values("auto", "webdataset"));

// Nobody else's file can be in an archive that the run makes.
TEST(RunFinish, an_archive_has_each_file_once_under_a_name_of_its_own) {
  JobRun run;
  run.known_jobs.push_back({TableJob::describe, TableJob::make});
  run.add("a.png", make_picture_file({.format = FileFormat::kPng, .size = {9, 9}}));
  const auto finished = run.run({{"table", {{"item-file", "table.csv"}}}}, {}, "out.zip");
  ASSERT_THAT(finished, IsOk());
  EXPECT_EQ(finished->error, "");
  EXPECT_THAT(run.listener.warnings, IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(run.listener.started.state_folder + "/report.html"));
  const auto bytes = real_file_system().read(run.out().substr(0, run.out().size() - 1), 1 << 20);
  ASSERT_THAT(bytes, IsOk());
  for (const std::string_view name : {"table.csv", "table~2.csv", "lists/long.txt"})
    EXPECT_THAT(std::string(as_text(*bytes)), HasSubstr(name));
}

}  // namespace
}  // namespace imagemill
