// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/item_pipeline.h"

#include <algorithm>

namespace imagemill {

Pipeline<Item> build_pipeline(StageContext& context, WorkList& work, Committer& committer,
                              std::function<void(const Item&)> tell_failure) {
  Pipeline<Item> p;
  const bool sequential = context.inputs.has_sequential_source();
  p.stages = {
      {.name = "read",
       .mode = sequential ? StageMode::kSerialOutOfOrder : StageMode::kParallel,
       .kind = StageKind::kIo,
       .process = [&context](Item& item) { return read_item(context, item); }},
      {.name = "decode",
       .process = [&context](Item& item) { return decode_item(context, item); },
       .peak_bytes =
           [](const Item& item) {
             return std::max<uint64_t>(item.reserved_bytes, item.bytes.size());
           }},
      {.name = "jobs", .process = [&context](Item& item) { return run_jobs(context, item); }},
      {.name = "commit",
       .mode = context.sink.is_ordered() ? StageMode::kSerialInOrder : StageMode::kSerialOutOfOrder,
       .kind = StageKind::kIo,
       .sees_failed = true,
       .process = [&context, &committer, tell_failure = std::move(tell_failure)](
                      Item& item) -> std::optional<StageFailure> {
         committer.claim_names(item);
         if (item.is_failed()) tell_failure(item);
         if (context.reuse != nullptr) context.reuse->keep(item);
         if (auto added = committer.add(item); !added)
           return StageFailure{std::move(added).error(), true};
         return std::nullopt;
       }},
  };
  p.hooks.next = [&work] { return work.next(); };
  p.hooks.next_bytes = [&work] { return work.next_bytes(); };
  p.hooks.order_of = [](const Item& item) { return item.position; };
  p.hooks.held_bytes = [](const Item& item) { return item.held_bytes; };
  p.hooks.lend_hold = [](Item& item, StageHold* hold) { item.hold = hold; };
  if (context.networks != nullptr)
    p.hooks.work_while_idle = [networks = context.networks] { return networks->run_partial(); };
  p.hooks.is_failed = [](const Item& item) { return item.is_failed(); };
  p.hooks.set_failed = [](Item& item, const std::string& stage, Status status) {
    item.record.state = ItemState::kFailed;
    item.record.stage = stage;
    item.record.code = status.code();
    item.record.message = status.message();
    item.decoded.reset();
    item.bytes = Bytes();  // "= {}" would keep the memory
    item.reserved_bytes = item.held_bytes = 0;
  };
  return p;
}

std::vector<std::string> stage_names(const Pipeline<Item>& pipeline) {
  std::vector<std::string> names;
  for (const auto& stage : pipeline.stages) names.push_back(stage.name);
  return names;
}

}  // namespace imagemill
