// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A run that fails late has done what it says that it has done.
#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

bool is_fit = false;

// Cannot go on at a wide picture, as when the network for it cannot be opened.
class FragileJob final : public Job {
 public:
  static const JobInfo& describe() {
    static constexpr JobInfo kInfo{"fragile", "", {}};
    return kInfo;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues&, const JobTools&) {
    return std::make_unique<FragileJob>();
  }
  const JobInfo& info() const override { return describe(); }
  std::optional<TableSchema> table() const override {
    return TableSchema{"fragile", {{"width", ColumnType::kInteger}}};
  }
  std::vector<ViewRequest> views(const ImageHeader&) const override { return {}; }
  Result<> process(ItemContext& context) const override {
    if (!is_fit && context.header().width > 100)
      return context.end_run(Status(Code::kNotFound, "no network"));
    context.emit_row({int64_t{context.header().width}});
    return {};
  }
};

class RunFailureTest : public testing::Test {
 protected:
  RunFailureTest() {
    is_fit = false;
    run_.known_jobs.push_back({FragileJob::describe, FragileJob::make});
    for (const char* name : {"1.png", "3.png", "4.png"}) run_.add(name, picture(30));
    run_.add("2.png", as_byte_span("no picture"));
    run_.add("5.png", picture(300));
    run_.add("6.png", picture(30));
  }

  static Bytes picture(int width) {
    return make_picture_file({.format = FileFormat::kPng, .size = {width, 20}});
  }
  // One after the other, so that it is known what was through when the run failed.
  Result<RunFinished> run() {
    return run_.run({{"fragile", {}}}, {{"executor", "serial"}, {"group-items", "1000"}});
  }
  size_t rejects() const {
    const auto text = real_file_system().read(run_.out(".imagemill/rejects.jsonl"), 1 << 20);
    EXPECT_THAT(text, IsOk());
    return text ? static_cast<size_t>(std::ranges::count(as_text(*text), '\n')) : 0;
  }

  JobRun run_;
};

TEST_F(RunFailureTest, what_was_through_before_is_kept) {
  const auto failed = run();
  ASSERT_THAT(failed, IsOk());
  EXPECT_EQ(failed->outcome, RunFinished::Outcome::kFailed);
  EXPECT_THAT(failed->error, HasSubstr("no network"));
  EXPECT_EQ(failed->done, 3);
  EXPECT_EQ(failed->failed, 1);
  EXPECT_EQ(run_.items().size(), 4u);
  EXPECT_EQ(run_.rows("fragile").size(), 3u);
  EXPECT_EQ(rejects(), 1u);
}

TEST_F(RunFailureTest, the_next_try_goes_on_from_there) {
  ASSERT_THAT(run(), IsOk());
  is_fit = true;
  const auto finished = run();
  ASSERT_THAT(finished, IsOk());
  EXPECT_EQ(finished->outcome, RunFinished::Outcome::kComplete) << finished->error;
  EXPECT_EQ(finished->items_resumed, 3);
  EXPECT_EQ(finished->done, 5);
  EXPECT_EQ(run_.rows("fragile").size(), 5u);
}

}  // namespace
}  // namespace imagemill
