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

ItemPlan plan_item(const StageContext& context, const Item& item) {
  return plan_item(context.jobs, item, context.codecs, context.decode_request());
}

// Files that are no pictures and do not claim to be are left alone, not failed.
bool is_other_file(const Item& item) {
  return sniff(item.bytes) == FileFormat::kUnknown &&
         format_of_extension(lower_extension(item.path)) == FileFormat::kUnknown;
}

std::optional<StageFailure> failure(Status status) { return StageFailure{std::move(status)}; }

StageFailure failure_or_stop(const StageContext& context, Status status) {
  const bool stops = context.is_stopped(status);
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
    DecodeRequest request = context.decode_request();
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

}  // namespace imagemill
