// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/dry_run.h"

#include <algorithm>

namespace imagemill {
namespace {

constexpr int64_t kPlannedNamesTold = 20;

}  // namespace

RunFinished tell_plan(const RunSpec& spec, const RunPlan& plan, const RunInputs& inputs,
                      const CodecSet& codecs, Listener& listener) {
  const OutputNames names = plan_names(plan, inputs, codecs);
  RunFinished f{.failed = static_cast<int64_t>(inputs.failures.size())};
  f.skipped = std::ranges::count_if(inputs.entries,
                                    [&](const RankedEntry& e) { return inputs.is_in_shard(e); });
  f.items_total = f.failed + f.skipped;
  RunStarted started{.items_total = f.items_total, .inputs = spec.inputs, .output = spec.output};
  for (const PlannedJob& job : plan.jobs) started.jobs.emplace_back(job.name());
  listener.on_started(started);
  for (const SourceFailure& failure : inputs.failures)
    listener.on_item_failed({failure.key, "list", failure.status});
  int64_t told = 0;
  for (const RankedEntry& e : inputs.entries) {
    if (!inputs.is_in_shard(e)) continue;
    if (told++ == kPlannedNamesTold) break;
    const std::string path = inputs.path_of(e);
    const FileFormat format =
        planned_format(plan.format, codecs, format_of_extension(lower_extension(path)));
    listener.on_warning(
        {fmt::format("dry run: {} -> {}", e.key, names.path_for(path, e.rank, format))});
  }
  listener.on_warning({fmt::format("dry run: {} inputs, nothing was written", f.items_total)});
  listener.on_finished(f);
  return f;
}

}  // namespace imagemill
