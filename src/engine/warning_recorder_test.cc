// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a run warns of stays in its record.
#include "engine/warning_recorder.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

class WarningRecorderTest : public testing::Test {
 protected:
  std::string record(const std::string& name) const {
    return std::string(as_text(real_file_system().read(run_.in("../" + name), 1 << 24).value()));
  }

  JobRun run_;
};

TEST_F(WarningRecorderTest, warnings_are_in_run_json_and_in_the_report) {
  run_.add("a.png", make_picture_file({.format = FileFormat::kPng, .size = {9, 9}}));
  for (int i = 0; i < 30; ++i) run_.add(fmt::format("{}.jpg", i), as_byte_span("no picture"));
  ASSERT_THAT(run_.run({{"thumbs", {}}}, {{"fail-on", "error"}}, "out.zip"), IsOk());
  const auto json = nlohmann::json::parse(record("out.zip.imagemill/run.json"));
  ASSERT_EQ(json["warnings"].size(), 1u);
  const std::string message = json["warnings"][0]["message"];
  EXPECT_THAT(message, HasSubstr("no contact sheet"));
  EXPECT_THAT(run_.listener.warnings, testing::ElementsAre(message));
  EXPECT_THAT(record("out.zip.imagemill/report.html"), HasSubstr("no contact sheet"));
}

TEST_F(WarningRecorderTest, what_came_before_the_run_is_told_and_kept) {
  run_.add("a.png", make_picture_file({.format = FileFormat::kPng, .size = {9, 9}}));
  const RunSpec spec{
      .inputs = {run_.in()}, .output = run_.in("../before"), .jobs = {{"quality", {}}}};
  const RunWarning before{.message = "left by an earlier run"};
  ASSERT_THAT(
      run_with_jobs(run_.known_jobs, spec, run_.listener, *run_.cancel, std::span(&before, 1)),
      IsOk());
  EXPECT_THAT(run_.listener.warnings, testing::ElementsAre(before.message));
  EXPECT_THAT(record("before/.imagemill/run.json"), HasSubstr(before.message));
}

// The model has a constant that nothing takes, which the runtime warns of when it drops it.
TEST_F(WarningRecorderTest, what_onnx_runtime_says_is_told_as_its_own_and_kept) {
  const std::string model = TinyOnnx()
                                .input("input", {"batch", 3, 8, 8})
                                .weights("left-over", {1}, {1})
                                .node("GlobalAveragePool", {"input"}, {"pooled"})
                                .node("Flatten", {"pooled"}, {"features"}, {{"axis", 1}})
                                .output("features", {"batch", 3})
                                .finish();
  TestFolder folder;
  const std::string path = folder.write("model.onnx", model);
  run_.add("a.png", make_picture_file({.format = FileFormat::kPng, .size = {9, 9}}));
  ASSERT_THAT(run_.run({{"embed", {{"model", path}}}}), IsOk());
  const auto json = nlohmann::json::parse(record("out/.imagemill/run.json"));
  bool is_kept = false;
  for (const auto& warning : json["warnings"])
    if (warning["message"].get<std::string>().contains("left-over")) {
      EXPECT_EQ(warning["source"], "onnxruntime");
      is_kept = true;
    }
  EXPECT_TRUE(is_kept) << json["warnings"];
}

}  // namespace
}  // namespace imagemill
