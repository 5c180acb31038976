// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// An item among its jobs: what they may use (ItemContext), which of them see it, and how it waits
// for a network.
#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "engine/item_facts.h"
#include "engine/item_pictures.h"
#include "engine/item_plan.h"
#include "engine/item_stages.h"

namespace imagemill {
namespace {

class StageItemContext final : public ItemContext {
 public:
  StageItemContext(StageContext& context, const ItemPlan& plan, Item& item)
      : context_(context),
        plan_(plan),
        item_(item),
        decode_(context.decode_request()),
        pictures_(plan, item, context.codecs, context.tools, decode_) {}

  void set_job(size_t index) { index_ = index; }
  const std::optional<Status>& fatal() const { return fatal_; }
  ItemPictures& pictures() { return pictures_; }

  // Whether the job goes on when a network has answered.
  bool is_waiting() const { return wait_ != nullptr; }
  // Once it has. The job may wait again.
  Result<> go_on() {
    const std::shared_ptr<Wait> over = std::exchange(wait_, nullptr);
    if (!*over->row) return std::unexpected(std::move(*over->row).error());
    return over->then(**over->row);
  }

  const Item& item() const override { return item_; }
  const ImageHeader& header() const override { return plan_.jobs[index_].header; }

  Result<Image> view(const ViewRequest& request) override {
    return pictures_.view(index_, request);
  }

  Result<> view_into(const ViewRequest& request, Image& out) override {
    return pictures_.view_into(index_, request, out);
  }

  void release_pictures() override {
    pictures_.release_views(index_);
    pictures_.release_after(index_);
    if (item_.hold != nullptr) item_.hold->lower_to(plan_.bytes_released[index_]);
  }

  Result<> when_answered(BatchSlot slot, Continuation then) override {
    wait_ = std::make_shared<Wait>(Wait{.then = std::move(then)});
    if (item_.hold == nullptr) {
      wait_->row = std::move(slot).run();
      return {};
    }
    std::move(slot).submit([wait = wait_, resume = item_.hold->suspend()](Result<BatchRow> row) {
      wait->row = std::move(row);
      resume();
    });
    return {};
  }

  std::unexpected<Status> end_run(Status status) override {
    fatal_ = status;
    return std::unexpected(std::move(status));
  }

  Result<Image> late_view(const ViewRequest& request) override {
    return pictures_.late_view(index_, request);
  }

  Result<> emit_picture(Image image) override { return pictures_.keep(index_, std::move(image)); }

  Result<Bytes> read_caption(const SourceEntry& caption) override {
    return context_.inputs.sources[item_.source]->read(caption);
  }

  std::string output_path(std::string_view folder, FileFormat format) override {
    return join_path(folder, context_.names.path_for(item_.path, item_.rank, format));
  }

  Result<> emit_file(const std::string& wanted, ByteSpan bytes) override {
    std::string path = wanted;
    if (!is_free(path)) {
      if (context_.on_conflict == OnConflict::kSkip)
        return fail(Code::kCancelled, "{}: exists already (--on-conflict skip)", path);
      if (context_.on_conflict == OnConflict::kRename)
        path = numbered_path(path, [this](const std::string& candidate) {
          return !context_.names.is_planned(candidate) && is_free(candidate);
        });
    }
    auto staged = context_.sink.stage(path, bytes);
    if (!staged) {
      // A name that the output cannot have is the item's own trouble; a disk is everybody's.
      const Code code = staged.error().code();
      if (code != Code::kInvalidArgument && code != Code::kUnsupported) fatal_ = staged.error();
      return std::unexpected(std::move(staged).error());
    }
    item_.staged.push_back(std::move(*staged));
    item_.record.outputs.push_back({job_name(), path, bytes.size(), hash_content(bytes).hex()});
    return {};
  }

  void emit_row(std::vector<Value> values, std::string sub) override {
    item_.record.rows.push_back({job_name(), std::move(sub), std::move(values)});
  }

  void warn(std::string text) override { item_.record.warnings.push_back(std::move(text)); }

  const Row* row_of(std::string_view job) const override {
    const auto it = std::ranges::find(item_.record.rows, job, &Row::table);
    return it == item_.record.rows.end() ? nullptr : &*it;
  }

  const DecodeLimits& limits() const override { return context_.limits; }

 private:
  // Shared with the batch, which outlives the item where a run is stopped.
  struct Wait {
    Continuation then;
    std::optional<Result<BatchRow>> row;  // the batch's until it has answered
  };

  bool is_free(const std::string& path) const {
    return context_.own_paths.contains(path) || !context_.sink.exists(path);
  }

  std::string job_name() const { return std::string(context_.jobs[index_].name()); }

  StageContext& context_;
  const ItemPlan& plan_;
  Item& item_;
  size_t index_ = 0;
  const DecodeRequest decode_;
  ItemPictures pictures_;
  std::optional<Status> fatal_;
  std::shared_ptr<Wait> wait_;  // null: for nothing
};

// The row about the item as a whole.
const Row* whole_row(const Item& item, std::string_view table) {
  const auto it = std::ranges::find_if(
      item.record.rows, [table](const Row& row) { return row.table == table && row.sub.empty(); });
  return it == item.record.rows.end() ? nullptr : &*it;
}

bool where_holds(const StageContext& context, const PlannedJob& job, const Item& item) {
  const Row facts = item_row(item);
  std::vector<const Row*> rows;
  for (const size_t index : job.where_rows)
    rows.push_back(index == PlannedJob::kNone ? &facts
                                              : whole_row(item, context.jobs[index].name()));
  return job.where->is_true(rows);
}

// Why a job does not look at the item, as JobSkip says it; nullopt: it does.
std::optional<std::string> reason_to_skip(const StageContext& context, const ItemPlan& plan,
                                          size_t index, const Item& item) {
  const PlannedJob& job = context.jobs[index];
  const auto is_skipped = [&](size_t other) {
    return std::ranges::find(item.record.job_skips, context.jobs[other].name(), &JobSkip::job) !=
           item.record.job_skips.end();
  };
  std::vector<size_t> waits_for = job.rows_of;
  if (job.picture_of != PlannedJob::kNone) waits_for.push_back(job.picture_of);
  if (const auto it = std::ranges::find_if(waits_for, is_skipped); it != waits_for.end())
    return std::string(context.jobs[*it].name());
  const bool runs = plan.jobs[index].runs && (!job.where || where_holds(context, job, item));
  return runs ? std::nullopt : std::optional<std::string>("where");
}

// An item among its jobs, from the first to the last. Kept with it while it waits.
class JobsOfItem final : public UnfinishedWork {
 public:
  JobsOfItem(StageContext& context, Item& item)
      : context_(context),
        item_(item),
        plan_(plan_item(context.jobs, item, context.codecs, context.decode_request())),
        item_context_(context, plan_, item) {}

  // Until the last job is done or one waits.
  std::optional<StageFailure> run() {
    while (next_ < context_.jobs.size()) {
      Result<> result = is_waiting() ? item_context_.go_on() : begin_job();
      if (result && is_waiting()) {
        if (item_.hold != nullptr) return std::nullopt;
        continue;
      }
      end_job();
      if (!result) return failure_of(context_.jobs[next_ - 1], std::move(result).error());
    }
    return std::nullopt;
  }

  bool is_waiting() const { return item_context_.is_waiting(); }

 private:
  Result<> begin_job() {
    const PlannedJob& planned = context_.jobs[next_];
    if (auto reason = reason_to_skip(context_, plan_, next_, item_)) {
      item_.record.job_skips.push_back({std::string(planned.name()), std::move(*reason)});
      return {};
    }
    if (item_.knows_rows_of(next_)) {
      std::ranges::move(*item_.known_rows[next_], std::back_inserter(item_.record.rows));
      return {};
    }
    item_context_.set_job(next_);
    return planned.job->process(item_context_);
  }

  void end_job() {
    item_context_.pictures().release_after(next_++);
    if (item_.hold != nullptr && next_ < context_.jobs.size())
      item_.hold->lower_to(plan_.bytes_from[next_]);
  }

  // nullopt: the item is skipped, not failed.
  std::optional<StageFailure> failure_of(const PlannedJob& job, Status status) {
    if (item_context_.fatal()) return StageFailure{*item_context_.fatal(), true};
    if (context_.is_stopped(status)) return StageFailure{std::move(status), true};
    if (status.code() != Code::kCancelled)
      return StageFailure{std::move(status).with_context(job.name())};
    item_.record.state = ItemState::kSkipped;
    item_.record.message = status.message();
    return std::nullopt;
  }

  StageContext& context_;
  Item& item_;
  const ItemPlan plan_;
  StageItemContext item_context_;
  size_t next_ = 0;  // the job that works, or works next
};

}  // namespace

std::optional<StageFailure> run_jobs(StageContext& context, Item& item) {
  if (item.record.state == ItemState::kSkipped) return std::nullopt;
  if (item.unfinished == nullptr) item.unfinished = std::make_unique<JobsOfItem>(context, item);
  auto& jobs = static_cast<JobsOfItem&>(*item.unfinished);
  auto failed = jobs.run();
  if (!failed && jobs.is_waiting()) return std::nullopt;
  item.unfinished.reset();
  if (failed) return failed;
  item.decoded.reset();
  item.bytes = Bytes();
  item.reserved_bytes = item.held_bytes = 0;
  return std::nullopt;
}

}  // namespace imagemill
