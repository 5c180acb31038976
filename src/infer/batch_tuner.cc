// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/batch_tuner.h"

#include <algorithm>

namespace imagemill {
namespace {

// The first run of a size allocates its memory; the best of the others counts, because whatever
// disturbs a run makes it slower.
constexpr int kRunsEach = 4;

// A batch twice as large takes twice the memory, and what it brings a network alone it does not
// bring one that shares the caches with decoders: on a CPU ResNet-18 is 14 % faster in eights than
// one by one when nothing else runs, and no faster in a run.
constexpr double kWorthIt = 0.93;

// The same where any size may be taken, not only the next one.
constexpr double kNearFastest = 0.9;

}  // namespace

int worthwhile_batch(std::span<const BatchTiming> timings) {
  const BatchTiming* chosen = nullptr;
  for (const BatchTiming& timing : timings)
    if (chosen == nullptr || timing.seconds_per_item < chosen->seconds_per_item) chosen = &timing;
  if (chosen == nullptr) return 0;
  const double most_seconds = chosen->seconds_per_item / kNearFastest;
  for (const BatchTiming& timing : timings)
    if (timing.batch < chosen->batch && timing.seconds_per_item <= most_seconds) chosen = &timing;
  return chosen->batch;
}

BatchTuner::BatchTuner(int most, std::optional<int> known) : most_(std::max(1, most)) {
  if (!known) return;
  next_ = std::clamp(*known, 1, most_);
  is_known_ = true;
  if (next_ * 2 <= most_) to_try_.push_back(next_ * 2);
  if (next_ > 1) to_try_.push_back(next_ / 2);
}

BatchTuner BatchTuner::fixed(int batch) {
  BatchTuner tuner(batch, batch);
  tuner.is_fixed_ = tuner.is_settled_ = true;
  return tuner;
}

void BatchTuner::record(int batch, double seconds) {
  if (batch < 1 || batch != next_) return;
  BatchTiming& timing = timings_[batch];
  timing.batch = batch;
  const double each = seconds / batch;
  if (++timing.runs == 2 || (timing.runs > 2 && each < timing.seconds_per_item))
    timing.seconds_per_item = each;
  if (!is_settled_ && timing.runs >= kRunsEach) choose();
}

// Goes on to twice the size as long as that pays. Beside a known size its neighbours are tried.
void BatchTuner::choose() {
  if (!to_try_.empty()) {
    next_ = to_try_.back();
    to_try_.pop_back();
    return;
  }
  if (is_known_) {
    next_ = worthwhile_batch(timings());
    is_settled_ = true;
    return;
  }
  const BatchTiming& now = timings_.at(next_);
  const auto before = timings_.find(next_ / 2);
  if (next_ > 1 && before != timings_.end() &&
      now.seconds_per_item > before->second.seconds_per_item * kWorthIt) {
    next_ /= 2;
    is_settled_ = true;
  } else if (next_ * 2 <= most_) {
    next_ *= 2;
  } else {
    is_settled_ = true;
  }
}

void BatchTuner::refuse(int batch) {
  most_ = std::max(1, std::min(most_, batch / 2));
  if (next_ <= most_) return;
  next_ = most_;
  to_try_.clear();
  is_settled_ = is_refused_ = true;
}

std::optional<int> BatchTuner::best() const {
  if (!is_settled_ || is_fixed_ || is_refused_) return std::nullopt;
  return next_;
}

std::vector<BatchTiming> BatchTuner::timings() const {
  std::vector<BatchTiming> all;
  for (const auto& [batch, timing] : timings_)
    if (timing.runs > 1) all.push_back(timing);
  return all;
}

}  // namespace imagemill
