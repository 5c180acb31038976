// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "store/run_store.h"

namespace imagemill {

// The rows of a table in the order of their keys, one after the other. Unlike
// RunStore::for_each_row it holds nothing of the store between two of them: two tables can be read
// side by side, and files announced meanwhile.
class RowCursor {
 public:
  RowCursor(RunStore& store, std::string table) : store_(store), table_(std::move(table)) {}

  // Null: there are no more. Else good until the next call.
  Result<const KeyedRow*> next() {
    if (++at_ >= page_.size()) {
      const KeyedRow last = page_.empty() ? KeyedRow() : std::move(page_.back());
      IMAGEMILL_ASSIGN_OR_RETURN(page_,
                                 store_.rows_after(table_, last.key, last.row.sub, kPageRows));
      at_ = 0;
    }
    return page_.empty() ? nullptr : &page_[at_];
  }

 private:
  static constexpr size_t kPageRows = 256;

  RunStore& store_;
  const std::string table_;
  std::vector<KeyedRow> page_;
  size_t at_ = 0;
};

}  // namespace imagemill
