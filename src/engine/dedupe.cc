// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/dedupe.h"

#include <algorithm>

#include "engine/duplicate_actions.h"
#include "engine/output_place.h"
#include "jobs/duplicate_groups.h"
#include "jobs/registry.h"

namespace imagemill {
namespace {

Result<DuplicateOptions> options_of_job(const RunSpec& run) {
  const auto job = std::ranges::find(run.jobs, std::string("dedupe"), &JobRequest::name);
  if (job == run.jobs.end())
    return fail(Code::kInvalidArgument, "dedupe: the run has no job of that name");
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues values,
                             OptionValues::parse(options_of(dedupe_info()), job->options));
  return duplicate_options(values);
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
  IMAGEMILL_ASSIGN_OR_RETURN(const DuplicateOptions job, options_of_job(spec.run));
  IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues options,
                             OptionValues::parse(run_options(), spec.run.options));
  IMAGEMILL_ASSIGN_OR_RETURN(const OutputPlace place,
                             OutputPlace::open(spec.run.output, options.text("layout"), fs));
  IMAGEMILL_TRY(check_output(spec, place));
  DedupeOutcome outcome;
  IMAGEMILL_ASSIGN_OR_RETURN(outcome.run, Engine().run(spec.run, listener, cancel));
  if (outcome.run.outcome != RunFinished::Outcome::kComplete || options.flag("dry-run"))
    return outcome;

  // As it is now: what has come meanwhile is not among the rows.
  IMAGEMILL_ASSIGN_OR_RETURN(const RunInputs inputs,
                             list_inputs(spec.run.inputs, options, place.private_folders(),
                                         spec.run.standard_input, fs, cancel));
  IMAGEMILL_ASSIGN_OR_RETURN(const auto store, RunStore::open_existing(place.store_path()));
  const auto is_input = [&](std::string_view key) { return inputs.find(key) != nullptr; };
  IMAGEMILL_ASSIGN_OR_RETURN(outcome.findings, find_duplicates(*store, job, is_input));
  if (spec.action == DuplicateAction::kReport) return outcome;
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
