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
// Waiting inside a stage: an item that waits for others gives its place on the cores to another
// thread, which is started where none is free. As many compute threads work at any time as there
// are cores to use, however many items wait; where none of them finds work, the wait is cut short
// (PipelineHooks::work_while_idle), so that nobody waits for what cannot come.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
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
        lanes_(pipeline.stages.size()) {
    prepare_status(pipeline, status);
  }

  // Returns when every item has left the last stage, or after cancellation (in-flight items are
  // dropped between stages: they are redone by the next run), or after a failure that ends the run.
  Result<> run() {
    {
      std::unique_lock lock(mutex_);
      for (int i = 0; i < cores(); ++i) start_thread(StageKind::kCompute);
      for (int i = 0; i < std::max(1, limits_.io_threads); ++i) start_thread(StageKind::kIo);
      all_left_.wait(lock, [this] { return threads_working_ == 0; });
    }
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
    uint64_t serial = 0;   // order of entry
    uint64_t charged = 0;  // bytes in the budget
  };

  // Of an item inside a stage.
  class Hold final : public StageHold {
   public:
    Hold(ThreadedExecutor& executor, size_t stage, Token& token)
        : executor_(executor), stage_(stage), token_(token) {}
    void lower_to(uint64_t bytes) override { executor_.lower_charge(stage_, token_, bytes); }
    void begin_wait() override { executor_.begin_wait(stage_); }
    void end_wait() override { executor_.end_wait(stage_); }
    bool is_stopping() const override { return executor_.is_stopping(); }

   private:
    ThreadedExecutor& executor_;
    size_t stage_;
    Token& token_;
  };

  // The waiting room of one stage.
  struct Lane {
    std::deque<Token> queue;
    std::map<uint64_t, Token> parked;  // kSerialInOrder: by rank
    uint64_t next_rank = 0;
    int running = 0;
    int waiting = 0;  // of the running
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
    const int running = lanes_[stage].running - lanes_[stage].waiting;
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
    if (tokens_in_flight_ >= limits_.items_in_flight || tokens_parked_ >= limits_.items_parked)
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

  int cores() const { return std::max(1, limits_.compute_threads); }

  // Under the lock.
  void start_thread(StageKind kind) {
    ++threads_working_;
    threads_.emplace_back([this, kind] {
      work(kind);
      const std::lock_guard lock(mutex_);
      --threads_working_;
      all_left_.notify_all();
    });
  }

  // Whoever waited goes before what is new.
  bool has_core() const { return busy_ + returning_ < cores(); }

  void begin_wait(size_t stage) {
    if (pipeline_.stages[stage].kind != StageKind::kCompute) return;
    const std::lock_guard lock(mutex_);
    ++lanes_[stage].waiting;
    ++waiting_;
    leave_core();
    if (idle_ > 0) {
      wake_.notify_all();
    } else if (spare_ > 0) {
      spare_wake_.notify_one();
    } else {
      start_thread(StageKind::kCompute);
    }
  }

  void end_wait(size_t stage) {
    if (pipeline_.stages[stage].kind != StageKind::kCompute) return;
    std::unique_lock lock(mutex_);
    ++returning_;
    core_left_.wait(lock, [this] { return busy_ < cores(); });
    --returning_;
    ++busy_;
    --waiting_;
    --lanes_[stage].waiting;
  }

  void leave_core() {
    --busy_;
    if (returning_ > 0) core_left_.notify_one();
  }

  bool is_stopping() const {
    const std::lock_guard lock(mutex_);
    return error_.has_value() || cancel_.is_requested();
  }

  // Under the lock, which it lets go of meanwhile. False: there was nothing to do.
  bool work_while_idle(std::unique_lock<std::mutex>& lock) {
    if (waiting_ == 0 || !has_core() || !pipeline_.hooks.work_while_idle) return false;
    ++busy_;
    lock.unlock();
    const bool worked = pipeline_.hooks.work_while_idle();
    lock.lock();
    leave_core();
    return worked;
  }

  // Until there may be something to do. Not more threads than cores wait for work: the others are
  // spares, for when an item waits.
  void rest(StageKind kind, std::unique_lock<std::mutex>& lock) {
    // The timeout is for cancellation requested from a signal handler, which cannot notify.
    constexpr std::chrono::milliseconds kLook{100};
    if (kind == StageKind::kIo) {
      wake_.wait_for(lock, kLook);
    } else if (idle_ < cores()) {
      ++idle_;
      wake_.wait_for(lock, kLook);
      --idle_;
    } else {
      ++spare_;
      spare_wake_.wait_for(lock, kLook);
      --spare_;
    }
  }

  void work(StageKind kind) {
    const bool computes = kind == StageKind::kCompute;
    std::unique_lock lock(mutex_);
    while (!is_finished()) {
      std::optional<Work> work;
      if (!computes || has_core()) work = find_work(kind);
      if (!work) {
        if (is_finished()) break;
        if (!computes || !work_while_idle(lock)) rest(kind, lock);
        continue;
      }
      if (computes) ++busy_;
      if (work->stage == 0) first_stage_bytes_ += work->token.charged;
      lock.unlock();
      const auto began = std::chrono::steady_clock::now();
      auto error = process(work->stage, work->token);
      const std::chrono::nanoseconds busy = std::chrono::steady_clock::now() - began;
      const uint64_t held = pipeline_.hooks.held_bytes(*work->token.item);
      lock.lock();

      StageCounters& counters = *status_.stages[work->stage];
      --counters.in_progress;
      ++counters.items;
      counters.busy_ns += busy.count();
      counters.item_ms.add(static_cast<double>(busy.count()) * 1e-6);
      counters.bytes += held;
      if (computes) leave_core();
      --lanes_[work->stage].running;
      running_charged_ -= work->token.charged;
      if (work->stage == 0) first_stage_bytes_ -= work->token.charged;
      set_charge(work->token, held);
      if (error && !error_) error_ = std::move(error);
      pass_on(std::move(work->token), work->stage + 1);
      wake_.notify_all();
    }
    wake_.notify_all();
    spare_wake_.notify_all();
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

  mutable std::mutex mutex_;
  std::condition_variable wake_;        // there may be work
  std::condition_variable spare_wake_;  // an item waits, its core is free
  std::condition_variable core_left_;   // for those whose wait is over
  std::condition_variable all_left_;
  // All below guarded by mutex_.
  std::list<std::jthread> threads_;
  int threads_working_ = 0;
  int busy_ = 0;       // compute threads on a core
  int waiting_ = 0;    // items that wait inside a compute stage
  int returning_ = 0;  // of them those whose wait is over, but no core is free
  int idle_ = 0;       // compute threads that wait for work
  int spare_ = 0;      // those beyond the cores
  std::vector<Lane> lanes_;
  std::set<uint64_t> serials_;  // of the items in flight; the first is the oldest
  std::optional<Status> error_;
  uint64_t next_serial_ = 0;
  uint64_t charged_ = 0;            // bytes of all items in flight
  uint64_t running_charged_ = 0;    // of those inside a stage
  uint64_t first_stage_bytes_ = 0;  // of those inside the first stage
  int tokens_in_flight_ = 0;
  int tokens_parked_ = 0;
  bool source_done_ = false;
};

template <typename Item>
Result<> run_threaded(const Pipeline<Item>& pipeline, const PipelineLimits& limits,
                      const CancelToken& cancel, PipelineStatus& status) {
  return ThreadedExecutor<Item>(pipeline, limits, cancel, status).run();
}

}  // namespace imagemill
