// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "run_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exit_code.h"

namespace imagemill::cli {
namespace {

using testing::HasSubstr;

std::string summary(const RunFinished& finished) {
  std::string text;
  for (const StyledLine& line : summary_lines(finished, "OUT/.imagemill")) {
    text += line.text() + "\n";
  }
  return text;
}

TEST(Summary, all_done) {
  const RunFinished finished = {
      .items_total = 50, .done = 50, .seconds = 200, .peak_resident_bytes = 412'000'000};
  EXPECT_EQ(summary(finished),
            "Finished: 50 of 50 images done\n"
            "  in 3 min 20 s, 0.25 images/s, peak memory 412 MB\n"
            "  report: OUT/.imagemill/report.html\n");
  EXPECT_EQ(exit_code(finished), 0);
}

TEST(Summary, copies_left_alone_are_no_failed_images) {
  const std::string text = summary({.items_total = 2, .done = 2, .copies_left = 1});
  EXPECT_THAT(text, HasSubstr("exit code 3: the run finished, but copies were left alone"));
}

TEST(Summary, some_failed_explains_exit_code_3) {
  const RunFinished finished = {
      .items_total = 50, .done = 45, .failed = 2, .skipped = 3, .damaged = 1, .seconds = 1};
  const std::string text = summary(finished);
  EXPECT_THAT(text, HasSubstr("2 of 50 failed: see OUT/.imagemill/rejects.jsonl"));
  EXPECT_THAT(text, HasSubstr("exit code 3"));
  EXPECT_THAT(text, HasSubstr("3 skipped"));
  EXPECT_THAT(text, HasSubstr(", 47.0 images/s")) << "those skipped were not worked on";
  EXPECT_THAT(text, HasSubstr("1 done from damaged"));
  EXPECT_EQ(exit_code(finished), 3);
}

TEST(Summary, rate_leaves_out_what_an_earlier_run_did) {
  const std::string text =
      summary({.items_total = 50, .done = 50, .items_resumed = 40, .seconds = 10});
  EXPECT_THAT(text, HasSubstr("1.00 images/s"));
  EXPECT_THAT(text, HasSubstr("40 were done by an earlier run"));
}

TEST(Summary, says_what_jobs_left_out) {
  const std::string text =
      summary({.items_total = 50, .done = 50, .job_skips = {{"prepare", 3}, {"thumbs", 12}}});
  EXPECT_THAT(text, HasSubstr("3 left out by prepare (--where)"));
  EXPECT_THAT(text, HasSubstr("12 left out by thumbs"));
}

TEST(Summary, cancelled_and_failed_say_how_to_go_on) {
  RunFinished finished = {.outcome = RunFinished::Outcome::kCancelled, .items_total = 5, .done = 1};
  EXPECT_THAT(summary(finished), HasSubstr("same command goes on"));
  EXPECT_EQ(exit_code(finished), 130);
  finished.outcome = RunFinished::Outcome::kFailed;
  finished.error = "disk full\x1b[2J";
  EXPECT_THAT(summary(finished), HasSubstr("Failed: disk full\\x1b[2J"));
  EXPECT_THAT(summary(finished), HasSubstr("1 of 5 images were done"));
  EXPECT_EQ(exit_code(finished), 1);
}

}  // namespace
}  // namespace imagemill::cli
