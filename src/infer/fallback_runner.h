// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "infer/session.h"

namespace imagemill {

// A network on a device that may go away in the middle of the work: a driver that resets, a card
// that falls off the bus. A run that fails is asked about with a probe; when that fails too, the
// device is given up for good, another runner takes its place and does the run again.
class FallbackRunner final : public ModelRunner {
 public:
  // Whether the device still works: runs it on something that it once did well.
  using Probe = std::function<bool(ModelRunner& runner)>;
  using Replace = std::function<Result<std::unique_ptr<ModelRunner>>(const Status& why)>;

  FallbackRunner(std::unique_ptr<ModelRunner> first, Probe probe, Replace replace);

  const ModelSignature& signature() const override { return signature_; }
  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t> outputs) override;

  bool has_fallen_back() const;

 private:
  // What takes the place of `failed`; null: nothing does, its failure stands.
  std::shared_ptr<ModelRunner> replacement_of(const std::shared_ptr<ModelRunner>& failed,
                                              const Status& why);

  const ModelSignature signature_;
  const Probe probe_;
  const Replace replace_;
  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  std::shared_ptr<ModelRunner> runner_;
  bool has_fallen_back_ = false;
};

}  // namespace imagemill
