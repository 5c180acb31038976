// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/timeline_recorder.h"

#include <algorithm>
#include <utility>

namespace imagemill {

TimelineRecorder::TimelineRecorder(int64_t items_resumed, size_t capacity)
    : capacity_(std::max<size_t>(2, capacity & ~size_t{1})), items_resumed_(items_resumed) {}

void TimelineRecorder::append(Stretch& stretch, const Stretch& later) {
  stretch.seconds = later.seconds;
  stretch.worked = later.worked;
  stretch.resident_bytes = std::max(stretch.resident_bytes, later.resident_bytes);
  stretch.memory_in_flight_bytes =
      std::max(stretch.memory_in_flight_bytes, later.memory_in_flight_bytes);
  stretch.cpu_percent_sum += later.cpu_percent_sum;
  const size_t queues = std::max(stretch.queue_depth_sums.size(), later.queue_depth_sums.size());
  stretch.queue_depth_sums.resize(queues);
  for (size_t i = 0; i < later.queue_depth_sums.size(); ++i) {
    stretch.queue_depth_sums[i] += later.queue_depth_sums[i];
  }
  stretch.samples += later.samples;
}

void TimelineRecorder::halve() {
  for (size_t i = 0; i + 1 < stretches_.size(); i += 2) {
    Stretch merged = std::move(stretches_[i]);
    append(merged, stretches_[i + 1]);
    stretches_[i / 2] = std::move(merged);
  }
  stretches_.resize(stretches_.size() / 2);
  samples_per_point_ *= 2;
}

void TimelineRecorder::add(const RunProgress& progress) {
  if (!stretches_.empty() && progress.seconds <= stretches_.back().seconds) return;
  Stretch now = {.seconds = progress.seconds,
                 .worked = progress.done - items_resumed_ + progress.failed,
                 .resident_bytes = progress.resident_bytes,
                 .memory_in_flight_bytes = progress.memory_in_flight_bytes,
                 .cpu_percent_sum = progress.cpu_percent,
                 .samples = 1};
  for (const StageSnapshot& stage : progress.stages) {
    now.queue_depth_sums.push_back(static_cast<double>(stage.queue_depth));
  }
  if (stages_.size() < progress.stages.size()) {
    stages_.clear();
    for (const StageSnapshot& stage : progress.stages) stages_.push_back(stage.name);
  }

  if (!stretches_.empty() && stretches_.back().samples < samples_per_point_) {
    append(stretches_.back(), now);
    return;
  }
  if (stretches_.size() >= capacity_) {
    halve();
  }
  stretches_.push_back(std::move(now));
}

Timeline TimelineRecorder::timeline() const {
  Timeline timeline = {.stages = stages_, .points = {}};
  timeline.points.reserve(stretches_.size());
  double start = 0;
  int64_t worked = 0;
  for (const Stretch& stretch : stretches_) {
    const double seconds = stretch.seconds - start;
    const auto samples = static_cast<double>(stretch.samples);
    TimelinePoint point = {.seconds = stretch.seconds,
                           .resident_bytes = stretch.resident_bytes,
                           .memory_in_flight_bytes = stretch.memory_in_flight_bytes,
                           .cpu_percent = stretch.cpu_percent_sum / samples};
    if (seconds > 0) {
      point.items_per_second = static_cast<double>(stretch.worked - worked) / seconds;
    }
    point.queue_depths.resize(stages_.size());
    for (size_t i = 0; i < stretch.queue_depth_sums.size(); ++i) {
      point.queue_depths[i] = stretch.queue_depth_sums[i] / samples;
    }
    timeline.points.push_back(std::move(point));
    start = stretch.seconds;
    worked = stretch.worked;
  }
  return timeline;
}

}  // namespace imagemill
