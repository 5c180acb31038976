// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "dedupe_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

std::string file_text(const DuplicatePicture& picture) {
  return fmt::format("{} x {} {}, {}", picture.size.width, picture.size.height, picture.format,
                     human_bytes(picture.bytes));
}

std::string counted(int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", human_count(count), count == 1 ? one : many);
}

std::string step_text(const DuplicateStep& step, DuplicateAction action) {
  const std::string from = terminal_escape(step.from), to = terminal_escape(step.to);
  if (step.state == DuplicateStep::State::kThere)
    return fmt::format("{} is linked to {} already\n", from, to);
  if (step.state == DuplicateStep::State::kLeft)
    return fmt::format("leave {}: {}\n", terminal_escape(step.key), terminal_escape(step.problem));
  switch (action) {
    case DuplicateAction::kMove:
      return fmt::format("move {} to {}\n", from, to);
    case DuplicateAction::kTrash:
      return fmt::format("trash {} in {}\n", from, to);
    case DuplicateAction::kHardlink:
      return fmt::format("hard link {} to {}\n", from, to);
    case DuplicateAction::kSymlink:
      return fmt::format("link {} to {}\n", from, to);
    case DuplicateAction::kReport:
      break;
  }
  return {};
}

}  // namespace

std::string findings_line(const DuplicateFindings& findings) {
  if (findings.groups.empty())
    return fmt::format("No copies among {}\n", counted(findings.pictures, "picture", "pictures"));
  return fmt::format("{} of {} among {}, {}\n", counted(findings.copies(), "copy", "copies"),
                     counted(std::ssize(findings.groups), "picture", "pictures"),
                     human_count(findings.pictures), human_bytes(findings.copy_bytes()));
}

std::string groups_text(const DuplicateFindings& findings) {
  std::string out;
  for (const PictureGroup& group : findings.groups) {
    out += fmt::format("{}  {}\n", terminal_escape(group.best().key), file_text(group.best()));
    for (const DuplicatePicture& copy : group.copies())
      out += fmt::format("  {}  {}; {}\n", terminal_escape(copy.key), duplicate_reason(copy),
                         file_text(copy));
    out += '\n';
  }
  return out;
}

std::string steps_text(const DedupeOutcome& outcome, DuplicateAction action, bool apply) {
  std::string out;
  for (const DuplicateStep& step : outcome.steps) out += step_text(step, action);
  const auto count = [&](DuplicateStep::State state) {
    return std::ranges::count(outcome.steps, state, &DuplicateStep::state);
  };
  const int64_t taken = count(DuplicateStep::State::kPlanned) + count(DuplicateStep::State::kDone);
  out += fmt::format("{} {}", human_count(taken), apply ? "done" : "would be done");
  if (const int64_t linked = count(DuplicateStep::State::kThere); linked > 0)
    out += fmt::format(", {} linked already", human_count(linked));
  out += fmt::format(", {} left alone\n", human_count(count(DuplicateStep::State::kLeft)));
  const bool is_whole = outcome.run.outcome == RunFinished::Outcome::kComplete;
  if (!is_whole)
    out +=
        fmt::format("The others were not reached: {}\n",
                    outcome.run.error.empty() ? "cancelled" : terminal_escape(outcome.run.error));
  if (!apply && taken > 0) out += "Nothing was changed. The same command with --apply does it.\n";
  if (!outcome.journal.empty())
    out += fmt::format("What was {} is in {}\n", taken > 0 ? "done" : "tried",
                       terminal_escape(outcome.journal));
  return out;
}

}  // namespace imagemill::cli
