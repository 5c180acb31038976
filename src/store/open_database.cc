// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/open_database.h"

#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "store/schema.h"

namespace imagemill {
namespace {

using sqlite::Database;
using sqlite::OpenMode;
using sqlite::Statement;
using sqlite::Transaction;

constexpr int64_t kSchemaVersion = kMigrations.size();

// page_size counts only for a new file. 16 KiB pages: a row with a 512-float vector stays on one
// page, and the tables without rowid keep their fan-out.
constexpr const char* kSettings =
    "PRAGMA page_size = 16384;"
    "PRAGMA journal_mode = WAL;"
    // = FULL in WAL mode. Where WAL is not to be had (some network file systems) SQLite stays with
    // the rollback journal, and there only EXTRA also syncs the folder after removing it.
    "PRAGMA synchronous = EXTRA;"
    // A run mostly appends; what is left out of the cache comes from the system's.
    "PRAGMA cache_size = -512;"
    "PRAGMA cell_size_check = ON;";

struct Identity {
  bool is_empty = false;
  int64_t version = 0;
};

// kCorruptInput when the file is no database or a damaged one; kInvalidArgument when it is
// another program's.
Result<Identity> identify(Database& database, const std::string& path) {
  auto tables = database.query_integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) {
    if (tables.error().code() != Code::kCorruptInput) return std::unexpected(tables.error());
    return fail(Code::kCorruptInput, "{}; expected an Imagemill run store; --restart begins anew",
                tables.error().message());
  }
  // A process killed before the first transaction leaves an empty database.
  if (*tables == 0) return Identity{.is_empty = true, .version = 0};
  IMAGEMILL_ASSIGN_OR_RETURN(const int64_t id, database.query_integer("PRAGMA application_id"));
  if (id != kApplicationId)
    return fail(Code::kInvalidArgument,
                "{}: a database of another program (application_id {:#x}, expected {:#x})", path,
                id, kApplicationId);
  IMAGEMILL_ASSIGN_OR_RETURN(const int64_t version, database.query_integer("PRAGMA user_version"));
  if (version > kSchemaVersion)
    return fail(Code::kUnsupported,
                "{}: written by a newer Imagemill (schema {}, this one knows {}); --restart begins "
                "anew",
                path, version, kSchemaVersion);
  return Identity{.is_empty = false, .version = version};
}

Result<> write_options(Database& database, const RunOptions& options) {
  IMAGEMILL_ASSIGN_OR_RETURN(Statement insert,
                             database.prepare("INSERT INTO options (name, value) VALUES (?1, ?2)"));
  for (const auto& [name, value] : options)
    IMAGEMILL_TRY(insert.bind(1, std::string_view(name)).bind(2, std::string_view(value)).run());
  return {};
}

// Brings the schema up to date in one transaction; a fresh store gets its options in it as well,
// so that no cut can leave a store whose run is unknown.
Result<> migrate(Database& database, const Identity& identity, const RunOptions& options) {
  if (!identity.is_empty && identity.version == kSchemaVersion) return {};
  IMAGEMILL_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  for (auto v = static_cast<size_t>(identity.version); v < kMigrations.size(); ++v)
    IMAGEMILL_TRY(database.execute(kMigrations[v]));
  IMAGEMILL_TRY(database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                             kApplicationId, kSchemaVersion)));
  if (identity.is_empty) IMAGEMILL_TRY(write_options(database, options));
  return transaction.commit();
}

Result<Database> open_migrated(const std::string& path, const RunOptions& options) {
  IMAGEMILL_ASSIGN_OR_RETURN(Database database, Database::open(path, OpenMode::kCreate));
  // Before the settings: they would turn a stranger's database into a WAL one.
  IMAGEMILL_ASSIGN_OR_RETURN(const Identity identity, identify(database, path));
  IMAGEMILL_TRY(database.execute(kSettings));
  IMAGEMILL_TRY(migrate(database, identity, options));
  return database;
}

Result<> check_options(const std::string& path, const RunOptions& there, const RunOptions& now) {
  const auto value_or_unset = [](const RunOptions& options, const std::string& name) {
    const auto found = options.find(name);
    return found == options.end()  ? std::string("not set")
           : found->second.empty() ? std::string("\"\"")
                                   : found->second;
  };
  const auto jobs_there = there.find("jobs");
  const auto jobs_now = now.find("jobs");
  // All their options would differ.
  if (jobs_there != there.end() && jobs_now != now.end() && jobs_there->second != jobs_now->second)
    return fail(Code::kInvalidArgument,
                "{}: belongs to a run of {}, this one is of {}; name another output, or use "
                "--restart to begin anew there",
                path, jobs_there->second, jobs_now->second);
  RunOptions names = there;
  names.insert(now.begin(), now.end());
  std::string differences;
  for (const auto& [name, ignored] : names) {
    const std::string old_value = value_or_unset(there, name);
    const std::string new_value = value_or_unset(now, name);
    if (old_value == new_value) continue;
    differences += fmt::format("{}{}: {} there, {} now", differences.empty() ? "" : "; ", name,
                               old_value, new_value);
  }
  if (differences.empty()) return {};
  return fail(Code::kInvalidArgument,
              "{}: belongs to a run with other options ({}); use the same options to go on with "
              "it, --restart to begin anew, or another output folder",
              path, differences);
}

// A database and what SQLite keeps beside it.
void remove_database(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path + suffix).c_str());
}

Result<> forget(Database& database, const RunOptions& options) {
  IMAGEMILL_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
  std::vector<std::string> tables;
  {
    IMAGEMILL_ASSIGN_OR_RETURN(Statement select,
                               database.prepare("SELECT replace(name, '\"', '\"\"') FROM "
                                                "sqlite_schema WHERE type = 'table' AND name "
                                                "GLOB 'rows_*'"));
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
      if (!has_row) break;
      tables.emplace_back(select.text(0));
    }
  }
  for (const std::string& table : tables)
    IMAGEMILL_TRY(database.execute(fmt::format("DROP TABLE \"{}\"", table)));
  IMAGEMILL_TRY(
      database.execute("INSERT OR IGNORE INTO announced (path) SELECT path FROM outputs;"
                       "DELETE FROM outputs; DELETE FROM items; DELETE FROM meta;"
                       "DELETE FROM job_skips; DELETE FROM gone;"
                       "DELETE FROM options"));
  IMAGEMILL_TRY(write_options(database, options));
  return transaction.commit();
}

// Of a run that could not begin, or was stopped before its first group: nothing there holds the
// next one to its options.
Result<bool> has_nothing(Database& database) {
  IMAGEMILL_ASSIGN_OR_RETURN(
      const int64_t has_any,
      database.query_integer("SELECT EXISTS (SELECT 1 FROM items) OR EXISTS (SELECT 1 FROM "
                             "announced) OR EXISTS (SELECT 1 FROM meta)"));
  return has_any == 0;
}

}  // namespace

Result<RunOptions> read_options(Database& database) {
  RunOptions options;
  IMAGEMILL_ASSIGN_OR_RETURN(Statement select,
                             database.prepare("SELECT name, value FROM options ORDER BY name"));
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
    if (!has_row) return options;
    options.emplace(select.text(0), select.text(1));
  }
}

Result<Database> open_for_run(const std::string& path, const RunOptions& options) {
  IMAGEMILL_ASSIGN_OR_RETURN(Database database, open_migrated(path, options));
  IMAGEMILL_ASSIGN_OR_RETURN(const RunOptions there, read_options(database));
  if (there == options) return database;
  IMAGEMILL_ASSIGN_OR_RETURN(const bool is_untouched, has_nothing(database));
  if (is_untouched)
    IMAGEMILL_TRY(forget(database, options));
  else
    IMAGEMILL_TRY(check_options(path, there, options));
  return database;
}

Result<Database> open_anew(const std::string& path, const RunOptions& options) {
  {
    auto database = open_migrated(path, options);
    auto forgotten = database ? forget(*database, options) : std::unexpected(database.error());
    if (forgotten) return database;
    const Code code = forgotten.error().code();
    if (code != Code::kCorruptInput && code != Code::kUnsupported)
      return std::unexpected(forgotten.error());
  }
  remove_database(path);
  return open_migrated(path, options);
}

Result<Database> open_for_reading(const std::string& path) {
  struct stat ignored;
  if (::stat(path.c_str(), &ignored) != 0)
    return fail(Code::kNotFound, "{}: there is no run store", path);
  IMAGEMILL_ASSIGN_OR_RETURN(Database database, Database::open(path, OpenMode::kReadOnly));
  IMAGEMILL_ASSIGN_OR_RETURN(const Identity identity, identify(database, path));
  if (identity.is_empty) return fail(Code::kNotFound, "{}: the run store is empty", path);
  if (identity.version != kSchemaVersion)
    return fail(Code::kUnsupported, "{}: schema {}, expected {}; run the same command again first",
                path, identity.version, kSchemaVersion);
  return database;
}

}  // namespace imagemill
