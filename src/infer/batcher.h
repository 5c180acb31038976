// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Forms batches of what many items want from one network. An item reserves a slot (a row of the
// input tensor), writes its pixels there, and waits; whoever fills the last slot of a batch runs
// it. An item may take several slots one after the other, or for several crops at once: a batch
// does not know where its rows come from.
//
//   BatchSlot slot = *batcher.reserve();
//   fill(slot.input());
//   auto row = std::move(slot).run(&hold);   // its row of each output
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "imagemill/status.h"
#include "infer/batch_tuner.h"
#include "infer/session.h"

namespace imagemill {

// How a thread that waits for a batch lets its core go; see StageHold.
class WaitPlace {
 public:
  virtual ~WaitPlace() = default;
  virtual void begin_wait() = 0;
  virtual void end_wait() = 0;
  virtual bool is_stopping() const = 0;
};

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
  bool runs_on_cpu = true;  // a run needs a core; false: a device works and the core is let go
  // How long a slot waits for others before its batch runs as it is.
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
  double wait_seconds = 0;  // of rows, from full slot to the start of the run
  int64_t memory_halvings = 0;
  int batch_size = 0;  // formed now
  int64_t waiting = 0;
};

class Batcher;

// A row of a batch that is being formed. Not run: it is left out of the batch.
class BatchSlot {
 public:
  BatchSlot(BatchSlot&& other) noexcept;
  BatchSlot& operator=(BatchSlot&&) = delete;
  ~BatchSlot();

  // The row's bytes, 64-byte aligned where rows are multiples of that; to be filled.
  std::span<std::byte> input();

  // Hands the row in and waits for its results. `place` null: the batch runs at once, as it is.
  // Errors: kCancelled when the place is stopping; what the model says about this row.
  Result<BatchRow> run(WaitPlace* place) &&;

 private:
  friend class Batcher;
  struct State;
  explicit BatchSlot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Any thread. Must outlive its slots.
class Batcher {
 public:
  Batcher(ModelRunner& model, const BatcherSettings& settings);
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // Errors: kResourceExhausted.
  Result<BatchSlot> reserve();

  // Runs a batch that is not full, if one waits and all its slots are filled. False: none does.
  bool run_partial();

  BatcherStatus status() const;
  std::vector<BatchTiming> timings() const;
  std::optional<int> best_batch() const;

 private:
  friend class BatchSlot;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace imagemill
