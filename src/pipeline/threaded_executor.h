// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A pool of compute threads and a few I/O threads over one bounded queue per stage. An idle thread
// takes the item that is furthest along: pictures in flight stay few and warm in the cache, and
// memory drains before it fills.
//
// Memory: an item enters a stage only when the bytes it will hold there fit the budget. Only bytes
// that wait are ever in the way of the oldest item, and those may take a quarter of the budget at
// most; so when nothing else runs, the oldest item fits, and the pipeline always moves.
//
// Suspension: an item that waits for others is put aside, without a thread, and comes back to the
// front of its stage. However many wait, no thread is ever handed a core by another. Where no
// thread finds work, the wait is cut short (PipelineHooks::work_while_idle), so that nobody waits
// for what cannot come.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include "base/check.h"
#include "pipeline/pipeline.h"

namespace imagemill {

template <typename Item>
class ThreadedExecutor {
 public:
  ThreadedExecutor(const Pipeline<Item>& pipeline, const PipelineLimits& limits,
                   const CancelToken& cancel, PipelineStatus& status)
      : pipeline_(pipeline),
        limits_(limits),
        cancel_(cancel),
        status_(status),
        door_(std::make_shared<Door>(this)),
        lanes_(pipeline.stages.size()) {
    prepare_status(pipeline, status);
  }

  ~ThreadedExecutor() {
    const std::lock_guard lock(door_->mutex);
    door_->executor = nullptr;
  }
  ThreadedExecutor(const ThreadedExecutor&) = delete;
  ThreadedExecutor& operator=(const ThreadedExecutor&) = delete;

  // Returns when every item has left the last stage, or after cancellation (in-flight items are
  // dropped between stages: they are redone by the next run), or after a failure that ends the run.
  Result<> run() {
    start_threads(StageKind::kCompute, limits_.compute_threads);
    start_threads(StageKind::kIo, limits_.io_threads);
    threads_.clear();  // joins them
    if (error_) return std::unexpected(std::move(*error_));
    if (cancel_.is_requested()) return fail(Code::kCancelled, "stopped on request");
    IMAGEMILL_CHECK(tokens_in_flight_ == 0 && tokens_parked_ == 0);
    return {};
  }

  // Wakes sleeping threads so that they see a cancellation.
  void notify() { wake_.notify_all(); }

 private:
  struct Token {
    std::unique_ptr<Item> item;
    uint64_t serial = 0;                 // order of entry
    uint64_t charged = 0;                // bytes in the budget
    std::chrono::nanoseconds worked{0};  // in its stage
  };

  // Of an item inside a stage.
  class Hold final : public StageHold {
   public:
    Hold(ThreadedExecutor& executor, size_t stage, Token& token)
        : executor_(executor), stage_(stage), token_(token) {}
    void lower_to(uint64_t bytes) override { executor_.lower_charge(stage_, token_, bytes); }
    std::function<void()> suspend() override { return executor_.suspend(stage_, token_.serial); }

   private:
    ThreadedExecutor& executor_;
    size_t stage_;
    Token& token_;
  };

  // An item that is to wait inside its stage.
  struct Suspension {
    size_t stage = 0;
    bool is_over = false;        // before process() returned
    std::optional<Token> token;  // from when process() has returned
  };

  // Leads to the executor as long as there is one.
  struct Door {
    explicit Door(ThreadedExecutor* e) : executor(e) {}
    std::mutex mutex;
    ThreadedExecutor* executor;  // guarded by mutex
  };

  // The waiting room of one stage.
  struct Lane {
    std::deque<Token> resumed;  // they have been in the stage and go before the others
    std::deque<Token> queue;
    std::map<uint64_t, Token> parked;  // kSerialInOrder: by rank
    uint64_t next_rank = 0;
    int running = 0;
  };

  struct Work {
    size_t stage = 0;
    Token token;
  };

  bool is_ordered(size_t stage) const {
    return pipeline_.stages[stage].mode == StageMode::kSerialInOrder;
  }

  bool may_run(size_t stage) const {
    const Stage<Item>& s = pipeline_.stages[stage];
    const int running = lanes_[stage].running;
    // What is finished always gets its place in the next queue: room for it is asked for before it
    // starts. Parked items have a limit of their own.
    const bool has_room =
        stage + 1 == lanes_.size() || is_ordered(stage + 1) ||
        static_cast<int>(lanes_[stage + 1].queue.size()) + running < limits_.queue_capacity;
    const int concurrency = s.mode != StageMode::kParallel ? 1 : s.concurrency;
    return has_room && (concurrency == 0 || running < concurrency);
  }

  // Whether the token may hold `peak` bytes; charges it if so.
  bool charge(Token& token, uint64_t peak) {
    if (limits_.bytes_in_flight != 0 && peak > token.charged) {
      const bool fits = charged_ - token.charged + peak <= limits_.bytes_in_flight;
      const bool is_alone = running_charged_ == 0 && token.serial == *serials_.begin();
      if (!fits && !is_alone) return false;
    }
    set_charge(token, peak);
    return true;
  }

  void set_charge(Token& token, uint64_t bytes) {
    charged_ += bytes - token.charged;
    token.charged = bytes;
    status_.bytes_in_flight.store(charged_, std::memory_order_relaxed);
    if (charged_ > status_.bytes_in_flight_peak) status_.bytes_in_flight_peak = charged_;
  }

  void lower_charge(size_t stage, Token& token, uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes >= token.charged) return;
    running_charged_ -= token.charged - bytes;
    if (stage == 0) first_stage_bytes_ -= token.charged - bytes;
    set_charge(token, bytes);
    wake_.notify_all();
  }

  // Without the lock.
  std::optional<Status> process(size_t stage, Token& token) {
    Hold hold(*this, stage, token);
    const auto& lend = pipeline_.hooks.lend_hold;
    if (lend) lend(*token.item, &hold);
    auto error = run_stage(pipeline_, stage, *token.item);
    if (lend) lend(*token.item, nullptr);
    return error;
  }

  // The furthest stage that has something to do for a thread of this kind. Under the lock.
  std::optional<Work> find_work(StageKind kind) {
    for (size_t stage = lanes_.size(); stage-- > 0;) {
      if (pipeline_.stages[stage].kind != kind) continue;
      if (auto token = take(stage)) return Work{stage, std::move(*token)};
      if (stage == 0) {
        if (auto token = pull()) return Work{0, std::move(*token)};
      }
    }
    return std::nullopt;
  }

  std::optional<Token> take(size_t stage) {
    Lane& lane = lanes_[stage];
    if (!may_run(stage)) return std::nullopt;
    if (!lane.resumed.empty()) {
      Token token = std::move(lane.resumed.front());
      lane.resumed.pop_front();
      ++lane.running;
      return token;
    }
    if (is_ordered(stage)) {
      const auto it = lane.parked.find(lane.next_rank);
      if (it == lane.parked.end() || lane.running > 0) return std::nullopt;
      Token token = std::move(it->second);
      lane.parked.erase(it);
      ++lane.next_rank;
      --tokens_parked_;
      ++tokens_in_flight_;
      begin(stage, token);
      return token;
    }
    for (auto it = lane.queue.begin(); it != lane.queue.end(); ++it) {
      const auto& peak_bytes = pipeline_.stages[stage].peak_bytes;
      const bool skips =
          pipeline_.hooks.is_failed(*it->item) && !pipeline_.stages[stage].sees_failed;
      if (peak_bytes && !skips && !charge(*it, peak_bytes(*it->item))) continue;
      Token token = std::move(*it);
      lane.queue.erase(it);
      begin(stage, token);
      return token;
    }
    return std::nullopt;
  }

  void begin(size_t stage, const Token& token) {
    ++lanes_[stage].running;
    running_charged_ += token.charged;
    ++status_.stages[stage]->in_progress;
    update_depth(stage);
  }

  void update_depth(size_t stage) {
    status_.stages[stage]->queue_depth.store(
        static_cast<int64_t>(lanes_[stage].queue.size() + lanes_[stage].parked.size()),
        std::memory_order_relaxed);
  }

  // A new item from the source, already in stage 0.
  std::optional<Token> pull() {
    if (source_done_ || !may_run(0)) return std::nullopt;
    const auto suspended = static_cast<int>(suspensions_.size());
    if (tokens_in_flight_ - suspended >= limits_.items_in_flight ||
        suspended > limits_.items_suspended || tokens_parked_ >= limits_.items_parked)
      return std::nullopt;
    const uint64_t bytes = pipeline_.hooks.next_bytes ? pipeline_.hooks.next_bytes() : 0;
    if (limits_.bytes_in_flight != 0 && tokens_in_flight_ > 0 &&
        (waiting_bytes() + bytes > limits_.bytes_in_flight / 4 ||
         charged_ + bytes > limits_.bytes_in_flight))
      return std::nullopt;
    Token token;
    token.item = pipeline_.hooks.next();
    if (token.item == nullptr) {
      source_done_ = true;
      return std::nullopt;
    }
    token.serial = next_serial_++;
    serials_.insert(token.serial);
    ++tokens_in_flight_;
    set_charge(token, bytes);
    begin(0, token);
    return token;
  }

  // Bytes of items that have not been decoded yet: what stands between stages plus what the first
  // stage holds.
  uint64_t waiting_bytes() const { return charged_ - running_charged_ + first_stage_bytes_; }

  bool is_finished() const {
    return error_.has_value() || cancel_.is_requested() ||
           (source_done_ && tokens_in_flight_ == 0 && tokens_parked_ == 0);
  }

  std::function<void()> suspend(size_t stage, uint64_t serial) {
    const std::lock_guard lock(mutex_);
    suspensions_.insert_or_assign(serial, Suspension{.stage = stage});
    return [door = door_, serial] {
      const std::lock_guard open(door->mutex);
      if (door->executor != nullptr) door->executor->resume(serial);
    };
  }

  void resume(uint64_t serial) {
    const std::lock_guard lock(mutex_);
    const auto it = suspensions_.find(serial);
    if (it == suspensions_.end()) return;  // it failed meanwhile
    it->second.is_over = true;
    if (!it->second.token) return;
    lanes_[it->second.stage].resumed.push_back(std::move(*it->second.token));
    suspensions_.erase(it);
    wake_.notify_all();
  }

  // After process(): whether the item stays in its stage. Under the lock.
  bool put_aside(Token& token) {
    const auto it = suspensions_.find(token.serial);
    if (it == suspensions_.end()) return false;
    if (pipeline_.hooks.is_failed(*token.item)) {
      suspensions_.erase(it);
      return false;
    }
    if (it->second.is_over) {
      lanes_[it->second.stage].resumed.push_back(std::move(token));
      suspensions_.erase(it);
    } else {
      it->second.token = std::move(token);
    }
    return true;
  }

  // Under the lock, which it lets go of meanwhile. False: there was nothing to do.
  bool work_while_idle(std::unique_lock<std::mutex>& lock) {
    if (suspensions_.empty() || !pipeline_.hooks.work_while_idle) return false;
    lock.unlock();
    const bool worked = pipeline_.hooks.work_while_idle();
    lock.lock();
    return worked;
  }

  // As many as can be had: one of each kind will do.
  void start_threads(StageKind kind, int count) {
    for (int i = 0; i < std::max(1, count); ++i) {
      try {
        threads_.emplace_back([this, kind] { work_or_end_run(kind); });
      } catch (const std::system_error& e) {
        if (i == 0)
          end_run(
              Status(Code::kResourceExhausted, fmt::format("cannot start a thread: {}", e.what())));
        return;
      }
    }
  }

  void end_run(Status status) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(status);
    wake_.notify_all();
  }

  // What a stage throws is its item's; this is for what the pipeline itself needs.
  void work_or_end_run(StageKind kind) {
    try {
      work(kind);
    } catch (const std::bad_alloc&) {
      end_run(Status(Code::kResourceExhausted, "out of memory"));
    } catch (const std::exception& e) {
      end_run(Status(Code::kInternal, fmt::format("exception: {}", e.what())));
    }
  }

  void work(StageKind kind) {
    std::unique_lock lock(mutex_);
    while (!is_finished()) {
      if (auto work = find_work(kind)) {
        do_work(std::move(*work), lock);
        wake_.notify_all();
      } else if (!is_finished() && (kind == StageKind::kIo || !work_while_idle(lock))) {
        // The timeout is for cancellation requested from a signal handler, which cannot notify.
        wake_.wait_for(lock, std::chrono::milliseconds(100));
      }
    }
    wake_.notify_all();
  }

  // Under the lock, which it lets go of meanwhile.
  void do_work(Work work, std::unique_lock<std::mutex>& lock) {
    auto& [stage, token] = work;
    if (stage == 0) first_stage_bytes_ += token.charged;
    lock.unlock();
    const auto began = std::chrono::steady_clock::now();
    auto error = process(stage, token);
    const std::chrono::nanoseconds busy = std::chrono::steady_clock::now() - began;
    const uint64_t held = pipeline_.hooks.held_bytes(*token.item);
    lock.lock();

    StageCounters& counters = *status_.stages[stage];
    counters.busy_ns += busy.count();
    token.worked += busy;
    --lanes_[stage].running;
    if (stage == 0) first_stage_bytes_ -= token.charged;
    if (error && !error_) error_ = std::move(error);
    if (put_aside(token)) return;
    --counters.in_progress;
    ++counters.items;
    counters.item_ms.add(static_cast<double>(token.worked.count()) * 1e-6);
    counters.bytes += held;
    running_charged_ -= token.charged;
    token.worked = {};
    set_charge(token, held);
    pass_on(std::move(token), stage + 1);
  }

  void pass_on(Token token, size_t stage) {
    if (stage == lanes_.size()) {
      set_charge(token, 0);
      serials_.erase(token.serial);
      --tokens_in_flight_;
      return;
    }
    if (is_ordered(stage)) {
      const uint64_t rank = pipeline_.hooks.order_of(*token.item);
      lanes_[stage].parked.emplace(rank, std::move(token));
      --tokens_in_flight_;
      ++tokens_parked_;
    } else {
      lanes_[stage].queue.push_back(std::move(token));
    }
    update_depth(stage);
  }

  const Pipeline<Item>& pipeline_;
  const PipelineLimits limits_;
  const CancelToken& cancel_;
  PipelineStatus& status_;

  const std::shared_ptr<Door> door_;

  std::mutex mutex_;
  std::condition_variable wake_;  // there may be work
  // All below guarded by mutex_.
  std::vector<Lane> lanes_;
  std::map<uint64_t, Suspension> suspensions_;  // by the token's serial
  std::set<uint64_t> serials_;                  // of the items in flight; the first is the oldest
  std::optional<Status> error_;
  uint64_t next_serial_ = 0;
  uint64_t charged_ = 0;            // bytes of all items in flight
  uint64_t running_charged_ = 0;    // of those inside a stage
  uint64_t first_stage_bytes_ = 0;  // of those inside the first stage
  int tokens_in_flight_ = 0;
  int tokens_parked_ = 0;
  bool source_done_ = false;

  std::vector<std::jthread> threads_;  // run()'s own
};

template <typename Item>
Result<> run_threaded(const Pipeline<Item>& pipeline, const PipelineLimits& limits,
                      const CancelToken& cancel, PipelineStatus& status) {
  return ThreadedExecutor<Item>(pipeline, limits, cancel, status).run();
}

}  // namespace imagemill
