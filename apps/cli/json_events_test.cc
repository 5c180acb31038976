// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "json_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "imagemill/dedupe.h"

namespace imagemill::cli {
namespace {

using nlohmann::json;

class JsonEventsTest : public testing::Test {
 protected:
  json only_line() {
    const std::string text = out_.str();
    out_.str("");
    EXPECT_EQ(std::ranges::count(text, '\n'), 1);
    EXPECT_TRUE(text.ends_with('\n'));
    return json::parse(text);
  }

  std::ostringstream out_;
  JsonEvents events_{out_};
};

TEST_F(JsonEventsTest, started_says_what_was_asked) {
  events_.on_started({.items_total = 50,
                      .items_resumed = 3,
                      .inputs = {"in", "more.zip"},
                      .output = "out.zip",
                      .state_folder = "out.zip.imagemill",
                      .jobs = {"prepare"},
                      .threads = 4,
                      .max_memory_bytes = 1000});
  const json event = only_line();
  EXPECT_EQ(event["event"], "started");
  EXPECT_EQ(event["schema"], 1);
  EXPECT_EQ(event["inputs"], json({"in", "more.zip"}));
  EXPECT_EQ(event["items_resumed"], 3);
  EXPECT_EQ(event["state_folder"], "out.zip.imagemill");
}

TEST_F(JsonEventsTest, progress_has_null_for_what_is_unknown) {
  RunProgress progress;
  progress.items_total = 10;
  progress.done = 4;
  progress.items_per_second = std::numeric_limits<double>::infinity();
  progress.stages = {{.name = "decode", .items = 4, .queue_depth = 2, .queue_capacity = 8}};
  progress.networks = {{.model = "net", .provider = "CPU", .images = 3, .sizes = {{4, 0, 1000}}}};
  events_.on_progress(progress);
  json event = only_line();
  EXPECT_EQ(event["event"], "progress");
  EXPECT_TRUE(event["eta_seconds"].is_null());
  EXPECT_TRUE(event["bottleneck"].is_null());
  EXPECT_TRUE(event["items_per_second"].is_null());
  EXPECT_EQ(event["stages"][0]["name"], "decode");
  EXPECT_EQ(event["stages"][0]["queue_capacity"], 8);
  EXPECT_EQ(event["networks"][0]["model"], "net");
  EXPECT_TRUE(event["networks"][0]["sizes"][0]["seconds_per_image"].is_null());
  EXPECT_EQ(event["networks"][0]["sizes"][0]["resident_bytes"], 1000);

  progress.eta_seconds = 1.5;
  progress.bottleneck = "decode";
  events_.on_progress(progress);
  event = only_line();
  EXPECT_EQ(event["eta_seconds"], 1.5);
  EXPECT_EQ(event["bottleneck"], "decode");
}

TEST_F(JsonEventsTest, hostile_text_stays_within_its_line) {
  events_.on_item_failed({.key = "a\n\"b\x1b[2J\xFF",
                          .stage = "decode",
                          .status = Status(Code::kCorruptInput, "JPEG: \r\n\xC3")});
  const std::string text = out_.str();
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  const json event = only_line();
  EXPECT_EQ(event["key"], "a\n\"b\x1b[2J\uFFFD");
  EXPECT_EQ(event["code"], "corrupt_input");
}

TEST_F(JsonEventsTest, a_copy_that_was_left_alone_has_no_place) {
  events_.on_duplicates({.pictures = 3});
  EXPECT_EQ(only_line()["pictures"], 3);
  events_.on_duplicate_step({.key = "a",
                             .from = "/caf\xe9.png",
                             .problem = "has changed",
                             .state = DuplicateStep::State::kLeft});
  const json event = only_line();
  EXPECT_EQ(event["state"], "left");
  EXPECT_TRUE(event["to"].is_null());
  EXPECT_EQ(event["from"], "/caf%E9.png");
  EXPECT_EQ(event["encoded"], json({"from"}));
  EXPECT_EQ(event["problem"], "has changed");
}

TEST_F(JsonEventsTest, finished_tells_the_exit_code) {
  RunFinished finished = {.items_total = 2, .done = 1, .failed = 1};
  events_.on_finished(finished);
  EXPECT_EQ(only_line()["exit_code"], 3);
  events_.on_finished({.done = 2, .copies_left = 1});
  EXPECT_EQ(only_line()["exit_code"], 3);
  finished.outcome = RunFinished::Outcome::kFailed;
  finished.error = "disk full";
  events_.on_finished(finished);
  const json event = only_line();
  EXPECT_EQ(event["exit_code"], 1);
  EXPECT_EQ(event["outcome"], "failed");
  EXPECT_EQ(event["error"], "disk full");
}

TEST_F(JsonEventsTest, a_plan_is_of_an_input_or_of_the_run) {
  events_.on_planned({.key = "in/a.png", .outputs = {"thumbs/a.jpg", "a.jpg"}});
  json event = only_line();
  EXPECT_EQ(event["event"], "planned");
  EXPECT_EQ(event["outputs"], json({"thumbs/a.jpg", "a.jpg"}));
  EXPECT_TRUE(event["note"].is_null());
  events_.on_planned({.note = "1 inputs, nothing was written"});
  event = only_line();
  EXPECT_TRUE(event["key"].is_null());
  EXPECT_TRUE(event["outputs"].is_array());
  EXPECT_EQ(event["note"], "1 inputs, nothing was written");
}

TEST_F(JsonEventsTest, warnings_say_whose_they_are) {
  events_.on_warning({"careful"});
  json event = only_line();
  EXPECT_EQ(event["message"], "careful");
  EXPECT_TRUE(event["source"].is_null());
  events_.on_warning({.message = "not used", .source = "onnxruntime"});
  event = only_line();
  EXPECT_EQ(event["event"], "warning");
  EXPECT_EQ(event["source"], "onnxruntime");
}

}  // namespace
}  // namespace imagemill::cli
