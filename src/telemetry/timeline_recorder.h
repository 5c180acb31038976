// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "imagemill/events.h"

namespace imagemill {

// A stretch of a run.
struct TimelinePoint {
  double seconds = 0;                     // where it ends
  double items_per_second = 0;            // worked on within it: neither resumed nor skipped items
  uint64_t resident_bytes = 0;            // the most
  uint64_t memory_in_flight_bytes = 0;    // the most
  double cpu_percent = 0;                 // on average
  std::vector<double> queue_depths = {};  // on average, in the order of the stages
};

struct Timeline {
  std::vector<std::string> stages;
  std::vector<TimelinePoint> points;
};

// The course of a run in bounded memory: when it is full, neighbours become one and every later
// point covers twice the time. An hour takes what a minute takes.
class TimelineRecorder {
 public:
  explicit TimelineRecorder(int64_t items_resumed = 0, size_t capacity = 512);

  void add(const RunProgress& progress);
  Timeline timeline() const;

 private:
  struct Stretch {
    double seconds = 0;
    int64_t worked = 0;  // since the start of the run
    uint64_t resident_bytes = 0;
    uint64_t memory_in_flight_bytes = 0;
    double cpu_percent_sum = 0;
    std::vector<double> queue_depth_sums = {};
    int64_t samples = 0;
  };
  static void append(Stretch& stretch, const Stretch& later);
  void halve();

  size_t capacity_;
  int64_t items_resumed_;
  int64_t samples_per_point_ = 1;
  std::vector<std::string> stages_;
  std::vector<Stretch> stretches_;
};

}  // namespace imagemill
