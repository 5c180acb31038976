// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/dry_run.h"

#include <gmock/gmock.h>

#include <set>

#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct PlanListener final : Listener {
  std::vector<RunPlanned> planned;
  std::vector<std::string> warnings;
  void on_planned(const RunPlanned& event) override { planned.push_back(event); }
  void on_warning(const RunWarning& warning) override { warnings.push_back(warning.message); }
};

class DryRunTest : public testing::Test {
 protected:
  void plan(std::vector<JobRequest> jobs) {
    const RunSpec spec{.inputs = {run_.in()},
                       .output = run_.in("../out"),
                       .jobs = std::move(jobs),
                       .options = {{"dry-run", "true"}}};
    listener_ = {};
    ASSERT_THAT(run_with_jobs(run_.known_jobs, spec, listener_, *run_.cancel), IsOk());
  }

  JobRun run_;
  PlanListener listener_;
};

TEST_F(DryRunTest, names_the_files_that_the_run_then_writes) {
  run_.add("a.jpg", make_picture_file({.size = {9, 9}}));
  run_.add("a.png", make_picture_file({.format = FileFormat::kPng, .size = {9, 9}}));
  run_.add("deep/b.png", make_picture_file({.format = FileFormat::kPng, .size = {9, 9}}));
  for (const char* format : {"keep", "jpeg", "webp"}) {
    const std::vector<JobRequest> jobs = {
        {"quality", {}}, {"thumbs", {{"format", "webp"}}}, {"prepare", {{"format", format}}}};
    plan(jobs);
    std::map<std::string, std::set<std::string>> planned;
    for (const RunPlanned& p : listener_.planned)
      if (!p.key.empty()) planned[p.key.substr(3)] = {p.outputs.begin(), p.outputs.end()};
    ASSERT_THAT(run_.run(jobs, {}, format), IsOk());
    std::map<std::string, std::set<std::string>> written;
    for (const auto& [name, item] : run_.items())
      for (const OutputRecord& output : item.outputs) written[name].insert(output.path);
    EXPECT_EQ(planned, written) << format;
    EXPECT_THAT(planned["deep/b.png"], SizeIs(2));
  }
}

TEST_F(DryRunTest, reads_nothing_and_says_what_extensions_tell) {
  for (const char* name : {"a.jpg", "b.heic", "notes"}) run_.add(name, as_byte_span("never read"));
  plan({{"prepare", {{"format", "png"}}}});
  ASSERT_EQ(listener_.planned.size(), 4u);
  EXPECT_EQ(listener_.planned[1].key, "in/b.heic");
  EXPECT_THAT(listener_.planned[1].outputs, ElementsAre("b.png"));
  EXPECT_EQ(listener_.planned[2].key, "in/notes");
  EXPECT_THAT(listener_.planned[2].outputs, IsEmpty());
  EXPECT_EQ(listener_.planned[3].key, "");
  EXPECT_THAT(listener_.planned[3].note, HasSubstr("3 inputs, nothing was written"));
  EXPECT_THAT(listener_.warnings, IsEmpty());
}

TEST_F(DryRunTest, jobs_that_make_rows_alone_name_no_files_and_nothing_is_left_out) {
  for (int i = 0; i < 50; ++i) run_.add(fmt::format("{:02}.jpg", i), as_byte_span("never read"));
  plan({{"quality", {}}, {"dedupe", {}}});
  ASSERT_EQ(listener_.planned.size(), 51u);
  EXPECT_EQ(listener_.planned[49].key, "in/49.jpg");
  EXPECT_THAT(listener_.planned[49].outputs, IsEmpty());
}

}  // namespace
}  // namespace imagemill
