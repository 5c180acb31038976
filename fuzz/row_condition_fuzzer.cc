// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The text of a `where`, read, bound to columns of every type and asked for rows that are there,
// half there and not there.
#include "base/check.h"
#include "store/row_condition.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  auto condition = RowCondition::parse({reinterpret_cast<const char*>(data), size});
  if (!condition) {
    IMAGEMILL_CHECK(!condition.error().message().empty());
    return 0;
  }
  static const std::vector<Column> kColumns = {{"n", ColumnType::kInteger},
                                               {"x", ColumnType::kReal},
                                               {"word", ColumnType::kText},
                                               {"blob", ColumnType::kBlob}};
  std::vector<TableSchema> schemas;
  for (const std::string& table : condition->tables()) schemas.push_back({table, kColumns});
  if (!condition->bind(schemas)) return 0;
  static const Row kWhole{"t", "", {int64_t{-7}, 0.5, std::string("it's"), Bytes(2)}};
  static const Row kHalf{"t", "", {std::monostate(), 3.0}};
  for (const Row* row : {&kWhole, &kHalf, static_cast<const Row*>(nullptr)}) {
    const std::vector<const Row*> rows(condition->tables().size(), row);
    IMAGEMILL_CHECK(condition->is_true(rows) == condition->is_true(rows));
  }
  return 0;
}
