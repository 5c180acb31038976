// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/engine.h"

#include <fmt/chrono.h>

#include <memory>

#include "engine/committer.h"
#include "engine/dry_run.h"
#include "engine/helper_set_up.h"
#include "engine/item_pipeline.h"
#include "engine/output_place.h"
#include "engine/progress_clock.h"
#include "engine/report_samples.h"
#include "engine/run_conclusion.h"
#include "engine/run_finish.h"
#include "engine/run_plan.h"
#include "engine/run_records.h"
#include "engine/run_with_jobs.h"
#include "engine/warning_recorder.h"
#include "engine/work_list.h"
#include "pipeline/serial_executor.h"
#include "pipeline/threaded_executor.h"

namespace imagemill {
namespace {

FailOn fail_on_from(const std::string& text) {
  return text == "truncated" ? FailOn::kTruncated
         : text == "error"   ? FailOn::kError
         : text == "warning" ? FailOn::kWarning
                             : FailOn::kNone;
}

OnConflict on_conflict_from(const std::string& text) {
  return text == "overwrite" ? OnConflict::kOverwrite
         : text == "rename"  ? OnConflict::kRename
                             : OnConflict::kSkip;
}

void record_listing_failures(const RunInputs& inputs, Committer& committer, Listener& listener,
                             Result<>& result) {
  for (const SourceFailure& f : inputs.failures) {
    Item item;
    item.record.key = f.key;
    item.record.sequence = -1;
    item.record.state = ItemState::kFailed;
    item.record.stage = "list";
    item.record.code = f.status.code();
    item.record.message = f.status.message();
    listener.on_item_failed({f.key, "list", f.status});
    if (result) result = committer.add(item);
  }
}

class RunInProgress {
 public:
  RunInProgress(const RunSpec& spec, std::span<const JobEntry> jobs, Listener& listener,
                const CancelToken& cancel, std::span<const RunWarning> warnings)
      : spec_(spec), jobs_(jobs), listener_(listener), cancel_(cancel), warnings_(warnings) {}

  Result<RunFinished> run() {
    IMAGEMILL_ASSIGN_OR_RETURN(helpers_, open_helpers(spec_.options, spec_.codec_host, cancel_));
    codecs_ = helpers_.codecs();
    IMAGEMILL_ASSIGN_OR_RETURN(plan_, plan_run(spec_, jobs_, codecs_));
    FileSystem& fs = real_file_system();
    IMAGEMILL_ASSIGN_OR_RETURN(place_,
                               OutputPlace::open(spec_.output, plan_.options.text("layout"), fs));
    // Inputs first: a mistyped one must not leave an output folder behind.
    IMAGEMILL_ASSIGN_OR_RETURN(inputs_,
                               list_inputs(spec_.inputs, plan_.options, place_.private_folders(),
                                           spec_.standard_input, fs, cancel_, plan_.with_captions));
    IMAGEMILL_TRY(check_output_is_no_input(fs));
    if (plan_.options.flag("dry-run")) return tell_plan(spec_, plan_, inputs_, codecs_, listener_);
    IMAGEMILL_TRY(place_.create(fs));
    IMAGEMILL_ASSIGN_OR_RETURN(store_, open_store());
    IMAGEMILL_ASSIGN_OR_RETURN(sink_, open_run_sink(fs));
    std::vector<TableSchema> tables;
    for (const PlannedJob& planned : plan_.jobs)
      if (auto table = planned.job->table()) tables.push_back(std::move(*table));
    IMAGEMILL_TRY(store_->create_tables(tables));
    IMAGEMILL_ASSIGN_OR_RETURN(const auto finished, store_->finished_items());
    IMAGEMILL_ASSIGN_OR_RETURN(const auto paths, store_->announced_paths());
    own_paths_.insert(paths.begin(), paths.end());
    gone_ = gone_items(finished, inputs_);
    IMAGEMILL_TRY(store_->set_gone(gone_));
    work_ = WorkList(inputs_, finished, static_cast<uint64_t>(plan_.options.integer("shuffle")));
    return work_through();
  }

 private:
  Result<std::unique_ptr<RunStore>> open_store() {
    if (plan_.options.flag("restart"))
      return RunStore::restart(place_.store_path(), plan_.fingerprint);
    return RunStore::open(place_.store_path(), plan_.fingerprint);
  }

  Result<std::unique_ptr<Sink>> open_run_sink(FileSystem& fs) {
    IMAGEMILL_ASSIGN_OR_RETURN(const std::string sink_state, store_->sink_state());
    return open_sink(place_.sink_kind(), place_.output(),
                     {.staging_folder = place_.staging_folder(),
                      .resume_state = sink_state,
                      .shard_entries = static_cast<size_t>(plan_.options.integer("shard-entries")),
                      .may_replace = plan_.options.flag("restart")},
                     fs);
  }

  Result<> check_output_is_no_input(FileSystem& fs) const {
    const auto output = fs.stat(place_.output());
    if (!output) return {};
    for (const std::string& input : spec_.inputs) {
      const auto stat = fs.stat(input);
      if (stat && stat->device == output->device && stat->inode == output->inode)
        return fail(Code::kInvalidArgument,
                    "{}: is both an input and the output; pictures are never changed in place",
                    spec_.output);
    }
    return {};
  }

  // Their files are theirs, whatever names the inputs that came since would have.
  Result<> keep_finished_files(Committer& committer) {
    if (work_.resumed() == 0) return {};
    return store_->for_each_item([&](const ItemRecord& record) -> Result<> {
      const RankedEntry* const entry = inputs_.find(record.key);
      if (entry == nullptr || !entry->is_finished) return {};
      committer.keep(record.outputs);
      if (record.is_damaged) ++resumed_damaged_;
      return {};
    });
  }

  void tell_failure(const Item& item) {
    clock_->with_listener([&](Listener& listener) {
      listener.on_item_failed(
          {item.record.key, item.record.stage,
           Status(item.record.code.value_or(Code::kInternal), item.record.message)});
    });
  }

  StageContext stage_context(const OutputNames& names) {
    return {.inputs = inputs_,
            .sink = *sink_,
            .codecs = codecs_,
            .jobs = std::move(plan_.jobs),
            .names = names,
            .own_paths = own_paths_,
            .on_conflict = on_conflict_from(plan_.options.text("on-conflict")),
            .fail_on = fail_on_from(plan_.options.text("fail-on")),
            .limits = {.max_pixels = static_cast<uint64_t>(plan_.options.integer("limit-pixels")),
                       .max_seconds = plan_.options.real("limit-seconds")},
            .max_file_bytes = plan_.options.bytes("limit-file"),
            .item_bytes_max = item_bytes_max(plan_.options, plan_.has_networks()),
            .cancel = &cancel_,
            .networks = plan_.networks.get()};
  }

  // While the clock runs it has the listener.
  void warn(const RunWarning& warning) {
    if (!clock_) return listener_.on_warning(warning);
    clock_->with_listener([&](Listener& listener) { listener.on_warning(warning); });
  }

  std::unique_ptr<ResultReuse> open_reuse(std::span<const PlannedJob> jobs) {
    const std::string folder = cache_folder(plan_.options, spec_.places);
    const uint64_t bytes_max = plan_.options.bytes("cache-size");
    if (folder.empty() || bytes_max == 0) return nullptr;
    return std::make_unique<ResultReuse>(
        folder, bytes_max, jobs, [this](std::string message) { warn({std::move(message)}); });
  }

  void tell_start(const StageContext& context, int64_t total) {
    RunStarted started{.items_total = total,
                       .items_resumed = work_.resumed(),
                       .inputs = spec_.inputs,
                       .output = spec_.output,
                       .state_folder = place_.state_folder(),
                       .threads = thread_count(plan_.options),
                       .max_memory_bytes = max_memory_bytes(plan_.options)};
    for (const PlannedJob& job : context.jobs) started.jobs.emplace_back(job.name());
    listener_.on_started(started);
    for (const RunWarning& warning : warnings_) listener_.on_warning(warning);
  }

  Result<RunFinished> work_through() {
    const OutputNames names = plan_names(plan_, inputs_, codecs_);
    StageContext context = stage_context(names);
    const auto reuse = open_reuse(context.jobs);
    context.reuse = reuse.get();
    Committer committer(*store_, *sink_, static_cast<size_t>(plan_.options.integer("group-items")));
    IMAGEMILL_TRY(keep_finished_files(committer));
    const int64_t total =
        static_cast<int64_t>(work_.entries().size() + inputs_.failures.size()) + work_.resumed();
    tell_start(context, total);

    const Pipeline<Item> pipeline =
        build_pipeline(context, work_, committer, [this](const Item& item) { tell_failure(item); });
    PipelineStatus status;
    prepare_status(pipeline, status);
    clock_ = std::make_unique<ProgressClock>(
        listener_, stage_names(pipeline), status, committer, plan_.networks.get(),
        ProgressClock::Counts{total, work_.resumed()},
        static_cast<int>(plan_.options.integer("queue-capacity")), thread_count(plan_.options));
    Result<> result;
    record_listing_failures(inputs_, committer, listener_, result);
    if (result) {
      plan_.networks->set_listener([this](const RunWarning& warning) { warn(warning); });
      clock_->start();
      result = execute(pipeline, status);
      clock_->stop();
    }
    if (reuse) reuse->finish();
    // What is whole is kept, whatever ended the work; what cannot be kept is not counted as done.
    const bool has_failed = !result && result.error().code() != Code::kCancelled;
    if (auto last = committer.commit(); !last && !has_failed) result = last;
    if (result) result = finish(context);
    RunTotals totals = committer.totals();
    totals.done += work_.resumed();
    totals.damaged += resumed_damaged_;
    return conclude(result,
                    {.spec = spec_,
                     .plan = plan_,
                     .clock = *clock_,
                     .status = status,
                     .stages = stage_names(pipeline),
                     .started_at = started_at_,
                     .items_total = total,
                     .items_resumed = work_.resumed(),
                     .results_reused = reuse ? reuse->found() : 0,
                     .totals = totals},
                    context);
  }

  Result<> execute(const Pipeline<Item>& pipeline, PipelineStatus& status) {
    if (plan_.options.text("executor") == "serial") return run_serial(pipeline, cancel_, status);
    const int threads = thread_count(plan_.options);
    const bool reorders = sink_->is_ordered() && work_.is_reordered();
    const PipelineLimits limits{
        .compute_threads = threads,
        .io_threads = kIoThreads,
        .queue_capacity = static_cast<int>(plan_.options.integer("queue-capacity")),
        .items_in_flight = 8 + 4 * threads,
        .items_suspended = plan_.networks->rows_waiting_max(threads),
        .items_parked = reorders ? INT32_MAX : 64,
        .bytes_in_flight = items_bytes_max(plan_.options, plan_.has_networks())};
    return run_threaded(pipeline, limits, cancel_, status);
  }

  Result<> finish(StageContext& context) {
    RunFinishContext finish_context(context, *store_, gone_, nullptr, place_, listener_,
                                    real_file_system());
    for (const PlannedJob& planned : context.jobs)
      IMAGEMILL_TRY(planned.job->finish(finish_context));
    return sink_->finish();
  }

  Result<RunFinished> conclude(const Result<>& result, const RunAccount& account,
                               StageContext& context) {
    plan_.networks->set_listener(nullptr);  // they are there for longer than the run
    RunFinished f = sum_up(account, result);
    if (auto skips = store_->job_skips()) f.job_skips = std::move(*skips);
    RunReport report = describe(account, f);
    report.warnings = listener_.warnings();
    if (f.outcome == RunFinished::Outcome::kComplete)
      report.samples = take_samples(context, work_.entries(), *store_, place_, real_file_system());
    const auto recorded = write_run_records(std::move(report), place_, *store_, real_file_system());
    if (!recorded && f.outcome == RunFinished::Outcome::kComplete) {
      f.outcome = RunFinished::Outcome::kFailed;
      f.error = recorded.error().to_string();
    }
    listener_.on_finished(f);
    return f;
  }

  const RunSpec& spec_;
  const std::span<const JobEntry> jobs_;
  WarningRecorder listener_;
  const CancelToken& cancel_;
  const std::span<const RunWarning> warnings_;  // of what came before
  Helpers helpers_;
  CodecSet codecs_;
  RunPlan plan_;
  OutputPlace place_;
  RunInputs inputs_;
  std::unique_ptr<RunStore> store_;
  std::unique_ptr<Sink> sink_;
  std::unordered_set<std::string> own_paths_;
  std::vector<std::string> gone_;  // items of the store that the inputs no longer hold
  WorkList work_;
  int64_t resumed_damaged_ = 0;
  const std::string started_at_ =
      fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  std::unique_ptr<ProgressClock> clock_;
};

}  // namespace

Result<RunFinished> run_with_jobs(std::span<const JobEntry> jobs, const RunSpec& spec,
                                  Listener& listener, const CancelToken& cancel,
                                  std::span<const RunWarning> warnings) {
  return RunInProgress(spec, jobs, listener, cancel, warnings).run();
}

Result<RunFinished> Engine::run(const RunSpec& spec, Listener& listener,
                                const CancelToken& cancel) {
  return run_with_jobs(job_entries(), spec, listener, cancel);
}

}  // namespace imagemill
