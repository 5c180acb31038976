// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/passing_listener.h"
#include "telemetry/run_report.h"

namespace imagemill {

// Remembers what a run warned of, for its record: whoever listens may not show it.
class WarningRecorder final : public PassingListener {
 public:
  using PassingListener::PassingListener;

  void on_warning(const RunWarning& warning) override {
    warnings_.add(warning);
    PassingListener::on_warning(warning);
  }

  const WarningTally& warnings() const { return warnings_; }

 private:
  WarningTally warnings_;
};

}  // namespace imagemill
