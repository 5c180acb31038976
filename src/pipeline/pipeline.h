// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A pipeline is a literal list of stages that items pass one after the other. Two executors run it:
// serial_executor.h, a loop that is obviously right, and threaded_executor.h. Both give the same
// items to the same stages; a stage that is serial in order sees them in the same order.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/status.h"
#include "telemetry/histogram.h"

namespace imagemill {

enum class StageMode : uint8_t {
  kParallel,
  kSerialOutOfOrder,  // one item at a time, whichever comes
  kSerialInOrder,     // one item at a time, by PipelineHooks::order_of
};

enum class StageKind : uint8_t {
  kCompute,  // runs on the compute threads: must not wait for a device
  kIo,       // may wait: runs on threads of its own, so that no core idles meanwhile
};

// What an item holds while a stage works on it: bytes of the budget and a thread.
class StageHold {
 public:
  virtual ~StageHold() = default;
  // Gives back what is above; never takes more.
  virtual void lower_to(uint64_t bytes) = 0;
  // The item cannot go on before others have come as far (a batch fills) or a device is done. Once
  // process() has returned its thread does other work, and process() is called again, by any
  // thread, when the function that this returns has been. That may be called once, from any thread,
  // even before process() returns and even when the pipeline is no more.
  virtual std::function<void()> suspend() = 0;
};

// What a stage's process() made of its item.
struct StageFailure {
  Status status;
  bool ends_run = false;  // disk full, store broken: nothing after this can succeed
};

template <typename Item>
struct Stage {
  std::string name;
  StageMode mode = StageMode::kParallel;
  StageKind kind = StageKind::kCompute;
  int concurrency = 0;       // items at once; 0: as many as there are threads
  bool sees_failed = false;  // whether items that failed before still come here
  // Works on the item; nullopt when all went well. Must be callable from any thread. Exceptions are
  // caught as a last net.
  std::function<std::optional<StageFailure>(Item&)> process;
  // Most bytes the item holds while it is in this stage, the bytes it brought included. Asked once,
  // before it starts. Null: what it brought.
  std::function<uint64_t(const Item&)> peak_bytes;
};

// How an executor looks into items it knows nothing about.
template <typename Item>
struct PipelineHooks {
  // The next item, or null when there are no more. Never called twice at once.
  std::function<std::unique_ptr<Item>()> next;
  // Bytes the next item will take to be read: asked before next().
  std::function<uint64_t()> next_bytes;
  // Rank for kSerialInOrder: every number from 0 on occurs once.
  std::function<uint64_t(const Item&)> order_of;
  // Bytes the item holds between stages.
  std::function<uint64_t(const Item&)> held_bytes;
  // Lends the item its hold while a stage works on it; null when it is over. May be left out.
  std::function<void(Item&, StageHold*)> lend_hold;
  // Asked of a compute thread that finds nothing to do while items are suspended: does what they
  // wait for as far as that can be done (a batch that is not full). False: there was nothing. May
  // be left out.
  std::function<bool()> work_while_idle;
  std::function<bool(const Item&)> is_failed;
  // Marks the item as failed; it goes on to the stages that see failed items.
  std::function<void(Item&, const std::string& stage, Status)> set_failed;
};

template <typename Item>
struct Pipeline {
  std::vector<Stage<Item>> stages;
  PipelineHooks<Item> hooks;
};

// Counters of one stage; read while it runs.
struct StageCounters {
  std::atomic<int64_t> items{0};
  std::atomic<int64_t> in_progress{0};
  std::atomic<int64_t> queue_depth{0};
  std::atomic<int64_t> busy_ns{0};
  std::atomic<uint64_t> bytes{0};
  Histogram item_ms;  // the executor's own while it runs
};

struct PipelineLimits {
  int compute_threads = 1;
  int io_threads = 2;
  int queue_capacity = 8;  // items waiting before a stage
  // Items between next() and the last stage, but for those that are parked or suspended.
  int items_in_flight = 64;
  int items_suspended = 1024;  // while more are, none is taken in
  int items_parked = 1024;     // items that only wait for their turn in a serial-in-order stage
  // Bytes that items may hold together; 0: no limit. A single item's peak must fit in three
  // quarters of it: the last quarter is for what waits.
  uint64_t bytes_in_flight = 0;
};

struct PipelineStatus {
  std::vector<std::unique_ptr<StageCounters>> stages;  // parallel to Pipeline::stages
  std::atomic<uint64_t> bytes_in_flight{0};
  std::atomic<uint64_t> bytes_in_flight_peak{0};
};

// For whoever wants to read the counters from another thread: before it starts to. The executors
// prepare a status that is not.
template <typename Item>
void prepare_status(const Pipeline<Item>& pipeline, PipelineStatus& status) {
  if (!status.stages.empty()) return;
  for (size_t i = 0; i < pipeline.stages.size(); ++i)
    status.stages.push_back(std::make_unique<StageCounters>());
}

// Runs one stage on one item; used by both executors. Returns the failure that ends the run, if
// this is one.
template <typename Item>
std::optional<Status> run_stage(const Pipeline<Item>& pipeline, size_t index, Item& item) {
  const Stage<Item>& stage = pipeline.stages[index];
  if (pipeline.hooks.is_failed(item) && !stage.sees_failed) return std::nullopt;
  std::optional<StageFailure> failure;
  try {
    failure = stage.process(item);
  } catch (const std::bad_alloc&) {
    failure = StageFailure{Status(Code::kResourceExhausted, "out of memory")};
  } catch (const std::exception& e) {
    failure = StageFailure{Status(Code::kInternal, fmt::format("exception: {}", e.what()))};
  }
  if (!failure) return std::nullopt;
  if (failure->ends_run) return std::move(failure->status);
  pipeline.hooks.set_failed(item, stage.name, std::move(failure->status));
  return std::nullopt;
}

}  // namespace imagemill
