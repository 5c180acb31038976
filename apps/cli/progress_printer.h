// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imagemill/events.h"
#include "stage_rows.h"
#include "styled_line.h"
#include "terminal.h"

namespace imagemill::cli {

// Puts a terminal back in order when the process has to leave without unwinding (a second Ctrl-C):
// write it to the terminal, it is safe in a signal handler.
inline constexpr std::string_view kRestoreTerminal = "\x1b[?25h\x1b[0m\n";

struct ProgressOptions {
  ProgressStyle style = ProgressStyle::kPlain;
  LineStyle line_style;
  std::function<TerminalSize()> terminal_size = [] { return TerminalSize{}; };
  double repaint_seconds = 0.15;  // kTerminal: least time between two paintings
  double line_seconds = 5;        // kPlain: between two lines
  // What a dry run would do goes there, whatever the style; null: to the printer's own stream.
  std::ostream* plan = nullptr;
  int most_failures_a_second = 10;  // shown one by one
  // Warnings are few and are about the whole run, so failures never take their place.
  int most_warnings_a_second = 20;
};

// Draws a run on a terminal or into a log. Time is the events' own: the same events give the same
// bytes. What the terminal style shows stays within the window and never wraps, whatever the names.
class ProgressPrinter : public Listener {
 public:
  // `out` must outlive the printer; it is flushed after every event that wrote.
  ProgressPrinter(std::ostream& out, ProgressOptions options);
  ~ProgressPrinter() override;  // leaves the terminal usable, whatever happened
  ProgressPrinter(const ProgressPrinter&) = delete;
  ProgressPrinter& operator=(const ProgressPrinter&) = delete;

  void on_started(const RunStarted& started) override;
  void on_planned(const RunPlanned& planned) override;
  void on_progress(const RunProgress& progress) override;
  void on_item_failed(const ItemFailed& failed) override;
  void on_warning(const RunWarning& warning) override;
  void on_finished(const RunFinished& finished) override;

 private:
  // Messages of one kind in the running second.
  struct Messages {
    int most = 0;  // shown one by one
    int shown = 0;
    int64_t unshown = 0;
  };

  void show_message(Messages& messages, StyledLine line);
  void put_line(StyledLine line);
  void close_message_window();
  // Tells how many of them were not shown, and which file of the record has them all.
  void close(Messages& messages, std::string_view what, std::string_view file);
  void paint();
  std::string erase_panel(int columns) const;
  std::string take_messages(int columns);
  void write(std::string_view text);
  std::string_view ellipsis() const;
  int message_columns() const;

  std::ostream& out_;
  ProgressOptions options_;
  std::string record_folder_;
  uint64_t max_memory_bytes_ = 0;
  StageWindow window_{1};
  std::optional<RunProgress> progress_;

  double window_start_ = 0;  // of the second that failures and warnings are counted in
  Messages failures_;
  Messages warnings_;
  std::vector<StyledLine> pending_;  // kTerminal: go above the panel with the next painting

  double last_output_ = -1;          // kTerminal: painting, kPlain: line; -1: none yet
  std::vector<int> painted_widths_;  // of the panel's lines on the screen now
  bool is_cursor_hidden_ = false;
};

}  // namespace imagemill::cli
