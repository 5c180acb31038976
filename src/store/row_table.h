// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The tables of the jobs: rows_<job> (key, sub, the job's columns), keyed by key and sub. The only
// place where SQL is made of names; they are checked here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/run_store.h"
#include "store/sqlite.h"

namespace imagemill {

// kInvalidArgument unless table and columns have names that may stand in SQL, each once.
Result<> check_row_table(const TableSchema& schema);

// For a checked schema.
std::string create_row_table_sql(const TableSchema& schema);

// "score REAL, person TEXT": equal for equal columns.
std::string describe_columns(const TableSchema& schema);

// As the database itself has them, so that a reader sees what is there.
Result<std::vector<TableSchema>> read_row_tables(sqlite::Database& database);

Result<> visit_rows(sqlite::Database& database, const TableSchema& schema,
                    const std::function<Result<>(const std::string& key, const Row&)>& visit);

// At most `limit` rows after (key, sub), in their order.
Result<std::vector<KeyedRow>> read_rows_after(sqlite::Database& database, const TableSchema& schema,
                                              const std::string& key, const std::string& sub,
                                              size_t limit);

// The rows of single items of one table.
class RowReader {
 public:
  static Result<RowReader> prepare(sqlite::Database& database, const TableSchema& schema);

  // In the order of `sub`.
  Result<> append_rows(const std::string& key, std::vector<Row>& out);

 private:
  explicit RowReader(TableSchema schema) : schema_(std::move(schema)) {}

  TableSchema schema_;
  sqlite::Statement select_;
};

// The statements that write one table.
class RowTable {
 public:
  static Result<RowTable> prepare(sqlite::Database& database, const TableSchema& schema);

  Result<> erase(const std::string& key);
  Result<> insert(const std::string& key, const Row& row);

 private:
  size_t columns_ = 0;
  sqlite::Statement insert_;
  sqlite::Statement erase_;
};

}  // namespace imagemill
