// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The truth that the threaded executor is held against, and the debugger's friend.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>

#include "pipeline/pipeline.h"

namespace imagemill {

// One item after the other through all stages. A serial-in-order stage whose turn has not come
// parks the item. Errors: kCancelled, or what ended the run.
template <typename Item>
Result<> run_serial(const Pipeline<Item>& pipeline, const CancelToken& cancel,
                    PipelineStatus& status) {
  using Clock = std::chrono::steady_clock;
  prepare_status(pipeline, status);
  struct Parked {
    uint64_t next_rank = 0;
    std::map<uint64_t, std::unique_ptr<Item>> items;
  };
  std::vector<Parked> parked(pipeline.stages.size());

  // Carries the item from `stage` on; items it sets free follow.
  const std::function<std::optional<Status>(std::unique_ptr<Item>, size_t)> carry =
      [&](std::unique_ptr<Item> item, size_t stage) -> std::optional<Status> {
    for (; stage < pipeline.stages.size(); ++stage) {
      const bool ordered = pipeline.stages[stage].mode == StageMode::kSerialInOrder;
      if (ordered && pipeline.hooks.order_of(*item) != parked[stage].next_rank) {
        const uint64_t rank = pipeline.hooks.order_of(*item);
        parked[stage].items.emplace(rank, std::move(item));
        return std::nullopt;
      }
      const auto began = Clock::now();
      auto error = run_stage(pipeline, stage, *item);
      StageCounters& counters = *status.stages[stage];
      const std::chrono::nanoseconds busy = Clock::now() - began;
      counters.busy_ns += busy.count();
      counters.item_ms.add(static_cast<double>(busy.count()) * 1e-6);
      ++counters.items;
      if (error) return error;
      const uint64_t held = pipeline.hooks.held_bytes(*item);
      counters.bytes += held;
      status.bytes_in_flight_peak = std::max(status.bytes_in_flight_peak.load(), held);
      if (!ordered) continue;
      const auto next = parked[stage].items.find(++parked[stage].next_rank);
      if (next == parked[stage].items.end()) continue;
      std::unique_ptr<Item> freed = std::move(next->second);
      parked[stage].items.erase(next);
      if (auto failed = carry(std::move(item), stage + 1)) return failed;
      item = std::move(freed);
      --stage;  // the freed item enters this stage
    }
    return std::nullopt;
  };

  while (!cancel.is_requested()) {
    std::unique_ptr<Item> item = pipeline.hooks.next();
    if (item == nullptr) return {};
    if (auto error = carry(std::move(item), 0)) return std::unexpected(std::move(*error));
  }
  return fail(Code::kCancelled, "stopped on request");
}

}  // namespace imagemill
