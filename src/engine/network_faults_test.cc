// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Whatever a device does in the middle of a run, each picture gets the row that it would have got.
#include <gmock/gmock.h>

#include "support/job_run.h"
#include "support/made_pictures.h"
#include "support/status_matchers.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

// Asked before each run: the call's number, from 0, and how many rows it has. An error is what the
// device says.
using Trouble = std::function<Result<>(int call, int64_t rows)>;

Trouble trouble;
std::atomic<int> calls = 0;

class TroubledRunner final : public ModelRunner {
 public:
  explicit TroubledRunner(std::unique_ptr<ModelRunner> inner) : inner_(std::move(inner)) {}
  const ModelSignature& signature() const override { return inner_->signature(); }
  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t> outputs) override {
    IMAGEMILL_TRY(trouble(calls++, inputs.front().shape.front()));
    return inner_->run(inputs, outputs);
  }

 private:
  const std::unique_ptr<ModelRunner> inner_;
};

Result<std::unique_ptr<Job>> make_troubled_embed(const OptionValues& options,
                                                 const JobTools& tools) {
  tools.networks->intercept([](std::unique_ptr<ModelRunner> inner) -> std::unique_ptr<ModelRunner> {
    return std::make_unique<TroubledRunner>(std::move(inner));
  });
  return make_embed(options, tools);
}

class NetworkFaultsTest : public testing::Test {
 protected:
  NetworkFaultsTest() {
    run_.known_jobs = {{embed_info, make_troubled_embed}};
    for (int i = 0; i < kPictures; ++i)
      run_.add(fmt::format("{:02}.jpg", i),
               make_picture_file({.size = {60 + i, 40}, .color = Rgb{5 * i, 255 - 4 * i, 7 * i}}));
    model_ = folder_.write("model.onnx", tiny_features_model(16, 16));
    trouble = [](int, int64_t) { return Result<>(); };
    expected_ = embed("expected");
  }

  // Vectors by key.
  std::map<std::string, Value> embed(const std::string& output, const std::string& batch = "8") {
    calls = 0;
    auto finished =
        run_.run({{"embed", {{"model", model_}}}}, {{"batch", batch}, {"threads", "3"}}, output);
    EXPECT_THAT(finished, IsOk());
    EXPECT_EQ(finished->error, "");
    EXPECT_EQ(finished->done + finished->failed, kPictures);
    finished_ = *finished;
    std::map<std::string, Value> vectors;
    for (const auto& [key, row] : run_.rows("embed")) vectors[key] = row.values.at("features");
    EXPECT_EQ(static_cast<int64_t>(vectors.size()), finished->done);
    return vectors;
  }

  static constexpr int kPictures = 37;
  JobRun run_;
  TestFolder folder_;
  std::string model_;
  std::map<std::string, Value> expected_;
  RunFinished finished_;
};

TEST_F(NetworkFaultsTest, no_memory_for_any_batch_of_more_than_one) {
  trouble = [](int, int64_t rows) -> Result<> {
    if (rows > 1) return fail(Code::kResourceExhausted, "{} rows", rows);
    return {};
  };
  for (const char* batch : {"0", "1", "3", "8", "32"})
    EXPECT_EQ(embed(fmt::format("out{}", batch), batch), expected_) << batch;
}

TEST_F(NetworkFaultsTest, no_memory_from_some_batch_on) {
  for (int from = 0; from < 8; ++from) {
    trouble = [from](int call, int64_t rows) -> Result<> {
      if (call >= from && rows > 2) return fail(Code::kResourceExhausted, "{} rows", rows);
      return {};
    };
    EXPECT_EQ(embed(fmt::format("out{}", from)), expected_) << from;
  }
}

TEST_F(NetworkFaultsTest, a_batch_that_fails_once_loses_nothing) {
  for (const int every : {2, 3, 5}) {
    trouble = [every](int call, int64_t rows) -> Result<> {
      if (rows > 1 && call % every == 0) return fail(Code::kInternal, "hiccup {}", call);
      return {};
    };
    EXPECT_EQ(embed(fmt::format("out{}", every)), expected_) << every;
  }
}

TEST_F(NetworkFaultsTest, what_failed_is_done_by_the_next_run) {
  trouble = [](int call, int64_t) -> Result<> {
    if (call >= 2) return fail(Code::kInternal, "the device fell off the bus");
    return {};
  };
  embed("out");
  EXPECT_GT(finished_.failed, 0);
  EXPECT_GT(finished_.done, 0);
  for (const auto& [key, item] : run_.items()) {
    if (item.state != ItemState::kFailed) continue;
    EXPECT_THAT(item.message, testing::HasSubstr("fell off the bus"));
  }
  trouble = [](int, int64_t) { return Result<>(); };
  EXPECT_EQ(embed("out"), expected_);
  EXPECT_GT(finished_.items_resumed, 0);
}

}  // namespace
}  // namespace imagemill
