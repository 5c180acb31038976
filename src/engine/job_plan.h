// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// In which order the jobs of a run work on an item, and what each waits for. A job waits for others
// because it reads their rows, because it looks at a picture that one made, or because its `where`
// names their columns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/job.h"
#include "store/row_condition.h"

namespace imagemill {

// The rows of this name are what the file itself says: see item_facts.h.
inline constexpr std::string_view kItemTable = "item";

struct RequestedJob {
  std::unique_ptr<Job> job;
  std::string where;  // "": every item
};

// A job in its place. Indexes are of earlier jobs of the run.
struct PlannedJob {
  static constexpr size_t kNone = SIZE_MAX;

  std::unique_ptr<Job> job;
  std::vector<size_t> rows_of;  // skipped with them
  size_t picture_of = kNone;    // kNone: the picture in the file
  std::optional<RowCondition> where;
  std::vector<size_t> where_rows;  // parallel to where->tables(); kNone: kItemTable

  std::string_view name() const { return job->info().name; }
  // Whether `where` can be answered before anything is decoded.
  bool is_decided_by_facts() const;
};

// Sorts the jobs so that each comes after those that it waits for; otherwise the order given. Reads
// the conditions and checks them against the jobs' columns. Errors: kInvalidArgument, naming the
// chain of jobs, for a job that waits for itself or for one that is not part of the run; the
// condition's own mistakes.
Result<std::vector<PlannedJob>> plan_jobs(std::vector<RequestedJob> jobs);

}  // namespace imagemill
