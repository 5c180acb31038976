// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "infer/session.h"

namespace imagemill {

// A network on a device that may go away in the middle of the work: a driver that resets, a card
// that falls off the bus, or whose memory another program takes. A run that fails is asked about
// with a probe; when that fails too, the device is given up for good. Then another runner takes its
// place and does the run again, or every run fails for that reason, at once.
class FallbackRunner final : public ModelRunner {
 public:
  // Whether the device still works: runs it on something that it once did well.
  using Probe = std::function<bool(ModelRunner& runner)>;
  // What takes the place of a device that is gone; an error where nothing may.
  using Replace = std::function<Result<std::unique_ptr<ModelRunner>>(const Status& why)>;

  FallbackRunner(std::unique_ptr<ModelRunner> first, Probe probe, Replace replace);

  const ModelSignature& signature() const override { return signature_; }
  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t> outputs) override;

  bool has_fallen_back() const;
  // Why no run will do any more.
  std::optional<Status> lost() const;

 private:
  // Whether the device may be gone, by how a run of it failed.
  bool is_suspect(const Status& failure, std::span<const TensorView> inputs, int runs) const;
  // What takes the place of `failed`; null: nothing does, its failure stands.
  std::shared_ptr<ModelRunner> replacement_of(const std::shared_ptr<ModelRunner>& failed,
                                              const Status& why);

  const ModelSignature signature_;
  const Probe probe_;
  const Replace replace_;
  std::atomic<int> runs_ = 0;  // under way
  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  std::shared_ptr<ModelRunner> runner_;
  bool has_fallen_back_ = false;
  std::optional<Status> lost_;
};

}  // namespace imagemill
