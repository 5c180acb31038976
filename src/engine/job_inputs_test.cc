// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What jobs ask of each other and of an item, in whole runs: rows, conditions, pictures that
// another job made, late views.
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "engine/test_jobs.h"
#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class JobInputs : public testing::Test {
 protected:
  JobInputs() {
    run.known_jobs.push_back({TileJob::describe, TileJob::make});
    run.known_jobs.push_back({WitnessJob::describe, WitnessJob::make});
    run.known_jobs.push_back({LookJob::describe, LookJob::make});
    run.known_jobs.push_back({MistakenJob::describe, MistakenJob::make});
  }

  void add_pictures() {
    for (int i = 1; i <= 8; ++i)
      run.add(fmt::format("turned{}.jpg", i),
              make_picture_file({.size = {400 + 40 * i, 300}, .orientation = i}));
    run.add("alpha.png",
            make_picture_file({.format = FileFormat::kPng, .size = {350, 90}, .alpha = 90}));
    run.add("blank.jpg", make_picture_file({.size = {900, 700}, .color = Rgb{9, 9, 9}}));
    run.add("small.jpg", make_picture_file({.size = {40, 30}}));
    run.add("p3.jpg", make_picture_file({.size = {500, 400}, .has_p3_profile = true}));
    run.add("notes.txt", as_byte_span("no picture"));
    run.add("broken.jpg", as_byte_span("\xFF\xD8\xFF nothing more"));
  }

  // Every kind of input at once.
  static std::vector<JobRequest> everything() {
    return {{"witness", {}},
            {"look", {{"where", "quality.near_uniform = false"}}},
            {"thumbs", {{"of", "prepare"}, {"sheet", "false"}}},
            {"tile", {{"where", "prepare.width > prepare.height and item.width != 560"}}},
            {"quality", {}},
            {"prepare", {{"size", "120"}, {"where", "item.format = 'jpeg'"}}}};
  }

  // What a run has left, as lines.
  std::vector<std::string> all() const {
    std::vector<std::string> lines;
    for (const auto& [key, item] : run.items()) {
      std::string line =
          fmt::format("{} {} {} {} {} {}", key, static_cast<int>(item.state), item.decode_scale,
                      item.late_decodes, item.stage, fmt::join(item.warnings, "|"));
      for (const JobSkip& skip : item.job_skips)
        line += fmt::format(" [{} {}]", skip.job, skip.reason);
      for (const OutputRecord& output : item.outputs)
        line += fmt::format(" {}={}", output.path, output.hash);
      lines.push_back(line);
    }
    for (const char* table : {"prepare", "quality", "thumbs", "tile", "witness", "look"}) {
      for (const auto& [key, row] : run.rows(table)) {
        std::string line = fmt::format("{} {}", table, key);
        for (const auto& [name, value] : row.values) line += fmt::format(" {}", text_of(value));
        lines.push_back(line);
      }
    }
    for (const auto& file : std::filesystem::recursive_directory_iterator(run.out())) {
      const std::string path = file.path().string();
      if (!file.is_regular_file() || path.find(".imagemill") != std::string::npos) continue;
      lines.push_back(std::filesystem::relative(path, run.out()).string() + " " +
                      hash_content(real_file_system().read(path, 1 << 24).value()).hex());
    }
    std::ranges::sort(lines);
    return lines;
  }

  static std::string text_of(const Value& value) {
    if (const auto* n = std::get_if<int64_t>(&value)) return fmt::format("{}", *n);
    if (const auto* r = std::get_if<double>(&value)) return fmt::format("{}", *r);
    if (const auto* s = std::get_if<std::string>(&value)) return *s;
    return "null";
  }

  nlohmann::json record() const {
    const Bytes bytes = real_file_system().read(run.out(".imagemill/run.json"), 1 << 24).value();
    return nlohmann::json::parse(as_text(bytes));
  }

  std::vector<JobSkip> skips(const std::string& key) const { return run.items().at(key).job_skips; }

  JobRun run;
};

TEST_F(JobInputs, where_leaves_out_items_for_one_job_alone) {
  add_pictures();
  ASSERT_OK_AND_ASSIGN(
      const RunFinished finished,
      run.run({{"thumbs", {{"where", "quality.near_uniform = false and prepare.width >= 100"}}},
               {"prepare", {{"size", "120"}}},
               {"quality", {}}}));
  EXPECT_EQ(finished.outcome, RunFinished::Outcome::kComplete) << finished.error;
  EXPECT_EQ(finished.done, 12);
  EXPECT_EQ(finished.failed, 1);
  EXPECT_EQ(finished.skipped, 1) << "notes.txt; pictures that thumbs leaves out are done";
  const auto thumbs = run.rows("thumbs");
  EXPECT_TRUE(thumbs.contains("p3.jpg"));
  EXPECT_FALSE(thumbs.contains("blank.jpg"));
  EXPECT_FALSE(thumbs.contains("small.jpg"));
  EXPECT_EQ(skips("blank.jpg"), (std::vector<JobSkip>{{"thumbs", "where"}}));
  EXPECT_THAT(skips("p3.jpg"), IsEmpty());
  EXPECT_THAT(skips("broken.jpg"), IsEmpty()) << "it failed, for all jobs";
  EXPECT_EQ(run.rows("prepare").size(), 12u);
  EXPECT_FALSE(std::filesystem::exists(run.out("thumbs/blank.jpg")));
  EXPECT_TRUE(std::filesystem::exists(run.out("blank.jpg")));
  const int64_t left_out = 12 - static_cast<int64_t>(thumbs.size());
  EXPECT_EQ(finished.job_skips, (std::map<std::string, int64_t>{{"thumbs", left_out}}));
  EXPECT_EQ(record()["job_skips"]["thumbs"], left_out);
}

TEST_F(JobInputs, what_waits_for_a_job_that_leaves_an_item_out_leaves_it_out_too) {
  run.add("wide.jpg", make_picture_file({.size = {400, 300}}));
  run.add("high.jpg", make_picture_file({.size = {300, 400}}));
  ASSERT_THAT(run.run({{"look", {}},
                       {"prepare", {{"size", "64"}, {"where", "item.width > item.height"}}},
                       {"quality", {{"where", "prepare.width is null"}}}}),
              IsOk());
  EXPECT_EQ(skips("high.jpg"), (std::vector<JobSkip>{{"look", "prepare"}, {"prepare", "where"}}));
  EXPECT_EQ(skips("wide.jpg"), (std::vector<JobSkip>{{"quality", "where"}}));
}

TEST_F(JobInputs, what_the_file_says_is_known_before_it_is_decoded) {
  run.add("turned.jpg", make_picture_file({.size = {400, 300}, .orientation = 6}));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished,
                       run.run({{"quality", {{"where", "item.width > 300"}}}}));
  EXPECT_EQ(finished.done, 1);
  EXPECT_EQ(run.items().at("turned.jpg").decode_scale, "") << "as it is seen it is 300 wide";
  EXPECT_EQ(skips("turned.jpg"), (std::vector<JobSkip>{{"quality", "where"}}));
}

TEST_F(JobInputs, a_condition_that_cannot_be_meant_ends_the_run_before_it_begins) {
  run.add("a.jpg", make_picture_file({}));
  EXPECT_THAT(run.run({{"quality", {{"where", "item.with > 3"}}}}),
              FailsWith(Code::kInvalidArgument,
                        AllOf(HasSubstr("quality: --where"), HasSubstr("key, format, width"))));
  EXPECT_THAT(
      run.run({{"quality", {{"where", "thumbs.width > 3"}}}, {"thumbs", {{"of", "prepare"}}}}),
      FailsWith(Code::kInvalidArgument, HasSubstr("quality -> thumbs -> prepare")));
  EXPECT_THAT(run.run({{"quality", {{"where", "thumbs.width > 3"}}},
                       {"thumbs", {{"where", "quality.mean > 0"}}}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("quality -> thumbs -> quality")));
  EXPECT_FALSE(std::filesystem::exists(run.out()));
}

TEST_F(JobInputs, results_do_not_depend_on_threads_or_order) {
  add_pictures();
  ASSERT_OK_AND_ASSIGN(const RunFinished finished,
                       run.run(everything(), {{"executor", "serial"}}, "serial"));
  ASSERT_EQ(finished.done, 12) << finished.error;
  const auto expected = all();
  int way = 0;
  for (const std::map<std::string, std::string>& options :
       std::vector<std::map<std::string, std::string>>{
           {{"threads", "1"}},
           {{"threads", "2"}, {"shuffle", "7"}},
           {{"threads", "8"}, {"queue-capacity", "1"}, {"group-items", "1"}},
           {{"threads", "2"}, {"max-memory", "140M"}}}) {
    ASSERT_THAT(run.run(everything(), options, fmt::format("way{}", way++)), IsOk());
    EXPECT_EQ(all(), expected);
  }
}

TEST_F(JobInputs, a_killed_run_resumed_equals_an_unbroken_one) {
  add_pictures();
  ASSERT_THAT(run.run(everything(), {}, "unbroken"), IsOk());
  const auto expected = all();
  for (const int calls : {1, 3, 5}) {
    const std::string output = fmt::format("killed{}", calls);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      calls_to_live = calls;
      (void)run.run(everything(), {{"group-items", "1"}}, output);
      _exit(1);
    }
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how));
    ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run(everything(), {}, output));
    EXPECT_EQ(finished.outcome, RunFinished::Outcome::kComplete) << finished.error;
    EXPECT_EQ(all(), expected);
  }
}

TEST_F(JobInputs, another_condition_is_another_run) {
  add_pictures();
  ASSERT_THAT(run.run({{"quality", {}}, {"thumbs", {{"where", "quality.mean > 0.1"}}}}), IsOk());
  const auto expected = all();
  const auto skipped = record()["job_skips"];
  EXPECT_THAT(
      run.run({{"quality", {}}, {"thumbs", {{"where", "quality.mean > 0.2"}}}}),
      FailsWith(Code::kInvalidArgument,
                HasSubstr("thumbs.where: quality.mean > 0.1 there, quality.mean > 0.2 now")));
  EXPECT_THAT(run.run({{"quality", {}}, {"thumbs", {}}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("thumbs.where")));
  ASSERT_OK_AND_ASSIGN(RunFinished again,
                       run.run({{"quality", {}}, {"thumbs", {{"where", "quality.mean > 0.1"}}}}));
  EXPECT_EQ(again.items_resumed, 12) << "what a job left out is finished too";
  EXPECT_EQ(all(), expected);
  EXPECT_EQ(record()["job_skips"], skipped);
  ASSERT_OK_AND_ASSIGN(again, run.run({{"quality", {}}, {"thumbs", {}}}, {{"restart", "true"}}));
  EXPECT_EQ(record()["job_skips"].size(), 0u);
  EXPECT_THAT(skips("blank.jpg"), IsEmpty());
}

TEST_F(JobInputs, late_views_are_as_fine_as_the_file_and_counted) {
  const Bytes large = make_picture_file({.size = {1600, 1200}, .orientation = 6});
  run.add("large.jpg", large);
  run.add("small.png", make_picture_file({.format = FileFormat::kPng, .size = {200, 100}}));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"tile", {}}, {"witness", {}}}));
  ASSERT_EQ(finished.done, 2);
  const auto items = run.items();
  EXPECT_EQ(items.at("large.jpg").decode_scale, "1/8");
  EXPECT_EQ(items.at("large.jpg").late_decodes, 1) << "one serves both tiles";
  EXPECT_EQ(items.at("small.png").late_decodes, 0) << "the first decode is whole";
  EXPECT_EQ(record()["late_decodes"], 1);

  const Decoded whole = decode_image(large, {}).value();
  ViewTools tools;
  std::optional<std::string> warning;
  const Image first = make_view(whole, tile_at(0, 0, 32), tools, warning).value();
  const Image last = make_view(whole, tile_at(1200 - 32, 1600 - 32, 32), tools, warning).value();
  EXPECT_EQ(run.rows("tile").at("large.jpg").text("first"), hash_of(first));
  EXPECT_EQ(run.rows("tile").at("large.jpg").text("last"), hash_of(last));
  for (const auto& [key, row] : run.rows("witness"))
    EXPECT_EQ(row.integer("file_bytes"), 0) << key << ": let go of after the last that may ask";
}

TEST_F(JobInputs, late_views_beyond_what_was_declared_are_the_jobs_mistake) {
  run.add("a.jpg", make_picture_file({.size = {1600, 1200}}));
  const std::pair<std::string, std::string> rows[] = {{"undeclared", "did not declare"},
                                                      {"finer", "declared 160x120 at most"},
                                                      {"outside", "a region within 1600x1200"}};
  for (const auto& [mistake, message] : rows) {
    ASSERT_THAT(run.run({{"mistaken", {{"mistake", mistake}}}}, {}, mistake), IsOk());
    const ItemRecord item = run.items().at("a.jpg");
    EXPECT_EQ(item.code, Code::kInternal);
    EXPECT_THAT(item.message, HasSubstr(message));
  }
}

TEST_F(JobInputs, a_job_can_look_at_what_another_made) {
  run.add("a.png", make_picture_file({.format = FileFormat::kPng, .size = {400, 300}}));
  run.add("turned.jpg", make_picture_file({.size = {640, 480}, .orientation = 6}));
  ASSERT_THAT(run.run({{"look", {}},
                       {"prepare", {{"size", "100x100"}, {"fit", "cover"}, {"format", "png"}}}}),
              IsOk());
  for (const auto& [key, row] : run.rows("look")) {
    EXPECT_EQ(row.integer("width"), 100) << key;
    const std::string path = run.rows("prepare").at(key).text("path");
    const Bytes file = real_file_system().read(run.out(path), 1 << 24).value();
    EXPECT_EQ(row.text("hash"), hash_of(decode_image(file, {}).value().image)) << key;
  }
}

TEST_F(JobInputs, a_file_that_prepare_copies_is_looked_at_itself) {
  run.add("a.png", make_picture_file({.format = FileFormat::kPng, .size = {60, 40}}));
  ASSERT_THAT(run.run({{"look", {}}, {"prepare", {{"copy-unchanged", "true"}}}}), IsOk());
  EXPECT_EQ(run.rows("prepare").at("a.png").integer("is_copy"), 1);
  EXPECT_EQ(run.rows("look").at("a.png").text("hash"), hash_of(made_image({.size = {60, 40}})));
}

}  // namespace
}  // namespace imagemill
