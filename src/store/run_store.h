// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The spine of a run: what was asked, what became of every item, the rows that jobs wrote. SQLite
// behind RowSink; the only folder with SQL. Everything is keyed by item key, nothing by a number
// that SQLite made up: shards merge by key.
//
// Durable on return: the database is in WAL mode with synchronous=EXTRA, that is one fsync of the
// log a transaction. The common WAL setting, synchronous=NORMAL, would keep the file consistent but
// may forget the last transactions in a power cut; with a transaction per group (at most 256 items
// or 1 s) the fsync cannot be felt.
//
// Methods may be called from any thread; they take turns. A visitor must not call the store it
// visits. Whoever reads while a run is writing opens a store of its own (open_existing).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "imagemill/status.h"

namespace imagemill {

// A NaN comes back as std::monostate: SQL has no NaN.
using Value = std::variant<std::monostate, int64_t, double, std::string, Bytes>;

enum class ColumnType : uint8_t { kInteger, kReal, kText, kBlob };

struct Column {
  std::string name;
  ColumnType type = ColumnType::kText;
  bool operator==(const Column&) const = default;
};

// A job's typed rows. The store adds `key` (the item) and `sub` (the face, box, tile within it; ""
// for the item itself).
struct TableSchema {
  std::string name;  // the job's, [a-z_][a-z0-9_]*, as are the columns
  std::vector<Column> columns;
};

struct Row {
  std::string table;
  std::string sub;
  std::vector<Value> values;  // one a column of the schema
  bool operator==(const Row&) const = default;
};

struct KeyedRow {
  std::string key;
  Row row;
};

enum class ItemState : uint8_t { kDone, kFailed, kSkipped };

// One published file.
struct OutputRecord {
  std::string job;
  std::string path;
  uint64_t bytes = 0;
  std::string hash;  // ContentHash::hex()
  bool operator==(const OutputRecord&) const = default;
};

// A job that did not look at an item, though the item is done.
struct JobSkip {
  std::string job;
  std::string reason;  // "where": its condition does not hold; else the job that it waits for
  bool operator==(const JobSkip&) const = default;
};

// What became of an item, complete: it enters the store whole or not at all.
struct ItemRecord {
  std::string key;
  int64_t sequence = 0;  // rank in the sorted listing
  ItemState state = ItemState::kDone;
  uint64_t bytes = 0;  // of the input, as listed
  int64_t mtime_ns = 0;
  std::string hash;    // of the input's content; "" when it was never read
  std::string format;  // "jpeg"; "" when unknown
  int width = 0;       // stored raster
  int height = 0;
  int orientation = 1;
  std::string decode_scale;  // "3/8", "1/1"; "thumbnail": that in the file; "": nothing was decoded
  bool is_damaged = false;
  int late_decodes = 0;  // beyond the planned one, for views of a part
  std::vector<std::string> warnings;
  // kFailed: where and why. kSkipped: why, in `message`.
  std::string stage;
  std::optional<Code> code;
  std::string message;
  std::vector<OutputRecord> outputs;
  std::vector<JobSkip> job_skips;  // in the order of the jobs' names when read
  std::vector<Row> rows;
};

// What resume compares before it skips an item.
struct FinishedItem {
  std::string key;
  ItemState state = ItemState::kDone;
  uint64_t bytes = 0;
  int64_t mtime_ns = 0;
};

// nullptr when `key` is not among them. `items` is sorted by key.
const FinishedItem* find_finished(std::span<const FinishedItem> items, std::string_view key);

class RowSink {
 public:
  virtual ~RowSink() = default;
  // Before the first append. Existing tables must have the same columns.
  virtual Result<> create_tables(std::span<const TableSchema> tables) = 0;
  // Notes that these paths are about to be published: a crash between publishing and commit()
  // leaves files that the next run recognises as its own. Durable on return.
  virtual Result<> announce(std::span<const OutputRecord> outputs) = 0;
  // All of the items or none; replaces earlier records of the same keys. Durable on return.
  virtual Result<> commit(std::span<const ItemRecord> items, std::string_view sink_state) = 0;
};

struct RunTotals {
  int64_t done = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
  int64_t damaged = 0;
};

// Options as flat name -> text, so that a difference can be named.
using RunOptions = std::map<std::string, std::string>;

class RunStore : public RowSink {
 public:
  // Opens or creates; the folder exists. kInvalidArgument when the store belongs to a run with
  // other options: the message names each difference ("prepare.size: 640 there, 800 now") and says
  // how to go on (--restart, another folder). kInvalidArgument also while another process has it
  // open for writing, however that process ends. kCorruptInput when the file is not a sound run
  // store.
  static Result<std::unique_ptr<RunStore>> open(const std::string& path, const RunOptions& options);
  // The same, but forgets what an earlier run left, whatever its options (--restart); a damaged
  // store is made anew. Only announced_paths() survives: those files may still be replaced.
  static Result<std::unique_ptr<RunStore>> restart(const std::string& path,
                                                   const RunOptions& options);
  // For reading what is there (report, merge, a live page); never creates.
  static Result<std::unique_ptr<RunStore>> open_existing(const std::string& path);
  // The same for whoever needs it to stay as it is: kInvalidArgument while a run writes it, and
  // none begins as long as it is open.
  static Result<std::unique_ptr<RunStore>> open_settled(const std::string& path);

  // The items that the inputs no longer hold, all of them, sorted. They and their rows stay: should
  // their inputs come back they are finished. But they are no part of what is made of all items.
  virtual Result<> set_gone(std::span<const std::string> keys) = 0;
  virtual Result<std::vector<std::string>> gone() = 0;

  // Sorted by key.
  virtual Result<std::vector<FinishedItem>> finished_items() = 0;
  // Paths announced or committed by earlier tries of this run: they may be replaced. Sorted.
  virtual Result<std::vector<std::string>> announced_paths() = 0;
  virtual Result<std::string> sink_state() = 0;
  virtual Result<RunOptions> options() = 0;
  virtual Result<RunTotals> totals() = 0;
  // How many items each job left out; none of those that left out none.
  virtual Result<std::map<std::string, int64_t>> job_skips() = 0;

  virtual Result<> for_each_item(
      const std::function<Result<>(const ItemRecord&)>& visit) = 0;  // in key order, no rows
  // The content hashes of the items that a job has looked at, in key order: done, not left out by
  // it, not gone. Reads little: a second for a million.
  virtual Result<> for_each_hash_of(
      const std::string& job,
      const std::function<Result<>(std::string_view key, std::string_view hash)>& visit) = 0;
  // Complete, with the rows of all tables; nullopt when there is no such item.
  virtual Result<std::optional<ItemRecord>> find_item(const std::string& key) = 0;
  virtual Result<std::vector<TableSchema>> tables() = 0;
  // Rows of one table ordered by key, sub. The row's key comes first.
  virtual Result<> for_each_row(
      const std::string& table,
      const std::function<Result<>(const std::string& key, const Row&)>& visit) = 0;
  // The next of them, at most `limit`, after the row (key, sub); ("", "") is before the first. For
  // who has to call the store while it reads.
  virtual Result<std::vector<KeyedRow>> rows_after(const std::string& table, const std::string& key,
                                                   const std::string& sub, size_t limit) = 0;
};

}  // namespace imagemill
