// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every text from outside passes html_escape() where it enters the page; nothing else is trusted
// to.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "imagemill/text.h"
#include "telemetry/html_text.h"
#include "telemetry/report_style.h"
#include "telemetry/run_report.h"
#include "telemetry/run_report_networks.h"
#include "telemetry/run_report_warnings.h"
#include "telemetry/svg_chart.h"

namespace imagemill {
namespace {

template <typename... Args>
void add(std::string& page, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(page), format, std::forward<Args>(args)...);
}

std::string shown(std::string_view text) { return html_escape(text, kMostTextShown); }

double share_of(double part, double whole) { return whole > 0 ? part / whole : 0; }

std::string percent(double share) {
  if (share > 0 && share < 0.01) return "&lt; 1 %";
  return fmt::format("{:.0f} %", share * 100);
}

std::string joined(const std::vector<std::string>& texts) {
  constexpr size_t kMost = 20;
  std::string out;
  for (size_t i = 0; i < texts.size() && i < kMost; ++i) {
    if (i > 0) out += ", ";
    out += shown(texts[i]);
  }
  if (texts.size() > kMost) out += fmt::format(" and {} more", texts.size() - kMost);
  return out;
}

int64_t worked_on(const RunFinished& finished) {
  return std::max<int64_t>(0, finished.done + finished.failed - finished.items_resumed);
}

struct Verdict {
  std::string headline;
  std::string pill;
  std::string_view kind;  // class of the pill
};

Verdict verdict_of(const RunFinished& finished) {
  const std::string total = human_count(finished.items_total);
  const std::string done = human_count(finished.done);
  switch (finished.outcome) {
    case RunFinished::Outcome::kCancelled:
      return {fmt::format("Stopped with {} of {} images done", done, total), "Stopped", "notice"};
    case RunFinished::Outcome::kFailed:
      return {fmt::format("Failed with {} of {} images done", done, total), "Run failed", "bad"};
    case RunFinished::Outcome::kComplete:
      break;
  }
  if (finished.done == finished.items_total) {
    return {fmt::format("All {} images done", total), "Finished", ""};
  }
  if (finished.failed > 0) {
    return {fmt::format("{} of {} images done", done, total), "Finished, some failed", "notice"};
  }
  return {fmt::format("{} of {} images done", done, total), "Finished", ""};
}

void add_figure(std::string& page, std::string_view name, std::string_view value,
                std::string_view remark, std::string_view kind = "") {
  add(page, "<div class=\"{}\"><dt>{}</dt><dd>{}</dd>", kind, name, value);
  if (!remark.empty()) add(page, "<small>{}</small>", remark);
  page += "</div>";
}

void add_figures(std::string& page, const RunReport& report) {
  const RunFinished& finished = report.finished;
  page += "<dl class=\"figures\">";
  add_figure(page, "Done", human_count(finished.done),
             finished.items_resumed > 0 ? human_count(finished.items_resumed) + " by an earlier run"
                                        : fmt::format("of {}", human_count(finished.items_total)));
  add_figure(page, "Failed", human_count(finished.failed),
             finished.damaged > 0 ? human_count(finished.damaged) + " damaged but done" : "",
             finished.failed > 0 ? "bad" : "");
  const double rate = share_of(static_cast<double>(worked_on(finished)), finished.seconds);
  add_figure(page, "Images per second", human_number(rate),
             report.threads > 0 ? fmt::format("on {} threads", report.threads) : "");
  std::string cpu;
  if (report.cpu_seconds > 0 && finished.seconds > 0) {
    cpu = fmt::format("{:.1f} cores busy on average", report.cpu_seconds / finished.seconds);
  }
  add_figure(page, "Time", human_seconds(finished.seconds), cpu);
  add_figure(
      page, "Peak memory", human_bytes(finished.peak_resident_bytes),
      report.machine_memory_bytes > 0 ? "of " + human_bytes(report.machine_memory_bytes) : "");
  if (report.bytes_read > 0 || report.bytes_written > 0) {
    add_figure(page, "Written", human_bytes(report.bytes_written),
               "from " + human_bytes(report.bytes_read) + " read");
  }
  if (report.late_decodes > 0)
    add_figure(page, "Second decodes", human_count(report.late_decodes),
               "for parts that the first did not show finely enough");
  page += "</dl>\n";
}

void add_outcome_bar(std::string& page, const RunFinished& finished) {
  struct Part {
    std::string_view name;
    std::string_view kind;
    int64_t count;
  };
  const Part parts[] = {{"done", "done", finished.done - finished.items_resumed},
                        {"done by an earlier run", "resumed", finished.items_resumed},
                        {"skipped", "skipped", finished.skipped},
                        {"failed", "failed", finished.failed}};
  const auto total = static_cast<double>(finished.items_total);
  std::string bar;
  std::string key;
  for (const Part& part : parts) {
    if (part.count <= 0) continue;
    add(bar, "<i class=\"{}\" style=\"width:{:.3f}%\"></i>", part.kind,
        std::clamp(share_of(static_cast<double>(part.count), total), 0.0, 1.0) * 100);
    add(key, "<li><i class=\"{}\"></i>{} {}</li>", part.kind, human_count(part.count), part.name);
  }
  add(page, "<div class=\"outcome\" aria-hidden=\"true\">{}</div><ul class=\"key\">{}</ul>\n", bar,
      key);
}

void add_header(std::string& page, const RunReport& report) {
  const Verdict verdict = verdict_of(report.finished);
  add(page, "<header><p class=\"eyebrow\"><b>imagemill</b> {} <span class=\"pill {}\">{}</span>",
      joined(report.jobs), verdict.kind, verdict.pill);
  if (!report.started_at.empty()) {
    add(page, " <time>{}</time>", shown(report.started_at));
  }
  add(page, "</p><h1>{}</h1><p class=\"route\">{} &rarr; {}</p>", verdict.headline,
      joined(report.inputs), shown(report.output));
  if (!report.finished.error.empty()) {
    add(page, "<p class=\"error\">{}</p>", shown(report.finished.error));
  }
  add_figures(page, report);
  add_outcome_bar(page, report.finished);
  page += "</header>\n";
}

std::string_view title_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "Cannot be done with this picture";
    case Code::kNotFound:
      return "Not there any more";
    case Code::kIoError:
      return "Could not be read or written";
    case Code::kCorruptInput:
      return "Broken files";
    case Code::kUnsupported:
      return "Not supported";
    case Code::kResourceExhausted:
      return "Over a limit";
    case Code::kCancelled:
      return "Cancelled";
    case Code::kInternal:
      return "Errors in Imagemill";
  }
  return "Other";
}

void add_reject_group(std::string& page, const RejectGroup& group, size_t rows, bool is_open) {
  add(page,
      "<details{}><summary><b>{}</b> <code>{}</code> <span class=\"n\">{}</span></summary>"
      "<table class=\"stack\"><thead><tr><th scope=\"col\" class=\"wide\">Picture</th>"
      "<th scope=\"col\" class=\"where\">Stage</th><th "
      "scope=\"col\">Reason</th></tr></thead><tbody>",
      is_open ? " open" : "", title_of(group.code), code_name(group.code),
      human_count(group.count));
  for (size_t i = 0; i < rows; ++i) {
    const RejectedItem& item = group.examples[i];
    add(page,
        "<tr><td class=\"mono\"><bdi>{}</bdi></td><td>{}</td><td class=\"wrap\">{}</td></tr>\n",
        shown(item.key), shown(item.stage), shown(item.message));
  }
  page += "</tbody></table>";
  if (std::cmp_less(rows, group.count)) {
    add(page, "<p class=\"note\">{} more in <a href=\"rejects.jsonl\">rejects.jsonl</a></p>",
        human_count(group.count - static_cast<int64_t>(rows)));
  }
  page += "</details>\n";
}

void add_rejects(std::string& page, const RunReport& report) {
  if (report.rejects.empty()) return;
  size_t listed = 0;
  for (const RejectGroup& group : report.rejects) listed += group.examples.size();
  constexpr size_t kMostOpen = 12;  // more would hide the rest of the report

  page += "<section><h2>What failed</h2><div class=\"panel\">";
  size_t room = kMostRejectsShown;
  for (const RejectGroup& group : report.rejects) {
    const size_t rows = std::min(room, group.examples.size());
    add_reject_group(page, group, rows, listed <= kMostOpen);
    room -= rows;
  }
  page += "</div></section>\n";
}

bool can_be_shown(const SamplePicture& picture) {
  const std::string_view type = picture.media_type;
  const bool is_known = type == "image/jpeg" || type == "image/png" || type == "image/webp";
  return is_known && !picture.bytes.empty() && picture.bytes.size() <= kMostSampleBytes;
}

void add_sample_picture(std::string& page, const SamplePicture& picture, std::string_view what,
                        const std::string& key) {
  if (!can_be_shown(picture)) {
    page += "<span class=\"none\"></span>";
    return;
  }
  add(page, "<img alt=\"{} of {}\" src=\"data:{};base64,{}\">", what, key, picture.media_type,
      base64(picture.bytes));
}

void add_samples(std::string& page, const RunReport& report) {
  if (report.samples.empty()) return;
  page += "<section><h2>Before and after</h2><div class=\"samples\">";
  for (size_t i = 0; i < report.samples.size() && i < kMostSamplesShown; ++i) {
    const Sample& sample = report.samples[i];
    const std::string key = shown(sample.key);
    page += "<figure class=\"sample\"><div>";
    add_sample_picture(page, sample.original, "Original", key);
    add_sample_picture(page, sample.result, "Result", key);
    add(page,
        "</div><figcaption><b title=\"{0}\">{0}</b>{1} &times; {2}, {3} &rarr; {4} &times; {5}, "
        "{6}</figcaption></figure>\n",
        key, sample.original.width, sample.original.height, human_bytes(sample.original.file_bytes),
        sample.result.width, sample.result.height, human_bytes(sample.result.file_bytes));
  }
  page += "</div></section>\n";
}

std::string milliseconds(double ms) {
  if (ms < 9.95) return fmt::format("{:.1f} ms", ms);
  if (ms < 999.5) return fmt::format("{:.0f} ms", ms);
  return human_seconds(ms / 1000);
}

void add_stages(std::string& page, const RunReport& report) {
  if (report.stages.empty()) return;
  double busy = 0;
  for (const StageReport& stage : report.stages) busy += stage.totals.busy_seconds;
  page +=
      "<section><h2>Where the time went</h2><div class=\"panel\"><table><caption>Share of the "
      "working time of all threads, and time for one image</caption><thead><tr>"
      "<th scope=\"col\">Stage</th><th scope=\"col\" class=\"wide\">Share</th>"
      "<th scope=\"col\" class=\"n\"></th><th scope=\"col\" class=\"n\">Median</th>"
      "<th scope=\"col\" class=\"n narrow-off\">95 % below</th>"
      "<th scope=\"col\" class=\"n narrow-off\">Slowest</th>"
      "<th scope=\"col\" class=\"n narrow-off\">Images</th></tr></thead><tbody>";
  for (const StageReport& stage : report.stages) {
    const bool is_slowest = !report.bottleneck.empty() && stage.totals.name == report.bottleneck;
    const double share = share_of(stage.totals.busy_seconds, busy);
    const Histogram& ms = stage.item_ms;
    const auto time = [&](double value) {
      return ms.count() > 0 ? milliseconds(value) : std::string("&ndash;");
    };
    add(page,
        "<tr><th scope=\"row\">{}{}</th><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n narrow-off\">{}</td><td class=\"n narrow-off\">{}</td>"
        "<td class=\"n narrow-off\">{}</td></tr>\n",
        shown(stage.totals.name), is_slowest ? "<span class=\"tag\">bottleneck</span>" : "",
        share_bar(share, is_slowest ? "notice" : ""), percent(share), time(ms.percentile(50)),
        time(ms.percentile(95)), time(ms.max()), human_count(stage.totals.items));
  }
  page += "</tbody></table></div></section>\n";
}

std::string bytes_label(double value) {
  return human_bytes(value > 0 ? static_cast<uint64_t>(std::min(value, 1e18)) : 0);
}

void add_charts(std::string& page, const RunReport& report) {
  const Timeline& timeline = report.timeline;
  if (timeline.points.size() < 2) return;
  LineChart rate = {.title = "Images per second", .summary = {}, .seconds = {}, .series = {}};
  LineChart memory = {.title = "Memory",
                      .summary = {},
                      .seconds = {},
                      .series = {{"process", {}}, {"pictures in flight", {}}},
                      .label = &bytes_label};
  LineChart queues = {.title = "Images waiting", .summary = {}, .seconds = {}, .series = {}};
  rate.series.push_back({"images per second", {}});
  for (const std::string& stage : timeline.stages) queues.series.push_back({"before " + stage, {}});

  double deepest = 0;
  for (const TimelinePoint& point : timeline.points) {
    rate.seconds.push_back(point.seconds);
    rate.series[0].values.push_back(point.items_per_second);
    memory.series[0].values.push_back(static_cast<double>(point.resident_bytes));
    memory.series[1].values.push_back(static_cast<double>(point.memory_in_flight_bytes));
    for (size_t i = 0; i < queues.series.size(); ++i) {
      const double depth = i < point.queue_depths.size() ? point.queue_depths[i] : 0;
      queues.series[i].values.push_back(depth);
      deepest = std::max(deepest, depth);
    }
  }
  memory.seconds = queues.seconds = rate.seconds;
  // Stages that never let anything wait say nothing.
  std::erase_if(queues.series, [](const ChartSeries& series) {
    return std::ranges::all_of(series.values, [](double depth) { return depth <= 0; });
  });

  const RunFinished& finished = report.finished;
  rate.summary = fmt::format(
      "Images per second over {}, {} on average", human_seconds(finished.seconds),
      human_number(share_of(static_cast<double>(worked_on(finished)), finished.seconds)));
  memory.summary =
      fmt::format("Memory over time, {} at most", human_bytes(finished.peak_resident_bytes));
  queues.summary =
      fmt::format("Images waiting before each stage over time, {} at most", human_number(deepest));
  page += "<section><h2>Over time</h2><div class=\"charts\">";
  page += line_chart(rate) + line_chart(memory);
  if (!queues.series.empty()) page += line_chart(queues);
  page += "</div></section>\n";
}

void add_counts(std::string& page, std::string_view title, const std::vector<NamedCount>& counts) {
  if (counts.empty()) return;
  constexpr size_t kMost = 12;
  int64_t total = 0;
  int64_t most = 0;
  for (const NamedCount& entry : counts) {
    total += entry.count;
    most = std::max(most, entry.count);
  }
  add(page, "<div class=\"panel\"><table><caption>{}</caption><tbody>", title);
  for (size_t i = 0; i < counts.size() && i < kMost; ++i) {
    const auto count = static_cast<double>(counts[i].count);
    add(page,
        "<tr><th scope=\"row\">{}</th><td class=\"wide\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td></tr>",
        shown(counts[i].name), share_bar(share_of(count, static_cast<double>(most))),
        human_count(counts[i].count), percent(share_of(count, static_cast<double>(total))));
  }
  page += "</tbody></table>";
  if (counts.size() > kMost) add(page, "<p class=\"note\">{} more</p>", counts.size() - kMost);
  page += "</div>\n";
}

void add_pictures(std::string& page, const RunReport& report) {
  if (report.formats.empty() && report.sizes.empty() && report.orientations.empty()) return;
  page += "<section><h2>The pictures</h2><div class=\"counts\">";
  add_counts(page, "Format", report.formats);
  add_counts(page, "Size", report.sizes);
  add_counts(page, "Orientation", report.orientations);
  std::vector<NamedCount> job_skips;
  for (const auto& [job, count] : report.finished.job_skips) job_skips.push_back({job, count});
  add_counts(page, "Left out by a job", job_skips);
  page += "</div></section>\n";
}

void add_damaged(std::string& page, const RunReport& report) {
  if (report.damaged.empty()) return;
  page +=
      "<section><h2>Done from damaged files</h2><div class=\"panel\"><table class=\"stack\">"
      "<caption>The results are there, but look at them</caption><tbody>";
  const size_t rows = std::min(report.damaged.size(), kMostDamagedShown);
  for (size_t i = 0; i < rows; ++i) {
    add(page, "<tr><td class=\"mono wide\"><bdi>{}</bdi></td><td class=\"wrap\">{}</td></tr>\n",
        shown(report.damaged[i].key), joined(report.damaged[i].warnings));
  }
  page += "</tbody></table>";
  if (std::cmp_less(rows, report.finished.damaged)) {
    add(page, "<p class=\"note\">{} more in run.sqlite</p>",
        human_count(report.finished.damaged - static_cast<int64_t>(rows)));
  }
  page += "</div></section>\n";
}

void add_settings(std::string& page, std::string_view title,
                  const std::map<std::string, std::string>& settings) {
  if (settings.empty()) return;
  constexpr size_t kMost = 200;
  add(page, "<div class=\"panel\"><table><caption>{}</caption><tbody>", title);
  size_t rows = 0;
  for (const auto& [name, value] : settings) {
    if (++rows > kMost) break;
    add(page, "<tr><th scope=\"row\" class=\"mono\">{}</th><td class=\"mono\">{}</td></tr>",
        shown(name), shown(value));
  }
  page += "</tbody></table></div>\n";
}

void add_run(std::string& page, const RunReport& report) {
  page += "<section><h2>The run</h2>";
  if (!report.command.empty()) {
    add(page, "<div class=\"panel\"><pre>{}</pre></div>", html_escape(report.command, 4000));
  }
  std::map<std::string, std::string> machine;
  if (report.cores > 0) machine["cores"] = fmt::format("{}", report.cores);
  if (report.threads > 0) machine["threads"] = fmt::format("{}", report.threads);
  if (report.machine_memory_bytes > 0) {
    machine["memory"] = human_bytes(report.machine_memory_bytes);
  }
  if (report.max_memory_bytes > 0) {
    machine["memory for pictures"] = human_bytes(report.max_memory_bytes);
  }
  page += "<div class=\"pair below\">";
  add_settings(page, "Options", report.options);
  add_settings(page, "Versions", report.versions);
  add_settings(page, "Machine", machine);
  page += "</div></section>\n";
}

}  // namespace

std::string to_html(const RunReport& report) {
  std::string page;
  page.reserve(size_t{1} << 16);
  page += page_head(verdict_of(report.finished).headline);
  add_header(page, report);
  add_rejects(page, report);
  page += warnings_html(report.warnings);
  add_samples(page, report);
  add_stages(page, report);
  page += networks_html(report.finished.networks, report.finished.seconds);
  add_charts(page, report);
  add_pictures(page, report);
  add_damaged(page, report);
  add_run(page, report);
  const auto version = report.versions.find("imagemill");
  add(page, "<footer>Made by Imagemill{}{}. The same in numbers: run.json.</footer>\n",
      version != report.versions.end() ? " " : "",
      version != report.versions.end() ? shown(version->second) : "");
  page += "</main></body></html>\n";
  return page;
}

}  // namespace imagemill
