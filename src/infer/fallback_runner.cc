// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/fallback_runner.h"

namespace imagemill {
namespace {

// To destroy a session whose device is gone may hang, or end the process: what it holds is freed by
// calls to that device.
void keep_for_ever(std::shared_ptr<ModelRunner> runner) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::shared_ptr<ModelRunner>>;
  const std::lock_guard lock(mutex);
  kept->push_back(std::move(runner));
}

}  // namespace

FallbackRunner::FallbackRunner(std::unique_ptr<ModelRunner> first, Probe probe, Replace replace)
    : signature_(first->signature()),
      probe_(std::move(probe)),
      replace_(std::move(replace)),
      runner_(std::move(first)) {}

bool FallbackRunner::has_fallen_back() const {
  const std::lock_guard lock(mutex_);
  return has_fallen_back_;
}

std::optional<Status> FallbackRunner::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

Result<std::vector<Tensor>> FallbackRunner::run(std::span<const TensorView> inputs,
                                                std::span<const size_t> outputs) {
  std::shared_ptr<ModelRunner> runner;
  {
    const std::lock_guard lock(mutex_);
    if (lost_) return std::unexpected(*lost_);
    runner = runner_;
  }
  const int runs = ++runs_;
  auto results = runner->run(inputs, outputs);
  --runs_;
  if (results || !is_suspect(results.error(), inputs, runs)) return results;
  const auto other = replacement_of(runner, results.error());
  return other == nullptr ? std::move(results) : other->run(inputs, outputs);
}

bool FallbackRunner::is_suspect(const Status& failure, std::span<const TensorView> inputs,
                                int runs) const {
  if (failure.code() == Code::kInternal) return true;
  // A device that is gone may say that it has no memory. Of a larger batch, or beside other runs,
  // that is nothing strange; a tensor that does not fit is the caller's trouble.
  return failure.code() == Code::kResourceExhausted && runs == 1 && !inputs.empty() &&
         !inputs.front().shape.empty() && inputs.front().shape.front() == 1;
}

std::shared_ptr<ModelRunner> FallbackRunner::replacement_of(
    const std::shared_ptr<ModelRunner>& failed, const Status& why) {
  // Others that fail meanwhile wait here and find it replaced.
  const std::lock_guard lock(mutex_);
  if (runner_ != failed) return runner_;
  if (lost_ || has_fallen_back_ || probe_(*runner_)) return nullptr;
  keep_for_ever(runner_);
  auto other = replace_(why);
  if (!other) {
    lost_ = std::move(other).error();
    return nullptr;
  }
  runner_ = std::move(*other);
  has_fallen_back_ = true;
  return runner_;
}

}  // namespace imagemill
