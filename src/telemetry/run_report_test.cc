// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/run_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/bytes.h"
#include "telemetry/html_text.h"
#include "telemetry/json_path.h"
#include "telemetry/svg_chart.h"

namespace imagemill {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHostile =
    "\"'><script>alert(1)</script><img src=x onerror=y>\x1b[2J\xFF\u202E&amp;";

RunReport full_report(const std::string& text) {
  RunReport report;
  report.finished = {.items_total = 100,
                     .done = 90,
                     .failed = 6,
                     .skipped = 4,
                     .damaged = 1,
                     .items_resumed = 10,
                     .seconds = 20,
                     .peak_resident_bytes = 412'000'000};
  report.finished.error = text;
  report.jobs = report.inputs = {text};
  report.output = report.command = report.started_at = report.bottleneck = text;
  report.options = report.versions = {{text, text}, {"imagemill", text}};
  report.stages.resize(2);
  report.stages[0].totals = {.name = text, .items = 100, .busy_seconds = 3};
  report.stages[1].totals = {.name = "write", .items = 90, .busy_seconds = 1};
  report.stages[0].item_ms.add(30);
  report.timeline.stages = {text, "write"};
  for (int i = 1; i <= 10; ++i) {
    report.timeline.points.push_back(
        {.seconds = i * 2.0, .items_per_second = 5, .queue_depths = {4.0, 1.0}});
  }
  report.rejects = {{Code::kCorruptInput, 6, {{text, text, text}}}};
  report.damaged = {{text, {text}}};
  report.warnings.add({text});
  report.warnings.add({text, text});
  const Bytes picture(20, std::byte{1});
  report.samples = {{text, {"image/png", picture, 4, 4, 20}, {"image/jpeg", picture, 2, 2, 20}}};
  report.formats = report.sizes = report.orientations = {{text, 3}, {"png", 1}};
  report.finished.job_skips = {{text, 5}};
  report.late_decodes = 2;
  report.finished.networks = {{.model = text,
                               .provider = text,
                               .images = 80,
                               .batches = 11,
                               .batch_size = 8,
                               .batch_fill = 0.909,
                               .busy_share = 0.5,
                               .wait_seconds = 0.12,
                               .sizes = {{1, 0.02, 100'000'000}, {8, 0.0125, 0}}}};
  return report;
}

// Tags that a browser would see; attribute values are quoted throughout.
int count_of(std::string_view page, std::string_view what) {
  int count = 0;
  for (size_t at = page.find(what); at != std::string_view::npos; at = page.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Html, hostile_text_stays_text) {
  const std::string page = to_html(full_report(std::string(kHostile)));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, Not(HasSubstr("\xFF")));
  EXPECT_THAT(page, Not(HasSubstr("\u202E")));
  EXPECT_THAT(page, HasSubstr("&quot;&#39;&gt;&lt;script&gt;"));
  // The same structure as with harmless text.
  const std::string harmless = to_html(full_report("harmless"));
  for (const char* mark : {"<", ">", "\""})
    EXPECT_EQ(count_of(page, mark), count_of(harmless, mark));
}

TEST(Html, needs_nothing_from_outside) {
  const std::string page = to_html(full_report("x"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
  for (const char* part :
       {"http://", "https://", "url(", "@import", "<link", "<script", "onload="}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
}

TEST(Html, says_what_counts) {
  const std::string page = to_html(full_report("x"));
  for (const char* part : {"90 of 100 images done", "Finished, some failed", "412 MB", "4.30",
                           "href=\"rejects.jsonl\"", "5 more in", "Before and after",
                           "alt=\"Original of x\"", "data:image/png;base64,AQEB", "75 %"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
}

TEST(Html, an_empty_run_has_a_page) {
  const std::string page = to_html({});
  EXPECT_THAT(page, HasSubstr("All 0 images done"));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("What failed")));
}

TEST(Html, is_bounded) {
  RunReport report = full_report("x");
  const std::string long_text(kMostTextShown * 4, 'k');
  report.rejects = {{Code::kCorruptInput, 1'000'000, {}}, {Code::kIoError, 5000, {}}};
  for (int i = 0; i < 5000; ++i) {
    for (RejectGroup& group : report.rejects) {
      group.examples.push_back({fmt::format("reject-{}", i), "decode", "broken"});
    }
    report.damaged.push_back({long_text, {long_text}});
    report.warnings.add({"warn-" + long_text});
    report.options[fmt::format("option-{}", i)] = long_text;
    report.timeline.points.push_back({.seconds = 100.0 + i});
    report.formats.push_back({"format", 1});
  }
  report.rejects[0].examples[0].message = long_text;
  report.samples.resize(1000, {"s", {"image/png", Bytes(kMostSampleBytes * 2)}, {}});
  const std::string page = to_html(report);
  EXPECT_EQ(count_of(page, ">reject-"), static_cast<int>(kMostRejectsShown));
  EXPECT_THAT(page, HasSubstr("999,800 more in"));
  EXPECT_EQ(count_of(page, ">warn-"), static_cast<int>(kMostWarningsKept) - 2);
  EXPECT_THAT(page, HasSubstr("4,802 more were not kept"));
  EXPECT_LT(page.size(), size_t{1} << 20);
}

TEST(Html, pictures_of_other_types_are_left_out) {
  RunReport report = full_report("x");
  report.samples[0].original.media_type = "image/svg+xml";
  report.samples[0].result.media_type = "text/html\" onload=\"x";
  EXPECT_THAT(to_html(report), Not(HasSubstr("base64,")));
}

TEST(Json, parses_back) {
  const auto json = nlohmann::ordered_json::parse(to_json(full_report(std::string(kHostile))));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["outcome"], "complete");
  EXPECT_EQ(json["items"]["done"], 90);
  EXPECT_EQ(json["stages"][1]["name"], "write");
  EXPECT_EQ(json["networks"][0]["images"], 80);
  EXPECT_EQ(json["networks"][0]["sizes"][1]["batch"], 8);
  EXPECT_TRUE(json["networks"][0]["sizes"][1]["resident_bytes"].is_null());
  EXPECT_EQ(json["timeline"]["seconds"].size(), 10u);
  EXPECT_EQ(json["rejects"][0]["code"], "corrupt_input");
  EXPECT_EQ(json["rejects"][0]["count"], 6);
  EXPECT_EQ(json["options"]["imagemill"].get<std::string>().substr(0, 4), "\"'><");
  EXPECT_EQ(paths_in(json, "inputs"), std::vector{std::string(kHostile)});
  EXPECT_EQ(path_in(json, "output"), kHostile);
  EXPECT_TRUE(nlohmann::json::parse(to_json({}))["bottleneck"].is_null());
}

TEST(Json, has_warnings_and_says_whose_they_are) {
  RunReport report;
  report.warnings.add({"no contact sheet"});
  report.warnings.add({"an initializer is not used", "onnxruntime"});
  auto json = nlohmann::json::parse(to_json(report));
  ASSERT_EQ(json["warnings"].size(), 2u);
  EXPECT_EQ(json["warnings"][0]["message"], "no contact sheet");
  EXPECT_TRUE(json["warnings"][0]["source"].is_null());
  EXPECT_EQ(json["warnings"][1]["source"], "onnxruntime");
  EXPECT_EQ(json["warnings_left_out"], 0);
  for (size_t i = 0; i < kMostWarningsKept; ++i)
    report.warnings.add({"日" + std::string(2 * kMostWarningBytes, 'k')});
  json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["warnings"].size(), kMostWarningsKept);
  EXPECT_EQ(json["warnings_left_out"], 2);
  EXPECT_EQ(json["warnings"][2]["message"].get<std::string>().size(), kMostWarningBytes + 3);
}

TEST(WarningTally, cuts_between_characters) {
  std::string text = "x";
  while (text.size() < 2 * kMostWarningBytes) text += "日";
  WarningTally tally;
  tally.add({text});
  const std::string& kept = tally.kept().front().message;
  EXPECT_LE(kept.size(), kMostWarningBytes + 3);
  EXPECT_GT(kept.size(), kMostWarningBytes);
  EXPECT_TRUE(kept.ends_with("日..."));
}

TEST(RejectTally, counts_all_and_keeps_some) {
  RejectTally tally(2);
  for (int i = 0; i < 5; ++i) {
    tally.add({fmt::format("a{}", i), "decode", Status(Code::kCorruptInput, "broken")});
  }
  tally.add({"b", "read", Status(Code::kIoError, "gone")});
  const auto groups = tally.groups();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].count, 5);
  EXPECT_EQ(groups[0].examples.size(), 2u);
  EXPECT_EQ(groups[1].code, Code::kIoError);
}

TEST(HtmlText, base64_pads) {
  EXPECT_EQ(base64({}), "");
  EXPECT_EQ(base64(as_byte_span("f")), "Zg==");
  EXPECT_EQ(base64(as_byte_span("fo")), "Zm8=");
  EXPECT_EQ(base64(as_byte_span("foo")), "Zm9v");
  EXPECT_EQ(base64(as_byte_span("foob\xFF\xFE")), "Zm9vYv/+");
}

TEST(HtmlText, cuts_between_characters) {
  EXPECT_EQ(html_escape("日本", 4), "日…");
  EXPECT_EQ(html_escape("日本", 6), "日本");
  EXPECT_EQ(html_escape("<<<", 2), "&lt;&lt;…");
}

TEST(SvgChart, ceilings_are_round) {
  EXPECT_DOUBLE_EQ(nice_ceiling(182), 200);
  EXPECT_DOUBLE_EQ(nice_ceiling(0.21), 0.25);
  EXPECT_DOUBLE_EQ(nice_ceiling(7), 10);
  EXPECT_DOUBLE_EQ(nice_ceiling(1000), 1000);
  EXPECT_DOUBLE_EQ(nice_ceiling(0), 1);
  EXPECT_DOUBLE_EQ(nice_ceiling(std::nan("")), 1);
}

TEST(SvgChart, draws_any_numbers) {
  LineChart chart = {.title = "t<", .summary = "s\"", .seconds = {1, 2, 3}, .series = {}};
  chart.series = {
      {"a", {1, std::nan(""), -4}}, {"b", {std::numeric_limits<double>::infinity()}}, {"c", {}}};
  const std::string text = line_chart(chart);
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  EXPECT_THAT(text, Not(HasSubstr("inf")));
  EXPECT_THAT(text, HasSubstr("t&lt;"));
  EXPECT_THAT(line_chart({}), HasSubstr("<figure"));
}

}  // namespace
}  // namespace imagemill
