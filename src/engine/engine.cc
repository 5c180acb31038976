// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/engine.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <memory>
#include <random>
#include <thread>

#include "codec/helper_client.h"
#include "engine/committer.h"
#include "engine/item_stages.h"
#include "engine/output_place.h"
#include "engine/progress_clock.h"
#include "engine/report_samples.h"
#include "engine/run_finish.h"
#include "engine/run_inputs.h"
#include "engine/run_records.h"
#include "jobs/output_format.h"
#include "pipeline/serial_executor.h"
#include "pipeline/threaded_executor.h"
#include "telemetry/machine_limits.h"

namespace imagemill {
namespace {

// What the process takes beside the items: code, libraries, SQLite's cache, thread stacks.
constexpr uint64_t kBaseBytes = uint64_t{64} << 20;

// Below this, one helper process at a time has to do.
constexpr uint64_t kManyHelpersBytes = uint64_t{2} << 30;

// Of --dry-run.
constexpr int64_t kPlannedNamesTold = 20;

struct ParsedRun {
  OptionValues options;
  std::vector<std::unique_ptr<Job>> jobs;
  FileFormat format = FileFormat::kUnknown;  // of prepare's outputs, for planning names
  RunOptions fingerprint;
};

Result<ParsedRun> parse_run(const RunSpec& spec, const CodecSet& codecs) {
  if (spec.inputs.empty()) return fail(Code::kInvalidArgument, "no input given");
  if (spec.jobs.empty()) return fail(Code::kInvalidArgument, "no job given");
  ParsedRun run;
  IMAGEMILL_ASSIGN_OR_RETURN(run.options, OptionValues::parse(run_options(), spec.options));
  for (const auto& [name, value] : run.options.fingerprint()) run.fingerprint.emplace(name, value);
  std::string names;
  for (const std::string& input : spec.inputs)
    names += (names.empty() ? "" : " ") + default_source_name(input);
  run.fingerprint.emplace("inputs", names);
  std::string job_names;
  for (const JobRequest& request : spec.jobs) {
    const JobInfo* info = find_job(request.name);
    if (info == nullptr) return std::unexpected(make_job(request.name, {}, codecs).error());
    auto values = OptionValues::parse(info->options, request.options);
    if (!values) return std::unexpected(std::move(values).error().with_context(request.name));
    for (const auto& [name, value] : values->fingerprint())
      run.fingerprint.emplace(fmt::format("{}.{}", request.name, name), value);
    IMAGEMILL_ASSIGN_OR_RETURN(auto job, make_job(request.name, *values, codecs));
    if (request.name == "prepare")
      run.format = format_from_name(values->text("format")).value_or(FileFormat::kUnknown);
    run.jobs.push_back(std::move(job));
    job_names += (job_names.empty() ? "" : ",") + request.name;
  }
  run.fingerprint.emplace("jobs", job_names);
  IMAGEMILL_ASSIGN_OR_RETURN(run.jobs, order_jobs(std::move(run.jobs)));
  return run;
}

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

// The order in which entries are taken: by rank; entries of a sequential source as it gives them.
std::vector<RankedEntry*> order_of_work(RunInputs& inputs, std::span<const FinishedItem> finished,
                                        uint64_t shuffle_seed, int64_t& resumed) {
  std::vector<RankedEntry*> work;
  work.reserve(inputs.entries.size());
  for (RankedEntry& e : inputs.entries) {
    if (!inputs.is_in_shard(e)) continue;
    const FinishedItem* before = find_finished(finished, e.entry.key);
    e.is_finished = before != nullptr && before->state == ItemState::kDone &&
                    before->bytes == e.entry.bytes && before->mtime_ns == e.entry.mtime_ns;
    if (e.is_finished)
      ++resumed;
    else
      work.push_back(&e);
  }
  if (inputs.has_sequential_source()) {
    std::ranges::stable_sort(work, [&](const RankedEntry* a, const RankedEntry* b) {
      const bool sa = inputs.sources[a->source]->is_sequential(),
                 sb = inputs.sources[b->source]->is_sequential();
      if (sa != sb) return sb;
      if (!sa || a->source != b->source) return a->source < b->source && sa;
      return a->entry.locator < b->entry.locator;
    });
  } else if (shuffle_seed != 0) {
    std::ranges::shuffle(work, std::mt19937_64(shuffle_seed));
  }
  return work;
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
  RunInProgress(const RunSpec& spec, Listener& listener, const CancelToken& cancel)
      : spec_(spec), listener_(listener), cancel_(cancel) {}

  Result<RunFinished> run() {
    IMAGEMILL_TRY(open_helpers());
    IMAGEMILL_ASSIGN_OR_RETURN(run_, parse_run(spec_, codecs_));
    FileSystem& fs = real_file_system();
    IMAGEMILL_ASSIGN_OR_RETURN(place_,
                               OutputPlace::open(spec_.output, run_.options.text("layout"), fs));
    // Inputs first: a mistyped one must not leave an output folder behind.
    IMAGEMILL_ASSIGN_OR_RETURN(inputs_,
                               list_inputs(spec_.inputs, run_.options, place_.private_folders(),
                                           spec_.standard_input, fs, cancel_));
    IMAGEMILL_TRY(check_output_is_no_input(fs));
    if (run_.options.flag("dry-run")) return tell_plan();
    IMAGEMILL_TRY(place_.create(fs));
    IMAGEMILL_ASSIGN_OR_RETURN(store_, open_store());
    IMAGEMILL_ASSIGN_OR_RETURN(const std::string sink_state, store_->sink_state());
    IMAGEMILL_ASSIGN_OR_RETURN(
        sink_,
        open_sink(place_.sink_kind(), place_.output(),
                  {.staging_folder = place_.staging_folder(),
                   .resume_state = sink_state,
                   .shard_entries = static_cast<size_t>(run_.options.integer("shard-entries")),
                   .may_replace = run_.options.flag("restart")},
                  fs));
    std::vector<TableSchema> tables;
    for (const auto& job : run_.jobs)
      if (auto table = job->table()) tables.push_back(std::move(*table));
    IMAGEMILL_TRY(store_->create_tables(tables));
    IMAGEMILL_ASSIGN_OR_RETURN(const auto finished, store_->finished_items());
    IMAGEMILL_ASSIGN_OR_RETURN(const auto paths, store_->announced_paths());
    own_paths_.insert(paths.begin(), paths.end());
    work_ = order_of_work(inputs_, finished, static_cast<uint64_t>(run_.options.integer("shuffle")),
                          resumed_);
    return work_through();
  }

 private:
  // Without a helper binary the formats that need it are refused, each with a word on why.
  Result<> open_helpers() {
    if (spec_.codec_host.empty() || !real_file_system().stat(spec_.codec_host)) return {};
    IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues options,
                               OptionValues::parse(run_options(), spec_.options));
    const uint64_t max_bytes = max_memory_bytes(options);
    IMAGEMILL_ASSIGN_OR_RETURN(
        helpers_, HelperPool::open(
                      {.binary = spec_.codec_host,
                       .max_processes = max_bytes < kManyHelpersBytes ? 1 : thread_count(options),
                       .memory_limit_bytes = max_bytes / 4,
                       .max_idle_resident_bytes = max_bytes / 8}));
    codecs_ = CodecSet(helpers_.get());
    return {};
  }

  Result<std::unique_ptr<RunStore>> open_store() {
    if (run_.options.flag("restart"))
      return RunStore::restart(place_.store_path(), run_.fingerprint);
    return RunStore::open(place_.store_path(), run_.fingerprint);
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

  OutputNames plan_names() const {
    std::vector<NamedInput> named;
    named.reserve(inputs_.entries.size());
    for (const RankedEntry& e : inputs_.entries) named.push_back({inputs_.path_of(e), e.rank});
    const Renaming renaming =
        run_.options.text("rename") == "sequence" ? Renaming::kSequence : Renaming::kKeep;
    return OutputNames(renaming, named, [this](FileFormat input) { return planned_format(input); });
  }

  FileFormat planned_format(FileFormat input) const {
    return run_.format != FileFormat::kUnknown ? run_.format : kept_format(codecs_, input, false);
  }

  // --dry-run: what is in the inputs and how the first of it would be named. Nothing is read or
  // written: names go by extensions, and what an earlier try has done is not looked up.
  RunFinished tell_plan() {
    const OutputNames names = plan_names();
    RunFinished f{.failed = static_cast<int64_t>(inputs_.failures.size())};
    f.skipped = std::ranges::count_if(inputs_.entries,
                                      [&](const RankedEntry& e) { return inputs_.is_in_shard(e); });
    f.items_total = f.failed + f.skipped;
    RunStarted started{
        .items_total = f.items_total, .inputs = spec_.inputs, .output = spec_.output};
    for (const auto& job : run_.jobs) started.jobs.emplace_back(job->info().name);
    listener_.on_started(started);
    for (const SourceFailure& failure : inputs_.failures)
      listener_.on_item_failed({failure.key, "list", failure.status});
    int64_t told = 0;
    for (const RankedEntry& e : inputs_.entries) {
      if (!inputs_.is_in_shard(e)) continue;
      if (told++ == kPlannedNamesTold) break;
      const std::string path = inputs_.path_of(e);
      const FileFormat format = planned_format(format_of_extension(lower_extension(path)));
      listener_.on_warning(
          {fmt::format("dry run: {} -> {}", e.entry.key, names.path_for(path, e.rank, format))});
    }
    listener_.on_warning({fmt::format("dry run: {} inputs, nothing was written", f.items_total)});
    listener_.on_finished(f);
    return f;
  }

  static int thread_count(const OptionValues& options) {
    const auto asked = static_cast<int>(options.integer("threads"));
    return asked > 0 ? asked : usable_cores(real_file_system());
  }

  static uint64_t max_memory_bytes(const OptionValues& options) {
    const uint64_t asked = options.bytes("max-memory");
    return asked != 0 ? asked : available_memory_bytes(real_file_system()) / 2;
  }

  Pipeline<Item> build_pipeline(StageContext& context, Committer& committer) {
    Pipeline<Item> p;
    const bool sequential = inputs_.has_sequential_source();
    p.stages = {
        {.name = "read",
         .mode = sequential ? StageMode::kSerialOutOfOrder : StageMode::kParallel,
         .kind = StageKind::kIo,
         .process = [&context](Item& item) { return read_item(context, item); }},
        {.name = "decode",
         .process = [&context](Item& item) { return decode_item(context, item); },
         .peak_bytes =
             [](const Item& item) {
               return std::max<uint64_t>(item.reserved_bytes, item.bytes.size());
             }},
        {.name = "jobs", .process = [&context](Item& item) { return run_jobs(context, item); }},
        {.name = "commit",
         .mode = sink_->is_ordered() ? StageMode::kSerialInOrder : StageMode::kSerialOutOfOrder,
         .kind = StageKind::kIo,
         .sees_failed = true,
         .process = [this, &committer](Item& item) -> std::optional<StageFailure> {
           committer.claim_names(item);
           if (item.is_failed()) tell_failure(item);
           if (auto added = committer.add(item); !added)
             return StageFailure{std::move(added).error(), true};
           return std::nullopt;
         }},
    };
    p.hooks.next = [this] { return next_item(); };
    p.hooks.next_bytes = [this] { return next_ < work_.size() ? work_[next_]->entry.bytes : 0; };
    p.hooks.order_of = [](const Item& item) { return item.position; };
    p.hooks.held_bytes = [](const Item& item) {
      return item.decoded ? item.reserved_bytes : uint64_t{item.bytes.size()};
    };
    p.hooks.is_failed = [](const Item& item) { return item.is_failed(); };
    p.hooks.set_failed = [](Item& item, const std::string& stage, Status status) {
      item.record.state = ItemState::kFailed;
      item.record.stage = stage;
      item.record.code = status.code();
      item.record.message = status.message();
      item.decoded.reset();
      item.bytes = Bytes();  // "= {}" would keep the memory
      item.reserved_bytes = 0;
    };
    return p;
  }

  std::unique_ptr<Item> next_item() {
    if (next_ == work_.size()) return nullptr;
    RankedEntry& e = *work_[next_++];
    auto item = std::make_unique<Item>();
    item->source = e.source;
    item->rank = e.rank;
    item->position = positions_.empty() ? next_ - 1 : positions_[next_ - 1];
    item->entry = e.entry;
    item->path = inputs_.path_of(e);
    item->record.key = e.entry.key;
    item->record.sequence = static_cast<int64_t>(e.rank);
    item->record.bytes = e.entry.bytes;
    item->record.mtime_ns = e.entry.mtime_ns;
    return item;
  }

  // Their files are theirs, whatever names the inputs that came since would have.
  Result<> keep_finished_files(Committer& committer) {
    if (resumed_ == 0) return {};
    return store_->for_each_item([&](const ItemRecord& record) -> Result<> {
      const auto it = std::ranges::lower_bound(
          inputs_.entries, record.key, {},
          [](const RankedEntry& e) -> const std::string& { return e.entry.key; });
      if (it == inputs_.entries.end() || !it->is_finished || it->entry.key != record.key) return {};
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

  // In which order an ordered sink must see the items, when they are not taken in that order.
  void plan_positions() {
    if (std::ranges::is_sorted(work_, {}, &RankedEntry::rank)) return;
    std::vector<uint64_t> ranks;
    for (const RankedEntry* e : work_) ranks.push_back(e->rank);
    std::vector<uint64_t> sorted = ranks;
    std::ranges::sort(sorted);
    for (const uint64_t rank : ranks)
      positions_.push_back(
          static_cast<uint64_t>(std::ranges::lower_bound(sorted, rank) - sorted.begin()));
  }

  Result<RunFinished> work_through() {
    const int threads = thread_count(run_.options);
    const uint64_t max_bytes = max_memory_bytes(run_.options);
    const uint64_t budget = max_bytes > 2 * kBaseBytes ? max_bytes - kBaseBytes : max_bytes / 2;
    const OutputNames names = plan_names();
    StageContext context{
        .inputs = inputs_,
        .sink = *sink_,
        .codecs = codecs_,
        .jobs = std::move(run_.jobs),
        .names = names,
        .own_paths = own_paths_,
        .on_conflict = on_conflict_from(run_.options.text("on-conflict")),
        .fail_on = fail_on_from(run_.options.text("fail-on")),
        .limits = {.max_pixels = static_cast<uint64_t>(run_.options.integer("limit-pixels")),
                   .max_seconds = run_.options.real("limit-seconds")},
        .max_file_bytes = run_.options.bytes("limit-file"),
        .item_bytes_max = budget / 4 * 3};
    Committer committer(*store_, *sink_, static_cast<size_t>(run_.options.integer("group-items")));
    IMAGEMILL_TRY(keep_finished_files(committer));
    plan_positions();

    const int64_t total = static_cast<int64_t>(work_.size() + inputs_.failures.size()) + resumed_;
    RunStarted started{.items_total = total,
                       .items_resumed = resumed_,
                       .inputs = spec_.inputs,
                       .output = spec_.output,
                       .threads = threads,
                       .max_memory_bytes = max_bytes};
    for (const auto& job : context.jobs) started.jobs.emplace_back(job->info().name);
    listener_.on_started(started);

    const Pipeline<Item> pipeline = build_pipeline(context, committer);
    PipelineStatus status;
    prepare_status(pipeline, status);
    clock_ = std::make_unique<ProgressClock>(
        listener_, stage_names(pipeline), status, committer, ProgressClock::Counts{total, resumed_},
        static_cast<int>(run_.options.integer("queue-capacity")), threads);
    Result<> result;
    record_listing_failures(inputs_, committer, listener_, result);
    if (result) {
      clock_->start();
      result = execute(pipeline, threads, budget, status);
      clock_->stop();
    }
    // What is whole is kept, also after cancellation.
    if (result || result.error().code() == Code::kCancelled) {
      if (auto last = committer.commit(); !last) result = last;
    }
    if (result) result = finish(context);
    return conclude(result, committer.totals(), total, max_bytes, status, pipeline, context);
  }

  Result<> execute(const Pipeline<Item>& pipeline, int threads, uint64_t budget,
                   PipelineStatus& status) {
    if (run_.options.text("executor") == "serial") return run_serial(pipeline, cancel_, status);
    const bool reorders = sink_->is_ordered() && !positions_.empty();
    const PipelineLimits limits{
        .compute_threads = threads,
        .io_threads = 2,
        .queue_capacity = static_cast<int>(run_.options.integer("queue-capacity")),
        .items_in_flight = 8 + 4 * threads,
        .items_parked = reorders ? INT32_MAX : 1024,
        .bytes_in_flight = budget};
    return run_threaded(pipeline, limits, cancel_, status);
  }

  Result<> finish(StageContext& context) {
    RunFinishContext finish_context(context, *store_, place_, listener_, real_file_system());
    for (const auto& job : context.jobs) IMAGEMILL_TRY(job->finish(finish_context));
    return sink_->finish();
  }

  Result<RunFinished> conclude(const Result<>& result, const RunTotals& totals, int64_t total,
                               uint64_t max_bytes, const PipelineStatus& status,
                               const Pipeline<Item>& pipeline, StageContext& context) {
    RunFinished f{.items_total = total,
                  .done = totals.done + resumed_,
                  .failed = totals.failed,
                  .skipped = totals.skipped,
                  .damaged = totals.damaged + resumed_damaged_,
                  .items_resumed = resumed_,
                  .seconds = clock_->seconds(),
                  .peak_resident_bytes = clock_->last_sample().peak_resident_bytes,
                  .stages = snapshot_stages(stage_names(pipeline), status, 0)};
    if (!result) {
      f.outcome = result.error().code() == Code::kCancelled ? RunFinished::Outcome::kCancelled
                                                            : RunFinished::Outcome::kFailed;
      f.error = result.error().to_string();
    } else if (f.done + f.failed + f.skipped != total) {
      f.outcome = RunFinished::Outcome::kFailed;
      f.error = fmt::format("internal: {} inputs, but {} done + {} failed + {} skipped", total,
                            f.done, f.failed, f.skipped);
    }
    RunReport report = describe(f, status, max_bytes);
    if (f.outcome == RunFinished::Outcome::kComplete)
      report.samples = take_samples(context, work_, *store_, place_, real_file_system());
    const auto recorded = write_run_records(std::move(report), place_, *store_, real_file_system());
    if (!recorded && f.outcome == RunFinished::Outcome::kComplete) {
      f.outcome = RunFinished::Outcome::kFailed;
      f.error = recorded.error().to_string();
    }
    listener_.on_finished(f);
    return f;
  }

  RunReport describe(const RunFinished& finished, const PipelineStatus& status,
                     uint64_t max_bytes) const {
    RunReport report{.finished = finished,
                     .inputs = spec_.inputs,
                     .output = spec_.output,
                     .started_at = started_at_,
                     .options = run_.fingerprint,
                     .threads = thread_count(run_.options),
                     .max_memory_bytes = max_bytes,
                     .cpu_seconds = clock_->last_sample().cpu_seconds,
                     .bottleneck = clock_->bottleneck(),
                     .timeline = clock_->timeline()};
    for (const JobRequest& job : spec_.jobs) report.jobs.push_back(job.name);
    for (const std::string& word : spec_.command)
      report.command += (report.command.empty() ? "" : " ") + word;
    for (size_t i = 0; i < finished.stages.size(); ++i)
      report.stages.push_back({finished.stages[i], status.stages[i]->item_ms});
    return report;
  }

  static std::vector<std::string> stage_names(const Pipeline<Item>& pipeline) {
    std::vector<std::string> names;
    for (const auto& stage : pipeline.stages) names.push_back(stage.name);
    return names;
  }

  const RunSpec& spec_;
  Listener& listener_;
  const CancelToken& cancel_;
  std::unique_ptr<HelperPool> helpers_;
  CodecSet codecs_;
  ParsedRun run_;
  OutputPlace place_;
  RunInputs inputs_;
  std::unique_ptr<RunStore> store_;
  std::unique_ptr<Sink> sink_;
  std::unordered_set<std::string> own_paths_;
  std::vector<RankedEntry*> work_;
  std::vector<uint64_t> positions_;  // parallel to work_; empty: 0, 1, 2 ...
  size_t next_ = 0;
  int64_t resumed_ = 0;
  int64_t resumed_damaged_ = 0;
  const std::string started_at_ =
      fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  std::unique_ptr<ProgressClock> clock_;
};

}  // namespace

Result<RunFinished> Engine::run(const RunSpec& spec, Listener& listener,
                                const CancelToken& cancel) {
  return RunInProgress(spec, listener, cancel).run();
}

}  // namespace imagemill
