// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/batch_meter.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <set>

#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

// Takes any rows and gives nothing back; notes what it was asked.
class NotingModel final : public ModelRunner {
 public:
  explicit NotingModel(ElementType type = ElementType::kF32) {
    signature_.inputs = {{"input", type, {TensorSpec::kAny, 4}}};
    signature_.outputs = {{"out", ElementType::kF32, {TensorSpec::kAny, 1}}};
  }
  const ModelSignature& signature() const override { return signature_; }

  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t>) override {
    const int64_t rows = inputs.front().shape[0];
    {
      const std::lock_guard lock(mutex_);
      ++runs[rows];
      first_inputs.insert(static_cast<int>(inputs.front().bytes.front()));
    }
    if (on_run) on_run(rows);
    if (rows >= rows_failing) return fail(failure, "{} rows are more than it can do", rows);
    return std::vector<Tensor>{};
  }

  std::map<int64_t, int> runs;  // by rows
  std::set<int> first_inputs;
  int64_t rows_failing = INT64_MAX;
  Code failure = Code::kResourceExhausted;
  std::function<void(int64_t)> on_run;

 private:
  ModelSignature signature_;
  std::mutex mutex_;
};

BatchMeterSettings settings(std::vector<int> batches) {
  return {.batches = std::move(batches),
          .runs_at_once = 2,
          .seconds = 0.01,
          .input_row = {4},
          .outputs = {0}};
}

TEST(BatchMeter, measures_every_size_under_the_load_of_all_threads) {
  NotingModel model;
  const CancelToken cancel;
  auto measured = measure_batches(model, settings({1, 4}), cancel);
  ASSERT_THAT(measured, IsOk());
  EXPECT_TRUE(measured->is_whole);
  ASSERT_EQ(measured->sizes.size(), 2u);
  for (const BatchMeasurement& size : measured->sizes) {
    EXPECT_EQ(size.problem, "");
    EXPECT_GE(size.runs, 3 * 2) << "three rounds of two threads";
    EXPECT_GE(model.runs[size.batch], size.runs);
    // Both threads together do at least what one run after the other would.
    EXPECT_GT(size.rows_per_second, 0);
    EXPECT_GT(size.run_seconds, 0);
  }
}

TEST(BatchMeter, a_size_that_is_too_large_ends_its_row_and_those_of_larger_ones) {
  NotingModel model;
  model.rows_failing = 4;
  const CancelToken cancel;
  auto measured = measure_batches(model, settings({1, 4, 8}), cancel);
  ASSERT_THAT(measured, IsOk());
  EXPECT_EQ(measured->sizes[0].problem, "");
  EXPECT_GT(measured->sizes[0].rows_per_second, 0);
  EXPECT_THAT(measured->sizes[1].problem, HasSubstr("4 rows are more"));
  EXPECT_THAT(measured->sizes[2].problem, HasSubstr("4 is too large"));
  EXPECT_EQ(model.runs.count(8), 0u);
}

TEST(BatchMeter, another_failure_is_of_its_size_alone) {
  NotingModel model;
  model.failure = Code::kInternal;
  model.rows_failing = 4;
  const CancelToken cancel;
  auto measured = measure_batches(model, settings({1, 4, 8}), cancel);
  ASSERT_THAT(measured, IsOk());
  EXPECT_THAT(measured->sizes[2].problem, HasSubstr("8 rows are more"));
}

TEST(BatchMeter, memory_is_foreseen_from_the_sizes_before) {
  NotingModel model;
  uint64_t resident = 1000;
  model.on_run = [&](int64_t rows) { resident = 1000 + 100 * static_cast<uint64_t>(rows); };
  BatchMeterSettings limited = settings({1, 2, 16});
  limited.runs_at_once = 1;
  limited.resident_bytes = [&] { return resident; };
  limited.resident_bytes_max = 2000;
  const CancelToken cancel;
  auto measured = measure_batches(model, limited, cancel);
  ASSERT_THAT(measured, IsOk());
  EXPECT_EQ(measured->sizes[0].resident_bytes, 1100u);
  EXPECT_EQ(measured->sizes[1].resident_bytes, 1200u);
  EXPECT_THAT(measured->sizes[2].problem, HasSubstr("not tried"));
  EXPECT_EQ(model.runs.count(16), 0u);
}

TEST(BatchMeter, stops_between_runs_and_keeps_what_it_has) {
  NotingModel model;
  CancelToken cancel;
  model.on_run = [&](int64_t rows) {
    if (rows == 4) cancel.request();
  };
  auto measured = measure_batches(model, settings({1, 4}), cancel);
  ASSERT_THAT(measured, IsOk());
  EXPECT_FALSE(measured->is_whole);
  ASSERT_EQ(measured->sizes.size(), 2u);
  EXPECT_EQ(measured->sizes[1].rows_per_second, 0);
  EXPECT_LE(model.runs[4], 2) << "a run of each thread at most";
}

TEST(BatchMeter, its_input_is_the_same_every_time_and_differs_between_threads) {
  NotingModel first;
  NotingModel second;
  const CancelToken cancel;
  ASSERT_THAT(measure_batches(first, settings({2}), cancel), IsOk());
  ASSERT_THAT(measure_batches(second, settings({2}), cancel), IsOk());
  EXPECT_EQ(first.first_inputs, second.first_inputs);
  EXPECT_EQ(first.first_inputs.size(), 2u);
}

TEST(BatchMeter, inputs_that_are_no_picture_are_refused) {
  NotingModel model(ElementType::kI64);
  const CancelToken cancel;
  EXPECT_THAT(measure_batches(model, settings({1}), cancel),
              FailsWith(Code::kUnsupported, HasSubstr("int64")));
  for (const ElementType type : {ElementType::kF16, ElementType::kU8}) {
    NotingModel picture(type);
    EXPECT_THAT(measure_batches(picture, settings({1}), cancel), IsOk());
  }
}

}  // namespace
}  // namespace imagemill
