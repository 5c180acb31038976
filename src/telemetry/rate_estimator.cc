// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/rate_estimator.h"

#include <algorithm>
#include <cmath>

namespace imagemill {
namespace {

// Before this much is known a guess would only mislead.
constexpr int64_t kLeastItems = 3;
constexpr double kLeastSeconds = 1;
constexpr double kLongestEta = 1e9;

}  // namespace

void RateEstimator::DecayingRate::add(double items, double seconds) {
  const double keep = std::exp(-seconds / time_constant_);
  items_ = items_ * keep + items;
  seconds_ = seconds_ * keep + seconds;
}

void RateEstimator::update(double seconds, int64_t done, int64_t failed, int64_t skipped) {
  remaining_ = std::max<int64_t>(0, items_total_ - done - failed - skipped);
  const int64_t worked = done - items_resumed_ + failed;
  const double passed = seconds - seconds_;
  // Two events of the same instant: the items wait for the next one.
  if (passed <= 0) return;
  const auto items = static_cast<double>(std::max<int64_t>(0, worked - worked_));
  recent_.add(items, passed);
  steady_.add(items, passed);
  worked_ = worked;
  seconds_ = seconds;
}

double RateEstimator::eta_seconds() const {
  if (remaining_ == 0) return 0;
  if (remaining_ < 0 || worked_ < kLeastItems || seconds_ < kLeastSeconds) return -1;
  const double eta = static_cast<double>(remaining_) / steady_.rate();
  return eta < kLongestEta ? eta : -1;
}

}  // namespace imagemill
