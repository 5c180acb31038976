// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/bottleneck_finder.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace imagemill {
namespace {

constexpr double kTimeConstant = 3;
constexpr double kFullQueue = 0.75;
constexpr double kBusyLoad = 0.5;
// Weight after about a second; earlier than that the queues are still filling.
constexpr double kLeastWeight = 0.25;

}  // namespace

void BottleneckFinder::update(double seconds, std::span<const StageSnapshot> stages) {
  const double passed = seconds - seconds_;
  if (passed <= 0) return;
  if (stages.size() != stages_.size()) {
    stages_.assign(stages.size(), {});
    weight_ = 0;
  }
  const double keep = std::exp(-passed / kTimeConstant);
  const double take = 1 - keep;
  for (size_t i = 0; i < stages.size(); ++i) {
    const StageSnapshot& now = stages[i];
    StageTrend& trend = stages_[i];
    const int threads = std::max(1, now.threads > 0 ? now.threads : run_threads_);
    const double load = (now.busy_seconds - trend.busy_seconds) / (passed * threads);
    const double fill = now.queue_capacity > 0 ? static_cast<double>(now.queue_depth) /
                                                     static_cast<double>(now.queue_capacity)
                                               : 0;
    trend.name = now.name;
    trend.has_queue = now.queue_capacity > 0;
    trend.busy_seconds = now.busy_seconds;
    trend.load = trend.load * keep + std::clamp(load, 0.0, 1.0) * take;
    trend.fill = trend.fill * keep + std::clamp(fill, 0.0, 1.0) * take;
  }
  weight_ = weight_ * keep + take;
  seconds_ = seconds;
}

std::string BottleneckFinder::bottleneck() const {
  if (stages_.empty() || weight_ < kLeastWeight) return "";
  const size_t count = stages_.size();
  const auto end_of_group = [&](size_t begin) {
    size_t end = begin + 1;
    while (end < count && !stages_[end].has_queue) ++end;
    return end;
  };

  size_t begin = 0;
  size_t end = count;
  bool is_piling_up = false;
  for (size_t i = 0; i < count; ++i) {
    if (stages_[i].has_queue && stages_[i].fill >= kFullQueue * weight_) {
      begin = i;
      end = end_of_group(i);
      is_piling_up = true;
    }
  }
  const auto busiest =
      std::max_element(stages_.begin() + static_cast<std::ptrdiff_t>(begin),
                       stages_.begin() + static_cast<std::ptrdiff_t>(end),
                       [](const StageTrend& a, const StageTrend& b) { return a.load < b.load; });
  return is_piling_up || busiest->load >= kBusyLoad * weight_ ? busiest->name : "";
}

}  // namespace imagemill
