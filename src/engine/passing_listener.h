// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "imagemill/events.h"

namespace imagemill {

// Hands every event on to another listener: for those who change or look at some of them.
class PassingListener : public Listener {
 public:
  explicit PassingListener(Listener& next) : next_(next) {}

  void on_started(const RunStarted& started) override { next_.on_started(started); }
  void on_planned(const RunPlanned& planned) override { next_.on_planned(planned); }
  void on_progress(const RunProgress& progress) override { next_.on_progress(progress); }
  void on_item_failed(const ItemFailed& failed) override { next_.on_item_failed(failed); }
  void on_warning(const RunWarning& warning) override { next_.on_warning(warning); }
  void on_duplicates(const DuplicateFindings& found) override { next_.on_duplicates(found); }
  void on_duplicate_step(const DuplicateStep& step) override { next_.on_duplicate_step(step); }
  void on_finished(const RunFinished& finished) override { next_.on_finished(finished); }

 private:
  Listener& next_;
};

}  // namespace imagemill
