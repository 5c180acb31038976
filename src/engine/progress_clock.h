// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/committer.h"
#include "engine/network_monitor.h"
#include "imagemill/events.h"
#include "pipeline/pipeline.h"
#include "telemetry/bottleneck_finder.h"
#include "telemetry/process_meter.h"
#include "telemetry/rate_estimator.h"
#include "telemetry/timeline_recorder.h"

namespace imagemill {

std::vector<StageSnapshot> snapshot_stages(const std::vector<std::string>& names,
                                           const PipelineStatus& status, int queue_capacity);

// The run's own clock: four times a second it tells the listener how far things are, and lets the
// committer commit what has waited long enough. Also the one lock around the listener.
class ProgressClock {
 public:
  struct Counts {
    int64_t total = 0;
    int64_t resumed = 0;
  };

  ProgressClock(Listener& listener, std::vector<std::string> stages, const PipelineStatus& status,
                Committer& committer, const NetworkSet* networks, Counts counts, int queue_capacity,
                int threads);
  ~ProgressClock() { stop(); }

  void start();
  void stop();
  double seconds() const;
  // After stop().
  const ProcessSample& last_sample() const { return sample_; }
  const std::vector<NetworkSnapshot>& last_networks() const { return last_networks_; }
  Timeline timeline() const;
  std::string bottleneck() const { return bottleneck_.bottleneck(); }
  void with_listener(const std::function<void(Listener&)>& call);

 private:
  void tick();

  Listener& listener_;
  const std::vector<std::string> stages_;
  const PipelineStatus& status_;
  Committer& committer_;
  const Counts counts_;
  const int queue_capacity_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();

  std::mutex listener_mutex_;
  // Used by the clock's thread alone while it runs.
  RateEstimator rate_;
  TimelineRecorder recorder_;
  BottleneckFinder bottleneck_;
  ProcessMeter meter_;
  ProcessSample sample_;
  NetworkMonitor networks_;
  std::vector<NetworkSnapshot> last_networks_;

  std::mutex stop_mutex_;
  std::condition_variable stop_wake_;
  bool stopping_ = false;  // guarded by stop_mutex_
  std::thread thread_;
};

}  // namespace imagemill
