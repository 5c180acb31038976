// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "jobs/csv_export.h"

#include "base/text_file.h"

namespace imagemill {
namespace {

std::string field_of(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{:.6g}", *real);
  if (const auto* text = std::get_if<std::string>(&value)) return csv_field(*text);
  return {};  // NULL, and bytes that a CSV cannot carry
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

Result<> export_csv(FinishContext& context, const TableSchema& table, const std::string& path) {
  bool has_sub = false;
  IMAGEMILL_TRY(
      context.store().for_each_row(table.name, [&](const std::string&, const Row& row) -> Result<> {
        has_sub |= !row.sub.empty();
        return context.check_cancelled();
      }));
  return context.write_output(path, [&](const std::string& file) -> Result<> {
    IMAGEMILL_ASSIGN_OR_RETURN(TextFile csv, TextFile::create(real_file_system(), file));
    std::string heading = has_sub ? "key,sub" : "key";
    for (const Column& column : table.columns) heading += "," + csv_field(column.name);
    IMAGEMILL_TRY(csv.append(heading + "\r\n"));
    const auto append_row = [&](const std::string& key, const Row& row) -> Result<> {
      IMAGEMILL_TRY(context.check_cancelled());
      if (!context.is_input(key)) return {};
      std::string line = csv_field(key);
      if (has_sub) line += "," + csv_field(row.sub);
      for (const Value& value : row.values) line += "," + field_of(value);
      return csv.append(line + "\r\n");
    };
    IMAGEMILL_TRY(context.store().for_each_row(table.name, append_row));
    return csv.finish();
  });
}

}  // namespace imagemill
