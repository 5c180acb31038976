// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "stage_rows.h"

#include <algorithm>

#include "terminal_text.h"

namespace imagemill::cli {
namespace {

constexpr double kWindowSeconds = 3;
constexpr size_t kMostMoments = 32;

}  // namespace

void StageWindow::add(const RunProgress& progress) {
  bottleneck_ = progress.bottleneck;
  // Another list of stages (a second pass of the run) starts anew.
  if (!moments_.empty() && moments_.back().stages.size() != progress.stages.size()) {
    moments_.clear();
  }
  moments_.push_back({progress.seconds, progress.stages});
  while (moments_.size() > 2 && (moments_.size() > kMostMoments ||
                                 progress.seconds - moments_[1].seconds >= kWindowSeconds)) {
    moments_.pop_front();
  }
}

std::vector<StageRow> StageWindow::rows() const {
  std::vector<StageRow> rows;
  if (moments_.empty()) return rows;
  const Moment& now = moments_.back();
  const Moment& before = moments_.front();
  // With one moment alone, everything since the start of the run.
  const bool is_first = moments_.size() == 1;
  const double seconds = is_first ? now.seconds : now.seconds - before.seconds;

  for (size_t i = 0; i < now.stages.size(); ++i) {
    const StageSnapshot& stage = now.stages[i];
    StageRow row = {.name = terminal_escape(stage.name),
                    .queue_depth = stage.queue_depth,
                    .queue_capacity = stage.queue_capacity,
                    .is_bottleneck = !bottleneck_.empty() && stage.name == bottleneck_};
    if (seconds > 0) {
      const auto items = static_cast<double>(stage.items - (is_first ? 0 : before.stages[i].items));
      const double busy = stage.busy_seconds - (is_first ? 0 : before.stages[i].busy_seconds);
      const int threads = std::max(1, stage.threads > 0 ? stage.threads : run_threads_);
      row.items_per_second = std::max(0.0, items / seconds);
      row.load = std::clamp(busy / (seconds * threads), 0.0, 1.0);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace imagemill::cli
