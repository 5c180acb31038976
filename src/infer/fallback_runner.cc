// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/fallback_runner.h"

namespace imagemill {

FallbackRunner::FallbackRunner(std::unique_ptr<ModelRunner> first, Probe probe, Replace replace)
    : signature_(first->signature()),
      probe_(std::move(probe)),
      replace_(std::move(replace)),
      runner_(std::move(first)) {}

bool FallbackRunner::has_fallen_back() const {
  const std::lock_guard lock(mutex_);
  return has_fallen_back_;
}

Result<std::vector<Tensor>> FallbackRunner::run(std::span<const TensorView> inputs,
                                                std::span<const size_t> outputs) {
  std::shared_ptr<ModelRunner> runner;
  {
    const std::lock_guard lock(mutex_);
    runner = runner_;
  }
  auto results = runner->run(inputs, outputs);
  // No memory is the batch's trouble, a tensor that does not fit is the caller's.
  if (results || results.error().code() != Code::kInternal) return results;
  const auto other = replacement_of(runner, results.error());
  return other == nullptr ? std::move(results) : other->run(inputs, outputs);
}

std::shared_ptr<ModelRunner> FallbackRunner::replacement_of(
    const std::shared_ptr<ModelRunner>& failed, const Status& why) {
  // Others that fail meanwhile wait here and find it replaced.
  const std::lock_guard lock(mutex_);
  if (runner_ != failed) return runner_;
  if (has_fallen_back_ || probe_(*runner_)) return nullptr;
  auto other = replace_(why);
  if (!other) return nullptr;
  runner_ = std::move(*other);
  has_fallen_back_ = true;
  return runner_;
}

}  // namespace imagemill
