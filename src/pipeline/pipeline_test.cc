// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "pipeline/serial_executor.h"
#include "pipeline/threaded_executor.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

struct TestItem {
  uint64_t rank = 0;
  uint64_t bytes = 0;
  int value = 0;
  bool is_doubled = false;
  std::string failed_at;
};

// Doubles numbers: three parallel stages and a serial last one that notes what it saw.
struct Doubling {
  int count = 200;
  StageMode last_mode = StageMode::kSerialInOrder;
  bool shuffled = false;
  uint64_t peak = 0;
  std::function<std::optional<StageFailure>(TestItem&)> middle;

  std::vector<uint64_t> seen;
  std::vector<std::string> failures;
  std::atomic<uint64_t> live_bytes{0};
  std::atomic<uint64_t> live_bytes_peak{0};

  Pipeline<TestItem> build() {
    std::vector<uint64_t> ranks(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) ranks[static_cast<size_t>(i)] = static_cast<uint64_t>(i);
    if (shuffled) std::shuffle(ranks.begin(), ranks.end(), std::mt19937(7));
    Pipeline<TestItem> p;
    p.stages = {
        {.name = "read",
         .kind = StageKind::kIo,
         .process = [](TestItem& i) -> std::optional<StageFailure> {
           i.value = static_cast<int>(i.rank);
           return std::nullopt;
         }},
        {.name = "double",
         .process = [this](TestItem& i) -> std::optional<StageFailure> {
           const uint64_t now = live_bytes += peak;
           uint64_t most = live_bytes_peak;
           while (now > most && !live_bytes_peak.compare_exchange_weak(most, now)) {
           }
           if (!std::exchange(i.is_doubled, true)) i.value *= 2;
           auto failure = middle ? middle(i) : std::nullopt;
           live_bytes -= peak;
           return failure;
         },
         .peak_bytes = [this](const TestItem&) { return peak; }},
        {.name = "note",
         .mode = last_mode,
         .kind = StageKind::kIo,
         .sees_failed = true,
         .process = [this](TestItem& i) -> std::optional<StageFailure> {
           seen.push_back(i.rank);
           if (!i.failed_at.empty())
             failures.push_back(fmt::format("{}@{}", i.rank, i.failed_at));
           else
             EXPECT_EQ(i.value, static_cast<int>(2 * i.rank));
           return std::nullopt;
         }},
    };
    p.hooks.next = [ranks, at = size_t{0}]() mutable -> std::unique_ptr<TestItem> {
      if (at == ranks.size()) return nullptr;
      return std::make_unique<TestItem>(TestItem{.rank = ranks[at++], .bytes = 10});
    };
    p.hooks.next_bytes = [] { return uint64_t{10}; };
    p.hooks.order_of = [](const TestItem& i) { return i.rank; };
    p.hooks.held_bytes = [](const TestItem& i) { return i.bytes; };
    p.hooks.is_failed = [](const TestItem& i) { return !i.failed_at.empty(); };
    p.hooks.set_failed = [](TestItem& i, const std::string& stage, Status) { i.failed_at = stage; };
    return p;
  }
};

std::vector<uint64_t> ascending(int count) {
  std::vector<uint64_t> out;
  for (int i = 0; i < count; ++i) out.push_back(static_cast<uint64_t>(i));
  return out;
}

TEST(SerialExecutor, in_order_stage_sees_ranks_ascending_though_the_source_is_shuffled) {
  Doubling d{.shuffled = true};
  CancelToken cancel;
  PipelineStatus status;
  ASSERT_THAT(run_serial(d.build(), cancel, status), IsOk());
  EXPECT_EQ(d.seen, ascending(200));
  EXPECT_EQ(status.stages[1]->items, 200);
}

struct Shape {
  int threads;
  int capacity;
  int in_flight;
  bool shuffled;
};

class ThreadedExecutorShapes : public testing::TestWithParam<Shape> {};

TEST_P(ThreadedExecutorShapes, agrees_with_the_serial_executor) {
  const Shape shape = GetParam();
  for (const StageMode mode : {StageMode::kSerialInOrder, StageMode::kSerialOutOfOrder}) {
    Doubling d{.last_mode = mode, .shuffled = shape.shuffled};
    d.middle = [](TestItem& i) -> std::optional<StageFailure> {
      if (i.rank % 7 == 3) return StageFailure{Status(Code::kCorruptInput, "seven")};
      if (i.rank % 11 == 5) throw std::bad_alloc();
      if (i.rank % 3 == 0) std::this_thread::yield();
      return std::nullopt;
    };
    CancelToken cancel;
    PipelineStatus status;
    const auto pipeline = d.build();
    const PipelineLimits limits{.compute_threads = shape.threads,
                                .queue_capacity = shape.capacity,
                                .items_in_flight = shape.in_flight,
                                .items_parked = shape.shuffled ? 1000 : 16};
    ASSERT_THAT(run_threaded(pipeline, limits, cancel, status), IsOk());
    if (mode == StageMode::kSerialOutOfOrder) {
      std::ranges::sort(d.seen);
      std::ranges::sort(d.failures);
    }
    EXPECT_EQ(d.seen, ascending(200));
    EXPECT_EQ(d.failures.size(), 29u + 18u - 3u);  // 3 mod 7, 5 mod 11, both
  }
}

INSTANTIATE_TEST_SUITE_P(, ThreadedExecutorShapes,
                         testing::Values(Shape{1, 1, 1, false}, Shape{1, 8, 64, false},
                                         Shape{2, 1, 8, false}, Shape{2, 8, 64, true},
                                         Shape{8, 1, 64, true}, Shape{8, 8, 64, false},
                                         Shape{16, 3, 5, false}));

TEST(ThreadedExecutor, bytes_in_flight_never_exceed_the_budget) {
  Doubling d{.count = 300, .peak = 300};
  d.middle = [](TestItem&) -> std::optional<StageFailure> {
    std::this_thread::yield();
    return std::nullopt;
  };
  CancelToken cancel;
  PipelineStatus status;
  const auto pipeline = d.build();
  ASSERT_THAT(
      run_threaded(pipeline, {.compute_threads = 8, .bytes_in_flight = 1000}, cancel, status),
      IsOk());
  EXPECT_LE(status.bytes_in_flight_peak, 1000u);
  EXPECT_LE(d.live_bytes_peak, 900u);
  EXPECT_EQ(d.seen.size(), 300u);
}

TEST(ThreadedExecutor, an_item_of_three_quarters_of_the_budget_gets_through) {
  Doubling d{.count = 50, .peak = 750};
  CancelToken cancel;
  PipelineStatus status;
  const auto pipeline = d.build();
  ASSERT_THAT(
      run_threaded(pipeline, {.compute_threads = 4, .bytes_in_flight = 1000}, cancel, status),
      IsOk());
  EXPECT_LE(status.bytes_in_flight_peak, 1000u);
  EXPECT_EQ(d.seen.size(), 50u);
}

TEST(ThreadedExecutor, what_a_stage_gives_back_lets_another_item_in) {
  std::mutex mutex;
  std::condition_variable wake;
  int inside = 0;                        // guarded by mutex
  std::map<uint64_t, StageHold*> holds;  // guarded by mutex
  Doubling d{.count = 2, .peak = 700};
  d.middle = [&](TestItem& i) -> std::optional<StageFailure> {
    std::unique_lock lock(mutex);
    wake.notify_all();
    if (++inside == 2) return std::nullopt;
    StageHold* const hold = holds.at(i.rank);
    lock.unlock();
    hold->lower_to(800);  // no less than it has: nothing happens
    hold->lower_to(100);
    lock.lock();
    const bool is_joined =
        wake.wait_for(lock, std::chrono::seconds(60), [&] { return inside == 2; });
    EXPECT_TRUE(is_joined) << "700 more fit beside 100";
    return std::nullopt;
  };
  auto pipeline = d.build();
  pipeline.hooks.lend_hold = [&](TestItem& i, StageHold* hold) {
    const std::lock_guard lock(mutex);
    holds[i.rank] = hold;
  };
  CancelToken cancel;
  PipelineStatus status;
  ASSERT_THAT(
      run_threaded(pipeline, {.compute_threads = 2, .bytes_in_flight = 1000}, cancel, status),
      IsOk());
  EXPECT_EQ(status.bytes_in_flight, 0u);
  EXPECT_LE(status.bytes_in_flight_peak, 1000u);
}

// Items that wait inside the middle stage until `party` of them are there, or until a thread that
// has nothing else to do lets those who are there go.
class Gathering {
 public:
  Gathering(Doubling& items, int party) : items_(items), party_(party) {
    items.middle = [this](TestItem& i) { return gather(i); };
    pipeline_ = items.build();
    pipeline_.hooks.lend_hold = [this](TestItem& i, StageHold* hold) {
      const std::lock_guard lock(mutex_);
      holds_[i.rank] = hold;
    };
    pipeline_.hooks.work_while_idle = [this] {
      std::unique_lock lock(mutex_);
      if (waiting_.empty()) return false;
      cut_short_ += static_cast<int>(waiting_.size());
      release(lock);
      return true;
    };
  }

  Result<> run(const PipelineLimits& limits, const CancelToken& cancel) {
    PipelineStatus status;
    return run_threaded(pipeline_, limits, cancel, status);
  }

  Pipeline<TestItem>& pipeline() { return pipeline_; }
  int cut_short() const { return cut_short_; }
  int waited() const { return waited_; }
  int most_present() const { return most_present_; }
  int most_computing() const { return most_computing_; }
  // Lets those who are there go, once there are so many or nobody else comes.
  bool release_from(int count) {
    std::unique_lock lock(mutex_);
    if (present_ < count && arrived_.size() < static_cast<size_t>(items_.count)) return false;
    if (waiting_.empty()) return false;
    release(lock);
    return true;
  }
  // What those who wait now are waiting for.
  std::vector<std::function<void()>> take_waiting() { return std::exchange(waiting_, {}); }

 private:
  void release(std::unique_lock<std::mutex>& lock) {
    const auto waiting = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto& resume : waiting) resume();
  }

  std::optional<StageFailure> gather(TestItem& item) {
    std::unique_lock lock(mutex_);
    most_computing_ = std::max(most_computing_, ++computing_);
    if (arrived_.insert(item.rank).second) {
      most_present_ = std::max(most_present_, ++present_);
      waiting_.push_back(holds_.at(item.rank)->suspend());
      // Everyone's, its own as well, before process() has returned.
      if (static_cast<int>(waiting_.size()) == party_) release(lock);
    } else {
      --present_;
      ++waited_;
    }
    if (!lock.owns_lock()) lock.lock();
    --computing_;
    return std::nullopt;
  }

  const Doubling& items_;
  const int party_;
  Pipeline<TestItem> pipeline_;
  std::mutex mutex_;
  // All below guarded by mutex_.
  std::map<uint64_t, StageHold*> holds_;
  std::set<uint64_t> arrived_;  // ranks of those who came at least once
  std::vector<std::function<void()>> waiting_;
  int present_ = 0;  // those of them who have not come back
  int most_present_ = 0;
  int waited_ = 0;
  int cut_short_ = 0;
  int computing_ = 0;
  int most_computing_ = 0;
};

TEST(ThreadedExecutor, a_suspended_item_comes_back_once_and_goes_on) {
  for (const int cores : {1, 2, 4}) {
    SCOPED_TRACE(cores);
    Doubling d{.count = 200};
    Gathering gathering(d, 10);
    const CancelToken cancel;
    ASSERT_THAT(gathering.run({.compute_threads = cores}, cancel), IsOk());
    EXPECT_EQ(d.seen.size(), 200u);
    EXPECT_EQ(gathering.waited(), 200);
    EXPECT_LE(gathering.most_computing(), cores);
  }
}

TEST(ThreadedExecutor, items_are_taken_in_until_enough_are_suspended) {
  Doubling d{.count = 100};
  Gathering gathering(d, 1000);
  gathering.pipeline().hooks.work_while_idle = [&] { return gathering.release_from(20); };
  const CancelToken cancel;
  ASSERT_THAT(
      gathering.run({.compute_threads = 2, .items_in_flight = 4, .items_suspended = 20}, cancel),
      IsOk());
  EXPECT_EQ(d.seen.size(), 100u);
  EXPECT_GE(gathering.most_present(), 20) << "those in flight are not counted among them";
  EXPECT_LE(gathering.most_present(), 20 + 1 + 4);
}

TEST(ThreadedExecutor, none_needs_to_be_suspended) {
  Doubling d{.count = 100};
  const CancelToken cancel;
  PipelineStatus status;
  const auto pipeline = d.build();
  ASSERT_THAT(run_threaded(pipeline, {.compute_threads = 2, .items_suspended = 0}, cancel, status),
              IsOk());
  EXPECT_EQ(d.seen.size(), 100u);
}

TEST(ThreadedExecutor, what_resumes_an_item_may_outlive_the_pipeline) {
  Doubling d{.count = 5};
  Gathering gathering(d, 10);
  CancelToken cancel;
  std::atomic<int> looks{0};
  gathering.pipeline().hooks.work_while_idle = [&] {
    if (++looks == 3) cancel.request();
    return false;
  };
  EXPECT_THAT(gathering.run({.compute_threads = 2}, cancel), FailsWith(Code::kCancelled));
  const auto resumes = gathering.take_waiting();
  EXPECT_FALSE(resumes.empty());
  for (const auto& resume : resumes) resume();
}

TEST(ThreadedExecutor, an_item_that_fails_does_not_wait) {
  Doubling d{.count = 20};
  std::mutex mutex;
  std::map<uint64_t, StageHold*> holds;        // guarded by mutex
  std::vector<std::function<void()>> resumes;  // guarded by mutex
  d.middle = [&](TestItem& i) -> std::optional<StageFailure> {
    const std::lock_guard lock(mutex);
    resumes.push_back(holds.at(i.rank)->suspend());
    return StageFailure{Status(Code::kInternal, "after all")};
  };
  auto pipeline = d.build();
  pipeline.hooks.lend_hold = [&](TestItem& i, StageHold* hold) {
    const std::lock_guard lock(mutex);
    holds[i.rank] = hold;
  };
  const CancelToken cancel;
  PipelineStatus status;
  ASSERT_THAT(run_threaded(pipeline, {.compute_threads = 2}, cancel, status), IsOk());
  EXPECT_EQ(d.seen.size(), 20u);
  for (const auto& resume : resumes) resume();
}

TEST(ThreadedExecutor, whoever_waits_for_what_cannot_come_is_let_go_by_an_idle_thread) {
  Doubling d{.count = 25};
  Gathering gathering(d, 10);
  const CancelToken cancel;
  ASSERT_THAT(gathering.run({.compute_threads = 2}, cancel), IsOk());
  EXPECT_EQ(d.seen.size(), 25u);
  EXPECT_GE(gathering.cut_short(), 5);
}

TEST(ThreadedExecutor, items_wait_for_more_than_the_memory_holds_only_until_nothing_else_moves) {
  Doubling d{.count = 50, .peak = 300};
  Gathering gathering(d, 10);
  const CancelToken cancel;
  ASSERT_THAT(gathering.run({.compute_threads = 2, .bytes_in_flight = 1000}, cancel), IsOk());
  EXPECT_EQ(d.seen.size(), 50u);
  EXPECT_LE(gathering.most_present(), 3) << "three of 300 fit into 1000";
}

TEST(ThreadedExecutor, no_memory_for_the_next_item_ends_the_run) {
  Doubling d{.count = 100};
  auto pipeline = d.build();
  pipeline.hooks.next = [next = pipeline.hooks.next, count = 0]() mutable {
    if (++count == 20) throw std::bad_alloc();
    return next();
  };
  const CancelToken cancel;
  PipelineStatus status;
  EXPECT_THAT(run_threaded(pipeline, {.compute_threads = 2}, cancel, status),
              FailsWith(Code::kResourceExhausted, "out of memory"));
}

TEST(ThreadedExecutor, cancellation_stops_and_says_so) {
  Doubling d{.count = 100000};
  CancelToken cancel;
  d.middle = [&](TestItem& i) -> std::optional<StageFailure> {
    if (i.rank == 100) cancel.request();
    return std::nullopt;
  };
  PipelineStatus status;
  const auto pipeline = d.build();
  EXPECT_THAT(run_threaded(pipeline, {.compute_threads = 4}, cancel, status),
              FailsWith(Code::kCancelled));
  EXPECT_LT(d.seen.size(), 1000u);
}

TEST(ThreadedExecutor, a_failure_that_ends_the_run_ends_it_with_its_reason) {
  Doubling d{.count = 100000};
  d.middle = [](TestItem& i) -> std::optional<StageFailure> {
    if (i.rank == 100) return StageFailure{Status(Code::kResourceExhausted, "disk full"), true};
    return std::nullopt;
  };
  CancelToken cancel;
  PipelineStatus status;
  const auto pipeline = d.build();
  EXPECT_THAT(run_threaded(pipeline, {.compute_threads = 4}, cancel, status),
              FailsWith(Code::kResourceExhausted, "disk full"));
}

}  // namespace
}  // namespace imagemill
