// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/result_cache.h"

#include <array>
#include <chrono>
#include <cstring>
#include <span>

#include "base/file_system.h"

namespace imagemill {
namespace {

using sqlite::Database;
using sqlite::OpenMode;
using sqlite::Statement;
using sqlite::Transaction;

constexpr std::string_view kFileName = "results.sqlite";
constexpr const char* kSuffixes[] = {"", "-wal", "-shm", "-journal"};
constexpr int64_t kApplicationId = 0x494d4c43;  // "IMLC"
constexpr size_t kFlushEntries = 256;
// How often the time of use is written: often enough to tell what is not used any more, seldom
// enough that reading stays reading.
constexpr int64_t kTouchSeconds = 24 * 3600;
constexpr int kEntriesToGiveUp = 32;

// NORMAL: a power cut may take the last entries, not the file.
constexpr const char* kSettings =
    "PRAGMA page_size = 16384;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA cache_size = -512;"
    "PRAGMA cell_size_check = ON;";

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS results (
  key   BLOB NOT NULL UNIQUE,
  used  INTEGER NOT NULL,  -- seconds since 1970, to the day
  value BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS results_by_use ON results (used);
)sql";

using KeyBytes = std::array<std::byte, sizeof(uint64_t) * 2>;

KeyBytes bytes_of(const ContentHash& key) {
  KeyBytes bytes;
  std::memcpy(bytes.data(), &key.high, sizeof key.high);
  std::memcpy(bytes.data() + sizeof key.high, &key.low, sizeof key.low);
  return bytes;
}

int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string path_in(const std::string& folder) { return join_path(folder, kFileName); }

Result<Database> open_file(const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(Database database, Database::open(path, OpenMode::kCreate));
  IMAGEMILL_ASSIGN_OR_RETURN(const int64_t tables,
                             database.query_integer("SELECT count(*) FROM sqlite_schema"));
  IMAGEMILL_ASSIGN_OR_RETURN(const int64_t id, database.query_integer("PRAGMA application_id"));
  if (tables != 0 && id != kApplicationId)
    return fail(Code::kInvalidArgument,
                "{}: a database of another program (application_id {:#x}, expected {:#x})", path,
                id, kApplicationId);
  IMAGEMILL_TRY(database.execute(kSettings));
  if (tables == 0) {
    IMAGEMILL_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database));
    IMAGEMILL_TRY(database.execute(kSchema));
    IMAGEMILL_TRY(database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId)));
    IMAGEMILL_TRY(transaction.commit());
  }
  return database;
}

}  // namespace

Result<std::unique_ptr<ResultCache>> ResultCache::open(const std::string& folder,
                                                       uint64_t bytes_max) {
  IMAGEMILL_TRY(real_file_system().create_folders(folder));
  const auto open_once = [&]() -> Result<std::unique_ptr<ResultCache>> {
    IMAGEMILL_ASSIGN_OR_RETURN(Database database, open_file(path_in(folder)));
    std::unique_ptr<ResultCache> cache(new ResultCache(std::move(database), bytes_max));
    IMAGEMILL_TRY(cache->prepare());
    return cache;
  };
  auto cache = open_once();
  if (cache || cache.error().code() != Code::kCorruptInput) return cache;
  IMAGEMILL_TRY(remove(folder));
  return open_once();
}

Result<> ResultCache::prepare() {
  IMAGEMILL_ASSIGN_OR_RETURN(select_,
                             database_.prepare("SELECT value, used FROM results WHERE key = ?1"));
  IMAGEMILL_ASSIGN_OR_RETURN(insert_,
                             database_.prepare("INSERT OR REPLACE INTO results (key, used, value) "
                                               "VALUES (?1, ?2, ?3)"));
  IMAGEMILL_ASSIGN_OR_RETURN(touch_,
                             database_.prepare("UPDATE results SET used = ?2 WHERE key = ?1"));
  return {};
}

Result<std::optional<Bytes>> ResultCache::find(const ContentHash& key) {
  const std::scoped_lock guard(mutex_);
  const KeyBytes bytes = bytes_of(key);
  IMAGEMILL_ASSIGN_OR_RETURN(const bool is_there, select_.bind(1, ByteSpan(bytes)).step());
  if (!is_there) return std::nullopt;
  const ByteSpan value = select_.blob(0);
  Bytes found(value.begin(), value.end());
  if (now_seconds() - select_.integer(1) > kTouchSeconds) touched_.push_back(key);
  select_.reset();
  return found;
}

Result<> ResultCache::keep(const ContentHash& key, Bytes bytes) {
  const std::scoped_lock guard(mutex_);
  pending_.push_back({key, std::move(bytes)});
  return pending_.size() < kFlushEntries ? Result<>() : flush_locked();
}

Result<> ResultCache::flush() {
  const std::scoped_lock guard(mutex_);
  return flush_locked();
}

Result<> ResultCache::flush_locked() {
  if (pending_.empty() && touched_.empty()) return {};
  const std::vector<Entry> entries = std::exchange(pending_, {});
  const std::vector<ContentHash> touched = std::exchange(touched_, {});
  IMAGEMILL_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database_));
  const int64_t now = now_seconds();
  for (const Entry& entry : entries) {
    const KeyBytes key = bytes_of(entry.key);
    IMAGEMILL_TRY(insert_.bind(1, ByteSpan(key)).bind(2, now).bind(3, ByteSpan(entry.bytes)).run());
  }
  for (const ContentHash& hash : touched) {
    const KeyBytes key = bytes_of(hash);
    IMAGEMILL_TRY(touch_.bind(1, ByteSpan(key)).bind(2, now).run());
  }
  IMAGEMILL_TRY(make_room());
  return transaction.commit();
}

// The file does not shrink: pages that are given up are filled again.
Result<> ResultCache::make_room() {
  while (true) {
    IMAGEMILL_ASSIGN_OR_RETURN(
        const int64_t used,
        database_.query_integer(
            "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, "
            "pragma_freelist_count, pragma_page_size"));
    if (static_cast<uint64_t>(used) <= bytes_max_) return {};
    IMAGEMILL_ASSIGN_OR_RETURN(const int64_t entries,
                               database_.query_integer("SELECT count(*) FROM (SELECT 1 FROM "
                                                       "results LIMIT 1)"));
    if (entries == 0) return {};
    IMAGEMILL_TRY(database_.execute(
        fmt::format("DELETE FROM results WHERE rowid IN (SELECT rowid FROM results ORDER BY used, "
                    "rowid LIMIT {})",
                    kEntriesToGiveUp)));
  }
}

Result<ResultCacheSize> ResultCache::size(const std::string& folder) {
  FileSystem& fs = real_file_system();
  ResultCacheSize size;
  for (const char* suffix : kSuffixes)
    if (const auto stat = fs.stat(path_in(folder) + suffix)) size.bytes += stat->bytes;
  if (!fs.stat(path_in(folder))) return size;
  const auto entries = [&]() -> Result<int64_t> {
    IMAGEMILL_ASSIGN_OR_RETURN(Database database,
                               Database::open(path_in(folder), OpenMode::kReadOnly));
    return database.query_integer("SELECT count(*) FROM results");
  }();
  if (entries)
    size.entries = *entries;
  else
    size.damage = entries.error().message();
  return size;
}

Result<> ResultCache::remove(const std::string& folder) {
  FileSystem& fs = real_file_system();
  for (const char* suffix : kSuffixes) {
    const auto removed = fs.remove(path_in(folder) + suffix);
    if (!removed && removed.error().code() != Code::kNotFound) return removed;
  }
  return {};
}

}  // namespace imagemill
