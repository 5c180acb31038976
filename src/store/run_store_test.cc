// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "store/run_store.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <thread>

#include "base/file_system.h"
#include "store/schema.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const RunOptions kOptions = {{"jobs", "prepare"}, {"prepare.size", "640"}};

const TableSchema kFaces = {.name = "faces",
                            .columns = {{"score", ColumnType::kReal},
                                        {"order", ColumnType::kInteger},  // an SQL keyword
                                        {"person", ColumnType::kText},
                                        {"vector", ColumnType::kBlob}}};

Bytes bytes_of(std::string_view text) {
  const ByteSpan span = as_byte_span(text);
  return Bytes(span.begin(), span.end());
}

ItemRecord item(std::string key) {
  ItemRecord out;
  out.key = std::move(key);
  out.bytes = 1000;
  out.mtime_ns = 5;
  return out;
}

Row face(std::string sub, double score) {
  return {.table = "faces",
          .sub = std::move(sub),
          .values = {score, int64_t{7}, std::string("Ada"), bytes_of("\x01\x02")}};
}

// What the sqlite3 shell would print for a query: columns by '|', rows by newline.
std::string shell(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  std::string out;
  const auto append = [](void* text, int count, char** values, char**) {
    for (int i = 0; i < count; ++i) {
      auto* to = static_cast<std::string*>(text);
      *to += fmt::format("{}{}", values[i] != nullptr ? values[i] : "NULL",
                         i + 1 < count ? "|" : "\n");
    }
    return 0;
  };
  char* error = nullptr;
  sqlite3_exec(database, sql.c_str(), append, &out, &error);
  if (error != nullptr) out += error;
  sqlite3_free(error);
  sqlite3_close(database);
  return out;
}

class RunStoreTest : public testing::Test {
 protected:
  std::unique_ptr<RunStore> open() {
    auto store = RunStore::open(path_, kOptions);
    EXPECT_THAT(store, IsOk());
    return store ? std::move(*store) : nullptr;
  }

  std::vector<std::string> rows_of(RunStore& store) {
    std::vector<std::string> out;
    EXPECT_THAT(store.for_each_row("faces",
                                   [&](const std::string& key, const Row& row) -> Result<> {
                                     out.push_back(fmt::format("{}/{} {}", key, row.sub,
                                                               std::get<double>(row.values[0])));
                                     return {};
                                   }),
                IsOk());
    return out;
  }

  TestFolder folder_;
  std::string path_ = folder_ / "run.sqlite";
};

TEST_F(RunStoreTest, an_item_survives_with_all_its_fields) {
  ItemRecord in = item("photos/a.jpg");
  in.sequence = 3;
  in.state = ItemState::kFailed;
  in.hash = "00ff";
  in.format = "jpeg";
  in.width = 4000;
  in.height = 3000;
  in.orientation = 6;
  in.decode_scale = "3/8";
  in.is_damaged = true;
  in.warnings = {"premature \"end\"", "second"};
  in.stage = "decode";
  in.code = Code::kCorruptInput;
  in.message = std::string("JPEG: nul \0 inside", 18);
  in.outputs = {{"prepare", "a.jpg", 77, "abcd"}, {"caption", "a.txt", 5, "ef"}};
  {
    const auto store = open();
    ASSERT_THAT(store->commit({{in}}, "state-1"), IsOk());
  }

  ASSERT_OK_AND_ASSIGN(const auto store, RunStore::open_existing(path_));
  int seen = 0;
  ASSERT_THAT(store->for_each_item([&](const ItemRecord& out) -> Result<> {
    ++seen;
    EXPECT_EQ(out.key, in.key);
    EXPECT_EQ(out.sequence, in.sequence);
    EXPECT_EQ(out.state, in.state);
    EXPECT_EQ(out.bytes, in.bytes);
    EXPECT_EQ(out.mtime_ns, in.mtime_ns);
    EXPECT_EQ(out.hash, in.hash);
    EXPECT_EQ(out.format, in.format);
    EXPECT_EQ(out.width, in.width);
    EXPECT_EQ(out.height, in.height);
    EXPECT_EQ(out.orientation, in.orientation);
    EXPECT_EQ(out.decode_scale, in.decode_scale);
    EXPECT_EQ(out.is_damaged, in.is_damaged);
    EXPECT_EQ(out.warnings, in.warnings);
    EXPECT_EQ(out.stage, in.stage);
    EXPECT_EQ(out.code, in.code);
    EXPECT_EQ(out.message, in.message);
    EXPECT_EQ(out.outputs.size(), 2u);
    EXPECT_EQ(out.outputs[0].path, "a.jpg");
    EXPECT_EQ(out.outputs[0].job, "prepare");
    EXPECT_EQ(out.outputs[0].bytes, 77u);
    EXPECT_EQ(out.outputs[0].hash, "abcd");
    return {};
  }),
              IsOk());
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(store->sink_state().value(), "state-1");
  EXPECT_EQ(store->options().value(), kOptions);
  const RunTotals totals = store->totals().value();
  EXPECT_EQ(totals.failed, 1);
  EXPECT_EQ(totals.done, 0);
  EXPECT_EQ(totals.damaged, 1);
}

TEST_F(RunStoreTest, a_single_item_is_found_complete) {
  const auto store = open();
  ASSERT_THAT(store->create_tables({{{"faces", {{"score", ColumnType::kReal}}}, {"other", {}}}}),
              IsOk());
  EXPECT_FALSE(store->find_item("a").value().has_value());
  ItemRecord a = item("a");
  a.outputs = {{"prepare", "a.jpg", 7, "ab"}};
  a.job_skips = {{"quality", "where"}};
  a.rows = {{"faces", "1", {0.25}}, {"faces", "2", {0.5}}, {"other", "", {}}};
  ASSERT_THAT(store->commit({{a, item("b")}}, ""), IsOk());
  for (int again = 0; again < 2; ++again) {
    ASSERT_OK_AND_ASSIGN(const std::optional<ItemRecord> found, store->find_item("a"));
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->key, "a");
    EXPECT_EQ(found->outputs, a.outputs);
    EXPECT_EQ(found->job_skips, a.job_skips);
    EXPECT_EQ(found->rows, a.rows);
    EXPECT_TRUE(store->find_item("b").value()->rows.empty());
  }
}

TEST_F(RunStoreTest, finished_items_are_sorted_by_bytes_and_found) {
  const auto store = open();
  ASSERT_THAT(store->commit({{item("b"), item("\xc3\xa9"), item("B"), item("a")}}, ""), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto finished, store->finished_items());
  std::vector<std::string> keys;
  for (const FinishedItem& one : finished) keys.push_back(one.key);
  EXPECT_THAT(keys, ElementsAre("B", "a", "b", "\xc3\xa9"));
  ASSERT_NE(find_finished(finished, "b"), nullptr);
  EXPECT_EQ(find_finished(finished, "b")->mtime_ns, 5);
  EXPECT_EQ(find_finished(finished, "c"), nullptr);
  EXPECT_EQ(find_finished({}, "c"), nullptr);
}

TEST_F(RunStoreTest, values_come_back_with_their_types) {
  const auto store = open();
  ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
  ItemRecord record = item("a");
  record.rows = {
      {.table = "faces", .sub = "2", .values = {{}, {}, {}, {}}},
      {.table = "faces", .sub = "1", .values = {1.5, int64_t{1} << 60, std::string(), Bytes()}}};
  ASSERT_THAT(store->commit({{record}}, ""), IsOk());
  std::vector<Row> rows;
  ASSERT_THAT(store->for_each_row("faces",
                                  [&](const std::string&, const Row& row) -> Result<> {
                                    rows.push_back(row);
                                    return {};
                                  }),
              IsOk());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].values, record.rows[1].values);
  EXPECT_EQ(rows[1].values, record.rows[0].values);
}

TEST_F(RunStoreTest, rows_can_be_read_page_by_page_while_the_store_is_written) {
  const auto store = open();
  ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
  std::vector<ItemRecord> items = {item("a"), item("b"), item("c")};
  items[0].rows = {face("0", 0.5), face("1", 0.25)};
  items[2].rows = {face("", 1), face("7", 2), face("8", 3)};
  ASSERT_THAT(store->commit(items, ""), IsOk());
  std::vector<std::string> seen;
  std::string key, sub;
  while (true) {
    ASSERT_OK_AND_ASSIGN(const auto page, store->rows_after("faces", key, sub, 2));
    if (page.empty()) break;
    ASSERT_LE(page.size(), 2u);
    for (const KeyedRow& row : page) seen.push_back(row.key + "/" + row.row.sub);
    key = page.back().key;
    sub = page.back().row.sub;
    const OutputRecord output{.job = {}, .path = key};
    ASSERT_THAT(store->announce({&output, 1}), IsOk());
  }
  EXPECT_THAT(seen, ElementsAre("a/0", "a/1", "c/", "c/7", "c/8"));
  EXPECT_THAT(store->rows_after("people", "", "", 2), FailsWith(Code::kNotFound));
}

TEST_F(RunStoreTest, committing_a_key_again_replaces_everything_of_it) {
  const auto store = open();
  ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
  ItemRecord first = item("a");
  first.rows = {face("0", 0.5), face("1", 0.25)};
  first.outputs = {{"prepare", "a.jpg", 1, ""}, {"prepare", "a.txt", 1, ""}};
  ItemRecord other = item("b");
  other.rows = {face("0", 0.125)};
  ASSERT_THAT(store->commit({{first, other}}, "1"), IsOk());

  ItemRecord second = item("a");
  second.rows = {face("7", 1)};
  second.outputs = {{"prepare", "a.jpg", 1, ""}};
  ASSERT_THAT(store->commit({{second}}, "2"), IsOk());

  EXPECT_THAT(rows_of(*store), ElementsAre("a/7 1", "b/0 0.125"));
  EXPECT_EQ(shell(path_, "SELECT path FROM outputs"), "a.jpg\n");
  // The file is still there, and still ours to replace.
  EXPECT_THAT(store->announced_paths().value(), ElementsAre("a.jpg", "a.txt"));
}

TEST_F(RunStoreTest, which_jobs_left_an_item_out_is_kept_with_it) {
  ItemRecord in = item("a.jpg");
  in.job_skips = {{"thumbs", "where"}, {"look", "thumbs"}};
  in.late_decodes = 2;
  const std::vector<ItemRecord> items = {in, item("b.jpg")};
  const auto read = [](RunStore& store) {
    std::map<std::string, ItemRecord> out;
    EXPECT_THAT(store.for_each_item([&](const ItemRecord& record) -> Result<> {
      out[record.key] = record;
      return {};
    }),
                IsOk());
    return out;
  };
  {
    const auto store = open();
    ASSERT_THAT(store->commit(items, ""), IsOk());
    EXPECT_THAT(read(*store)["a.jpg"].job_skips,
                ElementsAre(JobSkip{"look", "thumbs"}, JobSkip{"thumbs", "where"}));
    EXPECT_EQ(read(*store)["a.jpg"].late_decodes, 2);
    EXPECT_THAT(read(*store)["b.jpg"].job_skips, IsEmpty());
    in.job_skips = {{"look", "where"}};
    ASSERT_THAT(store->commit({{in}}, ""), IsOk());
    EXPECT_THAT(read(*store)["a.jpg"].job_skips, ElementsAre(JobSkip{"look", "where"}));
  }
  ASSERT_OK_AND_ASSIGN(const auto again, RunStore::restart(path_, kOptions));
  ASSERT_THAT(again->commit({{item("a.jpg")}}, ""), IsOk());
  EXPECT_THAT(read(*again)["a.jpg"].job_skips, IsEmpty());
}

TEST_F(RunStoreTest, what_is_gone_stays_but_is_known_as_gone) {
  const auto hashes = [](RunStore& store) {
    std::vector<std::string> out;
    EXPECT_THAT(
        store.for_each_hash_of("faces",
                               [&](std::string_view key, std::string_view hash) -> Result<> {
                                 out.push_back(fmt::format("{} {}", key, hash));
                                 return {};
                               }),
        IsOk());
    return out;
  };
  const auto store = open();
  ItemRecord a = item("a"), b = item("b"), failed = item("c"), left_out = item("d");
  a.hash = "0a";
  b.hash = "0b";
  failed.state = ItemState::kFailed;
  left_out.job_skips = {{"faces", "where"}};
  ASSERT_THAT(store->commit(std::vector{a, b, failed, left_out}, ""), IsOk());
  EXPECT_THAT(hashes(*store), ElementsAre("a 0a", "b 0b"));
  ASSERT_THAT(store->set_gone(std::vector<std::string>{"a", "c"}), IsOk());
  EXPECT_THAT(hashes(*store), ElementsAre("b 0b"));
  EXPECT_TRUE(store->find_item("a")->has_value());
  EXPECT_THAT(RunStore::open_existing(path_).value()->gone().value(), ElementsAre("a", "c"));
  ASSERT_THAT(store->set_gone(std::vector<std::string>{"b"}), IsOk());
  EXPECT_THAT(hashes(*store), ElementsAre("a 0a"));
}

TEST_F(RunStoreTest, a_store_of_the_first_schema_is_brought_up_to_date) {
  shell(path_, kMigrations[0]);
  shell(path_, fmt::format("PRAGMA application_id = {}; PRAGMA user_version = 1; INSERT INTO items "
                           "VALUES ('a.jpg', 0, 'done', 9, 5, '', 'png', 1, 1, 1, '1/1', 0, '[]', "
                           "'', NULL, '')",
                           kApplicationId));
  for (const auto& [name, value] : kOptions)
    shell(path_, fmt::format("INSERT INTO options VALUES ('{}', '{}')", name, value));
  EXPECT_THAT(RunStore::open_existing(path_), FailsWith(Code::kUnsupported, HasSubstr("schema 1")));
  const auto store = open();
  ASSERT_NE(store, nullptr);
  ASSERT_THAT(store->for_each_item([&](const ItemRecord& record) -> Result<> {
    EXPECT_EQ(record.key, "a.jpg");
    EXPECT_EQ(record.late_decodes, 0);
    EXPECT_THAT(record.job_skips, IsEmpty());
    return {};
  }),
              IsOk());
  EXPECT_EQ(store->finished_items()->size(), 1u);
}

TEST_F(RunStoreTest, a_group_enters_whole_or_not_at_all) {
  const auto store = open();
  ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
  ASSERT_THAT(store->commit({}, "before"), IsOk());

  ItemRecord twice = item("b");
  twice.rows = {face("0", 1), face("0", 2)};
  EXPECT_THAT(store->commit({{item("a"), twice}}, "after"),
              FailsWith(Code::kInvalidArgument, AllOf(HasSubstr("b: "), HasSubstr("rows_faces"))));
  ItemRecord mistyped = item("b");
  mistyped.rows = {face("0", 1)};
  mistyped.rows[0].values[1] = std::string("seven");
  EXPECT_THAT(store->commit({{item("a"), mistyped}}, "after"), FailsWith(Code::kInvalidArgument));
  ItemRecord short_row = item("b");
  short_row.rows = {{.table = "faces", .sub = "", .values = {1.0}}};
  EXPECT_THAT(store->commit({{item("a"), short_row}}, "after"),
              FailsWith(Code::kInvalidArgument, HasSubstr("1 values, expected 4")));
  ItemRecord elsewhere = item("b");
  elsewhere.rows = {{.table = "boxes", .sub = "", .values = {}}};
  EXPECT_THAT(store->commit({{item("a"), elsewhere}}, "after"),
              FailsWith(Code::kInvalidArgument, HasSubstr("boxes")));

  EXPECT_THAT(store->finished_items().value(), IsEmpty());
  EXPECT_EQ(store->sink_state().value(), "before");
  EXPECT_THAT(store->commit({{item("a")}}, "after"), IsOk());
}

TEST_F(RunStoreTest, announced_paths_are_known_to_the_next_try) {
  {
    const auto store = open();
    ASSERT_THAT(store->announce({{{"prepare", "b.jpg", 1, ""}, {"prepare", "a.jpg", 1, ""}}}),
                IsOk());
    ItemRecord record = item("a");
    record.outputs = {{"prepare", "a.jpg", 1, ""}};
    ASSERT_THAT(store->commit({{record}}, ""), IsOk());
  }
  EXPECT_THAT(open()->announced_paths().value(), ElementsAre("a.jpg", "b.jpg"));
  EXPECT_EQ(shell(path_, "SELECT path FROM announced"), "b.jpg\n");
}

TEST_F(RunStoreTest, an_untouched_store_takes_other_options) {
  const RunOptions other = {{"jobs", "faces"}};
  open();
  {
    ASSERT_OK_AND_ASSIGN(const auto store, RunStore::open(path_, other));
    EXPECT_EQ(store->options().value(), other);
    ASSERT_THAT(store->announce({{{"prepare", "a.jpg", 1, ""}}}), IsOk());
  }
  EXPECT_THAT(RunStore::open(path_, kOptions), FailsWith(Code::kInvalidArgument));
}

TEST_F(RunStoreTest, names_each_option_that_differs) {
  ASSERT_THAT(open()->commit({{item("a")}}, ""), IsOk());
  EXPECT_THAT(
      RunStore::open(path_, {{"prepare.size", "800"}, {"prepare.to", ""}, {"jobs", "prepare"}}),
      FailsWith(Code::kInvalidArgument, AllOf(HasSubstr("prepare.size: 640 there, 800 now"),
                                              HasSubstr("prepare.to: not set there, \"\" now"),
                                              Not(HasSubstr("jobs")), HasSubstr("--restart"))));
  EXPECT_THAT(RunStore::open(path_, kOptions), IsOk());
}

TEST_F(RunStoreTest, of_a_run_of_other_jobs_names_these_alone) {
  ASSERT_THAT(open()->commit({{item("a")}}, ""), IsOk());
  EXPECT_THAT(RunStore::open(path_, {{"jobs", "faces"}, {"faces.size", "1"}}),
              FailsWith(Code::kInvalidArgument,
                        AllOf(HasSubstr("belongs to a run of prepare, this one is of faces"),
                              Not(HasSubstr("size")))));
}

TEST_F(RunStoreTest, restart_forgets_all_but_which_files_may_be_replaced) {
  {
    const auto store = open();
    ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
    ItemRecord record = item("a");
    record.outputs = {{"prepare", "a.jpg", 1, ""}};
    record.rows = {face("0", 1)};
    ASSERT_THAT(store->commit({{record}}, "state"), IsOk());
  }
  const RunOptions other = {{"jobs", "faces"}};
  ASSERT_OK_AND_ASSIGN(const auto store, RunStore::restart(path_, other));
  EXPECT_THAT(store->finished_items().value(), IsEmpty());
  EXPECT_THAT(store->tables().value(), IsEmpty());
  EXPECT_EQ(store->sink_state().value(), "");
  EXPECT_EQ(store->options().value(), other);
  EXPECT_THAT(store->announced_paths().value(), ElementsAre("a.jpg"));
}

TEST_F(RunStoreTest, a_second_writer_is_refused_while_readers_are_welcome) {
  auto store = open();
  ASSERT_THAT(store->commit({{item("a")}}, ""), IsOk());
  EXPECT_THAT(RunStore::open(path_, kOptions),
              FailsWith(Code::kInvalidArgument, HasSubstr("another imagemill is running")));
  EXPECT_THAT(RunStore::restart(path_, kOptions), FailsWith(Code::kInvalidArgument));
  ASSERT_OK_AND_ASSIGN(const auto reader, RunStore::open_existing(path_));
  EXPECT_EQ(reader->totals().value().done, 1);
  ASSERT_THAT(store->commit({{item("b")}}, ""), IsOk());
  EXPECT_EQ(reader->totals().value().done, 2);
  EXPECT_THAT(reader->commit({}, ""), FailsWith(Code::kInvalidArgument));
  store.reset();
  EXPECT_THAT(RunStore::open(path_, kOptions), IsOk());
}

TEST_F(RunStoreTest, a_killed_writer_leaves_what_it_committed_and_no_lock) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = RunStore::open(path_, kOptions);
    if (!store || !(*store)->commit({{item("a")}}, "state")) _exit(1);
    if (!(*store)->announce({{{"prepare", "b.jpg", 1, ""}}})) _exit(1);
    kill(getpid(), SIGKILL);
  }
  int how = 0;
  ASSERT_EQ(waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how));
  const auto store = open();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->finished_items().value().size(), 1u);
  EXPECT_EQ(store->sink_state().value(), "state");
  EXPECT_THAT(store->announced_paths().value(), ElementsAre("b.jpg"));
}

TEST_F(RunStoreTest, refuses_what_is_not_a_run_store) {
  EXPECT_THAT(RunStore::open_existing(path_), FailsWith(Code::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THAT(RunStore::open(folder_ / "no/run.sqlite", kOptions), FailsWith(Code::kNotFound));

  const std::string text = folder_.write("text", std::string(5000, 'x'));
  EXPECT_THAT(RunStore::open(text, kOptions),
              FailsWith(Code::kCorruptInput, HasSubstr("expected an Imagemill run store")));
  EXPECT_THAT(RunStore::open_existing(text), FailsWith(Code::kCorruptInput));

  const std::string foreign = folder_ / "foreign";
  shell(foreign, "CREATE TABLE t (a)");
  EXPECT_THAT(RunStore::open(foreign, kOptions),
              FailsWith(Code::kInvalidArgument, HasSubstr("another program")));
  EXPECT_THAT(RunStore::restart(foreign, kOptions), FailsWith(Code::kInvalidArgument));
  EXPECT_EQ(shell(foreign, "PRAGMA journal_mode; SELECT name FROM sqlite_schema"), "delete\nt\n");

  open();
  shell(path_, "PRAGMA user_version = 99");
  EXPECT_THAT(RunStore::open(path_, kOptions),
              FailsWith(Code::kUnsupported, HasSubstr("schema 99")));
}

TEST_F(RunStoreTest, every_truncation_is_an_error_or_a_sound_store) {
  {
    const auto store = open();
    ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
    std::vector<ItemRecord> items;
    for (int i = 0; i < 300; ++i) items.push_back(item(fmt::format("photos/{:04}.jpg", i)));
    ASSERT_THAT(store->commit(items, ""), IsOk());
  }
  const Bytes whole = real_file_system().read(path_, 1 << 24).value();
  for (size_t sixteenth = 0; sixteenth < 16; ++sixteenth) {
    const size_t bytes = whole.size() * sixteenth / 16;
    const std::string cut =
        folder_.write(fmt::format("cut{}", sixteenth), as_text(whole).substr(0, bytes));
    auto store = RunStore::open(cut, kOptions);
    if (!store || !(*store)->finished_items()) {
      EXPECT_TRUE(store || store.error().code() == Code::kCorruptInput)
          << store.error().to_string();
      store = fail(Code::kCancelled, "closed");
      store = RunStore::restart(cut, kOptions);
      ASSERT_THAT(store, IsOk());
    }
    EXPECT_THAT((*store)->commit({{item("a")}}, ""), IsOk());
  }
}

TEST_F(RunStoreTest, hostile_names_never_reach_sql) {
  const auto store = open();
  for (const std::string name : {"", "Faces", "fa ces", "x\"; DROP TABLE items; --", "1st", "é"}) {
    EXPECT_THAT(store->create_tables({{{.name = name, .columns = {}}}}),
                FailsWith(Code::kInvalidArgument))
        << name;
    EXPECT_THAT(store->create_tables({{{.name = "t", .columns = {{name, ColumnType::kText}}}}}),
                FailsWith(Code::kInvalidArgument))
        << name;
    EXPECT_FALSE(store->for_each_row(name, [](auto&, auto&) -> Result<> { return {}; }));
  }
  for (const std::string name : {"key", "sub"})
    EXPECT_THAT(store->create_tables({{{.name = "t", .columns = {{name, ColumnType::kText}}}}}),
                FailsWith(Code::kInvalidArgument, HasSubstr("twice")));
  const std::string nasty = "a'); DELETE FROM items; --";
  ASSERT_THAT(store->commit({{item(nasty)}}, "'"), IsOk());
  EXPECT_EQ(store->finished_items().value()[0].key, nasty);
}

TEST_F(RunStoreTest, tables_keep_their_columns) {
  {
    const auto store = open();
    ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
    ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
  }
  const auto store = open();
  ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto tables, store->tables());
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].name, "faces");
  ASSERT_EQ(tables[0].columns.size(), 4u);
  EXPECT_EQ(tables[0].columns[3].name, "vector");
  EXPECT_EQ(tables[0].columns[3].type, ColumnType::kBlob);
  TableSchema changed = kFaces;
  changed.columns[0].type = ColumnType::kText;
  EXPECT_THAT(store->create_tables({{changed}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("score REAL")));
}

TEST_F(RunStoreTest, people_can_read_it_with_the_sqlite_shell) {
  const auto store = open();
  ASSERT_THAT(store->create_tables({{kFaces}}), IsOk());
  ItemRecord bad = item("b.jpg");
  bad.state = ItemState::kFailed;
  bad.stage = "decode";
  bad.code = Code::kCorruptInput;
  bad.message = "no SOI";
  ItemRecord good = item("a.jpg");
  good.rows = {face("0", std::nan(""))};
  good.outputs = {{"faces", "a.txt", 3, "ab"}};
  ASSERT_THAT(store->commit({{good, bad}}, "s"), IsOk());
  EXPECT_EQ(shell(path_, "SELECT * FROM failures"), "b.jpg|decode|corrupt_input|no SOI\n");
  EXPECT_EQ(shell(path_, "SELECT key, state, code FROM items"),
            "a.jpg|done|NULL\nb.jpg|failed|corrupt_input\n");
  EXPECT_EQ(shell(path_, "SELECT * FROM outputs"), "a.txt|a.jpg|faces|3|ab\n");
  EXPECT_EQ(shell(path_, "SELECT key, sub, score, \"order\", person, hex(vector) FROM rows_faces"),
            "a.jpg|0|NULL|7|Ada|0102\n");
  EXPECT_EQ(shell(path_, "SELECT * FROM meta"), "sink_state|s\n");
}

TEST_F(RunStoreTest, lists_a_hundred_thousand_items) {
  const auto store = open();
  std::vector<ItemRecord> items;
  for (int i = 0; i < 100'000; ++i) {
    items.push_back(item(fmt::format("camera/2024/holiday/IMG_{:06}.jpg", i)));
    items.back().hash = "0123456789abcdef0123456789abcdef";
  }
  ASSERT_THAT(store->commit(items, ""), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto finished, store->finished_items());
  EXPECT_EQ(finished.size(), 100'000u);
  EXPECT_NE(find_finished(finished, "camera/2024/holiday/IMG_099999.jpg"), nullptr);
}

TEST_F(RunStoreTest, threads_take_turns) {
  const auto store = open();
  std::thread other([&] {
    for (int i = 0; i < 10; ++i) EXPECT_THAT(store->totals(), IsOk());
  });
  for (int i = 0; i < 10; ++i)
    EXPECT_THAT(store->commit({{item(fmt::format("{}", i))}}, ""), IsOk());
  other.join();
  EXPECT_EQ(store->totals().value().done, 10);
}

}  // namespace
}  // namespace imagemill
