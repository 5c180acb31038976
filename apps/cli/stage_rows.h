// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "imagemill/events.h"

namespace imagemill::cli {

// What one stage did lately.
struct StageRow {
  std::string name;  // escaped
  double items_per_second = 0;
  double load = 0;  // share of the time of its threads that it was busy, 0..1
  int64_t queue_depth = 0;
  int64_t queue_capacity = 0;
  bool is_bottleneck = false;
};

// Turns the counters of progress events, which only grow, into what happened over the last seconds.
class StageWindow {
 public:
  explicit StageWindow(int run_threads) : run_threads_(run_threads) {}

  void add(const RunProgress& progress);
  std::vector<StageRow> rows() const;

 private:
  struct Moment {
    double seconds;
    std::vector<StageSnapshot> stages;
  };

  int run_threads_;
  std::string bottleneck_;
  std::deque<Moment> moments_;
};

}  // namespace imagemill::cli
