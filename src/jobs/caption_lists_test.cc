// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/caption_lists.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using Options = std::map<std::string, std::string>;

class CaptionsTest : public testing::Test {
 protected:
  void add_picture(std::string_view name, FileFormat format = FileFormat::kJpeg) {
    run_.add(name, make_picture_file({.format = format, .size = {40, 30}}));
  }
  void add_text(std::string_view name, std::string_view text) {
    run_.add(name, as_byte_span(text));
  }
  RunFinished run(const Options& options = {}, const std::string& output = "out") {
    auto finished = run_.run({{"prepare", {{"captions", "true"}}}}, options, output);
    EXPECT_THAT(finished, IsOk());
    return *finished;
  }
  std::string text(std::string_view name) const {
    const auto bytes = real_file_system().read(run_.out(name), 1 << 20);
    return bytes ? std::string(as_text(*bytes)) : "(none)";
  }
  std::vector<std::string> paths(const std::string& key) const {
    std::vector<std::string> out;
    const auto items = run_.items();  // a temporary would be gone before the loop begins
    for (const OutputRecord& output : items.at(key).outputs) out.push_back(output.path);
    return out;
  }

  JobRun run_;
};

TEST_F(CaptionsTest, go_along_under_the_new_names_and_are_listed) {
  add_picture("b.jpg");
  add_text("b.txt", "\xEF\xBB\xBF cat, h\xFFt\n");
  add_picture("a.png", FileFormat::kPng);
  add_text("a.caption", "a \"dog\"");
  add_picture("c.jpg");
  add_text("notes.txt", "not about a picture");
  const RunFinished finished = run({{"rename", "sequence"}});
  EXPECT_EQ(finished.done, 3);
  EXPECT_EQ(finished.skipped, 1);
  EXPECT_EQ(paths("a.png"), (std::vector<std::string>{"0001.caption", "0001.png"}));
  EXPECT_EQ(paths("b.jpg"), (std::vector<std::string>{"0002.jpg", "0002.txt"}));
  EXPECT_EQ(paths("c.jpg"), (std::vector<std::string>{"0003.jpg"}));
  EXPECT_EQ(text("0002.txt"), "\xEF\xBB\xBF cat, h\xFFt\n") << "byte for byte";

  const auto json = nlohmann::json::parse(text("captions.json"));
  const nlohmann::json expected = {
      {"captions", {{"0001.png", "a \"dog\""}, {"0002.jpg", "cat, h\xEF\xBF\xBDt"}}}};
  EXPECT_EQ(json, expected);
  EXPECT_EQ(text("captions.txt"), "0001.png\na \"dog\"\n\n0002.jpg\ncat, h\xEF\xBF\xBDt\n\n");
  EXPECT_EQ(text("metadata.jsonl").substr(0, text("metadata.jsonl").find('\n')),
            R"({"file_name":"0001.png","text":"a \"dog\""})");
}

TEST_F(CaptionsTest, are_in_the_archive_too) {
  add_picture("x/b.jpg");
  add_text("x/b.txt", "cat");
  run({{"rename", "sequence"}}, "out.zip");
  EXPECT_EQ(paths("x/b.jpg"), (std::vector<std::string>{"0001.jpg", "0001.txt"}));
  JobRun from_archive;
  from_archive.add("out.zip",
                   *real_file_system().read(run_.out().substr(0, run_.out().size() - 1), 1 << 20));
  const RunSpec spec{.inputs = {from_archive.in("out.zip")},
                     .output = from_archive.in("again"),
                     .jobs = {{"prepare", {{"captions", "true"}}}}};
  Listener quiet;
  ASSERT_THAT(Engine().run(spec, quiet, CancelToken()), IsOk());
  const auto again = real_file_system().read(from_archive.in("again/0001.txt"), 100);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(as_text(*again), "cat");
}

TEST_F(CaptionsTest, of_two_pictures_belong_to_the_first_unless_both_are_renamed) {
  add_picture("a.jpg");
  add_picture("a.png", FileFormat::kPng);
  add_picture("a.b.jpg");
  add_text("a.txt", "shared");
  run();
  EXPECT_EQ(paths("a.jpg"), (std::vector<std::string>{"a.jpg", "a.txt"}));
  EXPECT_EQ(paths("a.png"), (std::vector<std::string>{"a.png"}));
  EXPECT_EQ(paths("a.b.jpg"), (std::vector<std::string>{"a.b.jpg"}));
  run({{"rename", "sequence"}}, "numbered");
  EXPECT_EQ(paths("a.jpg"), (std::vector<std::string>{"0002.jpg", "0002.txt"}));
  EXPECT_EQ(paths("a.png"), (std::vector<std::string>{"0003.png", "0003.txt"}));
}

TEST_F(CaptionsTest, that_changed_are_carried_again) {
  add_picture("a.jpg");
  add_picture("b.jpg");
  add_text("a.txt", "old");
  run();
  add_text("a.txt", "new");
  std::filesystem::last_write_time(
      run_.in("a.txt"), std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(run().items_resumed, 1);
  EXPECT_EQ(text("a.txt"), "new");
  EXPECT_EQ(run().items_resumed, 2);
}

TEST_F(CaptionsTest, stay_behind_unless_asked_for) {
  add_picture("a.jpg");
  add_text("a.txt", "old");
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run_.run({{"prepare", {}}}));
  EXPECT_EQ(finished.skipped, 1);
  EXPECT_EQ(text("a.txt"), "(none)");
  EXPECT_EQ(text("captions.json"), "(none)");
}

}  // namespace
}  // namespace imagemill
