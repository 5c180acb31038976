// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "progress_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "imagemill/text.h"
#include "progress_panel.h"
#include "run_summary.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr std::string_view kEraseLineEnd = "\x1b[K";
constexpr std::string_view kEraseBelow = "\x1b[J";
constexpr int kWidestLogLine = 2000;

// The last column stays free: terminals disagree on where the cursor is after writing into it.
int writable_columns(const TerminalSize& size) { return std::max(1, size.columns - 1); }

// The key keeps its ends, the reason its beginning.
StyledLine failure_line(const ItemFailed& failed, int columns, std::string_view ellipsis) {
  const std::string reason = fmt::format(": {}: {}", terminal_escape(failed.stage),
                                         terminal_escape(failed.status.to_string()));
  constexpr int kLabelColumns = 7;
  const int half = std::max(1, (columns - kLabelColumns) / 2);
  const int key_columns = std::max(half, columns - kLabelColumns - terminal_width(reason));
  return StyledLine("failed ", Ink::kBad)
      .append(truncate_middle(terminal_escape(failed.key), key_columns, ellipsis))
      .append(reason, Ink::kFaint);
}

}  // namespace

ProgressPrinter::ProgressPrinter(std::ostream& out, ProgressOptions options)
    : out_(out),
      options_(std::move(options)),
      failures_{.most = options_.most_failures_a_second},
      warnings_{.most = options_.most_warnings_a_second} {}

ProgressPrinter::~ProgressPrinter() {
  if (is_cursor_hidden_) write(kShowCursor);
}

void ProgressPrinter::on_started(const RunStarted& started) {
  record_folder_ = started.state_folder;
  max_memory_bytes_ = started.max_memory_bytes;
  window_ = StageWindow(started.threads);
  if (options_.style == ProgressStyle::kNone) return;

  std::string line = fmt::format("{} images", human_count(started.items_total));
  if (started.items_resumed > 0) {
    line += fmt::format(", {} done by an earlier run", human_count(started.items_resumed));
  }
  line += fmt::format(", to {}", terminal_escape(started.output));
  write(truncate_middle(line, message_columns(), ellipsis()) + "\n");
}

void ProgressPrinter::on_planned(const RunPlanned& planned) {
  std::ostream& out = options_.plan != nullptr ? *options_.plan : out_;
  out << plan_line(planned);
}

void ProgressPrinter::on_progress(const RunProgress& progress) {
  if (progress.seconds - window_start_ >= 1) {
    close_message_window();
    window_start_ = progress.seconds;
  }
  if (options_.style == ProgressStyle::kNone) return;
  progress_ = progress;
  if (options_.style == ProgressStyle::kPlain) {
    if (last_output_ >= 0 && progress.seconds - last_output_ < options_.line_seconds) return;
    last_output_ = progress.seconds;
    write(plain_line(progress) + "\n");
    return;
  }
  window_.add(progress);
  if (last_output_ >= 0 && progress.seconds - last_output_ < options_.repaint_seconds) return;
  last_output_ = progress.seconds;
  paint();
}

void ProgressPrinter::on_item_failed(const ItemFailed& failed) {
  if (options_.style == ProgressStyle::kNone) return;
  show_message(failures_, failure_line(failed, message_columns(), ellipsis()));
}

// With kNone too: it is no progress.
void ProgressPrinter::on_warning(const RunWarning& warning) {
  if (!warning.source.empty()) return;
  show_message(warnings_,
               StyledLine("warning: ", Ink::kNotice).append(terminal_escape(warning.message)));
}

void ProgressPrinter::on_finished(const RunFinished& finished) {
  close_message_window();
  const std::vector<StyledLine> lines = summary_lines(finished, record_folder_);
  std::string text;
  if (options_.style == ProgressStyle::kTerminal) {
    const int columns = message_columns();
    text += erase_panel(columns);
    text.append(kEraseBelow).append(take_messages(columns));
    painted_widths_.clear();
    // The summary may wrap: paths in it are to be copied whole.
    for (const StyledLine& line : lines) {
      text += line.render(kWidestLogLine, options_.line_style) + "\n";
    }
    if (std::exchange(is_cursor_hidden_, false)) text += kShowCursor;
  } else {
    for (const StyledLine& line : lines) text += line.text() + "\n";
  }
  write(text);
}

void ProgressPrinter::show_message(Messages& messages, StyledLine line) {
  if (messages.shown >= messages.most) {
    ++messages.unshown;
    return;
  }
  ++messages.shown;
  put_line(std::move(line));
}

void ProgressPrinter::put_line(StyledLine line) {
  if (options_.style == ProgressStyle::kTerminal)
    pending_.push_back(std::move(line));
  else
    write(line.render(kWidestLogLine, {.unicode = options_.line_style.unicode}) + "\n");
}

void ProgressPrinter::close_message_window() {
  close(failures_, "", "rejects.jsonl");
  close(warnings_, " warnings", "run.json");
}

void ProgressPrinter::close(Messages& messages, std::string_view what, std::string_view file) {
  messages.shown = 0;
  if (messages.unshown == 0) return;
  std::string text = fmt::format("{} and {} more{}", ellipsis(),
                                 human_count(std::exchange(messages.unshown, 0)), what);
  if (!record_folder_.empty())
    text += fmt::format(", see {}/{}", terminal_escape(record_folder_), file);
  put_line(StyledLine().append(text, Ink::kFaint));
}

// One write for the whole picture: nothing half-drawn is ever seen.
void ProgressPrinter::paint() {
  const TerminalSize size = options_.terminal_size();
  const int columns = writable_columns(size);
  const std::vector<StageRow> stages = window_.rows();
  const std::vector<StyledLine> lines = panel_lines(
      {*progress_, stages, max_memory_bytes_},
      {.columns = columns, .rows = size.rows - 1, .unicode = options_.line_style.unicode});

  std::string text;
  if (!std::exchange(is_cursor_hidden_, true)) text += kHideCursor;
  text += erase_panel(columns);
  // Erased only when text moves down: the panel alone is overwritten in place, without a flicker.
  if (!pending_.empty()) text.append(kEraseBelow).append(take_messages(columns));
  painted_widths_.clear();
  for (const StyledLine& line : lines) {
    text += line.render(columns, options_.line_style);
    text.append(kEraseLineEnd).append("\n");
    painted_widths_.push_back(std::min(line.width(), columns));
  }
  text += kEraseBelow;
  write(text);
}

// Back to where the panel begins. In a window that became narrower its lines have been folded.
std::string ProgressPrinter::erase_panel(int columns) const {
  int rows = 0;
  for (const int width : painted_widths_) {
    rows += std::max(1, (width + columns) / (columns + 1));
  }
  return rows > 0 ? fmt::format("\r\x1b[{}A", rows) : std::string();
}

std::string ProgressPrinter::take_messages(int columns) {
  std::string text;
  for (const StyledLine& line : std::exchange(pending_, {})) {
    text += line.render(columns, options_.line_style) + "\n";
  }
  return text;
}

std::string_view ProgressPrinter::ellipsis() const {
  return options_.line_style.unicode ? "…" : "...";
}

int ProgressPrinter::message_columns() const {
  if (options_.style != ProgressStyle::kTerminal) return kWidestLogLine;
  return writable_columns(options_.terminal_size());
}

void ProgressPrinter::write(std::string_view text) {
  out_.write(text.data(), static_cast<std::streamsize>(text.size()));
  out_.flush();
}

}  // namespace imagemill::cli
