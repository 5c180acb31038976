// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/item_stages.h"

#include <algorithm>

#include "base/hash.h"
#include "codec/exif_thumbnail.h"
#include "engine/item_facts.h"
#include "engine/item_pictures.h"
#include "engine/item_plan.h"

namespace imagemill {
namespace {

DecodeRequest decode_request(const StageContext& context) {
  return {.fail_on = context.fail_on, .limits = context.limits, .cancel = context.cancel};
}

ItemPlan plan_item(const StageContext& context, const Item& item) {
  return plan_item(context.jobs, item, context.codecs, decode_request(context));
}

// Files that are no pictures and do not claim to be are left alone, not failed.
bool is_other_file(const Item& item) {
  return sniff(item.bytes) == FileFormat::kUnknown &&
         format_of_extension(lower_extension(item.path)) == FileFormat::kUnknown;
}

std::optional<StageFailure> failure(Status status) { return StageFailure{std::move(status)}; }

// Work that was cut off because the run is stopped is no failure of the item: nothing of it is
// recorded, and the next try does it. A codec's word alone does not stop a run.
bool is_stopped(const StageContext& context, const Status& status) {
  return status.code() == Code::kCancelled && context.cancel != nullptr &&
         context.cancel->is_requested();
}

StageFailure failure_or_stop(const StageContext& context, Status status) {
  const bool stops = is_stopped(context, status);
  return {std::move(status), stops};
}

// Or its thumbnail, where that will do and is fit for it.
Result<Decoded> decode_picture(const StageContext& context, const ItemPlan& plan, Item& item,
                               const DecodeRequest& request) {
  const Decoder* decoder = context.codecs.decoder_for(item.header.format);
  if (plan.thumbnail_will_do && item.header.format == FileFormat::kJpeg) {
    auto thumbnail = decode_exif_thumbnail(item.bytes, item.header, request, *decoder);
    item.is_thumbnail = thumbnail.has_value();
    if (thumbnail) return thumbnail;
  }
  return decoder->decode(item.bytes, request);
}

// Waits where the executor lets an item wait.
class HoldWaitPlace final : public WaitPlace {
 public:
  explicit HoldWaitPlace(StageHold* hold) : hold_(hold) {}
  void begin_wait() override { hold_->begin_wait(); }
  void end_wait() override { hold_->end_wait(); }
  bool is_stopping() const override { return hold_->is_stopping(); }

 private:
  StageHold* const hold_;
};

class StageItemContext final : public ItemContext {
 public:
  StageItemContext(StageContext& context, const ItemPlan& plan, Item& item)
      : context_(context),
        plan_(plan),
        item_(item),
        decode_(decode_request(context)),
        pictures_(plan, item, context.codecs, context.tools, decode_),
        wait_place_(item.hold) {}

  void set_job(size_t index) { index_ = index; }
  const std::optional<Status>& fatal() const { return fatal_; }
  ItemPictures& pictures() { return pictures_; }

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

  WaitPlace* wait_place() override { return item_.hold != nullptr ? &wait_place_ : nullptr; }

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
  HoldWaitPlace wait_place_;
  std::optional<Status> fatal_;
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

}  // namespace

std::string numbered_path(const std::string& path,
                          const std::function<bool(const std::string&)>& is_free) {
  const std::string stem = join_path(parent_path(path), file_stem(path));
  const std::string_view extension = std::string_view(path).substr(stem.size());
  for (int n = 2;; ++n) {
    std::string candidate = fmt::format("{}~{}{}", stem, n, extension);
    if (is_free(candidate)) return candidate;
  }
}

std::optional<StageFailure> read_item(StageContext& context, Item& item) {
  auto bytes = context.inputs.sources[item.source]->read(item.entry);
  if (!bytes) return failure(std::move(bytes).error());
  item.bytes = std::move(*bytes);
  item.record.bytes = item.entry.bytes;
  item.record.hash = hash_content(item.bytes).hex();
  if (is_other_file(item)) {
    item.record.state = ItemState::kSkipped;
    item.record.message =
        item.bytes.empty() ? "empty, and no picture by its name" : "not a picture";
    item.bytes = Bytes();
    return std::nullopt;
  }
  item.held_bytes = item.bytes.size();
  auto header = context.codecs.read_header(item.bytes);
  if (!header) return failure_or_stop(context, std::move(header).error());
  item.header = *header;
  item.record.format = std::string(format_name(header->format));
  item.record.width = header->width;
  item.record.height = header->height;
  item.record.orientation = static_cast<int>(header->orientation);
  if (auto within = check_limits(*header, context.limits); !within)
    return failure(std::move(within).error());
  ItemPlan plan = plan_item(context, item);
  if (context.reuse != nullptr) {
    context.reuse->find(item, plan);
    if (!item.known_rows.empty()) plan = plan_item(context, item);
  }
  item.reserved_bytes = plan.peak_bytes();
  if (context.item_bytes_max != 0 && item.reserved_bytes > context.item_bytes_max)
    return failure(
        Status(Code::kResourceExhausted,
               fmt::format("{}: {}x{} pixels need {} MB, --max-memory leaves {} MB for one picture",
                           item.record.format, header->width, header->height,
                           item.reserved_bytes >> 20, context.item_bytes_max >> 20)));
  return std::nullopt;
}

std::optional<StageFailure> decode_item(StageContext& context, Item& item) {
  if (item.record.state == ItemState::kSkipped) return std::nullopt;
  const ItemPlan plan = plan_item(context, item);
  if (plan.decode_at_least) {
    DecodeRequest request = decode_request(context);
    request.at_least = *plan.decode_at_least;
    auto decoded = decode_picture(context, plan, item, request);
    if (!decoded) return failure_or_stop(context, std::move(decoded).error());
    item.record.decode_scale = item.is_thumbnail
                                   ? "thumbnail"
                                   : fmt::format("{}/{}", decoded->scale_num, decoded->scale_den);
    item.record.is_damaged = decoded->is_damaged;
    std::ranges::move(decoded->warnings, std::back_inserter(item.record.warnings));
    item.decoded = std::move(*decoded);
  }
  if (plan.readers == 0) item.bytes = Bytes();  // "= {}" would keep the memory
  item.held_bytes = plan.jobs_bytes();
  return std::nullopt;
}

std::optional<StageFailure> run_jobs(StageContext& context, Item& item) {
  if (item.record.state == ItemState::kSkipped) return std::nullopt;
  const ItemPlan plan = plan_item(context, item);
  StageItemContext item_context(context, plan, item);
  for (size_t i = 0; i < context.jobs.size(); ++i) {
    const PlannedJob& planned = context.jobs[i];
    Result<> result;
    if (auto reason = reason_to_skip(context, plan, i, item)) {
      item.record.job_skips.push_back({std::string(planned.name()), std::move(*reason)});
    } else if (item.knows_rows_of(i)) {
      std::ranges::move(*item.known_rows[i], std::back_inserter(item.record.rows));
    } else {
      item_context.set_job(i);
      result = planned.job->process(item_context);
    }
    item_context.pictures().release_after(i);
    if (item.hold != nullptr && i + 1 < context.jobs.size())
      item.hold->lower_to(plan.bytes_from[i + 1]);
    if (result) continue;
    if (item_context.fatal()) return StageFailure{*item_context.fatal(), true};
    if (is_stopped(context, result.error())) return StageFailure{std::move(result).error(), true};
    if (result.error().code() == Code::kCancelled) {
      item.record.state = ItemState::kSkipped;
      item.record.message = result.error().message();
      break;
    }
    return failure(std::move(result).error().with_context(planned.name()));
  }
  item.decoded.reset();
  item.bytes = Bytes();
  item.reserved_bytes = item.held_bytes = 0;
  return std::nullopt;
}

}  // namespace imagemill
