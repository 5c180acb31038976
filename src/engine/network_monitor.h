// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the networks of a run do, from one look to the next.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "imagemill/events.h"
#include "infer/batcher.h"
#include "models/network.h"
#include "telemetry/rate_estimator.h"

namespace imagemill {

// One network; fed with the counts of its batches. One thread.
class NetworkWatch {
 public:
  // `runs_at_once`: batches that can be under way together.
  NetworkWatch(std::string model, std::string provider, int runs_at_once)
      : model_(std::move(model)), provider_(std::move(provider)), runs_at_once_(runs_at_once) {}

  // `seconds`: of the run, never going back. `open_seconds`: since the network was opened.
  NetworkSnapshot look(double seconds, double open_seconds, const BatcherStatus& status,
                       std::span<const BatchTiming> timings, uint64_t resident_bytes);

 private:
  struct Look {
    double seconds = 0;
    int64_t rows = 0;
  };
  double live_rate(double seconds, int64_t rows);

  const std::string model_;
  const std::string provider_;
  const int runs_at_once_;
  RateEstimator average_{0, 0};
  std::deque<Look> recent_;                 // of the last second and the one before them
  std::map<int, uint64_t> resident_bytes_;  // by batch size: the most that was seen
};

// All of a run. One thread.
class NetworkMonitor {
 public:
  // `networks` may be null; must outlive the monitor. `threads`: compute threads of the run.
  NetworkMonitor(const NetworkSet* networks, int threads)
      : networks_(networks), threads_(threads) {}

  // Of those that are open by now.
  std::vector<NetworkSnapshot> look(double seconds, uint64_t resident_bytes);

 private:
  struct Watched {
    NetworkWatch watch;
    double opened_at = 0;
  };
  const NetworkSet* networks_;
  const int threads_;
  std::map<const Network*, Watched> watched_;
};

}  // namespace imagemill
