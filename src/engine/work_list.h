// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/run_inputs.h"
#include "jobs/item.h"

namespace imagemill {

// The entries that this try of a run works on, in the order in which they are taken: by rank;
// entries of a sequential source as it gives them.
class WorkList {
 public:
  WorkList() = default;

  // `finished` as an earlier try left it: those entries are marked in `inputs` and left out. A
  // `shuffle_seed` of 0 does not shuffle. `inputs` must outlive the list.
  WorkList(RunInputs& inputs, std::span<const FinishedItem> finished, uint64_t shuffle_seed);

  // The next item, or null when there are no more; the bytes it will take to be read.
  std::unique_ptr<Item> next();
  uint64_t next_bytes() const;

  std::span<RankedEntry* const> entries() const { return work_; }
  int64_t resumed() const { return resumed_; }
  // Whether an ordered sink must wait for items that are taken later.
  bool is_reordered() const { return !positions_.empty(); }

 private:
  void plan_positions();

  const RunInputs* inputs_ = nullptr;
  std::vector<RankedEntry*> work_;
  std::vector<uint64_t> positions_;  // parallel to work_; empty: 0, 1, 2 ...
  size_t next_ = 0;
  int64_t resumed_ = 0;
};

// Keys of the items, sorted as they are, that the inputs of no shard hold any more.
std::vector<std::string> gone_items(std::span<const FinishedItem> finished,
                                    const RunInputs& inputs);

}  // namespace imagemill
