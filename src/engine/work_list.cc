// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/work_list.h"

#include <algorithm>
#include <random>

namespace imagemill {

WorkList::WorkList(RunInputs& inputs, std::span<const FinishedItem> finished, uint64_t shuffle_seed)
    : inputs_(&inputs) {
  work_.reserve(inputs.entries.size());
  for (RankedEntry& e : inputs.entries) {
    if (!inputs.is_in_shard(e)) continue;
    const FinishedItem* before = find_finished(finished, e.key);
    e.is_finished = before != nullptr && before->state == ItemState::kDone &&
                    before->bytes == e.bytes && before->mtime_ns == e.mtime_ns;
    if (e.is_finished)
      ++resumed_;
    else
      work_.push_back(&e);
  }
  if (inputs.has_sequential_source()) {
    std::ranges::stable_sort(work_, [&](const RankedEntry* a, const RankedEntry* b) {
      const bool sa = inputs.sources[a->source]->is_sequential(),
                 sb = inputs.sources[b->source]->is_sequential();
      if (sa != sb) return sb;
      if (!sa || a->source != b->source) return a->source < b->source && sa;
      return a->locator < b->locator;
    });
  } else if (shuffle_seed != 0) {
    std::ranges::shuffle(work_, std::mt19937_64(shuffle_seed));
  }
  plan_positions();
}

std::vector<std::string> gone_items(std::span<const FinishedItem> finished,
                                    const RunInputs& inputs) {
  std::vector<std::string> gone;
  auto entry = inputs.entries.begin();  // both are in key order
  for (const FinishedItem& item : finished) {
    while (entry != inputs.entries.end() && entry->key < item.key) ++entry;
    const bool is_listed = entry != inputs.entries.end() && entry->key == item.key;
    if (!is_listed &&
        std::ranges::find(inputs.failures, item.key, &SourceFailure::key) == inputs.failures.end())
      gone.push_back(item.key);
  }
  return gone;
}

std::unique_ptr<Item> WorkList::next() {
  if (next_ == work_.size()) return nullptr;
  RankedEntry& e = *work_[next_++];
  auto item = std::make_unique<Item>();
  item->source = e.source;
  item->rank = e.rank;
  item->position = positions_.empty() ? next_ - 1 : positions_[next_ - 1];
  item->entry = e.listed();
  if (e.captions) item->captions = *e.captions;
  item->path = inputs_->path_of(e);
  item->record.key = e.key;
  item->record.sequence = static_cast<int64_t>(e.rank);
  item->record.bytes = e.bytes;
  item->record.mtime_ns = e.mtime_ns;
  return item;
}

uint64_t WorkList::next_bytes() const { return next_ < work_.size() ? work_[next_]->bytes : 0; }

// In which order an ordered sink must see the items, when they are not taken in that order.
void WorkList::plan_positions() {
  if (std::ranges::is_sorted(work_, {}, &RankedEntry::rank)) return;
  std::vector<uint64_t> ranks;
  for (const RankedEntry* e : work_) ranks.push_back(e->rank);
  std::vector<uint64_t> sorted = ranks;
  std::ranges::sort(sorted);
  for (const uint64_t rank : ranks)
    positions_.push_back(
        static_cast<uint64_t>(std::ranges::lower_bound(sorted, rank) - sorted.begin()));
}

}  // namespace imagemill
