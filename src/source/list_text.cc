// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "source/list_text.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "source/source.h"

namespace imagemill {
namespace {

// The first that is there names the path.
constexpr std::array<std::string_view, 4> kPathColumns = {"path", "image_path", "file_name",
                                                          "file"};
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlank = " \t\r\n";

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(kBlank) == std::string_view::npos;
}

// A path goes to the system as a C string: what follows a NUL would silently be cut off.
void add_path(ListText& list, uint64_t line, std::string path) {
  if (path.empty())
    list.problems.push_back({line, Status(Code::kInvalidArgument, "the path is empty")});
  else if (path.find('\0') != std::string::npos)
    list.problems.push_back({line, Status(Code::kInvalidArgument, "a NUL in the path")});
  else
    list.paths.push_back(std::move(path));
}

ListText parse_text(std::string_view text) {
  ListText list;
  for (uint64_t line_number = 1; !text.empty(); ++line_number) {
    const std::string_view line = take_line(text);
    if (!is_blank(line)) add_path(list, line_number, std::string(line));
  }
  return list;
}

struct CsvRow {
  uint64_t line = 0;  // where it begins
  std::vector<std::string> fields;
  bool is_closed = true;  // false: the text ended inside a quoted field
};

// RFC 4180, fields quoted with '"' may hold commas and line breaks.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {}

  // Blank lines are not rows.
  std::optional<CsvRow> next() {
    while (!rest_.empty()) {
      CsvRow row{.line = line_, .fields = {}};
      bool is_row_done = false;
      while (!is_row_done) is_row_done = take_field(row);
      if (row.fields.size() > 1 || !is_blank(row.fields[0])) return row;
    }
    return std::nullopt;
  }

 private:
  // True when the row ends with this field.
  bool take_field(CsvRow& row) {
    std::string field;
    if (rest_.starts_with('"')) row.is_closed = take_quoted(field);
    const size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
    std::string_view plain = rest_.substr(0, end);
    const bool is_last = end == rest_.size() || rest_[end] == '\n';
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (is_last) {
      ++line_;
      if (plain.ends_with('\r')) plain.remove_suffix(1);
    }
    row.fields.push_back(std::move(field.append(plain)));
    return is_last;
  }

  // False when the closing quote is missing.
  bool take_quoted(std::string& field) {
    rest_.remove_prefix(1);
    while (true) {
      const size_t quote = rest_.find('"');
      const std::string_view part = rest_.substr(0, quote);
      field += part;
      line_ += static_cast<uint64_t>(std::ranges::count(part, '\n'));
      if (quote == std::string_view::npos) {
        rest_ = {};
        return false;
      }
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) return true;
      field += '"';
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  uint64_t line_ = 1;
};

std::optional<size_t> path_column(const CsvRow& header) {
  for (const std::string_view wanted : kPathColumns) {
    for (size_t i = 0; i < header.fields.size(); ++i) {
      std::string_view name = header.fields[i];
      name.remove_prefix(std::min(name.find_first_not_of(kBlank), name.size()));
      name.remove_suffix(name.size() - std::min(name.find_last_not_of(kBlank) + 1, name.size()));
      if (name == wanted) return i;
    }
  }
  return std::nullopt;
}

Result<ListText> parse_csv(std::string_view text) {
  ListText list;
  CsvReader reader(text);
  const std::optional<CsvRow> header = reader.next();
  if (!header) return list;
  const std::optional<size_t> column = path_column(*header);
  if (!column)
    return fail(Code::kInvalidArgument, "CSV: the header has {} columns, none of them is {}",
                header->fields.size(), fmt::join(kPathColumns, ", "));
  while (std::optional<CsvRow> row = reader.next()) {
    if (!row->is_closed)
      list.problems.push_back({row->line, Status(Code::kCorruptInput, "CSV: a quote never ends")});
    else if (row->fields.size() <= *column)
      list.problems.push_back({row->line, Status(Code::kInvalidArgument,
                                                 fmt::format("CSV: {} fields, the path is field {}",
                                                             row->fields.size(), *column + 1))});
    else
      add_path(list, row->line, std::move(row->fields[*column]));
  }
  return list;
}

void add_json_line(ListText& list, uint64_t line_number, std::string_view line) {
  const auto refuse = [&](Code code, std::string why) {
    list.problems.push_back({line_number, Status(code, std::move(why))});
  };
  const auto object = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return refuse(Code::kCorruptInput, "JSON lines: not an object");
  for (const std::string_view wanted : kPathColumns) {
    const auto found = object.find(wanted);
    if (found == object.end()) continue;
    if (!found->is_string())
      return refuse(Code::kInvalidArgument, fmt::format("JSON lines: {} is not a text", wanted));
    return add_path(list, line_number, found->get<std::string>());
  }
  refuse(Code::kInvalidArgument,
         fmt::format("JSON lines: no key of {}", fmt::join(kPathColumns, ", ")));
}

ListText parse_json_lines(std::string_view text) {
  ListText list;
  for (uint64_t line_number = 1; !text.empty(); ++line_number) {
    const std::string_view line = take_line(text);
    if (!is_blank(line)) add_json_line(list, line_number, line);
  }
  return list;
}

}  // namespace

Result<ListText> parse_list(std::string_view text, ListFormat format) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return fail(Code::kUnsupported, "the list is UTF-16, expected UTF-8");
  text = without_byte_order_mark(text);
  switch (format) {
    case ListFormat::kCsv:
      return parse_csv(text);
    case ListFormat::kJsonLines:
      return parse_json_lines(text);
    case ListFormat::kText:
      break;
  }
  return parse_text(text);
}

ListFormat guess_list_format(std::string_view text) {
  text = without_byte_order_mark(text);
  std::string_view line;
  while (!text.empty() && is_blank(line)) line = take_line(text);
  if (line.starts_with('{')) return ListFormat::kJsonLines;
  const std::optional<CsvRow> header = CsvReader(line).next();
  return header && path_column(*header) ? ListFormat::kCsv : ListFormat::kText;
}

}  // namespace imagemill
