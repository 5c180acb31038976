// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/batcher.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "infer/aligned_bytes.h"

namespace imagemill {
namespace {

using Clock = std::chrono::steady_clock;

// How often a waiting thread looks whether the run was cancelled; nobody tells it.
constexpr std::chrono::milliseconds kLook{100};

// Waits without a core while it lives.
class CoreLetGo {
 public:
  explicit CoreLetGo(WaitPlace* place) : place_(place) {
    if (place_ != nullptr) place_->begin_wait();
  }
  ~CoreLetGo() { take_back(); }
  CoreLetGo(const CoreLetGo&) = delete;
  CoreLetGo& operator=(const CoreLetGo&) = delete;
  void take_back() {
    if (place_ != nullptr) place_->end_wait();
    place_ = nullptr;
  }

 private:
  WaitPlace* place_;
};

struct Batch {
  enum class Slot : uint8_t { kReserved, kFilled, kAbandoned };

  AlignedBytes input;
  size_t input_bytes = 0;
  int capacity = 0;
  std::vector<Slot> slots;  // those reserved so far
  int unfilled = 0;         // reserved, neither filled nor abandoned yet
  bool is_closed = false;   // no more slots are reserved
  bool is_running = false;
  bool is_done = false;
  std::vector<Clock::time_point> filled_at;              // by slot
  std::vector<std::optional<Result<BatchRow>>> results;  // by slot
  std::condition_variable changed;

  bool is_ready() const { return is_closed && unfilled == 0 && !is_running; }
  int filled() const { return static_cast<int>(std::ranges::count(slots, Slot::kFilled)); }
};

}  // namespace

struct Batcher::State {
  State(ModelRunner& runner, const BatcherSettings& s)
      : model(runner),
        settings(s),
        tuner(s.batch_exact != 0   ? BatchTuner::fixed(s.batch_exact)
              : s.batch_fixed != 0 ? BatchTuner::fixed(s.batch_fixed)
              : s.batch_known != 0 ? BatchTuner(s.batch_max, s.batch_known)
                                   : BatchTuner(s.batch_max)),
        input_type(runner.signature().inputs.front().type),
        row_bytes(element_count(s.input_row).value_or(0) * element_bytes(input_type)) {}

  Result<std::shared_ptr<Batch>> open_batch();
  void close(Batch& batch) {
    batch.is_closed = true;
    if (open.get() == &batch) closed.push_back(std::move(open));
  }
  // Whether the caller is to run the batch, and nobody else.
  bool claim(Batch& batch) {
    if (!batch.is_ready() || (settings.runs_max != 0 && runs >= settings.runs_max)) return false;
    ++runs;
    return batch.is_running = true;
  }
  // Runs a batch that the caller has claimed.
  void run(Batch& batch, WaitPlace* place, std::unique_lock<std::mutex>& lock);
  // Until the batch is done (false) or the caller has claimed it (true).
  Result<bool> wait(Batch& batch, Clock::time_point deadline, WaitPlace* place,
                    std::unique_lock<std::mutex>& lock);
  void run_rows(std::span<std::byte> input, std::span<Result<BatchRow>> results);
  Result<std::vector<Tensor>> call_model(std::span<std::byte> input, int rows);

  ModelRunner& model;
  const BatcherSettings settings;

  mutable std::mutex mutex;
  // All below guarded by mutex.
  BatchTuner tuner;
  const ElementType input_type;
  const size_t row_bytes;
  std::shared_ptr<Batch> open;                 // the one that slots are reserved in; or null
  std::vector<std::shared_ptr<Batch>> closed;  // not done yet
  std::vector<std::pair<AlignedBytes, size_t>> spare_inputs;
  int runs = 0;  // claimed and not done
  BatcherStatus status;
};

struct BatchSlot::State {
  Batcher::State* batcher = nullptr;
  std::shared_ptr<Batch> batch;
  int index = 0;
};

Result<std::shared_ptr<Batch>> Batcher::State::open_batch() {
  auto batch = std::make_shared<Batch>();
  batch->capacity = tuner.next();
  batch->input_bytes = static_cast<size_t>(batch->capacity) * row_bytes;
  for (auto& [bytes, size] : spare_inputs) {
    if (size != batch->input_bytes) continue;
    batch->input = std::move(bytes);
    std::erase_if(spare_inputs, [](const auto& spare) { return spare.first == nullptr; });
    break;
  }
  if (batch->input == nullptr) batch->input = allocate_aligned(batch->input_bytes);
  if (batch->input == nullptr)
    return fail(Code::kResourceExhausted, "batch of {}: {} MB of input", batch->capacity,
                batch->input_bytes >> 20);
  return batch;
}

// Runs the model on consecutive rows and says of each what became of it. What a batch cannot do,
// smaller ones may: out of memory halves it for good, any other failure is pinned to its rows.
void Batcher::State::run_rows(std::span<std::byte> input, std::span<Result<BatchRow>> results) {
  const auto rows = static_cast<int>(results.size());
  auto outputs = call_model(input, rows);
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

// Under the lock, which it lets go of meanwhile.
void Batcher::State::run(Batch& batch, WaitPlace* place, std::unique_lock<std::mutex>& lock) {
  const auto began = Clock::now();
  std::vector<size_t> filled;
  for (size_t i = 0; i < batch.slots.size(); ++i) {
    if (batch.slots[i] != Batch::Slot::kFilled) continue;
    filled.push_back(i);
    status.wait_seconds += std::chrono::duration<double>(began - batch.filled_at[i]).count();
  }
  lock.unlock();

  // Rows close up over slots that were left.
  for (size_t row = 0; row < filled.size(); ++row) {
    if (filled[row] != row)
      std::memcpy(&batch.input[row * row_bytes], &batch.input[filled[row] * row_bytes], row_bytes);
  }
  std::vector<Result<BatchRow>> results(filled.size(), BatchRow{});
  if (!filled.empty()) {
    const CoreLetGo let_go(settings.runs_on_cpu ? nullptr : place);
    run_rows({batch.input.get(), filled.size() * row_bytes}, results);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();

  lock.lock();
  for (size_t row = 0; row < filled.size(); ++row)
    batch.results[filled[row]] = std::move(results[row]);
  batch.is_done = true;
  --runs;
  const auto rows = static_cast<int64_t>(filled.size());
  status.rows += rows;
  status.batches += rows == 0 ? 0 : 1;
  status.slots += rows == 0 ? 0 : batch.capacity;
  status.run_seconds += seconds;
  if (rows == batch.capacity) tuner.record(batch.capacity, seconds);
  constexpr size_t kSpares = 4;
  if (spare_inputs.size() >= kSpares) spare_inputs.erase(spare_inputs.begin());
  spare_inputs.emplace_back(std::move(batch.input), batch.input_bytes);
  batch.changed.notify_all();
  std::erase_if(closed, [&](const auto& other) { return other.get() == &batch; });
  for (const auto& other : closed) other->changed.notify_all();  // one of them may run now
}

Result<bool> Batcher::State::wait(Batch& batch, Clock::time_point deadline, WaitPlace* place,
                                  std::unique_lock<std::mutex>& lock) {
  ++status.waiting;
  lock.unlock();
  bool is_claimed = false;
  bool is_stopping = false;
  {
    const CoreLetGo let_go(place);
    lock.lock();
    while (!batch.is_done && !is_stopping && !(is_claimed = claim(batch))) {
      // Closed, it waits for no more slots but for its turn, however long that takes.
      const auto look = Clock::now() + kLook;
      batch.changed.wait_until(lock, batch.is_closed ? look : std::min(deadline, look));
      if (!batch.is_closed && Clock::now() >= deadline) close(batch);
      lock.unlock();
      is_stopping = place != nullptr && place->is_stopping();
      lock.lock();
    }
    lock.unlock();
  }
  lock.lock();
  --status.waiting;
  if (is_stopping && !batch.is_done && !is_claimed)
    return fail(Code::kCancelled, "stopped while pictures for a batch were collected");
  return is_claimed;
}

BatchSlot::BatchSlot(std::unique_ptr<State> state) : state_(std::move(state)) {}
BatchSlot::BatchSlot(BatchSlot&& other) noexcept = default;

BatchSlot::~BatchSlot() {
  if (state_ == nullptr) return;
  // Where this was the last slot that the batch waited for, one of those who wait runs it.
  const std::lock_guard lock(state_->batcher->mutex);
  Batch& batch = *state_->batch;
  batch.slots[static_cast<size_t>(state_->index)] = Batch::Slot::kAbandoned;
  --batch.unfilled;
  batch.changed.notify_all();
}

std::span<std::byte> BatchSlot::input() {
  const size_t bytes = state_->batcher->row_bytes;
  return {&state_->batch->input[static_cast<size_t>(state_->index) * bytes], bytes};
}

Result<BatchRow> BatchSlot::run(WaitPlace* place) && {
  const std::unique_ptr<State> state = std::move(state_);
  Batcher::State& batcher = *state->batcher;
  const std::shared_ptr<Batch> batch = state->batch;
  std::unique_lock lock(batcher.mutex);
  const auto slot = static_cast<size_t>(state->index);
  batch->slots[slot] = Batch::Slot::kFilled;
  --batch->unfilled;
  batch->filled_at[slot] = Clock::now();
  const auto deadline = batch->filled_at[slot] + batcher.settings.delay_max;
  if (place == nullptr) batcher.close(*batch);
  bool runs = batcher.claim(*batch);
  while (!runs && !batch->is_done) {
    IMAGEMILL_ASSIGN_OR_RETURN(runs, batcher.wait(*batch, deadline, place, lock));
  }
  if (runs) batcher.run(*batch, place, lock);
  return std::move(*batch->results[slot]);
}

Batcher::Batcher(ModelRunner& model, const BatcherSettings& settings)
    : state_(std::make_unique<State>(model, settings)) {}
Batcher::~Batcher() = default;

Result<BatchSlot> Batcher::reserve() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->open) {
    IMAGEMILL_ASSIGN_OR_RETURN(state_->open, state_->open_batch());
  }
  const std::shared_ptr<Batch> batch = state_->open;
  auto slot = std::make_unique<BatchSlot::State>();
  slot->batcher = state_.get();
  slot->batch = batch;
  slot->index = static_cast<int>(batch->slots.size());
  batch->slots.push_back(Batch::Slot::kReserved);
  batch->results.emplace_back();
  batch->filled_at.emplace_back();
  ++batch->unfilled;
  if (static_cast<int>(batch->slots.size()) == batch->capacity) state_->close(*batch);
  return BatchSlot(std::move(slot));
}

bool Batcher::run_partial() {
  std::unique_lock lock(state_->mutex);
  const std::shared_ptr<Batch> batch = state_->open;
  if (!batch || batch->unfilled > 0 || batch->filled() == 0) return false;
  state_->close(*batch);
  if (!state_->claim(*batch)) return false;  // those who wait for it will, in their turn
  state_->run(*batch, nullptr, lock);
  return true;
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
