// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "dedupe_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

DuplicateFindings two_groups() {
  DuplicateFindings findings{.pictures = 1200};
  findings.groups.resize(2);
  findings.groups[0].pictures = {
      {.key = "photos/a.jpg", .format = "jpeg", .size = {4000, 3000}, .bytes = 3'100'000},
      {.key = "photos/b\x1b[2J.jpg",
       .kind = DuplicateKind::kNear,
       .turned = Orientation::kFlipHorizontal,
       .distance = 3,
       .format = "jpeg",
       .size = {400, 300},
       .bytes = 1'000'000}};
  findings.groups[1].pictures = {
      {.key = "photos/c.png"},
      {.key = "photos/d.png", .kind = DuplicateKind::kExact, .bytes = 500'000}};
  return findings;
}

TEST(DedupeText, says_what_was_found_and_why) {
  EXPECT_EQ(findings_line(two_groups()), "2 copies of 2 pictures among 1,200, 1.5 MB\n");
  EXPECT_EQ(findings_line({.pictures = 1}), "No copies among 1 picture\n");
  const std::string text = groups_text(two_groups());
  EXPECT_THAT(text, HasSubstr("photos/a.jpg  4000 x 3000 jpeg, 3.1 MB\n"));
  EXPECT_THAT(text, HasSubstr("near, 3 bits, mirrored; 400 x 300 jpeg"));
  EXPECT_THAT(text, HasSubstr("  photos/d.png  exact;"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "names are hostile";
}

TEST(DedupeText, a_plan_is_no_deed) {
  DedupeOutcome outcome;
  outcome.steps = {
      {.key = "photos/d.png", .from = "/p/d.png", .to = "/out/duplicates/d.png"},
      {.key = "photos/e.png", .problem = "has changed", .state = DuplicateStep::State::kLeft},
      {.key = "photos/f.png",
       .from = "/p/f.png",
       .to = "/p/a.png",
       .state = DuplicateStep::State::kThere}};
  const std::string plan = steps_text(outcome, DuplicateAction::kMove, false);
  EXPECT_THAT(plan, HasSubstr("move /p/d.png to /out/duplicates/d.png\n"));
  EXPECT_THAT(plan, HasSubstr("leave photos/e.png: has changed\n"));
  EXPECT_THAT(plan,
              HasSubstr("1 would be done, 1 linked already, 1 left alone\nNothing was changed."));
  outcome.journal = "/out/duplicates_journal.jsonl";
  const std::string deed = steps_text(outcome, DuplicateAction::kMove, true);
  EXPECT_THAT(deed, HasSubstr("1 done, 1 linked already, 1 left alone\n"));
  EXPECT_THAT(deed, HasSubstr("duplicates_journal.jsonl"));
  EXPECT_THAT(deed, Not(HasSubstr("--apply")));
}

TEST(DedupeText, an_early_end_does_not_hide_what_was_done) {
  DedupeOutcome outcome{.run = {.outcome = RunFinished::Outcome::kCancelled}};
  outcome.steps = {
      {.key = "a", .from = "/p/a", .to = "/o/a", .state = DuplicateStep::State::kDone}};
  outcome.journal = "/o/duplicates_journal.jsonl";
  const std::string text = steps_text(outcome, DuplicateAction::kMove, true);
  EXPECT_THAT(text, HasSubstr("1 done, 0 left alone\nThe others were not reached: cancelled\n"));
  EXPECT_THAT(text, HasSubstr("What was done is in /o/duplicates_journal.jsonl\n"));
}

}  // namespace
}  // namespace imagemill::cli
