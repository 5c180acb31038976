// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/batcher.h"

#include <gmock/gmock.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "support/status_matchers.h"

namespace imagemill {
namespace {

// Gives each row's sum and the row itself. Rows that hold a NaN fail the batch they are in.
class SummingModel final : public ModelRunner {
 public:
  explicit SummingModel(int64_t width = 3) {
    signature_.inputs = {{"input", ElementType::kF32, {TensorSpec::kAny, width}}};
    signature_.outputs = {{"sum", ElementType::kF32, {TensorSpec::kAny, 1}},
                          {"copy", ElementType::kF32, {TensorSpec::kAny, width}}};
  }

  const ModelSignature& signature() const override { return signature_; }

  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t> outputs) override {
    const int now = ++at_once_;
    int most = most_at_once.load();
    while (now > most && !most_at_once.compare_exchange_weak(most, now)) {
    }
    if (on_run) on_run();
    auto result = compute(inputs.front(), outputs);
    --at_once_;
    return result;
  }

  std::vector<int64_t> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

  int64_t rows_max = INT64_MAX;  // more are too many for the memory
  bool fails_always = false;
  std::function<void()> on_run;
  std::atomic<int> most_at_once{0};

 private:
  Result<std::vector<Tensor>> compute(const TensorView& in, std::span<const size_t> outputs) {
    const int64_t rows = in.shape[0];
    const int64_t width = in.shape[1];
    {
      const std::lock_guard lock(mutex_);
      batches_.push_back(rows);
    }
    if (fails_always) return fail(Code::kInternal, "the device fell off the bus");
    if (rows > rows_max) return fail(Code::kResourceExhausted, "{} rows are too many", rows);
    auto memory = std::make_shared<std::vector<float>>();
    const std::span values{reinterpret_cast<const float*>(in.bytes.data()),
                           static_cast<size_t>(rows * width)};
    if (std::ranges::any_of(values, [](float v) { return std::isnan(v); }))
      return fail(Code::kInternal, "NaN");
    std::vector<Tensor> results;
    for (const size_t output : outputs) {
      auto owner = std::make_shared<std::vector<float>>();
      if (output == 1) owner->assign(values.begin(), values.end());
      for (int64_t r = 0; output == 0 && r < rows; ++r) {
        float sum = 0;
        for (int64_t i = 0; i < width; ++i) sum += values[static_cast<size_t>(r * width + i)];
        owner->push_back(sum);
      }
      results.push_back({.type = ElementType::kF32,
                         .shape = {rows, output == 0 ? 1 : width},
                         .bytes = std::as_bytes(std::span(*owner)),
                         .owner = owner});
    }
    return results;
  }

  ModelSignature signature_;
  mutable std::mutex mutex_;
  std::vector<int64_t> batches_;
  std::atomic<int> at_once_{0};
};

// A core that nobody else wants.
class AlonePlace final : public WaitPlace {
 public:
  void begin_wait() override { ++waits; }
  void end_wait() override {}
  bool is_stopping() const override {
    ++looks;
    return stopping;
  }
  std::atomic<bool> stopping{false};
  mutable std::atomic<int> looks{0};
  std::atomic<int> waits{0};
};

void fill(BatchSlot& slot, float value) {
  const std::span bytes = slot.input();
  const std::span values{reinterpret_cast<float*>(bytes.data()), bytes.size() / sizeof(float)};
  for (size_t i = 0; i < values.size(); ++i) values[i] = value + static_cast<float>(i);
}

BatcherSettings three_floats(int batch) {
  return {.batch_max = batch, .batch_fixed = batch, .input_row = {3}, .outputs = {0, 1}};
}

Result<BatchRow> run_one(Batcher& batcher, float value, WaitPlace* place) {
  auto slot = batcher.reserve();
  if (!slot) return std::unexpected(std::move(slot).error());
  fill(*slot, value);
  return std::move(*slot).run(place);
}

TEST(Batcher, without_a_place_to_wait_a_batch_is_one_row) {
  SummingModel model;
  Batcher batcher(model, three_floats(8));
  for (const float value : {1.0f, 2.0f}) {
    auto row = run_one(batcher, value, nullptr);
    ASSERT_THAT(row, IsOk());
    ASSERT_EQ(row->outputs.size(), 2u);
    EXPECT_EQ(row->outputs[0].shape, Shape{1});
    EXPECT_THAT(row->outputs[0].values<float>(), testing::ElementsAre(3 * value + 3));
    EXPECT_THAT(row->outputs[1].values<float>(), testing::ElementsAre(value, value + 1, value + 2));
  }
  EXPECT_THAT(model.batches(), testing::ElementsAre(1, 1));
}

// Many threads, each with many rows: every row gets its own results, whatever the batch.
void run_many(const BatcherSettings& settings, SummingModel& model, int threads, int rows_each) {
  Batcher batcher(model, settings);
  AlonePlace place;
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        for (int i = 0; i < rows_each; ++i) {
          const auto value = static_cast<float>(t * rows_each + i);
          auto row = run_one(batcher, value, &place);
          if (!row || row->outputs[0].values<float>()[0] != 3 * value + 3) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(batcher.status().rows, threads * rows_each);
  EXPECT_EQ(batcher.status().waiting, 0);
}

TEST(Batcher, every_row_gets_its_own_results) {
  for (const int batch : {1, 2, 3, 8}) {
    SCOPED_TRACE(batch);
    SummingModel model;
    BatcherSettings settings = three_floats(batch);
    settings.delay_max = std::chrono::milliseconds(5);
    run_many(settings, model, 8, 50);
    for (const int64_t rows : model.batches()) EXPECT_LE(rows, batch);
  }
}

TEST(Batcher, tunes_itself_while_it_works) {
  SummingModel model;
  BatcherSettings settings = three_floats(0);
  settings.batch_max = 4;
  settings.delay_max = std::chrono::milliseconds(2);
  run_many(settings, model, 8, 50);
  for (const int64_t rows : model.batches()) EXPECT_LE(rows, 4);
}

TEST(Batcher, a_batch_too_large_for_the_memory_is_halved_and_nothing_is_lost) {
  for (const int64_t rows_max : {1, 2, 3, 7}) {
    SCOPED_TRACE(rows_max);
    SummingModel model;
    model.rows_max = rows_max;
    BatcherSettings settings = three_floats(8);
    settings.delay_max = std::chrono::milliseconds(20);
    run_many(settings, model, 8, 20);
  }
}

TEST(Batcher, what_does_not_fit_alone_fails_and_says_why) {
  SummingModel model;
  model.rows_max = 0;
  Batcher batcher(model, three_floats(4));
  EXPECT_THAT(run_one(batcher, 1, nullptr), FailsWith(Code::kResourceExhausted));
}

TEST(Batcher, a_row_that_fails_fails_alone) {
  SummingModel model;
  Batcher batcher(model, three_floats(4));
  AlonePlace place;
  std::atomic<int> failed{0};
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < 4; ++t)
      workers.emplace_back([&, t] {
        auto row = run_one(batcher, t == 2 ? std::nanf("") : static_cast<float>(t), &place);
        if (!row) {
          EXPECT_EQ(t, 2);
        }
        ++(row ? good : failed);
      });
  }
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(good, 3);
}

TEST(Batcher, a_model_that_always_fails_fails_every_row) {
  SummingModel model;
  model.fails_always = true;
  Batcher batcher(model, three_floats(2));
  EXPECT_THAT(run_one(batcher, 1, nullptr), FailsWith(Code::kInternal));
  EXPECT_THAT(run_one(batcher, 1, nullptr), FailsWith(Code::kInternal));
}

TEST(Batcher, a_slot_that_is_given_up_is_left_out) {
  SummingModel model;
  Batcher batcher(model, three_floats(3));
  AlonePlace place;
  auto given_up = batcher.reserve();
  ASSERT_THAT(given_up, IsOk());
  std::jthread first([&] {
    auto row = run_one(batcher, 5, &place);
    ASSERT_THAT(row, IsOk());
    EXPECT_EQ(row->outputs[0].values<float>()[0], 18);
  });
  std::jthread second([&] {
    auto row = run_one(batcher, 6, &place);
    ASSERT_THAT(row, IsOk());
    EXPECT_EQ(row->outputs[0].values<float>()[0], 21);
  });
  while (batcher.status().waiting < 2) std::this_thread::yield();
  EXPECT_TRUE(model.batches().empty()) << "the third slot may still be filled";
  {
    const BatchSlot gone = std::move(*given_up);
  }
  first.join();
  second.join();
  EXPECT_THAT(model.batches(), testing::ElementsAre(2));
}

TEST(Batcher, whoever_has_nothing_to_do_runs_what_is_there) {
  SummingModel model;
  BatcherSettings settings = three_floats(8);
  settings.delay_max = std::chrono::hours(1);
  Batcher batcher(model, settings);
  EXPECT_FALSE(batcher.run_partial()) << "nothing waits";
  AlonePlace place;
  std::jthread waiting([&] { EXPECT_THAT(run_one(batcher, 1, &place), IsOk()); });
  while (batcher.status().waiting == 0) std::this_thread::yield();
  EXPECT_TRUE(batcher.run_partial());
  waiting.join();
  EXPECT_THAT(model.batches(), testing::ElementsAre(1));
  EXPECT_EQ(batcher.status().slots, 8) << "an eighth of the batch was used";
}

TEST(Batcher, a_slot_waits_no_longer_than_it_should) {
  SummingModel model;
  BatcherSettings settings = three_floats(8);
  settings.delay_max = std::chrono::milliseconds(1);
  Batcher batcher(model, settings);
  AlonePlace place;
  EXPECT_THAT(run_one(batcher, 1, &place), IsOk());  // nobody else ever comes
}

TEST(Batcher, those_who_wait_for_a_slow_run_sleep) {
  SummingModel model;
  BatcherSettings settings = three_floats(2);
  settings.delay_max = std::chrono::milliseconds(1);
  AlonePlace waiting_place;
  model.on_run = [&] { std::this_thread::sleep_for(std::chrono::milliseconds(300)); };
  Batcher batcher(model, settings);
  auto second = batcher.reserve();
  ASSERT_THAT(second, IsOk());
  fill(*second, 2);
  std::jthread waiting([&] { EXPECT_THAT(run_one(batcher, 1, &waiting_place), IsOk()); });
  while (batcher.status().waiting == 0) std::this_thread::yield();
  AlonePlace running_place;
  EXPECT_THAT(std::move(*second).run(&running_place), IsOk());
  waiting.join();
  // A look every tenth of a second, not one after the other.
  EXPECT_LT(waiting_place.looks + running_place.looks, 50);
}

TEST(Batcher, a_stopped_run_ends_the_wait) {
  SummingModel model;
  BatcherSettings settings = three_floats(8);
  settings.delay_max = std::chrono::hours(1);
  Batcher batcher(model, settings);
  AlonePlace place;
  std::jthread waiting(
      [&] { EXPECT_THAT(run_one(batcher, 1, &place), FailsWith(Code::kCancelled)); });
  while (batcher.status().waiting == 0) std::this_thread::yield();
  place.stopping = true;
  waiting.join();
  EXPECT_TRUE(model.batches().empty());
}

TEST(Batcher, runs_no_more_at_once_than_it_may) {
  SummingModel model;
  BatcherSettings settings = three_floats(2);
  settings.runs_max = 1;
  settings.runs_on_cpu = false;
  settings.delay_max = std::chrono::milliseconds(5);
  run_many(settings, model, 8, 50);
  EXPECT_EQ(model.most_at_once, 1);
}

TEST(Batcher, a_model_of_one_size_gets_batches_of_that_size) {
  SummingModel model;
  BatcherSettings settings = three_floats(0);
  settings.batch_exact = 4;
  settings.delay_max = std::chrono::milliseconds(5);
  run_many(settings, model, 3, 20);
  EXPECT_THAT(model.batches(), testing::Each(4));
}

}  // namespace
}  // namespace imagemill
