// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/committer.h"

#include "base/hash.h"

namespace imagemill {
namespace {

constexpr std::chrono::seconds kGroupAge{1};

uint64_t path_hash(std::string_view path) { return hash_content(as_byte_span(path)).low; }

}  // namespace

void Committer::keep(const std::vector<OutputRecord>& outputs) {
  for (const OutputRecord& output : outputs) kept_.insert(path_hash(output.path));
}

void Committer::claim_names(Item& item) {
  if (item.record.state != ItemState::kDone) return;
  const std::lock_guard lock(mutex_);
  for (const StagedFile& file : item.staged) {
    const uint64_t hash = path_hash(file.path);
    const bool is_kept = kept_.contains(hash);
    if (!is_kept && published_.insert(hash)) continue;
    item.record.state = ItemState::kFailed;
    item.record.stage = "commit";
    item.record.code = is_kept ? Code::kInvalidArgument : Code::kInternal;
    item.record.message =
        is_kept ? fmt::format(
                      "{}: is what an earlier try made of another input; --restart or "
                      "another output folder gives every input its name anew",
                      file.path)
                : fmt::format("{}: another item of this run has written it", file.path);
    return;
  }
}

Result<> Committer::add(Item& item) {
  const std::lock_guard lock(mutex_);
  if (item.record.state != ItemState::kDone) {
    for (const StagedFile& file : item.staged) sink_.discard(file);
    item.staged.clear();
    item.record.outputs.clear();
    item.record.rows.clear();
    item.record.job_skips.clear();
  }
  count(item.record, +1);
  if (records_.empty()) oldest_ = std::chrono::steady_clock::now();
  std::ranges::move(item.staged, std::back_inserter(files_));
  item.staged.clear();
  records_.push_back(std::move(item.record));
  if (records_.size() >= group_items_ || std::chrono::steady_clock::now() - oldest_ >= kGroupAge)
    return commit_locked();
  return {};
}

void Committer::count(const ItemRecord& record, int64_t by) {
  switch (record.state) {
    case ItemState::kDone:
      totals_.done += by;
      if (record.is_damaged) totals_.damaged += by;
      break;
    case ItemState::kFailed:
      totals_.failed += by;
      break;
    case ItemState::kSkipped:
      totals_.skipped += by;
      break;
  }
}

void Committer::give_up() {
  for (const ItemRecord& record : records_) count(record, -1);
  for (const StagedFile& file : files_) sink_.discard(file);
  records_.clear();
  files_.clear();
}

Result<> Committer::commit_if_due() {
  const std::lock_guard lock(mutex_);
  if (records_.empty() || std::chrono::steady_clock::now() - oldest_ < kGroupAge) return {};
  return commit_locked();
}

Result<> Committer::commit() {
  const std::lock_guard lock(mutex_);
  return commit_locked();
}

RunTotals Committer::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

Result<> Committer::commit_locked() {
  if (broken_) {
    give_up();  // what was added since
    return std::unexpected(*broken_);
  }
  if (records_.empty()) return {};
  const auto publish = [&]() -> Result<> {
    std::vector<OutputRecord> outputs;
    for (const ItemRecord& record : records_)
      outputs.insert(outputs.end(), record.outputs.begin(), record.outputs.end());
    if (!outputs.empty()) {
      IMAGEMILL_TRY(store_.announce(outputs));
      IMAGEMILL_TRY(sink_.publish(files_));
    }
    return store_.commit(records_, sink_.state());
  };
  if (auto result = publish(); !result) {
    broken_ = result.error();
    give_up();
    return result;
  }
  records_.clear();
  files_.clear();
  return {};
}

}  // namespace imagemill
