// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows that jobs found out in an earlier run about the same content, under whatever name it had.
// They are taken over as if the job had worked now; a picture that no job has to look at any more
// is not decoded.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "engine/item_plan.h"
#include "engine/job_plan.h"
#include "jobs/item.h"
#include "store/result_cache.h"

namespace imagemill {

class ResultReuse {
 public:
  using Tell = std::function<void(std::string)>;

  // `jobs` outlive it. The cache in `folder` is opened when the first job has a key for it; one
  // that fails is told of once and not used any more.
  ResultReuse(std::string folder, uint64_t bytes_max, std::span<const PlannedJob> jobs, Tell tell);

  // Fills item.known_rows. `plan` is made without them.
  void find(Item& item, const ItemPlan& plan);

  // Keeps the rows of an item that is done.
  void keep(const Item& item);

  // Writes what is left.
  void finish();

  // Results that were found, one a job and item.
  int64_t found() const { return found_; }

 private:
  std::optional<ContentHash> key_of(size_t job, const Item& item) const;
  ResultCache* cache();  // null: it cannot be used
  void give_up(const Status& status);

  const std::string folder_;
  const uint64_t bytes_max_;
  const std::span<const PlannedJob> jobs_;
  const Tell tell_;
  std::once_flag opened_;
  std::unique_ptr<ResultCache> cache_;
  std::atomic<int64_t> found_ = 0;
  std::atomic<bool> is_broken_ = false;
};

}  // namespace imagemill
