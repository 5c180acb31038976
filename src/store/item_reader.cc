// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/item_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace imagemill {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::string_view kStateNames[] = {"done", "failed", "skipped"};

std::optional<Code> code_from(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Code::kInternal); ++i)
    if (code_name(static_cast<Code>(i)) == name) return static_cast<Code>(i);
  return std::nullopt;
}

std::vector<std::string> warnings_from(std::string_view text) {
  std::vector<std::string> warnings;
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) return warnings;
  for (const auto& warning : json)
    if (warning.is_string()) warnings.push_back(warning.get<std::string>());
  return warnings;
}

ItemRecord read_item(const Statement& select) {
  ItemRecord item;
  item.key = select.text(0);
  item.sequence = select.integer(1);
  item.state = state_from(select.text(2));
  item.bytes = static_cast<uint64_t>(select.integer(3));
  item.mtime_ns = select.integer(4);
  item.hash = select.text(5);
  item.format = select.text(6);
  item.width = static_cast<int>(select.integer(7));
  item.height = static_cast<int>(select.integer(8));
  item.orientation = static_cast<int>(select.integer(9));
  item.decode_scale = select.text(10);
  item.is_damaged = select.integer(11) != 0;
  item.warnings = warnings_from(select.text(12));
  item.stage = select.text(13);
  item.code = code_from(select.text(14));
  item.message = select.text(15);
  item.late_decodes = static_cast<int>(select.integer(16));
  return item;
}

}  // namespace

std::string_view state_name(ItemState state) { return kStateNames[static_cast<size_t>(state)]; }

ItemState state_from(std::string_view name) {
  const auto found = std::ranges::find(kStateNames, name);
  // The schema lets no other name in; a file from a stranger may.
  if (found == std::end(kStateNames)) return ItemState::kFailed;
  return static_cast<ItemState>(found - std::begin(kStateNames));
}

Result<ItemReader> ItemReader::prepare(Database& database, std::string_view tail) {
  ItemReader reader;
  IMAGEMILL_ASSIGN_OR_RETURN(
      reader.items_,
      database.prepare(fmt::format(
          "SELECT key, sequence, state, bytes, mtime_ns, hash, format, width, height, orientation, "
          "decode_scale, is_damaged, warnings, stage, code, message, late_decodes FROM items {}",
          tail)));
  IMAGEMILL_ASSIGN_OR_RETURN(
      reader.outputs_,
      database.prepare("SELECT job, path, bytes, hash FROM outputs WHERE key = ?1 ORDER BY path"));
  IMAGEMILL_ASSIGN_OR_RETURN(
      reader.skips_,
      database.prepare("SELECT job, reason FROM job_skips WHERE key = ?1 ORDER BY job"));
  return reader;
}

Result<ItemReader> ItemReader::of_all(Database& database) {
  return prepare(database, "ORDER BY key");
}

Result<ItemReader> ItemReader::by_key(Database& database) {
  return prepare(database, "WHERE key = ?1");
}

void ItemReader::seek(std::string_view key) {
  items_.reset();
  items_.bind(1, key);
}

Result<std::optional<ItemRecord>> ItemReader::next() {
  IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, items_.step());
  if (!has_row) return std::nullopt;
  ItemRecord item = read_item(items_);
  outputs_.bind(1, std::string_view(item.key));
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool has_output, outputs_.step());
    if (!has_output) break;
    item.outputs.push_back({std::string(outputs_.text(0)), std::string(outputs_.text(1)),
                            static_cast<uint64_t>(outputs_.integer(2)),
                            std::string(outputs_.text(3))});
  }
  skips_.bind(1, std::string_view(item.key));
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool has_skip, skips_.step());
    if (!has_skip) break;
    item.job_skips.push_back({std::string(skips_.text(0)), std::string(skips_.text(1))});
  }
  return item;
}

Result<ItemFinder> ItemFinder::prepare(Database& database) {
  IMAGEMILL_ASSIGN_OR_RETURN(ItemReader items, ItemReader::by_key(database));
  ItemFinder finder(std::move(items));
  IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<TableSchema> tables, read_row_tables(database));
  for (const TableSchema& schema : tables) {
    IMAGEMILL_ASSIGN_OR_RETURN(RowReader rows, RowReader::prepare(database, schema));
    finder.rows_.push_back(std::move(rows));
  }
  return finder;
}

Result<std::optional<ItemRecord>> ItemFinder::find(const std::string& key) {
  items_.seek(key);
  IMAGEMILL_ASSIGN_OR_RETURN(std::optional<ItemRecord> item, items_.next());
  if (!item) return std::nullopt;
  IMAGEMILL_TRY(items_.next());  // leaves the statement ready
  for (RowReader& rows : rows_) IMAGEMILL_TRY(rows.append_rows(key, item->rows));
  return item;
}

}  // namespace imagemill
