// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

namespace imagemill::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

Code code_of(sqlite3* database, int error) {
  switch (error & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return Code::kResourceExhausted;
    case SQLITE_IOERR: {
      // A full disk is SQLITE_FULL only where a write came up short; elsewhere the reason is errno.
      const int reason = sqlite3_system_errno(database);
      return reason == ENOSPC || reason == EDQUOT ? Code::kResourceExhausted : Code::kIoError;
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kCorruptInput;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return Code::kInvalidArgument;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return Code::kInternal;
    default:
      return Code::kIoError;
  }
}

std::unexpected<Status> failure(sqlite3* database, int error) {
  const char* path = sqlite3_db_filename(database, "main");
  return fail(code_of(database, error), "{}: {}", path != nullptr ? path : "SQLite",
              sqlite3_errmsg(database));
}

}  // namespace

std::string library() { return fmt::format("SQLite {}", sqlite3_libversion()); }

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int index, int64_t value) {
  if (const int error = sqlite3_bind_int64(statement_.get(), index, value)) bind_error_ = error;
  return *this;
}

Statement& Statement::bind(int index, double value) {
  if (const int error = sqlite3_bind_double(statement_.get(), index, value)) bind_error_ = error;
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() != nullptr ? text.data() : "";
  if (const int error = sqlite3_bind_text64(statement_.get(), index, data, text.size(),
                                            SQLITE_STATIC, SQLITE_UTF8))
    bind_error_ = error;
  return *this;
}

Statement& Statement::bind(int index, ByteSpan blob) {
  const void* data = blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "";
  if (const int error =
          sqlite3_bind_blob64(statement_.get(), index, data, blob.size(), SQLITE_STATIC))
    bind_error_ = error;
  return *this;
}

Statement& Statement::bind_null(int index) {
  if (const int error = sqlite3_bind_null(statement_.get(), index)) bind_error_ = error;
  return *this;
}

Result<> Statement::run() {
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, step());
    if (!has_row) return {};
  }
}

Result<bool> Statement::step() {
  sqlite3* database = sqlite3_db_handle(statement_.get());
  if (const int error = std::exchange(bind_error_, 0)) {
    auto failed = failure(database, error);
    reset();
    return failed;
  }
  const int outcome = sqlite3_step(statement_.get());
  if (outcome == SQLITE_ROW) return true;
  if (outcome == SQLITE_DONE) {
    reset();
    return false;
  }
  auto failed = failure(database, outcome);
  reset();
  return failed;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

bool Statement::is_null(int column) const { return type(column) == SQLITE_NULL; }
int Statement::type(int column) const { return sqlite3_column_type(statement_.get(), column); }

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(statement_.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

ByteSpan Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const std::byte*>(data),
          static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open(const std::string& path, OpenMode mode) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE |
                    (mode == OpenMode::kCreate ? SQLITE_OPEN_CREATE : 0);
  sqlite3* handle = nullptr;
  const int error = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database(handle);  // SQLite gives a handle to be closed on most errors too
  if (handle == nullptr) return fail(Code::kResourceExhausted, "{}: out of memory", path);
  if (error != SQLITE_OK)
    return fail(code_of(handle, error), "{}: cannot open: {}", path, sqlite3_errmsg(handle));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  // The file may come from a stranger: its schema must not make SQL functions do things, nor may
  // SQL write to the schema's own table.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  // Not SQLITE_OPEN_READONLY: reading a WAL database needs its -shm file, which may have to be
  // made.
  if (mode == OpenMode::kReadOnly) IMAGEMILL_TRY(database.execute("PRAGMA query_only = ON"));
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int error = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                       SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (error != SQLITE_OK) return failure(database_.get(), error);
  return Statement(statement);
}

Result<> Database::execute(const std::string& sql) {
  const int error = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (error != SQLITE_OK) return failure(database_.get(), error);
  return {};
}

Result<int64_t> Database::query_integer(std::string_view sql) {
  IMAGEMILL_ASSIGN_OR_RETURN(Statement statement, prepare(sql));
  IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, statement.step());
  return has_row ? statement.integer(0) : 0;
}

Result<std::string> Database::query_text(std::string_view sql) {
  IMAGEMILL_ASSIGN_OR_RETURN(Statement statement, prepare(sql));
  IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, statement.step());
  return std::string(has_row ? statement.text(0) : std::string_view());
}

Result<Transaction> Transaction::begin(Database& database) {
  // IMMEDIATE: a transaction that reads first and then wants to write could fail with "busy"
  // at once, whatever the timeout.
  IMAGEMILL_TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // Some errors (disk full) have rolled back already; then this one has nothing to do and fails.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Result<> Transaction::commit() {
  IMAGEMILL_TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace imagemill::sqlite
