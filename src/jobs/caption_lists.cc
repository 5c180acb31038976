// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/caption_lists.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "imagemill/text.h"

namespace imagemill {
namespace {

constexpr size_t kCaptionBytesMax = size_t{1} << 20;

// What editors put around it goes; broken bytes become U+FFFD.
std::string caption_text(ByteSpan bytes) {
  std::string_view text = as_text(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  constexpr std::string_view kBlanks = " \t\r\n";
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  text = text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
  std::string out;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    out += point.is_valid ? text.substr(0, point.bytes) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(point.bytes);
  }
  return out;
}

}  // namespace

Result<std::optional<std::string>> carry_captions(ItemContext& context,
                                                  const std::string& picture) {
  std::optional<std::string> text;
  for (const SourceEntry& caption : context.item().captions) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, context.read_caption(caption));
    if (bytes.size() > kCaptionBytesMax)
      return fail(Code::kResourceExhausted, "caption {}: {} bytes, at most {} are read",
                  caption.key, bytes.size(), kCaptionBytesMax);
    const std::string path = fmt::format(
        "{}.{}", join_path(parent_path(picture), file_stem(picture)), lower_extension(caption.key));
    IMAGEMILL_TRY(context.emit_file(path, bytes));
    if (!text) text = caption_text(bytes);
  }
  return text;
}

Result<> write_caption_lists(FinishContext& context, const TableSchema& table) {
  const auto column = [&table](std::string_view name) {
    return static_cast<size_t>(std::ranges::find(table.columns, name, &Column::name) -
                               table.columns.begin());
  };
  const size_t path_at = column("path"), caption_at = column("caption");
  std::map<std::string, std::string> captions;
  IMAGEMILL_TRY(context.store().for_each_row(
      table.name, [&](const std::string& key, const Row& row) -> Result<> {
        if (!context.is_input(key)) return {};
        const auto* path = std::get_if<std::string>(&row.values[path_at]);
        const auto* caption = std::get_if<std::string>(&row.values[caption_at]);
        if (path != nullptr && caption != nullptr) captions.emplace(*path, *caption);
        return context.check_cancelled();
      }));
  const auto dump = [](const nlohmann::json& json, int indent) {
    return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  std::string readable, lines;
  for (const auto& [path, caption] : captions) {
    readable += fmt::format("{}\n{}\n\n", path, caption);
    lines += dump({{"file_name", path}, {"text", caption}}, -1) + "\n";
  }
  const std::string json = dump({{"captions", captions}}, 2) + "\n";
  IMAGEMILL_TRY(context.write_output("captions.json", as_byte_span(json)));
  IMAGEMILL_TRY(context.write_output("captions.txt", as_byte_span(readable)));
  return context.write_output("metadata.jsonl", as_byte_span(lines));
}

}  // namespace imagemill
