// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Which stage holds the others up.
//
// The rule, over the last few seconds (older moments fade):
//   1. Stages without a queue of their own run in the hands of the threads of the stage before
//      them: together they are a group.
//   2. The last group whose queue is at least three quarters full is where work piles up: before it
//      too much, behind it too little.
//   3. Where no queue is that full, all stages compete: a memory budget may keep every queue short.
//   4. Within what is left, it is the stage whose threads are busiest. Where nothing piles up they
//      must be busy for at least half of the time; else there is no bottleneck: "".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "imagemill/events.h"

namespace imagemill {

class BottleneckFinder {
 public:
  // `run_threads` stands in where a stage does not say how many may work on it.
  explicit BottleneckFinder(int run_threads) : run_threads_(run_threads) {}

  // `seconds` and the stages' counters as in RunProgress; the same stages in the same order.
  void update(double seconds, std::span<const StageSnapshot> stages);
  std::string bottleneck() const;

 private:
  struct StageTrend {
    std::string name;
    bool has_queue = false;
    double fill = 0;  // of its queue, 0..1
    double load = 0;  // busy share of its threads, 0..1
    double busy_seconds = 0;
  };

  int run_threads_;
  double seconds_ = 0;
  double weight_ = 0;  // of what is known, 0..1
  std::vector<StageTrend> stages_;
};

}  // namespace imagemill
