// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/progress_clock.h"
#include "engine/run_plan.h"
#include "telemetry/run_report.h"

namespace imagemill {

// What a run knows of itself when its last item is through.
struct RunAccount {
  const RunSpec& spec;
  const RunPlan& plan;
  const ProgressClock& clock;  // stopped
  const PipelineStatus& status;
  std::vector<std::string> stages = {};  // names
  std::string started_at = {};
  int64_t items_total = 0;
  int64_t items_resumed = 0;
  int64_t results_reused = 0;
  RunTotals totals = {};  // those of earlier tries included
};

// How the run ended, given what its work came to. Items that do not add up are a failure.
RunFinished sum_up(const RunAccount& account, const Result<>& result);

// All of the report that the store does not know.
RunReport describe(const RunAccount& account, const RunFinished& finished);

}  // namespace imagemill
