// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Forms batches of what many items want from one network. An item reserves a slot (a row of the
// input tensor), writes its pixels there, hands it in and is told when its row has been through the
// network. Nobody waits inside: whoever fills the last slot of a batch runs it and tells the
// others. An item may take several slots, one after the other or for several crops at once: a batch
// does not know where its rows come from.
//
//   BatchSlot slot = *batcher.reserve();
//   fill(slot.input());
//   std::move(slot).submit([](Result<BatchRow> row) { ... });   // its row of each output
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "imagemill/status.h"
#include "infer/batch_tuner.h"
#include "infer/session.h"

namespace imagemill {

// One row of each output, without the batch dimension. Shares the batch's memory: copy what is to
// be kept for long.
struct BatchRow {
  std::vector<Tensor> outputs;
};

struct BatcherSettings {
  int batch_max = 32;       // of slots
  int batch_fixed = 0;      // not 0: always this size, as far as the memory goes
  int batch_known = 0;      // not 0: what an earlier run found best
  int batch_exact = 0;      // not 0: the model takes no other; missing rows are zeros
  int runs_max = 0;         // batches under way at once; 0: any number
  bool runs_on_cpu = true;  // by whoever fills it; false: a device works, threads of its own wait
  // A batch that has waited so long for more slots takes no more when the next one comes.
  std::chrono::milliseconds delay_max{1000};
  Shape input_row;              // of one row, without the batch dimension
  std::vector<size_t> outputs;  // positions in the model's signature
};

// Counters, read while it works.
struct BatcherStatus {
  int64_t rows = 0;
  int64_t batches = 0;
  int64_t slots = 0;        // of those batches, empty ones included: rows / slots is the fill
  double run_seconds = 0;   // summed over runs
  double wait_seconds = 0;  // of rows, from submit() to the start of the run
  int64_t memory_halvings = 0;
  int batch_size = 0;   // formed now
  int64_t waiting = 0;  // rows handed in whose batch has not begun to run
};

class Batcher;

// A row of a batch that is being formed. Not handed in: it is left out of the batch.
class BatchSlot {
 public:
  // What the model says of this row. Must not throw.
  using Answer = std::function<void(Result<BatchRow>)>;

  BatchSlot(BatchSlot&& other) noexcept;
  BatchSlot& operator=(BatchSlot&&) = delete;
  ~BatchSlot();

  // The row's bytes, 64-byte aligned where rows are multiples of that; to be filled.
  std::span<std::byte> input();

  // Hands the row in. `answer` is called once, by the thread that runs the batch: this one, before
  // it returns, or another. It is not called when the batcher goes before that.
  void submit(Answer answer) &&;

  // Hands the row in and waits for what the model says. The batch takes no more slots.
  Result<BatchRow> run() &&;

 private:
  friend class Batcher;
  struct State;
  explicit BatchSlot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Any thread. Must outlive its slots; drops what it has not run yet when it goes.
class Batcher {
 public:
  Batcher(ModelRunner& model, const BatcherSettings& settings);
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // Errors: kResourceExhausted.
  Result<BatchSlot> reserve();

  // For a thread that has nothing else to do: runs a batch even if it is not full. False: there is
  // none, or its slots are still being filled, or as many run as may.
  bool run_partial();

  // The device is gone and the model on the CPU: from now on batches have at most `batch_max` rows
  // and are run by whoever hands in their last one, `runs_max` at once (0: any number). The model
  // may call it in the middle of a run.
  void leave_device(int batch_max, int runs_max);

  BatcherStatus status() const;
  std::vector<BatchTiming> timings() const;
  std::optional<int> best_batch() const;

 private:
  friend class BatchSlot;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace imagemill
