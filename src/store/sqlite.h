// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// SQLite with our errors: a connection and its statements as owned values. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "imagemill/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace imagemill::sqlite {

// "SQLite 3.40.1".
std::string library();

// A prepared statement, to be used many times: bind all parameters, then run() or step() until it
// gives false; both leave it ready for the next round. Bound text and blobs are borrowed until
// then.
class Statement {
 public:
  Statement() = default;

  Statement& bind(int index, int64_t value);
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, ByteSpan blob);
  Statement& bind_null(int index);

  // For statements without rows.
  Result<> run();
  // True: a row is there. False: no more.
  Result<bool> step();
  // Gives up the remaining rows.
  void reset();

  // Columns of the current row; views live until the next step().
  bool is_null(int column) const;
  int type(int column) const;  // SQLITE_INTEGER and so on
  int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  ByteSpan blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_error_ = 0;  // the first one since the last round, reported by step()
};

enum class OpenMode : uint8_t { kReadOnly, kReadWrite, kCreate };

class Database {
 public:
  static Result<Database> open(const std::string& path, OpenMode mode);

  Result<Statement> prepare(std::string_view sql);
  // One or more statements without parameters and without rows that matter.
  Result<> execute(const std::string& sql);
  // The first column of the first row of a query that always has one.
  Result<int64_t> query_integer(std::string_view sql);
  Result<std::string> query_text(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Close> database_;
};

// Rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace imagemill::sqlite
