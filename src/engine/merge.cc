// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Twice over the shards: the first time nothing is written, so that outputs that do not belong
// together leave no trace; the second time items are committed in groups as a run commits them.
#include "imagemill/merge.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <unordered_set>

#include "base/hash.h"
#include "base/hash_set.h"
#include "engine/helper_set_up.h"
#include "engine/merge_shards.h"
#include "engine/run_finish.h"
#include "engine/run_records.h"
#include "engine/shard_outputs.h"
#include "engine/warning_recorder.h"
#include "imagemill/engine.h"
#include "jobs/registry.h"

namespace imagemill {
namespace {

constexpr size_t kGroupItems = 256;
constexpr uint64_t kShardsNamed = 16;  // of those that are missing

uint64_t path_hash(std::string_view path) { return hash_content(as_byte_span(path)).low; }

// The jobs that the merged run would have, made of what its store says of their options.
Result<std::vector<PlannedJob>> jobs_of(const RunOptions& options, const JobTools& tools) {
  std::vector<RequestedJob> requested;
  const auto names = options.find("jobs");
  std::istringstream list(names == options.end() ? std::string() : names->second);
  for (std::string name; std::getline(list, name, ',');) {
    const JobEntry* entry = find_job_entry(job_entries(), name);
    if (entry == nullptr) return complain_of_job(job_entries(), name);
    const std::vector<OptionSpec> specs = options_of(entry->info());
    std::map<std::string, std::string> given;
    for (const OptionSpec& spec : specs) {
      const auto value = options.find(fmt::format("{}.{}", name, spec.name));
      if (value != options.end() && value->second != spec.default_value)
        given.emplace(spec.name, value->second);
    }
    IMAGEMILL_ASSIGN_OR_RETURN(const OptionValues values, OptionValues::parse(specs, given));
    IMAGEMILL_ASSIGN_OR_RETURN(auto job, entry->make(values, tools));
    requested.push_back({std::move(job), values.text("where")});
  }
  return plan_jobs(std::move(requested));
}

OnConflict on_conflict_of(const RunOptions& options) {
  const auto found = options.find("on-conflict");
  if (found == options.end()) return OnConflict::kSkip;
  return found->second == "overwrite" ? OnConflict::kOverwrite
         : found->second == "rename"  ? OnConflict::kRename
                                      : OnConflict::kSkip;
}

class Merge {
 public:
  Merge(const MergeSpec& spec, FileSystem& fs, Listener& listener, const CancelToken& cancel)
      : spec_(spec), fs_(fs), listener_(listener), cancel_(cancel) {}

  Result<MergeFinished> run() {
    IMAGEMILL_ASSIGN_OR_RETURN(place_, OutputPlace::open(spec_.output, "auto", fs_));
    if (place_.sink_kind() != SinkKind::kFolder)
      return fail(Code::kInvalidArgument, "{}: a ZIP archive; shards are merged into a folder",
                  spec_.output);
    IMAGEMILL_ASSIGN_OR_RETURN(shards_, ShardOutputs::open(spec_.shards, fs_));
    IMAGEMILL_TRY(check_output_is_no_shard());
    IMAGEMILL_ASSIGN_OR_RETURN(helpers_, open_helpers({}, spec_.codec_host, cancel_));
    const CodecSet codecs = helpers_.codecs();
    IMAGEMILL_ASSIGN_OR_RETURN(jobs_, jobs_of(shards_.options(), {.codecs = codecs}));
    IMAGEMILL_TRY(check());

    if (!store_) {
      IMAGEMILL_TRY(place_.create(fs_));
      IMAGEMILL_TRY(open_store());
    }
    IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<TableSchema> tables, shards_.tables());
    IMAGEMILL_TRY(store_->create_tables(tables));
    SinkOptions sink_options;
    sink_options.staging_folder = place_.staging_folder();
    IMAGEMILL_ASSIGN_OR_RETURN(sink_,
                               open_sink(SinkKind::kFolder, place_.output(), sink_options, fs_));
    IMAGEMILL_TRY(take_over());
    IMAGEMILL_TRY(store_->set_gone(gone_));
    IMAGEMILL_TRY(finish_jobs());
    IMAGEMILL_TRY(count());
    IMAGEMILL_TRY(write_records());
    return finished_;
  }

 private:
  Result<> check_output_is_no_shard() const {
    const auto output = fs_.stat(place_.output());
    if (!output) return {};
    for (const ShardOutput& shard : shards_.shards()) {
      const auto stat = fs_.stat(shard.folder);
      if (stat && stat->device == output->device && stat->inode == output->inode)
        return fail(Code::kInvalidArgument, "{}: is both a shard and the output", spec_.output);
    }
    return {};
  }

  Result<> open_store() {
    IMAGEMILL_ASSIGN_OR_RETURN(store_, RunStore::open(place_.store_path(), shards_.options()));
    return {};
  }

  // Reads everything, takes over nothing.
  Result<> check() {
    if (fs_.stat(place_.store_path())) {  // what an earlier try, or a run of the whole, left
      IMAGEMILL_TRY(open_store());
      IMAGEMILL_ASSIGN_OR_RETURN(before_, store_->finished_items());
      IMAGEMILL_ASSIGN_OR_RETURN(const auto own, store_->announced_paths());
      own_paths_.insert(own.begin(), own.end());
      IMAGEMILL_ASSIGN_OR_RETURN(gone_, store_->gone());
      std::erase_if(gone_, [this](const std::string& key) { return is_in_shards(key); });
      IMAGEMILL_TRY(store_->for_each_item([this](const ItemRecord& item) -> Result<> {
        for (const OutputRecord& output : item.outputs) taken_.insert(path_hash(output.path));
        return {};
      }));
    }
    return shards_.for_each_item([&](const ShardItem& found) -> Result<> {
      IMAGEMILL_TRY(check_cancelled());
      if (is_wanted(found.record)) return check_files(found);
      if (found.record.state != ItemState::kDone) return {};
      IMAGEMILL_ASSIGN_OR_RETURN(const auto record, store_->find_item(found.record.key));
      if (!record || is_same_result(*record, found.record)) return {};
      return fail(Code::kInvalidArgument,
                  "{}: {} has another result of it than {}; merge into a new folder",
                  found.record.key, found.shard->folder, place_.output());
    });
  }

  bool is_in_shards(const std::string& key) const {
    return std::ranges::any_of(shards_.shards(), [&](const ShardOutput& shard) {
      return find_finished(shard.items, key) != nullptr;
    });
  }

  // Whether it adds to what the output had before: a finished item is never given up for one that
  // is not.
  bool is_wanted(const ItemRecord& record) const {
    const FinishedItem* before = find_finished(before_, record.key);
    return before == nullptr ||
           (before->state != ItemState::kDone && record.state == ItemState::kDone);
  }

  Result<> check_files(const ShardItem& found) {
    for (const OutputRecord& output : found.record.outputs) {
      if (!taken_.insert(path_hash(output.path)))
        return fail(Code::kInvalidArgument,
                    "{}: {} writes it in {}, and so does another item; the shards are not of one "
                    "listing",
                    output.path, found.record.key, found.shard->folder);
      if (!own_paths_.contains(output.path) &&
          fs_.stat_link(join_path(place_.output(), output.path)))
        return fail(Code::kInvalidArgument,
                    "{}: is in the way and was not written by a run or merge into {}",
                    join_path(place_.output(), output.path), place_.output());
      const std::string file = join_path(found.shard->folder, output.path);
      IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat(file));
      if (stat.bytes != output.bytes)
        return fail(Code::kInvalidArgument,
                    "{}: {} bytes, its run wrote {}: it was changed since; run that shard again "
                    "with --restart",
                    file, stat.bytes, output.bytes);
    }
    return {};
  }

  Result<> take_over() {
    const auto take = [this](const ShardItem& found) -> Result<> {
      if (found.is_gone) gone_.push_back(found.record.key);
      if (!is_wanted(found.record)) return {};
      IMAGEMILL_TRY(check_cancelled());
      for (const OutputRecord& output : found.record.outputs) {
        IMAGEMILL_ASSIGN_OR_RETURN(StagedFile file, stage(output, found.shard->folder));
        files_.push_back(std::move(file));
      }
      if (find_finished(before_, found.record.key) == nullptr) ++finished_.added;
      group_.push_back(found.record);
      return group_.size() < kGroupItems ? Result<>() : commit();
    };
    IMAGEMILL_TRY(shards_.for_each_item(take));
    std::ranges::sort(gone_);
    return commit();
  }

  Result<StagedFile> stage(const OutputRecord& output, const std::string& folder) {
    const std::string from = join_path(folder, output.path);
    if (!spec_.copy) {
      auto linked = sink_->stage_link(output.path, from);
      if (linked) ++finished_.linked;
      if (linked || linked.error().code() != Code::kUnsupported) return linked;
    }
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, fs_.read(from, output.bytes));
    if (hash_content(bytes).hex() != output.hash)
      return fail(Code::kInvalidArgument,
                  "{}: its content is not what its run wrote: it was changed since; run that shard "
                  "again with --restart",
                  from);
    ++finished_.copied;
    return sink_->stage(output.path, bytes);
  }

  Result<> commit() {
    if (group_.empty()) return {};
    std::vector<OutputRecord> outputs;
    for (const ItemRecord& item : group_)
      outputs.insert(outputs.end(), item.outputs.begin(), item.outputs.end());
    if (!outputs.empty()) {
      IMAGEMILL_TRY(store_->announce(outputs));
      IMAGEMILL_TRY(sink_->publish(files_));
    }
    IMAGEMILL_TRY(store_->commit(group_, sink_->state()));
    group_.clear();
    files_.clear();
    return {};
  }

  // What is about all items (sheets, tables) each shard has for its own; here it is made anew.
  Result<> finish_jobs() {
    IMAGEMILL_ASSIGN_OR_RETURN(const auto own, store_->announced_paths());
    const std::unordered_set<std::string> own_paths(own.begin(), own.end());
    RunInputs inputs;
    const OutputNames names(Renaming::kKeep, {}, [](FileFormat format) { return format; });
    StageContext context{.inputs = inputs,
                         .sink = *sink_,
                         .codecs = helpers_.codecs(),
                         .names = names,
                         .own_paths = own_paths,
                         .on_conflict = on_conflict_of(shards_.options()),
                         .limits = {},
                         .cancel = &cancel_};
    Originals originals(recorded_inputs(), fs_);
    RunFinishContext finish_context(context, *store_, gone_, &originals, place_, listener_, fs_);
    for (const PlannedJob& planned : jobs_) IMAGEMILL_TRY(planned.job->finish(finish_context));
    return sink_->finish();
  }

  Result<> count() {
    IMAGEMILL_ASSIGN_OR_RETURN(const RunTotals totals, store_->totals());
    finished_.done = totals.done;
    finished_.failed = totals.failed;
    finished_.skipped = totals.skipped;
    // Every input that was listed has a number; those of one listing grow with the keys.
    int64_t last = -1, numbered = 0;
    std::string last_key;
    bool is_one_listing = true;
    const uint64_t shard_count = shards_.shards().front().number.count;
    std::set<uint64_t> seen;
    IMAGEMILL_TRY(store_->for_each_item([&](const ItemRecord& item) -> Result<> {
      if (item.sequence < 0) return {};
      if (item.sequence <= last && std::exchange(is_one_listing, false))
        listener_.on_warning(
            {fmt::format("{} is input {} of its shard's listing, {} before it is {}: inputs came "
                         "or went between the shards; the command without --shard, with this "
                         "output, does what is missing",
                         item.key, item.sequence + 1, last_key, last + 1)});
      last = std::max(last, item.sequence);
      last_key = item.key;
      ++numbered;
      seen.insert(static_cast<uint64_t>(item.sequence) % shard_count);
      return {};
    }));
    if (is_one_listing) finished_.missing = last + 1 - numbered;
    count_shards(seen);
    return {};
  }

  // `seen`: those that have an item in the output.
  void count_shards(std::set<uint64_t> seen) {
    for (const ShardOutput& shard : shards_.shards()) {
      seen.insert(shard.number.index);
      if (!shard.run.is_complete) finished_.unfinished.push_back(shard.folder);
    }
    finished_.shard_count = shards_.shards().front().number.count;
    finished_.shards_missing = finished_.shard_count - seen.size();
    // A number from a command line: there may be more than memory holds.
    for (uint64_t i = 0; i < finished_.shard_count; ++i) {
      if (finished_.missing_shards.size() == std::min(finished_.shards_missing, kShardsNamed))
        return;
      if (!seen.contains(i)) finished_.missing_shards.push_back(i + 1);
    }
  }

  // As one of the shards was given them, for all were given the same.
  std::vector<std::string> recorded_inputs() const {
    for (const ShardOutput& shard : shards_.shards())
      if (!shard.run.inputs.empty()) return shard.run.inputs;
    return {};
  }

  Result<> write_records() {
    RunReport report;
    report.inputs = recorded_inputs();
    report.output = spec_.output;
    for (const PlannedJob& job : jobs_) report.jobs.emplace_back(job.name());
    report.options = shards_.options();
    report.started_at = started_at_;
    report.warnings = listener_.warnings();
    for (const std::string& word : spec_.command)
      report.command += (report.command.empty() ? "" : " ") + word;
    IMAGEMILL_ASSIGN_OR_RETURN(const RunTotals totals, store_->totals());
    IMAGEMILL_ASSIGN_OR_RETURN(auto job_skips, store_->job_skips());
    report.finished = {.items_total = totals.done + totals.failed + totals.skipped,
                       .done = totals.done,
                       .failed = totals.failed,
                       .skipped = totals.skipped,
                       .damaged = totals.damaged,
                       .job_skips = std::move(job_skips)};
    return write_run_records(std::move(report), place_, *store_, fs_);
  }

  Result<> check_cancelled() const {
    if (cancel_.is_requested())
      return fail(Code::kCancelled, "stopped; the same command goes on from here");
    return {};
  }

  const MergeSpec& spec_;
  FileSystem& fs_;
  WarningRecorder listener_;
  const CancelToken& cancel_;
  const std::string started_at_ =
      fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  OutputPlace place_;
  ShardOutputs shards_;
  Helpers helpers_;
  std::vector<PlannedJob> jobs_;
  std::vector<FinishedItem> before_;           // what the output had, sorted by key
  std::unordered_set<std::string> own_paths_;  // that may be replaced there
  std::vector<std::string> gone_;  // items of the output that the inputs no longer hold; sorted
  HashSet<uint64_t> taken_;        // hashes of the paths of all items
  std::unique_ptr<RunStore> store_;
  std::unique_ptr<Sink> sink_;
  std::vector<ItemRecord> group_;
  std::vector<StagedFile> files_;
  MergeFinished finished_;
};

}  // namespace

Result<MergeFinished> merge_shards(const MergeSpec& spec, FileSystem& fs, Listener& listener,
                                   const CancelToken& cancel) {
  return Merge(spec, fs, listener, cancel).run();
}

Result<MergeFinished> merge(const MergeSpec& spec, Listener& listener, const CancelToken& cancel) {
  return merge_shards(spec, real_file_system(), listener, cancel);
}

}  // namespace imagemill
