// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/row_table.h"

#include <algorithm>

namespace imagemill {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::string_view kTypeNames[] = {"INTEGER", "REAL", "TEXT", "BLOB"};
constexpr std::string_view kTablePrefix = "rows_";

std::string_view type_name(ColumnType type) { return kTypeNames[static_cast<size_t>(type)]; }

void bind_value(Statement& statement, int index, const Value& value) {
  struct Binder {
    Statement& statement;
    int index;
    void operator()(std::monostate) { statement.bind_null(index); }
    void operator()(int64_t v) { statement.bind(index, v); }
    void operator()(double v) { statement.bind(index, v); }
    void operator()(const std::string& v) { statement.bind(index, std::string_view(v)); }
    void operator()(const Bytes& v) { statement.bind(index, ByteSpan(v)); }
  };
  std::visit(Binder{statement, index}, value);
}

Value value_at(const Statement& statement, int index, ColumnType type) {
  if (statement.is_null(index)) return std::monostate();
  switch (type) {
    case ColumnType::kInteger:
      return statement.integer(index);
    case ColumnType::kReal:
      return statement.real(index);
    case ColumnType::kText:
      return std::string(statement.text(index));
    case ColumnType::kBlob: {
      const ByteSpan blob = statement.blob(index);
      return Bytes(blob.begin(), blob.end());
    }
  }
  return std::monostate();
}

std::vector<Value> values_at(const Statement& statement, const TableSchema& schema) {
  std::vector<Value> values;
  values.reserve(schema.columns.size());
  for (int i = 2; const Column& column : schema.columns)
    values.push_back(value_at(statement, i++, column.type));
  return values;
}

// Names are spliced into SQL text: nothing but these letters ever is.
bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && name.size() <= 64 && is_letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

Result<> check_row_table(const TableSchema& schema) {
  if (!is_identifier(schema.name))
    return fail(Code::kInvalidArgument, "table name \"{}\": expected [a-z_][a-z0-9_]*",
                schema.name);
  std::vector<std::string_view> seen = {"key", "sub"};
  for (const Column& column : schema.columns) {
    if (!is_identifier(column.name))
      return fail(Code::kInvalidArgument, "table {}: column name \"{}\": expected [a-z_][a-z0-9_]*",
                  schema.name, column.name);
    if (std::ranges::find(seen, column.name) != seen.end())
      return fail(Code::kInvalidArgument, "table {}: column {} twice", schema.name, column.name);
    seen.push_back(column.name);
  }
  return {};
}

std::string describe_columns(const TableSchema& schema) {
  std::string out;
  for (const Column& column : schema.columns)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", column.name, type_name(column.type));
  return out;
}

std::string create_row_table_sql(const TableSchema& schema) {
  std::string sql = fmt::format("CREATE TABLE \"{}{}\" (key TEXT NOT NULL, sub TEXT NOT NULL",
                                kTablePrefix, schema.name);
  for (const Column& column : schema.columns)
    sql += fmt::format(", \"{}\" {}", column.name, type_name(column.type));
  return sql + ", PRIMARY KEY (key, sub)) STRICT, WITHOUT ROWID";
}

Result<std::vector<TableSchema>> read_row_tables(Database& database) {
  std::vector<TableSchema> tables;
  IMAGEMILL_ASSIGN_OR_RETURN(
      Statement select,
      database.prepare("SELECT t.name, c.name, c.type FROM sqlite_schema AS t, "
                       "pragma_table_info(t.name) AS c WHERE t.type = 'table' AND "
                       "t.name GLOB 'rows_*' ORDER BY t.name, c.cid"));
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
    if (!has_row) return tables;
    const std::string_view table = select.text(0).substr(kTablePrefix.size());
    const std::string_view column = select.text(1);
    if (!is_identifier(table) || !is_identifier(column))
      return fail(Code::kCorruptInput, "table rows_{}, column {}: not a name Imagemill gives",
                  table, column);
    if (tables.empty() || tables.back().name != table) tables.push_back({std::string(table), {}});
    if (column == "key" || column == "sub") continue;
    const auto type = std::ranges::find(kTypeNames, select.text(2));
    if (type == std::end(kTypeNames))
      return fail(Code::kCorruptInput, "table rows_{}, column {}: type {}", table, column,
                  select.text(2));
    tables.back().columns.push_back(
        {std::string(column), static_cast<ColumnType>(type - std::begin(kTypeNames))});
  }
}

Result<> visit_rows(Database& database, const TableSchema& schema,
                    const std::function<Result<>(const std::string& key, const Row&)>& visit) {
  // By SELECT *: the columns come in the order of CREATE TABLE, key and sub first.
  IMAGEMILL_ASSIGN_OR_RETURN(
      Statement select, database.prepare(fmt::format("SELECT * FROM \"{}{}\" ORDER BY key, sub",
                                                     kTablePrefix, schema.name)));
  Row row{.table = schema.name, .sub = {}, .values = {}};
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
    if (!has_row) return {};
    row.sub = select.text(1);
    row.values = values_at(select, schema);
    IMAGEMILL_TRY(visit(std::string(select.text(0)), row));
  }
}

Result<std::vector<KeyedRow>> read_rows_after(Database& database, const TableSchema& schema,
                                              const std::string& key, const std::string& sub,
                                              size_t limit) {
  IMAGEMILL_ASSIGN_OR_RETURN(
      Statement select,
      database.prepare(fmt::format(
          "SELECT * FROM \"{}{}\" WHERE (key, sub) > (?1, ?2) ORDER BY key, sub LIMIT ?3",
          kTablePrefix, schema.name)));
  select.bind(1, std::string_view(key))
      .bind(2, std::string_view(sub))
      .bind(3, static_cast<int64_t>(limit));
  std::vector<KeyedRow> rows;
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
    if (!has_row) return rows;
    rows.push_back({.key = std::string(select.text(0)),
                    .row = {.table = schema.name,
                            .sub = std::string(select.text(1)),
                            .values = values_at(select, schema)}});
  }
}

Result<RowReader> RowReader::prepare(Database& database, const TableSchema& schema) {
  RowReader reader(schema);
  IMAGEMILL_ASSIGN_OR_RETURN(
      reader.select_,
      database.prepare(fmt::format("SELECT * FROM \"{}{}\" WHERE key = ?1 ORDER BY sub",
                                   kTablePrefix, schema.name)));
  return reader;
}

Result<> RowReader::append_rows(const std::string& key, std::vector<Row>& out) {
  select_.bind(1, std::string_view(key));
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select_.step());
    if (!has_row) return {};
    out.push_back({.table = schema_.name,
                   .sub = std::string(select_.text(1)),
                   .values = values_at(select_, schema_)});
  }
}

Result<RowTable> RowTable::prepare(Database& database, const TableSchema& schema) {
  RowTable table;
  table.columns_ = schema.columns.size();
  std::string parameters = "?1, ?2";
  for (size_t i = 0; i < table.columns_; ++i) parameters += fmt::format(", ?{}", i + 3);
  IMAGEMILL_ASSIGN_OR_RETURN(
      table.insert_, database.prepare(fmt::format("INSERT INTO \"{}{}\" VALUES ({})", kTablePrefix,
                                                  schema.name, parameters)));
  IMAGEMILL_ASSIGN_OR_RETURN(table.erase_,
                             database.prepare(fmt::format("DELETE FROM \"{}{}\" WHERE key = ?1",
                                                          kTablePrefix, schema.name)));
  return table;
}

Result<> RowTable::erase(const std::string& key) {
  return erase_.bind(1, std::string_view(key)).run();
}

Result<> RowTable::insert(const std::string& key, const Row& row) {
  if (row.values.size() != columns_)
    return fail(Code::kInvalidArgument, "row of table {}: {} values, expected {}", row.table,
                row.values.size(), columns_);
  insert_.bind(1, std::string_view(key)).bind(2, std::string_view(row.sub));
  for (int i = 3; const Value& value : row.values) bind_value(insert_, i++, value);
  return insert_.run();
}

}  // namespace imagemill
