// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/dedupe.h"

#include <filesystem>

#include "base/file_system.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

namespace disk = std::filesystem;

// Three files with the same bytes, of which the first by name is kept.
class ThreeCopies : public testing::Test {
 protected:
  ThreeCopies() {
    const Bytes picture = make_picture_file({.format = FileFormat::kPng});
    for (const char* name : {"a.png", "b.png", "c.png"})
      folder_.write(fmt::format("in/{}", name), as_text(picture));
  }

  DedupeSpec spec(DuplicateAction action, bool apply) const {
    return {.run = {.inputs = {in()},
                    .output = out(),
                    .jobs = {{"dedupe", {{"keep", "first"}}}},
                    .options = {{"threads", "2"}, {"cache", "off"}}},
            .action = action,
            .apply = apply};
  }

  std::string in(std::string_view name = "") const { return folder_ / join_path("in", name); }
  std::string out(std::string_view name = "") const { return folder_ / join_path("out", name); }
  std::string reported() const {
    const auto bytes = real_file_system().read(out("duplicates.json"), 1 << 20);
    return bytes ? std::string(as_text(*bytes)) : bytes.error().message();
  }

 private:
  TestFolder folder_;
};

// Does something when the run is over and its report is written, before anything is acted upon.
class AfterRun final : public Listener {
 public:
  explicit AfterRun(std::function<void()> act) : act_(std::move(act)) {}
  void on_duplicates(const DuplicateFindings&) override { act_(); }

 private:
  std::function<void()> act_;
};

TEST_F(ThreeCopies, findings_are_those_of_the_report) {
  Listener quiet;
  for (const bool is_resumed : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const DedupeOutcome outcome,
                         dedupe(spec(DuplicateAction::kReport, false), quiet, CancelToken()));
    EXPECT_EQ(outcome.run.items_resumed, is_resumed ? 3 : 0);
    EXPECT_EQ(outcome.findings.copies(), 2);
    EXPECT_EQ(to_json(outcome.findings), reported());
  }
}

TEST_F(ThreeCopies, a_plan_alone_finds_nothing_and_says_what_would_be_done) {
  struct Notes final : Listener {
    std::string all;
    void on_planned(const RunPlanned& planned) override { all += planned.note + "\n"; }
  };
  const auto notes_of = [&](DuplicateAction action, bool is_applied) {
    Notes notes;
    DedupeSpec dry = spec(action, is_applied);
    dry.run.options["dry-run"] = "true";
    const auto outcome = dedupe(dry, notes, CancelToken());
    EXPECT_THAT(outcome, IsOk());
    EXPECT_EQ(outcome->findings.pictures, 0);
    EXPECT_THAT(outcome->steps, IsEmpty());
    return notes.all;
  };
  EXPECT_THAT(notes_of(DuplicateAction::kMove, true), HasSubstr("moved to duplicates/"));
  EXPECT_THAT(notes_of(DuplicateAction::kTrash, false), HasSubstr("with --apply"));
}

TEST_F(ThreeCopies, only_groups_of_the_report_are_acted_upon) {
  // The picture to keep goes while its copies are there: what is left is a group that nobody saw.
  AfterRun loses_best([this] { disk::remove(in("a.png")); });
  ASSERT_OK_AND_ASSIGN(const DedupeOutcome outcome,
                       dedupe(spec(DuplicateAction::kMove, true), loses_best, CancelToken()));
  EXPECT_EQ(to_json(outcome.findings), reported());
  ASSERT_THAT(outcome.steps, SizeIs(2));
  EXPECT_THAT(outcome.steps, Each(Field(&DuplicateStep::state, DuplicateStep::State::kLeft)));
  EXPECT_THAT(outcome.steps,
              Each(Field(&DuplicateStep::problem, HasSubstr("the one to keep: in/a.png"))));
  EXPECT_TRUE(disk::exists(in("b.png")) && disk::exists(in("c.png")));
}

TEST_F(ThreeCopies, a_picture_that_came_meanwhile_is_left_alone) {
  AfterRun adds_copy([this] { disk::copy_file(in("a.png"), in("d.png")); });
  ASSERT_OK_AND_ASSIGN(const DedupeOutcome outcome,
                       dedupe(spec(DuplicateAction::kMove, true), adds_copy, CancelToken()));
  ASSERT_THAT(outcome.steps, SizeIs(2));
  EXPECT_THAT(outcome.steps, Each(Field(&DuplicateStep::state, DuplicateStep::State::kDone)));
  EXPECT_TRUE(disk::exists(in("a.png")) && disk::exists(in("d.png")));
  EXPECT_TRUE(disk::exists(out("duplicates/b.png")) && disk::exists(out("duplicates/c.png")));
}

TEST_F(ThreeCopies, a_run_without_the_job_is_refused) {
  Listener quiet;
  DedupeSpec without = spec(DuplicateAction::kReport, false);
  without.run.jobs = {{"quality", {}}};
  EXPECT_THAT(dedupe(without, quiet, CancelToken()),
              FailsWith(Code::kInvalidArgument, HasSubstr("no job of that name")));
}

}  // namespace
}  // namespace imagemill
