// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "imagemill/events.h"

namespace imagemill::cli {

// --json-events: every event as one line of JSON, in the order in which they happen. The fields are
// described in docs/events.md and only ever added to.
class JsonEvents : public Listener {
 public:
  // `out` must outlive the object; it is flushed after every line.
  explicit JsonEvents(std::ostream& out) : out_(out) {}

  void on_started(const RunStarted& started) override;
  void on_planned(const RunPlanned& planned) override;
  void on_progress(const RunProgress& progress) override;
  void on_item_failed(const ItemFailed& failed) override;
  void on_warning(const RunWarning& warning) override;
  void on_duplicates(const DuplicateFindings& findings) override;
  void on_duplicate_step(const DuplicateStep& step) override;
  void on_finished(const RunFinished& finished) override;

 private:
  std::ostream& out_;
};

}  // namespace imagemill::cli
