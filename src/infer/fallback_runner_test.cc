// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/fallback_runner.h"

#include <gmock/gmock.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "support/status_matchers.h"

namespace imagemill {
namespace {

// Doubles a number, as long as it lives.
class DoublingDevice final : public ModelRunner {
 public:
  explicit DoublingDevice(std::atomic<int>& runs) : runs_(runs) {}
  const ModelSignature& signature() const override { return signature_; }
  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t>) override {
    ++runs_;
    if (runs_to_live.fetch_sub(1) <= 0) return fail(dying_word, "CUDA failure 719");
    auto owner =
        std::make_shared<float>(2 * *reinterpret_cast<const float*>(inputs.front().bytes.data()));
    return std::vector<Tensor>{{.type = ElementType::kF32,
                                .shape = {1},
                                .bytes = std::as_bytes(std::span(owner.get(), 1)),
                                .owner = owner}};
  }
  std::atomic<int> runs_to_live{1 << 30};
  Code dying_word = Code::kInternal;

 private:
  std::atomic<int>& runs_;
  const ModelSignature signature_{.inputs = {{"in", ElementType::kF32, {1}}},
                                  .outputs = {{"out", ElementType::kF32, {1}}}};
};

class FallbackRunnerTest : public testing::Test {
 protected:
  static Result<float> doubled(ModelRunner& runner, float value, int64_t rows = 1) {
    std::vector<std::byte> bytes(static_cast<size_t>(rows) * sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    const Shape shape{rows};
    const TensorView view{.type = ElementType::kF32, .shape = shape, .bytes = bytes};
    const size_t output = 0;
    IMAGEMILL_ASSIGN_OR_RETURN(const auto results, runner.run({&view, 1}, {&output, 1}));
    return *reinterpret_cast<const float*>(results.front().bytes.data());
  }

  std::unique_ptr<FallbackRunner> make() {
    auto first = std::make_unique<DoublingDevice>(device_runs_);
    device_ = first.get();
    return std::make_unique<FallbackRunner>(
        std::move(first), [](ModelRunner& runner) { return doubled(runner, 0).has_value(); },
        [this](const Status& why) -> Result<std::unique_ptr<ModelRunner>> {
          whys_.push_back(why.message());
          if (!has_cpu_) return fail(Code::kUnsupported, "no CPU");
          return std::make_unique<DoublingDevice>(cpu_runs_);
        });
  }

  std::atomic<int> device_runs_{0};
  std::atomic<int> cpu_runs_{0};
  DoublingDevice* device_ = nullptr;
  bool has_cpu_ = true;
  std::vector<std::string> whys_;
};

TEST_F(FallbackRunnerTest, a_device_that_died_is_replaced_and_nothing_is_lost) {
  const auto runner = make();
  device_->runs_to_live = 2;
  for (float i = 0; i < 10; ++i) {
    ASSERT_OK_AND_ASSIGN(const float result, doubled(*runner, i));
    EXPECT_EQ(result, 2 * i);
  }
  EXPECT_TRUE(runner->has_fallen_back());
  EXPECT_EQ(device_runs_, 4) << "two good ones, one that failed, the probe";
  EXPECT_EQ(cpu_runs_, 8);
  EXPECT_THAT(whys_, testing::ElementsAre(testing::HasSubstr("CUDA failure 719")));
}

TEST_F(FallbackRunnerTest, what_fails_for_its_input_fails_and_the_device_stays) {
  auto first = std::make_unique<DoublingDevice>(device_runs_);
  first->runs_to_live = 0;
  DoublingDevice* const device = first.get();
  FallbackRunner other(
      std::move(first),
      [device](ModelRunner&) {  // finds it well again
        device->runs_to_live = 1 << 30;
        return true;
      },
      [](const Status&) -> Result<std::unique_ptr<ModelRunner>> {
        return fail(Code::kInternal, "not asked for");
      });
  EXPECT_THAT(doubled(other, 1), FailsWith(Code::kInternal));
  EXPECT_THAT(doubled(other, 1), IsOk());
  EXPECT_FALSE(other.has_fallen_back());
}

TEST_F(FallbackRunnerTest, no_memory_for_a_batch_is_no_reason_to_leave_a_device) {
  const auto runner = make();
  device_->dying_word = Code::kResourceExhausted;
  device_->runs_to_live = 0;
  EXPECT_THAT(doubled(*runner, 1, 2), FailsWith(Code::kResourceExhausted));
  EXPECT_EQ(device_runs_, 1) << "no probe";
  EXPECT_FALSE(runner->has_fallen_back());
  EXPECT_TRUE(whys_.empty());
}

TEST_F(FallbackRunnerTest, a_device_without_memory_for_one_row_is_left) {
  const auto runner = make();
  device_->dying_word = Code::kResourceExhausted;
  device_->runs_to_live = 0;
  EXPECT_THAT(doubled(*runner, 1), IsOk());
  EXPECT_TRUE(runner->has_fallen_back());
}

TEST_F(FallbackRunnerTest, where_nothing_takes_its_place_every_run_fails_at_once) {
  has_cpu_ = false;
  const auto runner = make();
  EXPECT_THAT(doubled(*runner, 1), IsOk());
  EXPECT_FALSE(runner->lost());
  device_->runs_to_live = 0;
  EXPECT_THAT(doubled(*runner, 1), FailsWith(Code::kInternal, testing::HasSubstr("719")));
  ASSERT_TRUE(runner->lost());
  EXPECT_EQ(runner->lost()->message(), "no CPU");
  const int runs = device_runs_;
  EXPECT_THAT(doubled(*runner, 1), FailsWith(Code::kUnsupported, "no CPU"));
  EXPECT_EQ(device_runs_, runs);
  EXPECT_FALSE(runner->has_fallen_back());
}

TEST_F(FallbackRunnerTest, many_at_once_change_over_once) {
  const auto runner = make();
  device_->runs_to_live = 50;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (float i = 0; i < 100; ++i) {
        const auto result = doubled(*runner, i);
        ASSERT_THAT(result, IsOk());
        EXPECT_EQ(*result, 2 * i);
      }
    });
  threads.clear();
  EXPECT_EQ(whys_.size(), 1u);
}

}  // namespace
}  // namespace imagemill
