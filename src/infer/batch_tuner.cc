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

// Runs of the chosen size after which its neighbours are tried again: the pictures, or what else
// the machine does, may have changed. The trials are one row in fifty.
constexpr int kRunsUntilDoubt = 512;

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
  doubt();
}

// Holds the size against half and twice of it, all measured anew.
void BatchTuner::doubt() {
  is_settled_ = false;
  candidates_ = {next_};
  if (next_ * 2 <= most_) candidates_.push_back(next_ * 2);
  if (next_ > 1) candidates_.push_back(next_ / 2);
  for (const int batch : candidates_) timings_[batch].runs = 0;
  to_try_.assign(candidates_.begin() + 1, candidates_.end());
}

void BatchTuner::settle(int batch) {
  next_ = batch;
  best_ = batch;
  is_settled_ = true;
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
  if (is_fixed_) return;
  if (!is_settled_ && timing.runs >= kRunsEach) choose();
  if (is_settled_ && timing.runs >= kRunsUntilDoubt) doubt();
}

// Goes on to twice the size as long as that pays. Beside a known size its neighbours are tried.
void BatchTuner::choose() {
  if (!to_try_.empty()) {
    next_ = to_try_.back();
    to_try_.pop_back();
    return;
  }
  if (!candidates_.empty()) {
    std::vector<BatchTiming> measured;
    for (const int batch : candidates_) measured.push_back(timings_.at(batch));
    return settle(worthwhile_batch(measured));
  }
  const BatchTiming& now = timings_.at(next_);
  const auto before = timings_.find(next_ / 2);
  if (next_ > 1 && before != timings_.end() &&
      now.seconds_per_item > before->second.seconds_per_item * kWorthIt) {
    settle(next_ / 2);
  } else if (next_ * 2 <= most_) {
    next_ *= 2;
  } else {
    settle(next_);
  }
}

void BatchTuner::refuse(int batch) {
  most_ = std::max(1, std::min(most_, batch / 2));
  if (next_ <= most_) return;
  to_try_.clear();
  settle(most_);
  is_refused_ = true;
}

std::optional<int> BatchTuner::best() const {
  if (is_fixed_ || is_refused_) return std::nullopt;
  return best_;
}

std::vector<BatchTiming> BatchTuner::timings() const {
  std::vector<BatchTiming> all;
  for (const auto& [batch, timing] : timings_)
    if (timing.seconds_per_item > 0) all.push_back(timing);
  return all;
}

}  // namespace imagemill
