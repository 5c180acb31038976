// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/dedupe.h"

#include <algorithm>

#include "engine/duplicate_actions.h"
#include "engine/interrupted_step.h"
#include "engine/output_place.h"
#include "engine/passing_listener.h"
#include "engine/run_with_jobs.h"
#include "jobs/dedupe.h"
#include "store/run_lock.h"

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

// Passes everything on but the end, which comes after the actions.
class UntilFinished final : public PassingListener {
 public:
  using PassingListener::PassingListener;
  void on_finished(const RunFinished&) override {}
};

std::string journal_of(const OutputPlace& place) {
  return join_path(place.output(), "duplicates_journal.jsonl");
}

// Before the run, which is to find the files under their own names.
Result<std::string> undo_interrupted(const OutputPlace& place, FileSystem& fs) {
  const auto lock = RunLock::acquire(place.store_path());
  if (!lock && lock.error().code() == Code::kNotFound) return "";  // the first run
  if (!lock) return std::unexpected(lock.error());
  return undo_interrupted_step(fs, journal_of(place));
}

// The run is over with its error; what was done until then is told all the same.
void stop(RunFinished& run, const Status& why) {
  const bool is_cancelled = why.code() == Code::kCancelled;
  run.outcome = is_cancelled ? RunFinished::Outcome::kCancelled : RunFinished::Outcome::kFailed;
  if (!is_cancelled) run.error = why.message();
}

// What was done lies there.
Result<> check_output(const DedupeSpec& spec, const OutputPlace& place) {
  if (spec.action == DuplicateAction::kReport || place.sink_kind() == SinkKind::kFolder) return {};
  return fail(Code::kInvalidArgument, "{}: files can be put aside only beside an output folder",
              spec.run.output);
}

// Under the lock that the run has let go of: another run could cut or move the same files.
Result<> act(const DedupeSpec& spec, const OptionValues& options, const OutputPlace& place,
             FileSystem& fs, const CancelToken& cancel, DedupeOutcome& outcome) {
  IMAGEMILL_ASSIGN_OR_RETURN(const RunLock lock, RunLock::acquire(place.store_path()));
  // As they are now; what has come since the run is in none of its groups.
  IMAGEMILL_ASSIGN_OR_RETURN(const RunInputs inputs,
                             list_inputs(spec.run.inputs, options, place.private_folders(),
                                         spec.run.standard_input, fs, cancel));
  const DuplicatePlaces places{.output = place.output(),
                               .journal = journal_of(place),
                               .trash_folder = spec.trash_folder,
                               .file_bytes_max = options.bytes("limit-file")};
  DuplicateWork work =
      act_on_duplicates(outcome.findings, spec.action, spec.apply, inputs, places, fs, cancel);
  outcome.steps = std::move(work.steps);
  if (work.has_journal) outcome.journal = places.journal;
  if (spec.apply)
    outcome.run.copies_left =
        std::ranges::count(outcome.steps, DuplicateStep::State::kLeft, &DuplicateStep::state);
  return work.stopped ? std::unexpected(*std::move(work.stopped)) : Result<>();
}

std::string_view words_for(DuplicateAction action) {
  switch (action) {
    case DuplicateAction::kReport:
      return "named in the report";
    case DuplicateAction::kMove:
      return "moved to duplicates/ in the output";
    case DuplicateAction::kHardlink:
      return "replaced by hard links, where they are exact";
    case DuplicateAction::kSymlink:
      return "replaced by symbolic links, where they are exact";
    case DuplicateAction::kTrash:
      return "put into the trash";
  }
  return "";
}

// Which pictures are copies, only a run that looks at them can say.
std::string planned_action(const DedupeSpec& spec) {
  const bool is_told = spec.action == DuplicateAction::kReport || spec.apply;
  return fmt::format("copies would be {}{}", words_for(spec.action),
                     is_told ? "" : " with --apply; without it that is only told");
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
  std::vector<RunWarning> left_behind;
  if (spec.apply && !options.flag("dry-run")) {
    IMAGEMILL_ASSIGN_OR_RETURN(std::string what, undo_interrupted(place, fs));
    if (!what.empty()) left_behind.push_back({std::move(what)});
  }
  UntilFinished until_finished(listener);
  DuplicateFindings findings;
  DedupeOutcome outcome;
  IMAGEMILL_ASSIGN_OR_RETURN(outcome.run, run_with_jobs(jobs_with_findings(findings), spec.run,
                                                        until_finished, cancel, left_behind));
  if (options.flag("dry-run")) {
    listener.on_planned({.note = planned_action(spec)});
  } else if (outcome.run.outcome == RunFinished::Outcome::kComplete) {
    outcome.findings = std::move(findings);
    listener.on_duplicates(outcome.findings);
    Result<> acted;
    if (spec.action != DuplicateAction::kReport)
      acted = act(spec, options, place, fs, cancel, outcome);
    for (const DuplicateStep& step : outcome.steps) listener.on_duplicate_step(step);
    if (!acted) stop(outcome.run, acted.error());
  }
  listener.on_finished(outcome.run);
  return outcome;
}

}  // namespace imagemill
