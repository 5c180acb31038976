// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Records of items as the store has them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/row_table.h"
#include "store/run_store.h"
#include "store/sqlite.h"

namespace imagemill {

// As they stand in the table `items`.
std::string_view state_name(ItemState state);
ItemState state_from(std::string_view name);

// Items with outputs and skips, without rows.
class ItemReader {
 public:
  // In key order.
  static Result<ItemReader> of_all(sqlite::Database& database);
  // None until seek().
  static Result<ItemReader> by_key(sqlite::Database& database);

  // From there on next() gives that item, if there is one, and no more. `key` is borrowed until
  // next() gave nullopt.
  void seek(std::string_view key);
  Result<std::optional<ItemRecord>> next();

 private:
  static Result<ItemReader> prepare(sqlite::Database& database, std::string_view tail);

  sqlite::Statement items_;
  sqlite::Statement outputs_;
  sqlite::Statement skips_;
};

// Single items, complete.
class ItemFinder {
 public:
  static Result<ItemFinder> prepare(sqlite::Database& database);

  // nullopt when there is none.
  Result<std::optional<ItemRecord>> find(const std::string& key);

 private:
  explicit ItemFinder(ItemReader items) : items_(std::move(items)) {}

  ItemReader items_;
  std::vector<RowReader> rows_;
};

}  // namespace imagemill
