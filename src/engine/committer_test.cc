// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/committer.h"

#include <algorithm>

#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Both write down what they are asked, in one list.
struct Journal {
  std::vector<std::string> lines;
  std::string fails_at;

  Result<> note(const std::string& line) {
    if (line == fails_at) return fail(Code::kIoError, "{}", line);
    lines.push_back(line);
    return {};
  }
};

class JournalSink final : public Sink {
 public:
  explicit JournalSink(Journal& journal) : journal_(journal) {}
  bool is_ordered() const override { return false; }
  Result<StagedFile> stage(const std::string& path, ByteSpan bytes) override {
    return StagedFile{path, path, bytes.size()};
  }
  void discard(const StagedFile& file) override { (void)journal_.note("discard " + file.path); }
  Result<> publish(std::span<const StagedFile> files) override {
    std::string line = "publish";
    for (const StagedFile& file : files) line += " " + file.path;
    return journal_.note(line);
  }
  std::string state() const override { return "state"; }
  bool exists(const std::string&) override { return false; }
  Result<> finish() override { return {}; }

 private:
  Journal& journal_;
};

class JournalStore final : public RunStore {
 public:
  explicit JournalStore(Journal& journal) : journal_(journal) {}
  Result<> create_tables(std::span<const TableSchema>) override { return {}; }
  Result<> announce(std::span<const OutputRecord> outputs) override {
    return journal_.note(fmt::format("announce {}", outputs.size()));
  }
  Result<> commit(std::span<const ItemRecord> items, std::string_view state) override {
    std::string line = fmt::format("commit {}:", state);
    for (const ItemRecord& item : items) line += " " + item.key;
    return journal_.note(line);
  }
  Result<> set_gone(std::span<const std::string>) override { return {}; }
  Result<std::vector<std::string>> gone() override { return {}; }
  Result<> for_each_hash_of(
      const std::string&,
      const std::function<Result<>(std::string_view, std::string_view)>&) override {
    return {};
  }
  Result<std::vector<FinishedItem>> finished_items() override { return {}; }
  Result<std::vector<std::string>> announced_paths() override { return {}; }
  Result<std::string> sink_state() override { return {}; }
  Result<RunOptions> options() override { return {}; }
  Result<RunTotals> totals() override { return {}; }
  Result<std::map<std::string, int64_t>> job_skips() override { return {}; }
  Result<> for_each_item(const std::function<Result<>(const ItemRecord&)>&) override { return {}; }
  Result<std::optional<ItemRecord>> find_item(const std::string&) override { return {}; }
  Result<std::vector<TableSchema>> tables() override { return {}; }
  Result<> for_each_row(
      const std::string&,
      const std::function<Result<>(const std::string& key, const Row&)>&) override {
    return {};
  }
  Result<std::vector<KeyedRow>> rows_after(const std::string&, const std::string&,
                                           const std::string&, size_t) override {
    return {};
  }

 private:
  Journal& journal_;
};

class CommitterTest : public testing::Test {
 protected:
  Item item(const std::string& key, const std::string& path, ItemState state = ItemState::kDone) {
    Item out;
    out.record.key = key;
    out.record.state = state;
    if (!path.empty()) {
      out.staged.push_back({path, path, 1});
      out.record.outputs.push_back({"job", path, 1, "hash"});
    }
    return out;
  }
  Result<> add(Committer& committer, Item made) {
    committer.claim_names(made);
    return committer.add(made);
  }

  Journal journal_;
  JournalSink sink_{journal_};
  JournalStore store_{journal_};
};

TEST_F(CommitterTest, a_group_is_announced_published_committed) {
  Committer committer(store_, sink_, 2);
  ASSERT_THAT(add(committer, item("a", "a.jpg")), IsOk());
  EXPECT_THAT(journal_.lines, IsEmpty());
  ASSERT_THAT(add(committer, item("b", "b.jpg")), IsOk());
  EXPECT_THAT(journal_.lines,
              ElementsAre("announce 2", "publish a.jpg b.jpg", "commit state: a b"));
  ASSERT_THAT(add(committer, item("c", "c.jpg")), IsOk());
  ASSERT_THAT(committer.commit(), IsOk());
  ASSERT_THAT(committer.commit(), IsOk());
  EXPECT_EQ(journal_.lines.size(), 6u);
  EXPECT_EQ(committer.totals().done, 3);
}

TEST_F(CommitterTest, files_of_what_failed_or_was_skipped_are_given_up) {
  Committer committer(store_, sink_, 10);
  ASSERT_THAT(add(committer, item("a", "a.jpg", ItemState::kFailed)), IsOk());
  ASSERT_THAT(add(committer, item("b", "b.jpg", ItemState::kSkipped)), IsOk());
  ASSERT_THAT(committer.commit(), IsOk());
  EXPECT_THAT(journal_.lines, ElementsAre("discard a.jpg", "discard b.jpg", "commit state: a b"));
  EXPECT_EQ(committer.totals().failed, 1);
  EXPECT_EQ(committer.totals().skipped, 1);
}

TEST_F(CommitterTest, no_two_items_share_a_name) {
  Committer committer(store_, sink_, 10);
  ASSERT_THAT(add(committer, item("a", "x.jpg")), IsOk());
  Item second = item("b", "x.jpg");
  committer.claim_names(second);
  EXPECT_TRUE(second.is_failed());
  EXPECT_EQ(second.record.stage, "commit");
  ASSERT_THAT(committer.add(second), IsOk());
  ASSERT_THAT(committer.commit(), IsOk());
  EXPECT_THAT(journal_.lines,
              ElementsAre("discard x.jpg", "announce 1", "publish x.jpg", "commit state: a b"));
}

TEST_F(CommitterTest, what_an_earlier_try_finished_is_kept) {
  Committer committer(store_, sink_, 10);
  committer.keep({{"job", "x.jpg", 1, "hash"}});
  Item late = item("a", "x.jpg");
  committer.claim_names(late);
  EXPECT_TRUE(late.is_failed());
  EXPECT_EQ(late.record.code, Code::kInvalidArgument);
}

TEST_F(CommitterTest, after_a_failure_nothing_more_is_committed) {
  journal_.fails_at = "publish a.jpg";
  Committer committer(store_, sink_, 1);
  EXPECT_THAT(add(committer, item("a", "a.jpg")), FailsWith(Code::kIoError));
  EXPECT_THAT(add(committer, item("b", "b.jpg")), FailsWith(Code::kIoError));
  EXPECT_THAT(committer.commit(), FailsWith(Code::kIoError));
  // What was staged is given back; nothing is published or committed.
  EXPECT_THAT(journal_.lines, ElementsAre("announce 1", "discard a.jpg", "discard b.jpg"));
}

}  // namespace
}  // namespace imagemill
