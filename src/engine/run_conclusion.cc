// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/run_conclusion.h"

namespace imagemill {

RunFinished sum_up(const RunAccount& account, const Result<>& result) {
  const RunTotals& totals = account.totals;
  RunFinished f{.items_total = account.items_total,
                .done = totals.done,
                .failed = totals.failed,
                .skipped = totals.skipped,
                .damaged = totals.damaged,
                .items_resumed = account.items_resumed,
                .results_reused = account.results_reused,
                .seconds = account.clock.seconds(),
                .peak_resident_bytes = account.clock.last_sample().peak_resident_bytes,
                .stages = snapshot_stages(account.stages, account.status, 0),
                .networks = account.clock.last_networks()};
  if (!result) {
    f.outcome = result.error().code() == Code::kCancelled ? RunFinished::Outcome::kCancelled
                                                          : RunFinished::Outcome::kFailed;
    f.error = result.error().to_string();
  } else if (f.done + f.failed + f.skipped != f.items_total) {
    f.outcome = RunFinished::Outcome::kFailed;
    f.error = fmt::format("internal: {} inputs, but {} done + {} failed + {} skipped",
                          f.items_total, f.done, f.failed, f.skipped);
  }
  return f;
}

RunReport describe(const RunAccount& account, const RunFinished& finished) {
  const ProgressClock& clock = account.clock;
  RunReport report{.finished = finished,
                   .inputs = account.spec.inputs,
                   .output = account.spec.output,
                   .started_at = account.started_at,
                   .options = account.plan.fingerprint,
                   .threads = thread_count(account.plan.options),
                   .max_memory_bytes = max_memory_bytes(account.plan.options),
                   .cpu_seconds = clock.last_sample().cpu_seconds,
                   .bottleneck = clock.bottleneck(),
                   .timeline = clock.timeline()};
  for (const JobRequest& job : account.spec.jobs) report.jobs.push_back(job.name);
  for (const std::string& word : account.spec.command)
    report.command += (report.command.empty() ? "" : " ") + word;
  for (size_t i = 0; i < finished.stages.size(); ++i)
    report.stages.push_back({finished.stages[i], account.status.stages[i]->item_ms});
  return report;
}

}  // namespace imagemill
