// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What goes through all rows stops on the way when the run is to end.
#include "jobs/caption_lists.h"
#include "jobs/contact_sheet.h"
#include "jobs/csv_export.h"
#include "jobs/vector_export.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"

namespace imagemill {
namespace {

// The run is to end as soon as a file is begun.
class EndingContext final : public FinishContext {
 public:
  EndingContext(RunStore& store, std::string file) : store_(store), file_(std::move(file)) {}
  RunStore& store() override { return store_; }
  bool can_read_outputs() const override { return true; }
  Result<Bytes> read_output(const std::string& path) override {
    ++reads;
    return fail(Code::kNotFound, "{}", path);
  }
  Result<> write_output(const std::string&, ByteSpan) override {
    ++writes;
    return {};
  }
  Result<> write_output(const std::string&,
                        const std::function<Result<>(const std::string& file)>& make) override {
    token.request();
    return make(file_);
  }
  Result<> remove_output(const std::string&) override { return {}; }
  void warn(std::string) override {}
  bool is_input(std::string_view) const override { return true; }
  std::string file_of(std::string_view) const override { return ""; }
  Result<Bytes> preview_of(std::string_view key, int) override {
    return fail(Code::kNotFound, "{}", key);
  }
  const CancelToken& cancel() const override { return token; }

  CancelToken token;
  int reads = 0, writes = 0;

 private:
  RunStore& store_;
  const std::string file_;
};

class ExportCancelTest : public testing::Test {
 protected:
  ExportCancelTest() {
    store_ = RunStore::open(folder_ / "run.sqlite", {}).value();
    const TableSchema tables[] = {
        {"vectors", {{"features", ColumnType::kBlob}}},
        {"prepare", {{"path", ColumnType::kText}, {"caption", ColumnType::kText}}}};
    EXPECT_THAT(store_->create_tables(tables), IsOk());
    ItemRecord item;
    item.key = "a";
    const float vector[] = {1, 2};
    item.rows = {{"vectors", {}, {pack_vector(vector, VectorType::kF32)}},
                 {"prepare", {}, {std::string("a.jpg"), std::string("a cat")}}};
    EXPECT_THAT(store_->commit({&item, 1}, {}), IsOk());
  }

  TestFolder folder_;
  std::unique_ptr<RunStore> store_;
  TableSchema captions_{"prepare", {{"path", ColumnType::kText}, {"caption", ColumnType::kText}}};
};

TEST_F(ExportCancelTest, tables_and_vectors) {
  EndingContext context(*store_, folder_ / "file");
  EXPECT_THAT(export_csv(context, captions_, "prepare.csv"), FailsWith(Code::kCancelled));
  for (const char* format : {"npy", "jsonl", "csv", "clip-retrieval"}) {
    EndingContext vectors(*store_, folder_ / "file");
    EXPECT_THAT(export_vectors(vectors, "vectors", {.format = format}), FailsWith(Code::kCancelled))
        << format;
  }
}

TEST_F(ExportCancelTest, sheets_and_captions) {
  EndingContext context(*store_, folder_ / "file");
  context.token.request();
  const std::string paths[] = {"a.jpg", "b.jpg"};
  EXPECT_THAT(write_contact_sheets(context, paths, {}, {}), FailsWith(Code::kCancelled));
  EXPECT_THAT(write_caption_lists(context, captions_), FailsWith(Code::kCancelled));
  EXPECT_EQ(context.reads, 0);
  EXPECT_EQ(context.writes, 0);
}

}  // namespace
}  // namespace imagemill
