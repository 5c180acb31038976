// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/item_stages.h"

#include <algorithm>

#include "base/hash.h"

namespace imagemill {
namespace {

// Row buffers, tables and compressor state of whatever works on an item.
constexpr uint64_t kScratchBytes = uint64_t{2} << 20;

// Views that all jobs of the run want of this item, each once.
std::vector<ViewRequest> all_views(const StageContext& context, const Item& item) {
  std::vector<ViewRequest> views;
  for (const auto& job : context.jobs) {
    for (const ViewRequest& view : job->views(item))
      if (std::ranges::find(views, view) == views.end()) views.push_back(view);
  }
  return views;
}

DecodeRequest decode_request(const StageContext& context, Size at_least) {
  return {.at_least = at_least, .fail_on = context.fail_on, .limits = context.limits};
}

uint64_t saturating_add(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

uint64_t bytes_needed(const StageContext& context, const Item& item) {
  const auto views = all_views(context, item);
  const auto least = least_decode_size(item.header, views);
  // Decoding first, then the picture with its views and one job after the other.
  uint64_t decoding = 0;
  uint64_t working = 0;
  if (least) {
    const Decoder& decoder = *context.codecs.decoder_for(item.header.format);
    const DecodeRequest request = decode_request(context, *least);
    const Size size = decoder.decoded_size(item.header, request);
    decoding = decoder.decode_bytes(item.header, request);
    working = image_bytes(size.width, size.height, item.header.pixel_format).value_or(SIZE_MAX);
  }
  for (const ViewRequest& view : views)
    working = saturating_add(working, view_bytes(item.header, view));
  uint64_t largest_job = 0;
  for (const auto& job : context.jobs)
    largest_job = std::max(largest_job, job->working_bytes(item));
  return saturating_add(item.bytes.size() + kScratchBytes,
                        std::max(decoding, saturating_add(working, largest_job)));
}

// Files that are no pictures and do not claim to be are left alone, not failed.
bool is_other_file(const Item& item) {
  return sniff(item.bytes) == FileFormat::kUnknown &&
         format_of_extension(lower_extension(item.path)) == FileFormat::kUnknown;
}

std::optional<StageFailure> failure(Status status) { return StageFailure{std::move(status)}; }

class StageItemContext final : public ItemContext {
 public:
  StageItemContext(StageContext& context, Item& item) : context_(context), item_(item) {}

  void set_job(const Job* job) { job_ = job; }
  const std::optional<Status>& fatal() const { return fatal_; }

  const Item& item() const override { return item_; }

  Result<Image> view(const ViewRequest& request) override {
    for (const auto& [made, image] : views_)
      if (made == request) return image;
    if (!item_.decoded)
      return fail(Code::kInternal, "job '{}' asks for a view it did not declare",
                  job_->info().name);
    std::optional<std::string> warning;
    IMAGEMILL_ASSIGN_OR_RETURN(Image image,
                               make_view(*item_.decoded, request, context_.tools, warning));
    if (warning) warn(std::move(*warning));
    views_.emplace_back(request, image);
    return image;
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
    item_.record.outputs.push_back(
        {std::string(job_->info().name), path, bytes.size(), hash_content(bytes).hex()});
    return {};
  }

  void emit_row(std::vector<Value> values, std::string sub) override {
    item_.record.rows.push_back(
        {std::string(job_->info().name), std::move(sub), std::move(values)});
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

  StageContext& context_;
  Item& item_;
  const Job* job_ = nullptr;
  std::vector<std::pair<ViewRequest, Image>> views_;
  std::optional<Status> fatal_;
};

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
  auto header = context.codecs.read_header(item.bytes);
  if (!header) return failure(std::move(header).error());
  item.header = *header;
  item.record.format = std::string(format_name(header->format));
  item.record.width = header->width;
  item.record.height = header->height;
  item.record.orientation = static_cast<int>(header->orientation);
  if (auto within = check_limits(*header, context.limits); !within)
    return failure(std::move(within).error());
  item.reserved_bytes = bytes_needed(context, item);
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
  const auto least = least_decode_size(item.header, all_views(context, item));
  if (!least) return std::nullopt;
  auto decoded = context.codecs.decoder_for(item.header.format)
                     ->decode(item.bytes, decode_request(context, *least));
  if (!decoded) return failure(std::move(decoded).error());
  item.record.decode_scale = fmt::format("{}/{}", decoded->scale_num, decoded->scale_den);
  item.record.is_damaged = decoded->is_damaged;
  std::ranges::move(decoded->warnings, std::back_inserter(item.record.warnings));
  item.decoded = std::move(*decoded);
  return std::nullopt;
}

std::optional<StageFailure> run_jobs(StageContext& context, Item& item) {
  if (item.record.state == ItemState::kSkipped) return std::nullopt;
  StageItemContext item_context(context, item);
  for (const auto& job : context.jobs) {
    item_context.set_job(job.get());
    auto result = job->process(item_context);
    if (result) continue;
    if (item_context.fatal()) return StageFailure{*item_context.fatal(), true};
    if (result.error().code() == Code::kCancelled) {
      item.record.state = ItemState::kSkipped;
      item.record.message = result.error().message();
      break;
    }
    return failure(std::move(result).error().with_context(job->info().name));
  }
  item.decoded.reset();
  item.bytes = Bytes();  // "= {}" would keep the memory
  item.reserved_bytes = 0;
  return std::nullopt;
}

}  // namespace imagemill
