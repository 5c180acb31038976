// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/dedupe.h"

#include <algorithm>

#include "engine/duplicate_actions.h"
#include "engine/output_place.h"
#include "engine/run_with_jobs.h"
#include "jobs/dedupe.h"

namespace imagemill {
namespace {

// Those of the build, of which `dedupe` leaves its groups in `findings` too.
std::vector<JobEntry> jobs_with_findings(DuplicateFindings& findings) {
  std::vector<JobEntry> jobs(job_entries().begin(), job_entries().end());
  for (JobEntry& entry : jobs)
    if (entry.info().name == dedupe_info().name)
      entry.make = [&findings](const OptionValues& options, const JobTools&) {
        return make_dedupe_for(
            [&findings](DuplicateFindings found) { findings = std::move(found); }, options);
      };
  return jobs;
}

// What was done lies there.
Result<> check_output(const DedupeSpec& spec, const OutputPlace& place) {
  if (spec.action == DuplicateAction::kReport || place.sink_kind() == SinkKind::kFolder) return {};
  return fail(Code::kInvalidArgument, "{}: files can be put aside only beside an output folder",
              spec.run.output);
}

}  // namespace

Result<DedupeOutcome> dedupe(const DedupeSpec& spec, Listener& listener,
                             const CancelToken& cancel) {
  FileSystem& fs = real_file_system();
  if (std::ranges::find(spec.run.jobs, dedupe_info().name, &JobRequest::name) ==
      spec.run.jobs.end())
    return fail(Code::kInvalidArgument, "dedupe: the run has no job of that name");
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues options,
                             OptionValues::parse(run_options(), spec.run.options));
  IMAGEMILL_ASSIGN_OR_RETURN(const OutputPlace place,
                             OutputPlace::open(spec.run.output, options.text("layout"), fs));
  IMAGEMILL_TRY(check_output(spec, place));
  DuplicateFindings findings;
  DedupeOutcome outcome;
  IMAGEMILL_ASSIGN_OR_RETURN(
      outcome.run, run_with_jobs(jobs_with_findings(findings), spec.run, listener, cancel));
  if (outcome.run.outcome != RunFinished::Outcome::kComplete) return outcome;
  outcome.findings = std::move(findings);
  if (spec.action == DuplicateAction::kReport || options.flag("dry-run")) return outcome;

  // As they are now; what has come since the run is in none of its groups.
  IMAGEMILL_ASSIGN_OR_RETURN(const RunInputs inputs,
                             list_inputs(spec.run.inputs, options, place.private_folders(),
                                         spec.run.standard_input, fs, cancel));
  const DuplicatePlaces places{.output = place.output(),
                               .journal = join_path(place.output(), "duplicates_journal.jsonl"),
                               .trash_folder = spec.trash_folder,
                               .file_bytes_max = options.bytes("limit-file")};
  IMAGEMILL_ASSIGN_OR_RETURN(
      outcome.steps,
      act_on_duplicates(outcome.findings, spec.action, spec.apply, inputs, places, fs, cancel));
  if (std::ranges::any_of(outcome.steps, &DuplicateStep::is_done)) outcome.journal = places.journal;
  return outcome;
}

}  // namespace imagemill
