// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/run_store.h"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "store/item_reader.h"
#include "store/open_database.h"
#include "store/row_table.h"
#include "store/run_lock.h"
#include "store/sqlite.h"

namespace imagemill {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

std::string warnings_json(const std::vector<std::string>& warnings) {
  // Warnings quote file contents, which need not be UTF-8.
  return nlohmann::json(warnings).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The statements of a writer, kept for the life of the store.
struct WriteStatements {
  Statement announce;
  Statement put_item;
  Statement disown_outputs;  // of one item: the files stay, as announced ones
  Statement erase_outputs;
  Statement put_output;
  Statement erase_announced;
  Statement erase_job_skips;
  Statement put_job_skip;
  Statement put_meta;
};

Result<WriteStatements> prepare_writing(Database& database) {
  WriteStatements out;
  const std::pair<Statement WriteStatements::*, std::string_view> statements[] = {
      {&WriteStatements::announce, "INSERT OR IGNORE INTO announced (path) VALUES (?1)"},
      {&WriteStatements::put_item,
       "INSERT OR REPLACE INTO items (key, sequence, state, bytes, mtime_ns, hash, format, width, "
       "height, orientation, decode_scale, is_damaged, warnings, stage, code, message, "
       "late_decodes) VALUES "
       "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"},
      {&WriteStatements::disown_outputs,
       "INSERT OR IGNORE INTO announced (path) SELECT path FROM outputs WHERE key = ?1"},
      {&WriteStatements::erase_outputs, "DELETE FROM outputs WHERE key = ?1"},
      {&WriteStatements::put_output,
       "INSERT OR REPLACE INTO outputs (path, key, job, bytes, hash) VALUES (?1, ?2, ?3, ?4, ?5)"},
      {&WriteStatements::erase_announced, "DELETE FROM announced WHERE path = ?1"},
      {&WriteStatements::erase_job_skips, "DELETE FROM job_skips WHERE key = ?1"},
      {&WriteStatements::put_job_skip,
       "INSERT INTO job_skips (key, job, reason) VALUES (?1, ?2, ?3)"},
      {&WriteStatements::put_meta, "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)"},
  };
  for (const auto& [member, sql] : statements) {
    IMAGEMILL_ASSIGN_OR_RETURN(out.*member, database.prepare(sql));
  }
  return out;
}

class SqliteRunStore final : public RunStore {
 public:
  SqliteRunStore(std::optional<RunLock> lock, Database database,
                 std::unique_ptr<WriteStatements> writing)
      : lock_(std::move(lock)), database_(std::move(database)), writing_(std::move(writing)) {}

  Result<> create_tables(std::span<const TableSchema> tables) override {
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_TRY(check_writable());
    for (const TableSchema& schema : tables) IMAGEMILL_TRY(check_row_table(schema));
    IMAGEMILL_ASSIGN_OR_RETURN(const std::vector<TableSchema> existing, read_row_tables(database_));
    IMAGEMILL_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database_));
    for (const TableSchema& schema : tables) {
      const auto found = std::ranges::find(existing, schema.name, &TableSchema::name);
      if (found == existing.end()) {
        IMAGEMILL_TRY(database_.execute(create_row_table_sql(schema)));
      } else if (describe_columns(*found) != describe_columns(schema)) {
        return fail(Code::kInvalidArgument,
                    "table {}: columns ({}) there, ({}) now; --restart begins anew", schema.name,
                    describe_columns(*found), describe_columns(schema));
      }
    }
    IMAGEMILL_TRY(transaction.commit());
    finder_.reset();
    for (const TableSchema& schema : tables) {
      IMAGEMILL_ASSIGN_OR_RETURN(RowTable table, RowTable::prepare(database_, schema));
      row_tables_.insert_or_assign(schema.name, std::move(table));
    }
    return {};
  }

  Result<> announce(std::span<const OutputRecord> outputs) override {
    if (outputs.empty()) return {};
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_TRY(check_writable());
    IMAGEMILL_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database_));
    for (const OutputRecord& output : outputs)
      IMAGEMILL_TRY(writing_->announce.bind(1, std::string_view(output.path)).run());
    return transaction.commit();
  }

  Result<> commit(std::span<const ItemRecord> items, std::string_view sink_state) override {
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_TRY(check_writable());
    IMAGEMILL_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database_));
    for (const ItemRecord& item : items) {
      if (auto put = put_item(item); !put)
        return std::unexpected(std::move(put).error().with_context(item.key));
    }
    IMAGEMILL_TRY(
        writing_->put_meta.bind(1, std::string_view("sink_state")).bind(2, sink_state).run());
    return transaction.commit();
  }

  Result<> set_gone(std::span<const std::string> keys) override {
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_TRY(check_writable());
    IMAGEMILL_ASSIGN_OR_RETURN(const auto before, read_texts("SELECT key FROM gone ORDER BY key"));
    if (std::ranges::equal(before, keys)) return {};
    IMAGEMILL_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database_));
    IMAGEMILL_TRY(database_.execute("DELETE FROM gone"));
    IMAGEMILL_ASSIGN_OR_RETURN(Statement insert,
                               database_.prepare("INSERT INTO gone (key) VALUES (?1)"));
    for (const std::string& key : keys) IMAGEMILL_TRY(insert.bind(1, std::string_view(key)).run());
    return transaction.commit();
  }

  Result<std::vector<std::string>> gone() override {
    const std::scoped_lock guard(mutex_);
    return read_texts("SELECT key FROM gone ORDER BY key");
  }

  Result<std::vector<FinishedItem>> finished_items() override {
    const std::scoped_lock guard(mutex_);
    std::vector<FinishedItem> items;
    IMAGEMILL_ASSIGN_OR_RETURN(
        Statement select,
        database_.prepare("SELECT key, state, bytes, mtime_ns FROM items ORDER BY key"));
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
      if (!has_row) return items;
      items.push_back({std::string(select.text(0)), state_from(select.text(1)),
                       static_cast<uint64_t>(select.integer(2)), select.integer(3)});
    }
  }

  Result<std::vector<std::string>> announced_paths() override {
    const std::scoped_lock guard(mutex_);
    return read_texts("SELECT path FROM announced UNION SELECT path FROM outputs ORDER BY path");
  }

  Result<std::string> sink_state() override {
    const std::scoped_lock guard(mutex_);
    return database_.query_text("SELECT value FROM meta WHERE name = 'sink_state'");
  }

  Result<RunOptions> options() override {
    const std::scoped_lock guard(mutex_);
    return read_options(database_);
  }

  Result<RunTotals> totals() override {
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_ASSIGN_OR_RETURN(Statement select,
                               database_.prepare("SELECT count(*) FILTER (WHERE state = 'done'), "
                                                 "count(*) FILTER (WHERE state = 'failed'), "
                                                 "count(*) FILTER (WHERE state = 'skipped'), "
                                                 "count(*) FILTER (WHERE is_damaged) FROM items"));
    IMAGEMILL_TRY(select.step());
    return RunTotals{select.integer(0), select.integer(1), select.integer(2), select.integer(3)};
  }

  Result<std::map<std::string, int64_t>> job_skips() override {
    const std::scoped_lock guard(mutex_);
    std::map<std::string, int64_t> counts;
    IMAGEMILL_ASSIGN_OR_RETURN(
        Statement select, database_.prepare("SELECT job, count(*) FROM job_skips GROUP BY job"));
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
      if (!has_row) return counts;
      counts.emplace(select.text(0), select.integer(1));
    }
  }

  Result<> for_each_item(const std::function<Result<>(const ItemRecord&)>& visit) override {
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_ASSIGN_OR_RETURN(ItemReader reader, ItemReader::of_all(database_));
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(const auto item, reader.next());
      if (!item) return {};
      IMAGEMILL_TRY(visit(*item));
    }
  }

  Result<> for_each_hash_of(
      const std::string& job,
      const std::function<Result<>(std::string_view key, std::string_view hash)>& visit) override {
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_ASSIGN_OR_RETURN(
        Statement select,
        database_.prepare("SELECT key, hash FROM items WHERE state = 'done' AND key NOT IN (SELECT "
                          "key FROM job_skips WHERE job = ?1) AND key NOT IN (SELECT key FROM "
                          "gone) ORDER BY key"));
    select.bind(1, std::string_view(job));
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
      if (!has_row) return {};
      IMAGEMILL_TRY(visit(select.text(0), select.text(1)));
    }
  }

  Result<std::optional<ItemRecord>> find_item(const std::string& key) override {
    const std::scoped_lock guard(mutex_);
    if (!finder_) {
      IMAGEMILL_ASSIGN_OR_RETURN(finder_, ItemFinder::prepare(database_));
    }
    return finder_->find(key);
  }

  Result<std::vector<TableSchema>> tables() override {
    const std::scoped_lock guard(mutex_);
    return read_row_tables(database_);
  }

  Result<> for_each_row(
      const std::string& table,
      const std::function<Result<>(const std::string& key, const Row&)>& visit) override {
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_ASSIGN_OR_RETURN(const TableSchema schema, find_table(table));
    return visit_rows(database_, schema, visit);
  }

  Result<std::vector<KeyedRow>> rows_after(const std::string& table, const std::string& key,
                                           const std::string& sub, size_t limit) override {
    const std::scoped_lock guard(mutex_);
    IMAGEMILL_ASSIGN_OR_RETURN(const TableSchema schema, find_table(table));
    return read_rows_after(database_, schema, key, sub, limit);
  }

 private:
  Result<> check_writable() const {
    if (!writing_) return fail(Code::kInvalidArgument, "this run store was opened for reading");
    return {};
  }

  Result<std::vector<std::string>> read_texts(std::string_view query) {
    std::vector<std::string> texts;
    IMAGEMILL_ASSIGN_OR_RETURN(Statement select, database_.prepare(query));
    while (true) {
      IMAGEMILL_ASSIGN_OR_RETURN(const bool has_row, select.step());
      if (!has_row) return texts;
      texts.emplace_back(select.text(0));
    }
  }

  Result<TableSchema> find_table(const std::string& table) {
    IMAGEMILL_ASSIGN_OR_RETURN(std::vector<TableSchema> existing, read_row_tables(database_));
    const auto schema = std::ranges::find(existing, table, &TableSchema::name);
    if (schema == existing.end()) return fail(Code::kNotFound, "table {}: not in this run", table);
    return std::move(*schema);
  }

  Result<> put_item(const ItemRecord& item) {
    const std::string_view key = item.key;
    const std::string warnings = warnings_json(item.warnings);
    Statement& put = writing_->put_item;
    put.bind(1, key)
        .bind(2, item.sequence)
        .bind(3, state_name(item.state))
        .bind(4, static_cast<int64_t>(item.bytes))
        .bind(5, item.mtime_ns)
        .bind(6, std::string_view(item.hash))
        .bind(7, std::string_view(item.format))
        .bind(8, int64_t{item.width})
        .bind(9, int64_t{item.height})
        .bind(10, int64_t{item.orientation})
        .bind(11, std::string_view(item.decode_scale))
        .bind(12, int64_t{item.is_damaged})
        .bind(13, std::string_view(warnings))
        .bind(14, std::string_view(item.stage))
        .bind(16, std::string_view(item.message))
        .bind(17, int64_t{item.late_decodes});
    if (item.code) put.bind(15, code_name(*item.code));
    IMAGEMILL_TRY(put.run());
    IMAGEMILL_TRY(put_outputs(item));
    IMAGEMILL_TRY(put_job_skips(item));
    return put_rows(item);
  }

  Result<> put_outputs(const ItemRecord& item) {
    const std::string_view key = item.key;
    IMAGEMILL_TRY(writing_->disown_outputs.bind(1, key).run());
    IMAGEMILL_TRY(writing_->erase_outputs.bind(1, key).run());
    for (const OutputRecord& output : item.outputs) {
      const std::string_view path = output.path;
      IMAGEMILL_TRY(writing_->put_output.bind(1, path)
                        .bind(2, key)
                        .bind(3, std::string_view(output.job))
                        .bind(4, static_cast<int64_t>(output.bytes))
                        .bind(5, std::string_view(output.hash))
                        .run());
      IMAGEMILL_TRY(writing_->erase_announced.bind(1, path).run());
    }
    return {};
  }

  Result<> put_job_skips(const ItemRecord& item) {
    IMAGEMILL_TRY(writing_->erase_job_skips.bind(1, std::string_view(item.key)).run());
    for (const JobSkip& skip : item.job_skips)
      IMAGEMILL_TRY(writing_->put_job_skip.bind(1, std::string_view(item.key))
                        .bind(2, std::string_view(skip.job))
                        .bind(3, std::string_view(skip.reason))
                        .run());
    return {};
  }

  Result<> put_rows(const ItemRecord& item) {
    for (auto& [name, table] : row_tables_) IMAGEMILL_TRY(table.erase(item.key));
    for (const Row& row : item.rows) {
      const auto found = row_tables_.find(row.table);
      if (found == row_tables_.end())
        return fail(Code::kInvalidArgument, "row of table {}, which was not created", row.table);
      IMAGEMILL_TRY(found->second.insert(item.key, row));
    }
    return {};
  }

  std::optional<RunLock> lock_;  // released last
  std::mutex mutex_;             // guards all below
  Database database_;
  std::unique_ptr<WriteStatements> writing_;  // nullptr: opened for reading
  std::unordered_map<std::string, RowTable> row_tables_;
  std::optional<ItemFinder> finder_;  // once it was needed; not after create_tables()
};

Result<std::unique_ptr<RunStore>> make_writer(RunLock lock, Database database) {
  IMAGEMILL_ASSIGN_OR_RETURN(WriteStatements writing, prepare_writing(database));
  return std::make_unique<SqliteRunStore>(std::move(lock), std::move(database),
                                          std::make_unique<WriteStatements>(std::move(writing)));
}

}  // namespace

const FinishedItem* find_finished(std::span<const FinishedItem> items, std::string_view key) {
  const auto found = std::ranges::lower_bound(
      items, key, {}, [](const FinishedItem& item) { return std::string_view(item.key); });
  return found != items.end() && found->key == key ? &*found : nullptr;
}

Result<std::unique_ptr<RunStore>> RunStore::open(const std::string& path,
                                                 const RunOptions& options) {
  IMAGEMILL_ASSIGN_OR_RETURN(RunLock lock, RunLock::acquire(path));
  IMAGEMILL_ASSIGN_OR_RETURN(Database database, open_for_run(path, options));
  return make_writer(std::move(lock), std::move(database));
}

Result<std::unique_ptr<RunStore>> RunStore::restart(const std::string& path,
                                                    const RunOptions& options) {
  IMAGEMILL_ASSIGN_OR_RETURN(RunLock lock, RunLock::acquire(path));
  IMAGEMILL_ASSIGN_OR_RETURN(Database database, open_anew(path, options));
  return make_writer(std::move(lock), std::move(database));
}

Result<std::unique_ptr<RunStore>> RunStore::open_existing(const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(Database database, open_for_reading(path));
  return std::make_unique<SqliteRunStore>(std::nullopt, std::move(database), nullptr);
}

Result<std::unique_ptr<RunStore>> RunStore::open_settled(const std::string& path) {
  IMAGEMILL_ASSIGN_OR_RETURN(RunLock lock, RunLock::share(path));
  IMAGEMILL_ASSIGN_OR_RETURN(Database database, open_for_reading(path));
  return std::make_unique<SqliteRunStore>(std::move(lock), std::move(database), nullptr);
}

}  // namespace imagemill
