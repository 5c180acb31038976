// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "progress_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "terminal_text.h"

namespace imagemill::cli {
namespace {

using testing::HasSubstr;

RunProgress some_progress() {
  RunProgress progress;
  progress.seconds = 23;
  progress.items_total = 10000;
  progress.done = 4198;
  progress.failed = 10;
  progress.skipped = 2;
  progress.items_per_second = 182.4;
  progress.eta_seconds = 31.2;
  progress.bottleneck = "decode";
  progress.resident_bytes = 412'000'000;
  progress.memory_in_flight_bytes = 180'000'000;
  progress.cpu_percent = 196;
  progress.stages = {{.name = "read", .items = 4300, .queue_depth = 3, .queue_capacity = 64},
                     {.name = "decode", .items = 4210, .queue_depth = 64, .queue_capacity = 64},
                     {.name = "Ünïcode-日本語-\x1b[31m", .items = 4200}};
  return progress;
}

std::vector<StageRow> some_rows() {
  StageWindow window(2);
  RunProgress progress = some_progress();
  window.add(progress);
  progress.seconds += 1;
  progress.stages[1].items += 182;
  progress.stages[1].busy_seconds += 1.9;
  window.add(progress);
  return window.rows();
}

NetworkSnapshot some_network() {
  return {.model = "resnet18\x1b[31m",
          .provider = "CPU",
          .images = 960,
          .batches = 31,
          .images_per_second = 40,
          .images_per_second_average = 43.2,
          .batch_size = 32,
          .batch_fill = 0.968,
          .busy_share = 0.88,
          .wait_seconds = 0.12};
}

TEST(Bar, fills_from_the_left_and_keeps_its_width) {
  EXPECT_EQ(bar(0, 4, false), "....");
  EXPECT_EQ(bar(0.5, 4, false), "##..");
  EXPECT_EQ(bar(0.63, 4, false), "##+.");
  EXPECT_EQ(bar(1, 4, false), "####");
  EXPECT_EQ(bar(0.63, 4, true), "━━╸┈");
  EXPECT_EQ(bar(0.5, 0, true), "");
  EXPECT_EQ(bar(0.5, -2, true), "");
  for (const double share : {-1.0, 2.0, std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(terminal_width(bar(share, 10, true)), 10);
  }
}

TEST(PercentFinished, is_100_only_at_the_end) {
  RunProgress progress;
  EXPECT_EQ(percent_finished(progress), 0);
  progress.items_total = 100000;
  progress.done = 99999;
  EXPECT_EQ(percent_finished(progress), 99);
  progress.failed = 1;
  EXPECT_EQ(percent_finished(progress), 100);
  progress.done = -5;
  EXPECT_EQ(percent_finished(progress), 0);
}

TEST(StageWindow, rates_come_from_the_last_seconds) {
  const std::vector<StageRow> rows = some_rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_DOUBLE_EQ(rows[1].items_per_second, 182);
  EXPECT_NEAR(rows[1].load, 0.95, 1e-9);
  EXPECT_TRUE(rows[1].is_bottleneck);
  EXPECT_FALSE(rows[0].is_bottleneck);
  EXPECT_EQ(rows[0].items_per_second, 0);
}

TEST(StageWindow, forgets_what_is_long_past) {
  StageWindow window(1);
  RunProgress progress;
  progress.stages.resize(1);
  for (int i = 0; i < 200; ++i) {
    progress.seconds = i * 0.25;
    progress.stages[0].items += i < 100 ? 1000 : 1;  // stalls in the middle
    window.add(progress);
  }
  EXPECT_NEAR(window.rows()[0].items_per_second, 4, 1e-9);
  progress.stages.resize(2);
  window.add(progress);
  EXPECT_EQ(window.rows().size(), 2u);
}

TEST(Panel, shows_the_numbers_that_matter) {
  const RunProgress progress = some_progress();
  const std::vector<StageRow> rows = some_rows();
  std::string text;
  for (const StyledLine& line : panel_lines({progress, rows, 1'000'000'000}, {.columns = 100})) {
    text += line.text() + "\n";
  }
  for (const char* part : {"42%", "4,210 of 10,000", "4,198 done", "10 failed", "2 skipped",
                           "182 images/s", "32 s left", "▸ decode", "95%", "queue  64 of 64",
                           "slowest", "memory 412 MB", "in flight 180 MB of 1.0 GB", "CPU 196%"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(Panel, is_never_wider_or_higher_than_its_space) {
  RunProgress progress = some_progress();
  progress.items_total = std::numeric_limits<int64_t>::max();
  progress.items_per_second = 1e300;
  progress.eta_seconds = 1e300;
  progress.cpu_percent = 1e12;
  std::vector<StageRow> rows = some_rows();
  rows[0].items_per_second = 1e18;
  rows[0].queue_depth = std::numeric_limits<int64_t>::max();
  for (const bool unicode : {false, true}) {
    for (int columns = 1; columns < 130; ++columns) {
      for (const int height : {1, 2, 3, 4, 5, 6, 24}) {
        const PanelSpace space = {.columns = columns, .rows = height, .unicode = unicode};
        const auto lines = panel_lines({progress, rows}, space);
        EXPECT_LE(lines.size(), static_cast<size_t>(height));
        for (const StyledLine& line : lines) {
          const std::string text = line.render(columns, {.unicode = unicode});
          EXPECT_LE(terminal_width(text), columns);
          EXPECT_EQ(terminal_escape(text), text);
        }
      }
    }
  }
}

TEST(Panel, a_low_window_keeps_the_slowest_stage) {
  const RunProgress progress = some_progress();
  const std::vector<StageRow> rows = some_rows();
  const auto lines = panel_lines({progress, rows}, {.columns = 80, .rows = 4});
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[2].text(), HasSubstr("decode"));
}

TEST(PlainLine, is_one_line_without_controls) {
  RunProgress progress = some_progress();
  EXPECT_EQ(plain_line(progress),
            "[23 s]  42%  4,210 of 10,000, 4,198 done, 10 failed, 2 skipped, 182 images/s, "
            "32 s left, slowest: decode, 412 MB");
  progress.bottleneck = "x\n\x1b[2J";
  EXPECT_EQ(terminal_escape(plain_line(progress)), plain_line(progress));
}

TEST(StyledLine, colours_end_where_the_line_is_cut) {
  const StyledLine line = StyledLine("abc", Ink::kBad).append("defgh", Ink::kGood);
  EXPECT_EQ(line.render(5, {.colour = true}), "\x1b[31mabc\x1b[0m\x1b[32md…\x1b[0m");
  EXPECT_EQ(line.render(5, {}), "abcd…");
  EXPECT_EQ(line.render(0, {.colour = true}), "");
}

TEST(Panel, has_a_line_for_each_network_that_works) {
  RunProgress progress = some_progress();
  progress.networks = {some_network()};
  const std::vector<StageRow> rows = some_rows();
  const auto text_of = [&](int columns, int height) {
    std::string text;
    for (const StyledLine& line :
         panel_lines({progress, rows, 0}, {.columns = columns, .rows = height, .unicode = false})) {
      EXPECT_LE(line.width(), columns);
      text += line.text() + "\n";
    }
    return text;
  };
  EXPECT_THAT(text_of(120, 24),
              HasSubstr("  43.2/s  batches of 32, 97% full  busy 88%  wait 0.1 s"));
  EXPECT_THAT(text_of(120, 24), HasSubstr("resnet18"));
  EXPECT_THAT(text_of(120, 24), testing::Not(HasSubstr("\x1b")));
  EXPECT_THAT(text_of(60, 24), HasSubstr("  43.2/s"));
  EXPECT_THAT(text_of(60, 3), testing::Not(HasSubstr("batches of"))) << "no room";
}

}  // namespace
}  // namespace imagemill::cli
