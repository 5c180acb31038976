// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "progress_printer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>
#include <utility>

#include "screen.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

RunProgress progress_at(double seconds, int64_t done) {
  RunProgress progress;
  progress.seconds = seconds;
  progress.items_total = 100;
  progress.done = done;
  progress.items_per_second = 10;
  progress.eta_seconds = 5;
  progress.bottleneck = "decode";
  progress.stages = {{.name = "read", .items = done, .queue_capacity = 8},
                     {.name = "decode", .items = done, .queue_depth = 8, .queue_capacity = 8}};
  return progress;
}

ItemFailed failure(std::string key) {
  return {.key = std::move(key),
          .stage = "decode",
          .status = Status(Code::kCorruptInput, "JPEG: ends after 812 bytes")};
}

const RunStarted kStarted = {
    .items_total = 100, .output = "OUT", .state_folder = "OUT/.imagemill", .threads = 2};

class ProgressPrinterTest : public testing::Test {
 protected:
  ProgressOptions options(ProgressStyle style) {
    ProgressOptions options;
    options.style = style;
    options.line_style = {.colour = style == ProgressStyle::kTerminal};
    options.terminal_size = [this] { return size_; };
    return options;
  }
  std::string take() {
    const std::string text = out_.str();
    out_.str("");
    return text;
  }

  std::ostringstream out_;
  TerminalSize size_;
};

TEST_F(ProgressPrinterTest, plain_prints_a_line_now_and_then) {
  ProgressPrinter printer(out_, options(ProgressStyle::kPlain));
  printer.on_started(kStarted);
  EXPECT_EQ(take(), "100 images, to OUT\n");
  for (int i = 0; i <= 40; ++i) printer.on_progress(progress_at(i * 0.25, i));
  const std::string text = take();
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);  // at 0, 5 and 10 s
  EXPECT_THAT(text, HasSubstr("[5.0 s]  20%"));
}

TEST_F(ProgressPrinterTest, plain_and_none_have_no_control_characters) {
  for (const ProgressStyle style : {ProgressStyle::kPlain, ProgressStyle::kNone}) {
    ProgressPrinter printer(out_, options(style));
    printer.on_started({.output = "a\x1b]0;x\x07"});
    printer.on_item_failed(failure("\x1b[2Ja\rb\n\xFF" + std::string(5000, 'x')));
    printer.on_warning({"\x1b[31m"});
    printer.on_progress(progress_at(1, 1));
    printer.on_finished({.outcome = RunFinished::Outcome::kFailed, .error = "\x1b[1m"});
    for (const char c : take()) {
      EXPECT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
    }
  }
}

TEST_F(ProgressPrinterTest, none_prints_warnings_and_the_summary_alone) {
  ProgressPrinter printer(out_, options(ProgressStyle::kNone));
  printer.on_started(kStarted);
  printer.on_progress(progress_at(1, 50));
  printer.on_item_failed(failure("a"));
  EXPECT_EQ(take(), "");
  printer.on_warning({"w"});
  EXPECT_EQ(take(), "warning: w\n");
  printer.on_finished({.items_total = 100, .done = 98, .failed = 2, .seconds = 2});
  EXPECT_THAT(take(), HasSubstr("2 of 100 failed: see OUT/.imagemill/rejects.jsonl"));
}

TEST_F(ProgressPrinterTest, the_summary_names_the_records_where_they_are) {
  for (const std::string folder : {"out/.imagemill", "out/z.zip.imagemill", ""}) {
    ProgressPrinter printer(out_, options(ProgressStyle::kNone));
    printer.on_started({.output = "out/z.zip", .state_folder = folder});
    printer.on_finished({.items_total = 2, .done = 1, .failed = 1, .seconds = 2});
    const std::string text = take();
    if (folder.empty()) {  // a dry run writes none
      EXPECT_THAT(text, Not(HasSubstr("report")));
      EXPECT_THAT(text, Not(HasSubstr("rejects")));
    } else {
      EXPECT_THAT(text, HasSubstr("report: " + folder + "/report.html"));
      EXPECT_THAT(text, HasSubstr(": see " + folder + "/rejects.jsonl"));
    }
  }
}

TEST_F(ProgressPrinterTest, failures_above_the_limit_are_counted) {
  ProgressPrinter printer(out_, options(ProgressStyle::kPlain));
  printer.on_started(kStarted);
  printer.on_progress(progress_at(0, 0));
  take();
  for (int i = 0; i < 130; ++i) printer.on_item_failed(failure(fmt::format("in/{}.jpg", i)));
  std::string text = take();
  EXPECT_EQ(std::ranges::count(text, '\n'), 10);
  EXPECT_THAT(text, HasSubstr("failed in/9.jpg: decode: corrupt_input: JPEG: ends"));
  printer.on_progress(progress_at(1, 0));
  EXPECT_EQ(take(), "… and 120 more, see OUT/.imagemill/rejects.jsonl\n");
  printer.on_item_failed(failure("in/later.jpg"));
  EXPECT_THAT(take(), HasSubstr("in/later.jpg"));
}

TEST_F(ProgressPrinterTest, failures_never_take_the_place_of_warnings) {
  for (const ProgressStyle style : {ProgressStyle::kPlain, ProgressStyle::kTerminal}) {
    ProgressPrinter printer(out_, options(style));
    printer.on_started(kStarted);
    for (int i = 0; i < 130; ++i) printer.on_item_failed(failure("a.jpg"));
    printer.on_warning({"no contact sheet"});
    printer.on_finished({});
    EXPECT_THAT(take(), HasSubstr("no contact sheet"));
  }
}

TEST_F(ProgressPrinterTest, warnings_above_their_limit_are_counted) {
  for (const ProgressStyle style : {ProgressStyle::kPlain, ProgressStyle::kNone}) {
    ProgressPrinter printer(out_, options(style));
    printer.on_started(kStarted);
    take();
    for (int i = 0; i < 1020; ++i) printer.on_warning({fmt::format("w{}", i)});
    std::string text = take();
    EXPECT_EQ(std::ranges::count(text, '\n'), 20);
    EXPECT_THAT(text, HasSubstr("warning: w19\n"));
    printer.on_progress(progress_at(1, 0));
    EXPECT_THAT(take(), HasSubstr("… and 1,000 more warnings, see OUT/.imagemill/run.json\n"));
    printer.on_warning({"later"});
    EXPECT_EQ(take(), "warning: later\n");
  }
}

TEST_F(ProgressPrinterTest, a_plan_has_no_limit_and_a_stream_of_its_own) {
  for (const ProgressStyle style : {ProgressStyle::kPlain, ProgressStyle::kNone}) {
    std::ostringstream plan;
    ProgressOptions with_plan = options(style);
    with_plan.plan = &plan;
    ProgressPrinter printer(out_, with_plan);
    for (int i = 0; i < 500; ++i)
      printer.on_planned({.key = fmt::format("in/{}.png", i), .outputs = {"a\x1b.jpg", "b.jpg"}});
    printer.on_planned({.key = "in/x.jpg"});
    printer.on_planned({.note = "501 inputs"});
    EXPECT_EQ(take(), "");
    EXPECT_EQ(std::ranges::count(plan.str(), '\n'), 502);
    EXPECT_TRUE(plan.str().ends_with("b.jpg\nin/x.jpg\n501 inputs\n"));
    EXPECT_THAT(plan.str(), HasSubstr("in/499.png -> a"));
    EXPECT_THAT(plan.str(), Not(HasSubstr("\x1b")));
  }
}

TEST_F(ProgressPrinterTest, what_a_library_says_is_for_the_record) {
  ProgressPrinter printer(out_, options(ProgressStyle::kPlain));
  printer.on_started(kStarted);
  take();
  printer.on_warning({.message = "an initializer is not used", .source = "onnxruntime"});
  EXPECT_EQ(take(), "");
}

TEST_F(ProgressPrinterTest, terminal_keeps_one_panel_and_failures_above_it) {
  Screen screen(80);
  ProgressPrinter printer(out_, options(ProgressStyle::kTerminal));
  printer.on_started(kStarted);
  printer.on_progress(progress_at(0.25, 10));
  printer.on_item_failed(failure("in/a.jpg"));
  printer.on_progress(progress_at(0.5, 20));
  printer.on_item_failed(failure("in/b.jpg"));
  printer.on_progress(progress_at(0.75, 30));
  const std::string drawn = take();
  screen.feed(drawn);
  EXPECT_THAT(drawn, HasSubstr("\x1b[?25l"));

  const std::vector<std::string> lines = screen.lines();
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines[0], "100 images, to OUT");
  EXPECT_THAT(lines[1], HasSubstr("failed in/a.jpg"));
  EXPECT_THAT(lines[2], HasSubstr("failed in/b.jpg"));
  EXPECT_THAT(lines[3], HasSubstr("30%"));
  EXPECT_THAT(lines[6], HasSubstr("decode"));
  EXPECT_THAT(lines[7], HasSubstr("memory"));

  printer.on_finished({.items_total = 100, .done = 98, .failed = 2, .seconds = 2});
  screen.feed(take());
  EXPECT_EQ(screen.lines()[3], "Finished: 98 of 100 images done");
  EXPECT_TRUE(screen.is_cursor_visible());
}

TEST_F(ProgressPrinterTest, terminal_paints_no_more_often_than_asked) {
  ProgressPrinter printer(out_, options(ProgressStyle::kTerminal));
  printer.on_started(kStarted);
  take();
  int paintings = 0;
  for (int i = 0; i < 1000; ++i) {
    printer.on_progress(progress_at(i * 0.001, 0));
    if (!take().empty()) ++paintings;
  }
  EXPECT_LE(paintings, 8);
  EXPECT_GE(paintings, 4);
}

TEST_F(ProgressPrinterTest, terminal_lines_never_wrap_at_any_width) {
  for (int columns = 1; columns <= 120; ++columns) {
    size_ = {.columns = columns, .rows = 24};
    Screen screen(columns);
    ProgressPrinter printer(out_, options(ProgressStyle::kTerminal));
    printer.on_started(kStarted);
    for (int i = 0; i < 4; ++i) {
      printer.on_item_failed(failure("日本語/\x1b[31m" + std::string(200, 'k') + ".jpg"));
      printer.on_progress(progress_at(i * 0.25, i));
    }
    screen.feed(take());
    EXPECT_FALSE(screen.has_wrapped()) << columns;
    EXPECT_EQ(screen.unknown_sequences(), 0);
    printer.on_finished({});
    take();
  }
}

TEST_F(ProgressPrinterTest, hostile_keys_add_no_sequence_of_their_own) {
  const auto escapes = [&](const std::string& key) {
    ProgressPrinter printer(out_, options(ProgressStyle::kTerminal));
    printer.on_started(kStarted);
    printer.on_item_failed(failure(key));
    printer.on_progress(progress_at(0.25, 1));
    printer.on_finished({});
    return std::ranges::count(take(), '\x1b');
  };
  EXPECT_EQ(escapes("\x1b[2J\x1b]0;owned\x07"), escapes("plain.jpg"));
}

TEST_F(ProgressPrinterTest, a_window_made_narrower_is_cleaned) {
  size_ = {.columns = 100, .rows = 24};
  ProgressPrinter printer(out_, options(ProgressStyle::kTerminal));
  printer.on_progress(progress_at(0.25, 1));
  take();
  size_.columns = 40;
  printer.on_progress(progress_at(0.5, 2));
  // Five lines; those wider than 40 columns take more rows now than when they were painted.
  const std::string text = take();
  int rows_up = 0;
  ASSERT_EQ(std::sscanf(text.c_str(), "\r\x1b[%dA", &rows_up), 1);
  EXPECT_GT(rows_up, 5);
}

TEST_F(ProgressPrinterTest, the_cursor_comes_back_when_the_run_does_not_finish) {
  {
    ProgressPrinter printer(out_, options(ProgressStyle::kTerminal));
    printer.on_progress(progress_at(0.25, 1));
  }
  EXPECT_TRUE(take().ends_with("\x1b[?25h"));
}

}  // namespace
}  // namespace imagemill::cli
