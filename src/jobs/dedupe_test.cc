// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/orient.h"
#include "support/job_run.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Size kSize{480, 360};

// The landscape, seen from elsewhere.
Image scene(int number, Size size = kSize) {
  return painted(size, PixelFormat::rgb(), [&](int x, int y, int) {
    const double u = static_cast<double>(x) / size.width, v = static_cast<double>(y) / size.height;
    double sum = 0.5;
    for (int i = 1; i < 7; ++i)
      sum += 0.09 * std::sin(number * 1.7 + i * (3 + number % 5) * u + i * i * v) *
             std::cos(i * (2 + number % 3) * v - number * u * i);
    return std::clamp(sum, 0.0, 1.0);
  });
}

std::string read_output(const JobRun& run, const std::string& name) {
  const auto bytes = real_file_system().read(run.out(name), 1 << 24);
  return bytes ? std::string(as_text(*bytes)) : bytes.error().message();
}

TEST(Dedupe, finds_copies_and_no_others) {
  JobRun run;
  for (int i = 0; i < 6; ++i)
    run.add(fmt::format("{}.png", i), encoded(FileFormat::kPng, scene(i)));
  run.add("3 again.jpg", encoded(FileFormat::kJpeg, scene(3, {240, 180})));
  run.add("4 again.png", encoded(FileFormat::kPng, scene(4)));
  run.add("5 turned.png",
          encoded(FileFormat::kPng,
                  apply_orientation(scene(5, {240, 180}), Orientation::kRotate90).value()));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"dedupe", {}}}));
  ASSERT_EQ(finished.done, 9);
  const std::string csv = read_output(run, "duplicates.csv");
  EXPECT_THAT(csv, HasSubstr("1,in/3.png,best,"));
  EXPECT_THAT(csv, HasSubstr("1,in/3 again.jpg,near,"));
  // Which of the two is older depends on the clock.
  EXPECT_THAT(csv, HasSubstr("2,in/4 again.png,"));
  EXPECT_THAT(csv, HasSubstr("2,in/4.png,"));
  EXPECT_THAT(csv, HasSubstr(",exact,"));
  EXPECT_THAT(csv, Not(HasSubstr("\r\n3,")));

  // What was found before is looked at otherwise, without another decode.
  ASSERT_OK_AND_ASSIGN(
      const RunFinished again,
      run.run({{"dedupe", {{"variants", "rotate"}, {"json-shape", "imagededup"}}}}));
  EXPECT_EQ(again.items_resumed, 9);
  EXPECT_THAT(read_output(run, "duplicates.csv"),
              HasSubstr("3,in/5 turned.png,near,turned right,"));
  EXPECT_THAT(read_output(run, "duplicates.json"),
              HasSubstr("\"in/4.png\": [[\"in/4 again.png\",0]]"));
}

TEST(Dedupe, the_page_shows_groups_side_by_side) {
  JobRun run;
  run.add("<b>.png", encoded(FileFormat::kPng, scene(1)));
  run.add("copy.jpg", encoded(FileFormat::kJpeg, scene(1)));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"dedupe", {}}}));
  const std::string page = read_output(run, "duplicates.html");
  EXPECT_THAT(page, HasSubstr("in/&lt;b&gt;.png"));
  EXPECT_THAT(page, HasSubstr("near, "));
  size_t pictures = 0;
  for (size_t at = 0; (at = page.find("data:image/jpeg;base64,", at)) != std::string::npos; ++at)
    ++pictures;
  EXPECT_EQ(pictures, 2u);
}

TEST(Dedupe, orientation_in_the_file_is_no_difference) {
  JobRun run;
  const Image upright = scene(2);
  run.add("upright.jpg", encoded(FileFormat::kJpeg, upright));
  // Stored on its side; EXIF says how to turn it back.
  run.add("turned.jpg",
          encoded(FileFormat::kJpeg, apply_orientation(upright, Orientation::kRotate270).value(),
                  exif_with_orientation(6)));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"dedupe", {}}}));
  EXPECT_THAT(read_output(run, "duplicates.csv"), HasSubstr("near,,"));
}

TEST(Dedupe, blank_pictures_are_no_copies) {
  JobRun run;
  for (int i = 0; i < 5; ++i)
    run.add(fmt::format("{}.png", i),
            encoded(FileFormat::kPng, painted(kSize, PixelFormat::rgb(), [i](int x, int y, int) {
                      return 0.5 + 0.01 * i + ((x ^ y) % 3) / 255.0;
                    })));
  ASSERT_OK_AND_ASSIGN(const RunFinished finished,
                       run.run({{"dedupe", {{"variants", "mirror,rotate"}}}}));
  ASSERT_EQ(finished.done, 5);
  EXPECT_THAT(read_output(run, "duplicates.csv"), Not(HasSubstr("in/")));
  for (const auto& [key, row] : run.rows("dedupe")) EXPECT_EQ(row.integer("blank"), 1) << key;
}

// Is told to stop when all items are through, before `dedupe` looks for groups.
class StopAtTheEnd final : public Job {
 public:
  static const JobInfo& describe() {
    static constexpr JobInfo kStop = {"stop", "", {}};
    return kStop;
  }
  static Result<std::unique_ptr<Job>> make(const OptionValues&, const JobTools&) {
    return std::make_unique<StopAtTheEnd>();
  }
  static inline CancelToken* token = nullptr;

  const JobInfo& info() const override { return describe(); }
  std::vector<ViewRequest> views(const ImageHeader&) const override { return {}; }
  Result<> process(ItemContext&) const override { return {}; }
  Result<> finish(FinishContext&) override {
    token->request();
    return {};
  }
};

TEST(Dedupe, can_be_stopped_while_it_looks_for_groups) {
  JobRun run;
  run.add("a.png", encoded(FileFormat::kPng, scene(1)));
  run.known_jobs.push_back({StopAtTheEnd::describe, StopAtTheEnd::make});
  CancelToken token;
  run.cancel = &token;
  StopAtTheEnd::token = &token;
  ASSERT_OK_AND_ASSIGN(const RunFinished finished, run.run({{"stop", {}}, {"dedupe", {}}}));
  EXPECT_EQ(finished.outcome, RunFinished::Outcome::kCancelled);
  EXPECT_FALSE(real_file_system().stat(run.out("duplicates.csv")));
}

TEST(Dedupe, vectors_need_a_job_that_makes_them) {
  JobRun run;
  run.add("a.png", encoded(FileFormat::kPng, scene(1)));
  EXPECT_THAT(run.run({{"dedupe", {{"by", "embedding"}}}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("embed")));
  EXPECT_THAT(run.run({{"dedupe", {{"radius", "17"}}}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("--radius")));
}

}  // namespace
}  // namespace imagemill
