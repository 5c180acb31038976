// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/batcher.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <future>
#include <latch>
#include <new>
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
    auto result = only_alone && now > 1 ? fail(Code::kResourceExhausted, "{} runs at once", now)
                                        : compute(inputs.front(), outputs);
    --at_once_;
    return result;
  }

  std::vector<int64_t> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

  int64_t rows_max = INT64_MAX;  // more are too many for the memory
  bool fails_always = false;
  bool only_alone = false;  // the memory does for one run at a time
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

void fill(BatchSlot& slot, float value) {
  const std::span bytes = slot.input();
  const std::span values{reinterpret_cast<float*>(bytes.data()), bytes.size() / sizeof(float)};
  for (size_t i = 0; i < values.size(); ++i) values[i] = value + static_cast<float>(i);
}

BatcherSettings three_floats(int batch) {
  return {.batch_max = batch, .batch_fixed = batch, .input_row = {3}, .outputs = {0, 1}};
}

// Hands a row in and keeps what the model says of it.
std::future<Result<BatchRow>> submit(BatchSlot slot, float value) {
  fill(slot, value);
  auto promise = std::make_shared<std::promise<Result<BatchRow>>>();
  auto row = promise->get_future();
  std::move(slot).submit(
      [promise](Result<BatchRow> answer) { promise->set_value(std::move(answer)); });
  return row;
}

std::future<Result<BatchRow>> submit(Batcher& batcher, float value) {
  auto slot = batcher.reserve();
  if (slot) return submit(std::move(*slot), value);
  std::promise<Result<BatchRow>> failed;
  failed.set_value(std::unexpected(std::move(slot).error()));
  return failed.get_future();
}

bool is_there(const std::future<Result<BatchRow>>& row) {
  return row.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

TEST(Batcher, who_will_not_wait_for_others_gets_a_batch_of_one) {
  SummingModel model;
  Batcher batcher(model, three_floats(8));
  for (const float value : {1.0f, 2.0f}) {
    auto slot = batcher.reserve();
    ASSERT_THAT(slot, IsOk());
    fill(*slot, value);
    auto row = std::move(*slot).run();
    ASSERT_THAT(row, IsOk());
    ASSERT_EQ(row->outputs.size(), 2u);
    EXPECT_EQ(row->outputs[0].shape, Shape{1});
    EXPECT_THAT(row->outputs[0].values<float>(), testing::ElementsAre(3 * value + 3));
    EXPECT_THAT(row->outputs[1].values<float>(), testing::ElementsAre(value, value + 1, value + 2));
  }
  EXPECT_THAT(model.batches(), testing::ElementsAre(1, 1));
}

TEST(Batcher, the_last_row_of_a_batch_runs_it_for_all) {
  SummingModel model;
  Batcher batcher(model, three_floats(3));
  const auto first = submit(batcher, 1);
  const auto second = submit(batcher, 2);
  EXPECT_FALSE(is_there(first) || is_there(second));
  EXPECT_EQ(batcher.status().waiting, 2);
  const auto third = submit(batcher, 3);
  EXPECT_TRUE(is_there(first) && is_there(second) && is_there(third));
  EXPECT_THAT(model.batches(), testing::ElementsAre(3));
}

// Many threads, each with many rows: every row gets its own results, whatever the batch.
void run_many(const BatcherSettings& settings, SummingModel& model, int threads, int rows_each) {
  Batcher batcher(model, settings);
  std::atomic<int> wrong{0};
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        for (int i = 0; i < rows_each; ++i) {
          const auto value = static_cast<float>(t * rows_each + i);
          auto slot = batcher.reserve();
          ASSERT_THAT(slot, IsOk());
          fill(*slot, value);
          std::move(*slot).submit([&, value](const Result<BatchRow>& row) {
            if (!row || row->outputs[0].values<float>()[0] != 3 * value + 3) ++wrong;
            ++answered;
          });
        }
      });
    }
  }
  while (answered < threads * rows_each) {
    batcher.run_partial();
    std::this_thread::yield();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(batcher.status().rows, threads * rows_each);
  EXPECT_EQ(batcher.status().waiting, 0);
}

TEST(Batcher, every_row_gets_its_own_results) {
  for (const int batch : {1, 2, 3, 8}) {
    SCOPED_TRACE(batch);
    SummingModel model;
    run_many(three_floats(batch), model, 8, 50);
    for (const int64_t rows : model.batches()) EXPECT_LE(rows, batch);
  }
}

TEST(Batcher, tunes_itself_while_it_works) {
  SummingModel model;
  BatcherSettings settings = three_floats(0);
  settings.batch_max = 4;
  run_many(settings, model, 8, 50);
  for (const int64_t rows : model.batches()) EXPECT_LE(rows, 4);
}

TEST(Batcher, a_batch_too_large_for_the_memory_is_halved_and_nothing_is_lost) {
  for (const int64_t rows_max : {1, 2, 3, 7}) {
    SCOPED_TRACE(rows_max);
    SummingModel model;
    model.rows_max = rows_max;
    run_many(three_floats(8), model, 8, 20);
  }
}

TEST(Batcher, what_has_no_memory_beside_others_runs_alone) {
  SummingModel model;
  model.only_alone = true;
  model.on_run = [] { std::this_thread::sleep_for(std::chrono::microseconds(200)); };
  run_many(three_floats(2), model, 8, 20);
}

TEST(Batcher, what_does_not_fit_alone_fails_and_says_why) {
  SummingModel model;
  model.rows_max = 0;
  Batcher batcher(model, three_floats(1));
  EXPECT_THAT(submit(batcher, 1).get(), FailsWith(Code::kResourceExhausted));
}

TEST(Batcher, a_row_that_fails_fails_alone) {
  SummingModel model;
  Batcher batcher(model, three_floats(4));
  std::vector<std::future<Result<BatchRow>>> rows;
  for (const float value : {0.0f, 1.0f, std::nanf(""), 3.0f})
    rows.push_back(submit(batcher, value));
  for (const size_t good : {0, 1, 3}) EXPECT_THAT(rows[good].get(), IsOk());
  EXPECT_THAT(rows[2].get(), FailsWith(Code::kInternal));
}

TEST(Batcher, a_model_that_always_fails_fails_every_row) {
  SummingModel model;
  model.fails_always = true;
  Batcher batcher(model, three_floats(2));
  auto first = submit(batcher, 1);
  auto second = submit(batcher, 1);
  EXPECT_THAT(first.get(), FailsWith(Code::kInternal));
  EXPECT_THAT(second.get(), FailsWith(Code::kInternal));
}

TEST(Batcher, a_model_out_of_memory_fails_its_rows_and_no_others) {
  SummingModel model;
  model.on_run = [] { throw std::bad_alloc(); };
  Batcher batcher(model, three_floats(1));
  EXPECT_THAT(submit(batcher, 1).get(), FailsWith(Code::kResourceExhausted));
  model.on_run = nullptr;
  EXPECT_THAT(submit(batcher, 1).get(), IsOk());
}

TEST(Batcher, a_slot_that_is_given_up_is_left_out) {
  SummingModel model;
  Batcher batcher(model, three_floats(3));
  auto given_up = batcher.reserve();
  ASSERT_THAT(given_up, IsOk());
  auto first = submit(batcher, 5);
  auto second = submit(batcher, 6);
  EXPECT_FALSE(batcher.run_partial()) << "the first slot may still be filled";
  {
    const BatchSlot gone = std::move(*given_up);
  }
  EXPECT_TRUE(batcher.run_partial());
  EXPECT_EQ(first.get()->outputs[0].values<float>()[0], 18);
  EXPECT_EQ(second.get()->outputs[0].values<float>()[0], 21);
  EXPECT_THAT(model.batches(), testing::ElementsAre(2));
}

TEST(Batcher, a_batch_that_waited_for_a_slot_given_up_runs_with_the_next) {
  SummingModel model;
  Batcher batcher(model, three_floats(2));
  auto given_up = batcher.reserve();
  ASSERT_THAT(given_up, IsOk());
  auto first = submit(batcher, 5);
  {
    const BatchSlot gone = std::move(*given_up);
  }
  const auto next = submit(batcher, 6);
  EXPECT_TRUE(is_there(first));
  EXPECT_FALSE(is_there(next));
}

TEST(Batcher, whoever_has_nothing_to_do_runs_what_is_there) {
  SummingModel model;
  Batcher batcher(model, three_floats(8));
  EXPECT_FALSE(batcher.run_partial()) << "nothing waits";
  auto row = submit(batcher, 1);
  EXPECT_TRUE(batcher.run_partial());
  EXPECT_THAT(row.get(), IsOk());
  EXPECT_FALSE(batcher.run_partial());
  EXPECT_THAT(model.batches(), testing::ElementsAre(1));
  EXPECT_EQ(batcher.status().slots, 8) << "an eighth of the batch was used";
}

TEST(Batcher, a_batch_that_has_waited_long_takes_no_more) {
  SummingModel model;
  BatcherSettings settings = three_floats(8);
  settings.delay_max = std::chrono::milliseconds(0);
  Batcher batcher(model, settings);
  EXPECT_THAT(submit(batcher, 1).get(), IsOk());
}

TEST(Batcher, rows_that_wait_when_it_goes_are_dropped) {
  SummingModel model;
  bool is_answered = false;
  {
    Batcher batcher(model, three_floats(8));
    auto slot = batcher.reserve();
    ASSERT_THAT(slot, IsOk());
    std::move(*slot).submit([&](const Result<BatchRow>&) { is_answered = true; });
  }
  EXPECT_FALSE(is_answered);
  EXPECT_TRUE(model.batches().empty());
}

TEST(Batcher, a_device_works_while_its_callers_go_on) {
  SummingModel model;
  std::latch may_run(1);
  model.on_run = [&] { may_run.wait(); };
  BatcherSettings settings = three_floats(2);
  settings.runs_on_cpu = false;
  settings.runs_max = 1;
  Batcher batcher(model, settings);
  std::vector<std::future<Result<BatchRow>>> rows;
  for (const float value : {1.0f, 2.0f, 3.0f, 4.0f, 5.0f}) rows.push_back(submit(batcher, value));
  EXPECT_FALSE(is_there(rows[0]));
  EXPECT_FALSE(batcher.run_partial()) << "two full batches are in front";
  may_run.count_down();
  for (size_t i = 0; i < 4; ++i) EXPECT_THAT(rows[i].get(), IsOk());
  while (!is_there(rows[4])) batcher.run_partial();
  EXPECT_THAT(rows[4].get(), IsOk());
  EXPECT_THAT(model.batches(), testing::ElementsAre(2, 2, 1));
  EXPECT_EQ(model.most_at_once, 1);
}

TEST(Batcher, goes_on_on_the_cpu_when_the_device_is_gone) {
  SummingModel model;
  BatcherSettings settings = three_floats(4);
  settings.runs_on_cpu = false;
  settings.runs_max = 1;
  Batcher batcher(model, settings);
  std::latch has_rows(1);
  model.on_run = [&] {
    if (!model.batches().empty()) return;
    has_rows.wait();
    batcher.leave_device(2, 0);
  };
  // One batch on the device, one that waits, and one that is not full.
  std::vector<std::future<Result<BatchRow>>> rows;
  for (float value = 0; value < 11; ++value) rows.push_back(submit(batcher, value));
  has_rows.count_down();
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const BatchRow row, rows[i].get());
    EXPECT_EQ(*reinterpret_cast<const float*>(row.outputs[1].bytes.data()), static_cast<float>(i));
  }
  EXPECT_THAT(model.batches(), testing::ElementsAre(4, 4, 3));
  // Now by whoever hands in the last row.
  std::vector<std::future<Result<BatchRow>>> more;
  for (float value = 0; value < 4; ++value) more.push_back(submit(batcher, value));
  for (const auto& row : more) EXPECT_TRUE(is_there(row));
  EXPECT_THAT(model.batches(), testing::ElementsAre(4, 4, 3, 2, 2));
}

TEST(Batcher, runs_no_more_at_once_than_it_may) {
  SummingModel model;
  BatcherSettings settings = three_floats(2);
  settings.runs_max = 1;
  for (const bool on_cpu : {true, false}) {
    settings.runs_on_cpu = on_cpu;
    run_many(settings, model, 8, 50);
    EXPECT_EQ(model.most_at_once, 1);
  }
}

TEST(Batcher, a_model_of_one_size_gets_batches_of_that_size) {
  SummingModel model;
  BatcherSettings settings = three_floats(0);
  settings.batch_exact = 4;
  run_many(settings, model, 3, 20);
  EXPECT_THAT(model.batches(), testing::Each(4));
}

}  // namespace
}  // namespace imagemill
