// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/dry_run.h"

#include <algorithm>

namespace imagemill {
namespace {

RunPlanned planned_of(const RankedEntry& entry, const RunPlan& plan, const RunInputs& inputs,
                      const OutputNames& names) {
  const std::string path = inputs.path_of(entry);
  const FileFormat format = format_of_extension(lower_extension(path));
  RunPlanned planned{.key = std::string(entry.key)};
  if (format == FileFormat::kUnknown) return planned;  // it may be a picture, or be skipped
  for (const PlannedJob& job : plan.jobs)
    for (const NamedOutput& output : job.job->named_outputs(format))
      planned.outputs.push_back(
          join_path(output.folder, names.path_for(path, entry.rank, output.format)));
  return planned;
}

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
  for (const RankedEntry& e : inputs.entries)
    if (inputs.is_in_shard(e)) listener.on_planned(planned_of(e, plan, inputs, names));
  listener.on_planned({.note = fmt::format("{} inputs, nothing was written", f.items_total)});
  listener.on_finished(f);
  return f;
}

}  // namespace imagemill
