// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Outputs of runs that are to become one, side by side in key order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/output_place.h"
#include "engine/recorded_run.h"
#include "engine/run_inputs.h"
#include "store/run_store.h"

namespace imagemill {

struct ShardOutput {
  std::string folder;
  std::unique_ptr<RunStore> store;  // for reading
  std::vector<FinishedItem> items;  // sorted by key
  std::vector<std::string> gone;    // keys of items that the inputs no longer hold; sorted
  ShardNumber number;
  RecordedRun run;
};

struct ShardItem {
  const ShardOutput* shard = nullptr;
  ItemRecord record;  // complete
  bool is_gone = false;
};

class ShardOutputs {
 public:
  // kInvalidArgument unless they are folders of files whose runs had the same options, but other
  // numbers of one --shard i/n each, and while one of these runs goes on.
  static Result<ShardOutputs> open(const std::vector<std::string>& folders, FileSystem& fs);

  // Of each of them, without --shard: those of the merged run.
  const RunOptions& options() const { return options_; }
  const std::vector<ShardOutput>& shards() const { return shards_; }
  // Of all of them.
  Result<std::vector<TableSchema>> tables() const;

  // Every item once, in key order: as the first shard has it that has done it, else the first.
  // kInvalidArgument when two have done it with different results.
  Result<> for_each_item(const std::function<Result<>(const ShardItem&)>& visit) const;

 private:
  std::vector<ShardOutput> shards_;
  RunOptions options_;
};

// Whether two runs made the same of an item: content, files, rows. When the input was last changed
// and how it is numbered does not matter.
bool is_same_result(const ItemRecord& a, const ItemRecord& b);

}  // namespace imagemill
