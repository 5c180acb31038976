// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Where items end: records and staged files are gathered into groups, and a group becomes durable
// as a whole, files first, rows after. What is not in a committed group did not happen, and is done
// again by the next run.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

#include "base/hash_set.h"
#include "jobs/item.h"
#include "sink/sink.h"
#include "store/run_store.h"

namespace imagemill {

class Committer {
 public:
  Committer(RunStore& store, Sink& sink, size_t group_items)
      : store_(store), sink_(sink), group_items_(group_items) {}

  // An input that an earlier try finished keeps its files: whoever else wants their names fails. To
  // be called before any item comes: without a lock, because it is called while the store holds its
  // own, and commits take the two the other way round.
  void keep(const std::vector<OutputRecord>& outputs);

  // Gives the item the names of its files; one that another input has makes the item fail. Before
  // add().
  void claim_names(Item& item);

  // Takes over the item's record and files. The error of a group that could not be committed ends
  // the run.
  Result<> add(Item& item);

  // Commits what has waited for a second. Called by the run's clock, so that a slow picture does
  // not hold back fast ones.
  Result<> commit_if_due();

  // Commits what is left.
  Result<> commit();

  // What was added; after a failure, what was committed.
  RunTotals totals() const;

 private:
  Result<> commit_locked();
  void count(const ItemRecord& record, int64_t by);
  // After a failure: what waits did not happen. A full disk needs the room for the run's records.
  void give_up();

  RunStore& store_;
  Sink& sink_;
  const size_t group_items_;

  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  std::vector<ItemRecord> records_;
  std::vector<StagedFile> files_;
  // Hashes of paths: no two items may share one.
  HashSet<uint64_t> kept_;  // of items that an earlier try finished
  HashSet<uint64_t> published_;
  std::chrono::steady_clock::time_point oldest_;
  std::optional<Status> broken_;  // after a failure nothing more is committed
  RunTotals totals_;
};

}  // namespace imagemill
