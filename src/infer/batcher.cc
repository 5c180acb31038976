// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/batcher.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <future>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "infer/aligned_bytes.h"

namespace imagemill {
namespace {

using Clock = std::chrono::steady_clock;

struct Batch {
  struct Slot {
    bool is_filled = false;  // false at last: given up
    Clock::time_point filled_at;
    BatchSlot::Answer answer;
  };

  AlignedBytes input;
  size_t input_bytes = 0;
  int capacity = 0;
  std::vector<Slot> slots;  // those reserved so far
  int unfilled = 0;         // reserved, neither filled nor given up yet
  std::optional<Clock::time_point> first_filled_at;
};

BatchTuner tuner_for(const BatcherSettings& settings) {
  if (settings.batch_exact != 0) return BatchTuner::fixed(settings.batch_exact);
  if (settings.batch_fixed != 0) return BatchTuner::fixed(settings.batch_fixed);
  if (settings.batch_known != 0) return BatchTuner(settings.batch_max, settings.batch_known);
  return BatchTuner(settings.batch_max);
}

}  // namespace

struct BatchSlot::State {
  Batcher::State* batcher = nullptr;
  std::shared_ptr<Batch> batch;
  size_t index = 0;
};

struct Batcher::State {
  State(ModelRunner& runner, const BatcherSettings& s)
      : model(runner),
        settings(s),
        runs_on_cpu(s.runs_on_cpu),
        runs_max(s.runs_max),
        tuner(tuner_for(s)),
        input_type(runner.signature().inputs.front().type),
        row_bytes(element_count(s.input_row).value_or(0) * element_bytes(input_type)) {
    for (int i = 0; !s.runs_on_cpu && i < std::max(1, s.runs_max); ++i)
      device_threads.emplace_back([this](const std::stop_token& stop) { attend_device(stop); });
  }

  Result<std::shared_ptr<Batch>> open_batch();
  AlignedBytes take_input(size_t bytes);  // null: there is no memory
  void hand_in(BatchSlot::State& slot, BatchSlot::Answer answer, bool closes);
  // The open batch takes no more slots.
  void close() { closed.push_back(std::move(open)); }
  bool has_run_free() const { return runs_max == 0 || runs < runs_max; }
  // The oldest closed batch that waits for nothing more.
  auto next_ready() {
    return std::ranges::find_if(closed, [](const auto& batch) { return batch->unfilled == 0; });
  }
  // A batch for the caller to run; null: none is ready, or as many run as may.
  std::shared_ptr<Batch> claim();
  void run(Batch& batch, std::unique_lock<std::mutex>& lock);
  std::vector<Result<BatchRow>> results_of(Batch& batch, std::span<const size_t> filled);
  void run_rows(std::span<std::byte> input, std::span<Result<BatchRow>> results);
  Result<std::vector<Tensor>> call_model(std::span<std::byte> input, int rows);
  Result<std::vector<Tensor>> call_model_locked(std::span<std::byte> input, int rows);
  // Runs for the device until it is told to stop.
  void attend_device(const std::stop_token& stop);

  ModelRunner& model;
  const BatcherSettings settings;

  std::shared_mutex running;  // while the model runs; not shared by what must run alone

  mutable std::mutex mutex;
  // All below guarded by mutex.
  bool runs_on_cpu;
  int runs_max;
  BatchTuner tuner;
  const ElementType input_type;
  const size_t row_bytes;
  std::shared_ptr<Batch> open;                 // the one that slots are reserved in; or null
  std::vector<std::shared_ptr<Batch>> closed;  // not running yet, the oldest first
  std::vector<std::pair<AlignedBytes, size_t>> spare_inputs;
  int runs = 0;  // under way
  BatcherStatus status;

  std::condition_variable_any ready;         // for the threads of a device
  std::vector<std::jthread> device_threads;  // last: they end before the rest goes
};

AlignedBytes Batcher::State::take_input(size_t bytes) {
  for (auto it = spare_inputs.begin(); it != spare_inputs.end(); ++it) {
    if (it->second != bytes) continue;
    AlignedBytes input = std::move(it->first);
    spare_inputs.erase(it);
    return input;
  }
  return allocate_aligned(bytes);
}

Result<std::shared_ptr<Batch>> Batcher::State::open_batch() {
  auto batch = std::make_shared<Batch>();
  for (;;) {
    batch->capacity = tuner.next();
    batch->input_bytes = static_cast<size_t>(batch->capacity) * row_bytes;
    batch->input = take_input(batch->input_bytes);
    if (batch->input != nullptr) return batch;
    if (batch->capacity == 1)
      return fail(Code::kResourceExhausted, "no memory for {} KB of input",
                  batch->input_bytes >> 10);
    tuner.refuse(batch->capacity);
    ++status.memory_halvings;
  }
}

// Runs the model on consecutive rows and says of each what became of it. What a batch cannot do,
// smaller ones may: out of memory halves it for good, any other failure is pinned to its rows.
void Batcher::State::run_rows(std::span<std::byte> input, std::span<Result<BatchRow>> results) {
  const auto rows = static_cast<int>(results.size());
  auto outputs = call_model(input, rows);
  if (!outputs && rows == 1 && outputs.error().code() == Code::kResourceExhausted) {
    // The others may have the memory.
    const std::unique_lock alone(running);
    outputs = call_model_locked(input, rows);
  }
  if (outputs) {
    for (size_t r = 0; r < results.size(); ++r) {
      BatchRow row;
      for (const Tensor& all : *outputs) {
        const size_t bytes = all.bytes.size() / static_cast<size_t>(all.shape.front());
        row.outputs.push_back({.type = all.type,
                               .shape = Shape(all.shape.begin() + 1, all.shape.end()),
                               .bytes = all.bytes.subspan(r * bytes, bytes),
                               .owner = all.owner});
      }
      results[r] = std::move(row);
    }
    return;
  }
  if (rows == 1) {
    results[0] = std::unexpected(std::move(outputs).error());
    return;
  }
  if (outputs.error().code() == Code::kResourceExhausted) {
    const std::lock_guard lock(mutex);
    tuner.refuse(rows);
    ++status.memory_halvings;
  }
  const size_t half = results.size() / 2;
  run_rows(input.first(half * row_bytes), results.first(half));
  run_rows(input.subspan(half * row_bytes), results.subspan(half));
}

Result<std::vector<Tensor>> Batcher::State::call_model(std::span<std::byte> input, int rows) {
  const std::shared_lock among_others(running);
  return call_model_locked(input, rows);
}

Result<std::vector<Tensor>> Batcher::State::call_model_locked(std::span<std::byte> input,
                                                              int rows) {
  Shape shape{std::max(rows, settings.batch_exact)};
  shape.insert(shape.end(), settings.input_row.begin(), settings.input_row.end());
  std::vector<std::byte> padded;
  if (rows < settings.batch_exact) {
    padded.resize(static_cast<size_t>(settings.batch_exact) * row_bytes);
    std::ranges::copy(input, padded.begin());
    input = padded;
  }
  const TensorView view{.type = input_type, .shape = shape, .bytes = input};
  IMAGEMILL_ASSIGN_OR_RETURN(std::vector<Tensor> outputs, model.run({&view, 1}, settings.outputs));
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].shape.empty() && outputs[i].shape.front() == shape.front()) continue;
    return fail(Code::kUnsupported, "output '{}' is {} for a batch of {}: its rows cannot be told",
                model.signature().outputs[settings.outputs[i]].name, to_string(outputs[i].shape),
                shape.front());
  }
  return outputs;
}

std::shared_ptr<Batch> Batcher::State::claim() {
  const auto it = next_ready();
  if (it == closed.end() || !has_run_free()) return nullptr;
  std::shared_ptr<Batch> batch = std::move(*it);
  closed.erase(it);
  ++runs;
  return batch;
}

// Of a batch that the caller has claimed. Without the lock.
std::vector<Result<BatchRow>> Batcher::State::results_of(Batch& batch,
                                                         std::span<const size_t> filled) {
  // Rows close up over slots that were given up.
  for (size_t row = 0; row < filled.size(); ++row) {
    if (filled[row] != row)
      std::memcpy(&batch.input[row * row_bytes], &batch.input[filled[row] * row_bytes], row_bytes);
  }
  std::vector<Result<BatchRow>> results(filled.size(), BatchRow{});
  try {
    if (!filled.empty()) run_rows({batch.input.get(), filled.size() * row_bytes}, results);
  } catch (const std::bad_alloc&) {
    std::ranges::fill(results,
                      fail(Code::kResourceExhausted, "batch of {}: out of memory", filled.size()));
  }
  return results;
}

// Runs a batch that the caller has claimed and tells those who wait for it. Under the lock, which
// it lets go of meanwhile.
void Batcher::State::run(Batch& batch, std::unique_lock<std::mutex>& lock) {
  const auto began = Clock::now();
  std::vector<size_t> filled;
  for (size_t i = 0; i < batch.slots.size(); ++i) {
    if (!batch.slots[i].is_filled) continue;
    filled.push_back(i);
    status.wait_seconds += std::chrono::duration<double>(began - batch.slots[i].filled_at).count();
  }
  const auto rows = static_cast<int64_t>(filled.size());
  status.waiting -= rows;
  const bool began_on_cpu = runs_on_cpu;
  lock.unlock();
  std::vector<Result<BatchRow>> results = results_of(batch, filled);
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();

  lock.lock();
  --runs;
  status.rows += rows;
  status.batches += rows == 0 ? 0 : 1;
  status.slots += rows == 0 ? 0 : batch.capacity;
  status.run_seconds += seconds;
  if (rows == batch.capacity && began_on_cpu == runs_on_cpu) tuner.record(batch.capacity, seconds);
  constexpr size_t kSpares = 4;
  if (spare_inputs.size() >= kSpares) spare_inputs.erase(spare_inputs.begin());
  spare_inputs.emplace_back(std::move(batch.input), batch.input_bytes);
  lock.unlock();

  for (size_t row = 0; row < filled.size(); ++row)
    batch.slots[filled[row]].answer(std::move(results[row]));
  lock.lock();
}

void Batcher::State::attend_device(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    std::shared_ptr<Batch> batch;
    ready.wait(lock, stop, [&] { return (batch = claim()) != nullptr; });
    if (batch) run(*batch, lock);
  }
  // Where the device is gone, nobody else may come for what waits.
  while (const auto batch = runs_on_cpu ? claim() : nullptr) run(*batch, lock);
}

void Batcher::State::hand_in(BatchSlot::State& slot, BatchSlot::Answer answer, bool closes) {
  std::unique_lock lock(mutex);
  Batch& batch = *slot.batch;
  const auto now = Clock::now();
  batch.slots[slot.index] = {.is_filled = true, .filled_at = now, .answer = std::move(answer)};
  --batch.unfilled;
  ++status.waiting;
  if (!batch.first_filled_at) batch.first_filled_at = now;
  const bool is_due = now - *batch.first_filled_at >= settings.delay_max;
  if (open == slot.batch && (closes || is_due)) close();
  if (!runs_on_cpu) {
    ready.notify_all();
    return;
  }
  while (const auto next = claim()) run(*next, lock);
}

BatchSlot::BatchSlot(std::unique_ptr<State> state) : state_(std::move(state)) {}
BatchSlot::BatchSlot(BatchSlot&& other) noexcept = default;

BatchSlot::~BatchSlot() {
  if (state_ == nullptr) return;
  // Where this was the last slot that the batch waited for, whoever comes next runs it.
  const std::lock_guard lock(state_->batcher->mutex);
  --state_->batch->unfilled;
  state_->batcher->ready.notify_all();
}

std::span<std::byte> BatchSlot::input() {
  const size_t bytes = state_->batcher->row_bytes;
  return {&state_->batch->input[state_->index * bytes], bytes};
}

void BatchSlot::submit(Answer answer) && {
  const std::unique_ptr<State> state = std::move(state_);
  state->batcher->hand_in(*state, std::move(answer), false);
}

Result<BatchRow> BatchSlot::run() && {
  const std::unique_ptr<State> state = std::move(state_);
  std::promise<Result<BatchRow>> promise;
  auto row = promise.get_future();
  state->batcher->hand_in(
      *state, [&promise](Result<BatchRow> result) { promise.set_value(std::move(result)); }, true);
  return row.get();
}

Batcher::Batcher(ModelRunner& model, const BatcherSettings& settings)
    : state_(std::make_unique<State>(model, settings)) {}

Batcher::~Batcher() {
  std::vector<std::shared_ptr<Batch>> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    dropped.swap(state_->closed);
  }
  state_.reset();
}

Result<BatchSlot> Batcher::reserve() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->open) {
    IMAGEMILL_ASSIGN_OR_RETURN(state_->open, state_->open_batch());
  }
  const std::shared_ptr<Batch> batch = state_->open;
  auto slot = std::make_unique<BatchSlot::State>();
  slot->batcher = state_.get();
  slot->batch = batch;
  slot->index = batch->slots.size();
  batch->slots.emplace_back();
  ++batch->unfilled;
  if (static_cast<int>(batch->slots.size()) == batch->capacity) state_->close();
  return BatchSlot(std::move(slot));
}

bool Batcher::run_partial() {
  std::unique_lock lock(state_->mutex);
  const auto& open = state_->open;
  const bool is_partial = open && open->unfilled == 0 && open->first_filled_at.has_value();
  const bool closes =
      is_partial && state_->next_ready() == state_->closed.end() && state_->has_run_free();
  if (closes) state_->close();
  if (!state_->runs_on_cpu) {
    state_->ready.notify_all();
    return closes;
  }
  const auto batch = state_->claim();
  if (batch) state_->run(*batch, lock);
  return batch != nullptr;
}

void Batcher::leave_device(int batch_max, int runs_max) {
  const std::lock_guard lock(state_->mutex);
  BatcherSettings settings = state_->settings;
  settings.batch_max = batch_max;
  settings.batch_fixed = std::min(settings.batch_fixed, batch_max);
  settings.batch_known = 0;
  state_->tuner = tuner_for(settings);
  state_->runs_on_cpu = true;
  state_->runs_max = runs_max;
  if (state_->open) state_->close();  // it may be larger
  for (std::jthread& thread : state_->device_threads) thread.request_stop();
}

BatcherStatus Batcher::status() const {
  const std::lock_guard lock(state_->mutex);
  BatcherStatus status = state_->status;
  status.batch_size = state_->tuner.next();
  return status;
}

std::vector<BatchTiming> Batcher::timings() const {
  const std::lock_guard lock(state_->mutex);
  return state_->tuner.timings();
}

std::optional<int> Batcher::best_batch() const {
  const std::lock_guard lock(state_->mutex);
  return state_->tuner.best();
}

}  // namespace imagemill
