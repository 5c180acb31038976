// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "progress_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

constexpr int kWidestBar = 48;
constexpr int kNarrowestBar = 6;
constexpr int kLoadBar = 10;
constexpr int kWidestName = 14;

int64_t finished(const RunProgress& progress) {
  return progress.done + progress.failed + progress.skipped;
}

double share_finished(const RunProgress& progress) {
  if (progress.items_total <= 0) return 0;
  return static_cast<double>(finished(progress)) / static_cast<double>(progress.items_total);
}

StyledLine overall_line(const RunProgress& progress, const PanelSpace& space) {
  const std::string percent = fmt::format("{:>4}%", percent_finished(progress));
  const std::string count =
      fmt::format("{} of {}", human_count(finished(progress)), human_count(progress.items_total));
  StyledLine line(percent, Ink::kStrong);
  const int room = space.columns - line.width() - terminal_width(count) - 4;
  if (room >= kNarrowestBar) {
    line.append("  ").append(
        bar(share_finished(progress), std::min(room, kWidestBar), space.unicode), Ink::kGood);
  }
  return line.append("  ").append(count);
}

// Pieces in the order of what matters; what does not fit is left out whole.
StyledLine counts_line(const RunProgress& progress, const PanelSpace& space) {
  std::vector<std::pair<std::string, Ink>> pieces;
  pieces.emplace_back(human_count(progress.done) + " done", Ink::kPlain);
  if (progress.failed > 0) pieces.emplace_back(human_count(progress.failed) + " failed", Ink::kBad);
  if (progress.skipped > 0) {
    pieces.emplace_back(human_count(progress.skipped) + " skipped", Ink::kPlain);
  }
  pieces.emplace_back(human_number(progress.items_per_second) + " images/s", Ink::kStrong);
  if (progress.eta_seconds >= 0) {
    pieces.emplace_back(human_seconds(std::ceil(progress.eta_seconds)) + " left", Ink::kPlain);
  }

  const std::string_view separator = space.unicode ? " · " : ", ";
  StyledLine line("       ");
  bool is_first = true;
  for (const auto& [text, ink] : pieces) {
    const int needed = terminal_width(text) + (is_first ? 0 : terminal_width(separator));
    if (line.width() + needed > space.columns) continue;
    if (!is_first) line.append(separator, Ink::kFaint);
    line.append(text, ink);
    is_first = false;
  }
  return line;
}

StyledLine stage_line(const StageRow& row, int name_columns, const PanelSpace& space) {
  const Ink ink = row.is_bottleneck ? Ink::kNotice : Ink::kPlain;
  const std::string_view mark = row.is_bottleneck ? (space.unicode ? "▸ " : "> ") : "  ";
  std::string name = truncate_end(row.name, name_columns, space.unicode ? "…" : ".");
  name.append(static_cast<size_t>(std::max(0, name_columns - terminal_width(name))), ' ');

  StyledLine line(mark, ink);
  line.append(name, ink).append(fmt::format("{:>9}/s", human_number(row.items_per_second)));
  const std::string percent =
      fmt::format(" {:>4}", fmt::format("{:.0f}%", std::floor(row.load * 100)));
  if (line.width() + 2 + kLoadBar + 5 > space.columns) return line;
  line.append("  ").append(bar(row.load, kLoadBar, space.unicode), ink).append(percent);

  if (row.queue_capacity > 0) {
    const std::string queue =
        fmt::format("  queue {:>3} of {}", row.queue_depth, row.queue_capacity);
    if (line.width() + terminal_width(queue) > space.columns) return line;
    line.append(queue, Ink::kFaint);
  }
  constexpr std::string_view kSlowest = "  slowest";
  if (row.is_bottleneck && line.width() + terminal_width(kSlowest) <= space.columns) {
    line.append(kSlowest, Ink::kNotice);
  }
  return line;
}

// "resnet18 on CPU    43.2/s  batches of 8, 97% full  busy 88%  wait 0.1 s".
StyledLine network_line(const NetworkSnapshot& network, const PanelSpace& space) {
  constexpr int kWidestNetwork = 24;
  const std::string name = terminal_escape(network.model) + " on " + network.provider;
  StyledLine line("  ");
  line.append(truncate_end(name, kWidestNetwork, space.unicode ? "…" : "."));
  // Those that matter first; what does not fit is left out whole.
  const std::string pieces[] = {
      fmt::format("  {}/s", human_number(network.images_per_second_average)),
      fmt::format("  batches of {}", network.batch_size),
      fmt::format(", {:.0f}% full", network.batch_fill * 100),
      fmt::format("  busy {:.0f}%", network.busy_share * 100),
      "  wait " + human_seconds(network.wait_seconds),
      fmt::format("  now {}/s", human_number(network.images_per_second))};
  for (const std::string& piece : pieces) {
    if (line.width() + terminal_width(piece) > space.columns) break;
    line.append(piece, Ink::kFaint);
  }
  return line;
}

StyledLine memory_line(const PanelState& state, const PanelSpace& space) {
  const RunProgress& progress = state.progress;
  std::string in_flight = "in flight " + human_bytes(progress.memory_in_flight_bytes);
  if (state.max_memory_bytes > 0) in_flight += " of " + human_bytes(state.max_memory_bytes);
  StyledLine line("  memory " + human_bytes(progress.resident_bytes), Ink::kFaint);
  const std::string_view separator = space.unicode ? " · " : ", ";
  for (const std::string& text : {fmt::format("CPU {:.0f}%", progress.cpu_percent), in_flight}) {
    if (line.width() + 3 + terminal_width(text) > space.columns) continue;
    line.append(separator, Ink::kFaint).append(text, Ink::kFaint);
  }
  return line;
}

}  // namespace

std::string bar(double share, int columns, bool unicode) {
  columns = std::max(columns, 0);
  share = share >= 0 ? std::min(share, 1.0) : 0;  // NaN too
  const int halves = static_cast<int>(std::floor(share * columns * 2));
  std::string out;
  for (int i = 0; i < columns; ++i) {
    const int filled = std::clamp(halves - 2 * i, 0, 2);
    if (unicode) {
      out += filled == 2 ? "━" : filled == 1 ? "╸" : "┈";
    } else {
      out += filled == 2 ? '#' : filled == 1 ? '+' : '.';
    }
  }
  return out;
}

int percent_finished(const RunProgress& progress) {
  const double share = share_finished(progress);
  if (share >= 1) return 100;
  return std::clamp(static_cast<int>(share * 100), 0, 99);
}

std::vector<StyledLine> panel_lines(const PanelState& state, const PanelSpace& space) {
  constexpr int kFixedLines = 3;
  std::vector<StyledLine> lines = {overall_line(state.progress, space)};
  if (space.rows < kFixedLines) return lines;
  lines.push_back(counts_line(state.progress, space));

  int name_columns = 0;
  for (const StageRow& row : state.stages) {
    name_columns = std::clamp(terminal_width(row.name), name_columns, kWidestName);
  }
  // A low window keeps the one stage that matters.
  const bool all_fit = std::cmp_less_equal(state.stages.size(), space.rows - kFixedLines);
  for (const StageRow& row : state.stages) {
    const bool has_room = std::cmp_less(lines.size() + 1, space.rows);
    if (has_room && (all_fit || row.is_bottleneck)) {
      lines.push_back(stage_line(row, name_columns, space));
    }
  }
  for (const NetworkSnapshot& network : state.progress.networks) {
    if (std::cmp_less(lines.size() + 1, space.rows)) lines.push_back(network_line(network, space));
  }
  lines.push_back(memory_line(state, space));
  return lines;
}

std::string plain_line(const RunProgress& progress) {
  std::string line = fmt::format("[{}] {:>3}%  {} of {}, {} done", human_seconds(progress.seconds),
                                 percent_finished(progress), human_count(finished(progress)),
                                 human_count(progress.items_total), human_count(progress.done));
  if (progress.failed > 0) line += fmt::format(", {} failed", human_count(progress.failed));
  if (progress.skipped > 0) line += fmt::format(", {} skipped", human_count(progress.skipped));
  line += fmt::format(", {} images/s", human_number(progress.items_per_second));
  if (progress.eta_seconds >= 0) {
    line += fmt::format(", {} left", human_seconds(std::ceil(progress.eta_seconds)));
  }
  if (!progress.bottleneck.empty()) {
    line += fmt::format(", slowest: {}", terminal_escape(progress.bottleneck));
  }
  if (progress.resident_bytes > 0) line += ", " + human_bytes(progress.resident_bytes);
  return line;
}

}  // namespace imagemill::cli
