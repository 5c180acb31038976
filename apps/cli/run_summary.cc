// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "run_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "exit_code.h"
#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

StyledLine headline(const RunFinished& finished) {
  const std::string count = fmt::format("{} of {} images done", human_count(finished.done),
                                        human_count(finished.items_total));
  StyledLine line;
  switch (finished.outcome) {
    case RunFinished::Outcome::kComplete:
      line.append("Finished: ", finished.failed > 0 ? Ink::kNotice : Ink::kGood);
      break;
    case RunFinished::Outcome::kCancelled:
      line.append("Stopped: ", Ink::kNotice);
      break;
    case RunFinished::Outcome::kFailed:
      line.append("Failed: ", Ink::kBad);
      line.append(terminal_escape(finished.error.empty() ? "no reason given" : finished.error));
      return line;
  }
  return line.append(count, Ink::kStrong);
}

std::string time_line(const RunFinished& finished) {
  std::string line = "  in " + human_seconds(finished.seconds);
  // What was skipped was no picture, or was not worked on.
  const int64_t now = finished.done + finished.failed - finished.items_resumed;
  if (finished.seconds > 0 && now > 0) {
    line += fmt::format(", {} images/s", human_number(static_cast<double>(now) / finished.seconds));
  }
  if (finished.peak_resident_bytes > 0) {
    line += ", peak memory " + human_bytes(finished.peak_resident_bytes);
  }
  return line;
}

}  // namespace

std::vector<StyledLine> summary_lines(const RunFinished& finished,
                                      const std::string& record_folder) {
  const std::string folder = terminal_escape(record_folder);
  std::vector<StyledLine> lines = {headline(finished)};
  if (finished.outcome == RunFinished::Outcome::kFailed) {
    lines.emplace_back(fmt::format("  {} of {} images were done before that",
                                   human_count(finished.done), human_count(finished.items_total)));
  }
  lines.emplace_back(time_line(finished));
  if (finished.items_resumed > 0) {
    lines.emplace_back(
        fmt::format("  {} were done by an earlier run", human_count(finished.items_resumed)));
  }
  if (finished.results_reused > 0) {
    lines.emplace_back(fmt::format("  {} results were known from earlier runs (--cache)",
                                   human_count(finished.results_reused)));
  }
  if (finished.skipped > 0) {
    lines.emplace_back(fmt::format("  {} skipped", human_count(finished.skipped)));
  }
  for (const auto& [job, count] : finished.job_skips) {
    lines.emplace_back(
        fmt::format("  {} left out by {} (--where)", human_count(count), terminal_escape(job)));
  }
  if (finished.failed > 0) {
    lines.emplace_back(
        fmt::format("  {} of {} failed{}", human_count(finished.failed),
                    human_count(finished.items_total),
                    folder.empty() ? "" : fmt::format(": see {}/rejects.jsonl", folder)),
        Ink::kBad);
  }
  if (finished.damaged > 0) {
    lines.emplace_back(fmt::format("  {} done from damaged files, listed in the report",
                                   human_count(finished.damaged)),
                       Ink::kNotice);
  }
  if (!folder.empty()) lines.emplace_back(fmt::format("  report: {}/report.html", folder));

  switch (exit_code(finished)) {
    case kExitSomeFailed:
      lines.emplace_back(
          finished.failed > 0
              ? "  exit code 3: the run finished, but not every image is in the output"
              : "  exit code 3: the run finished, but copies were left alone");
      break;
    case kExitCancelled:
      lines.emplace_back("  the same command goes on from here");
      break;
    case kExitRunFailed:
      lines.emplace_back(
          "  nothing done is lost: put right what failed, then run the same command");
      break;
    case kExitDone:
    case kExitUsage:
      break;
  }
  return lines;
}

std::string plan_line(const RunPlanned& planned) {
  std::string line = terminal_escape(planned.key);
  for (const std::string& path : planned.outputs)
    line += (&path == planned.outputs.data() ? " -> " : ", ") + terminal_escape(path);
  return line + terminal_escape(planned.note) + '\n';
}

}  // namespace imagemill::cli
