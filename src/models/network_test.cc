// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/network.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "support/onnxruntime.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::IsEmpty;

constexpr int kSide = 4;
constexpr int kPixels = kSide * kSide;
constexpr int kRows = 6;

// A run's network, row by row.
class NetworkTest : public testing::Test {
 protected:
  NetworkTest() {
    settings_.runtime.library = test_onnxruntime();
    settings_.cache_folder = folder_ / "cache";
  }

  // As a run does that begins now.
  Result<Network*> open(const std::string& path) {
    networks_ = std::make_unique<NetworkSet>(settings_);
    const ModelStore store(real_file_system(), folder_ / "models");
    IMAGEMILL_ASSIGN_OR_RETURN(FoundModel found, store.find(path));
    IMAGEMILL_ASSIGN_OR_RETURN(Network* const network,
                               networks_->add(std::move(found), {"features"}));
    IMAGEMILL_TRY(network->batcher());
    return network;
  }

  // The features of kRows flat pictures, each of another value, in batches of the network's size.
  static std::vector<float> features_of(Network& network) {
    std::vector<float> all(3 * kRows);
    Batcher& batcher = **network.batcher();
    for (size_t row = 0; row < kRows; ++row) {
      auto slot = batcher.reserve();
      EXPECT_THAT(slot, IsOk());
      const std::vector<float> picture(3 * kPixels, static_cast<float>(row) / kRows);
      std::memcpy(slot->input().data(), picture.data(), slot->input().size());
      std::move(*slot).submit([&all, row](const Result<BatchRow>& result) {
        ASSERT_THAT(result, IsOk());
        std::ranges::copy(result->outputs.front().values<float>(), &all[3 * row]);
      });
    }
    while (batcher.run_partial()) {
    }
    return all;
  }

  std::string write_fixed(bool mixes_rows = false) const {
    return folder_.write(mixes_rows ? "mixing.onnx" : "fixed.onnx",
                         tiny_batch_of_one_model(kSide, kSide, mixes_rows));
  }

  TestFolder folder_;
  NetworkSettings settings_;
  std::unique_ptr<NetworkSet> networks_;
};

TEST_F(NetworkTest, a_batch_of_one_is_opened_where_rows_stay_what_they_are) {
  const std::string path = write_fixed();
  settings_.batch = 1;
  ASSERT_OK_AND_ASSIGN(Network* const single, open(path));
  EXPECT_EQ(single->batch_of_one(), BatchOfOne::kNotTried) << "nobody wants more";
  const std::vector<float> expected = features_of(*single);
  const std::optional<std::string> identity = single->identity();

  settings_.batch = 3;
  for (int times = 0; times < 2; ++times) {  // tried, then known
    ASSERT_OK_AND_ASSIGN(Network* const network, open(path));
    EXPECT_EQ(network->batch_of_one(), BatchOfOne::kOpened);
    EXPECT_EQ(network->batching().batch_fixed, 3);
    EXPECT_EQ(network->identity(), identity) << "known results stay good";
    EXPECT_THAT(features_of(*network), testing::Pointwise(testing::FloatNear(1e-4f), expected));
  }
}

TEST_F(NetworkTest, a_batch_of_one_is_kept_where_larger_ones_change_rows) {
  const std::string path = write_fixed(true);
  for (int times = 0; times < 2; ++times) {
    ASSERT_OK_AND_ASSIGN(Network* const network, open(path));
    EXPECT_EQ(network->batch_of_one(), BatchOfOne::kKept);
    EXPECT_EQ(network->batching().batch_fixed, 1);
    EXPECT_THAT(features_of(*network), testing::Each(0)) << "each row less the mean of all rows";
  }
}

// Reshape has the batch in its constant: what is opened fails in the middle of its run.
TEST_F(NetworkTest, a_batch_of_one_is_kept_where_larger_ones_fail) {
  const std::string path =
      folder_.write("reshape.onnx", TinyOnnx()
                                        .input("input", {1, 3, kSide, kSide})
                                        .node("GlobalAveragePool", {"input"}, {"pooled"})
                                        .integers("shape", {2}, {1, 3})
                                        .node("Reshape", {"pooled", "shape"}, {"features"})
                                        .output("features", {1, 3})
                                        .finish());
  ASSERT_OK_AND_ASSIGN(Network* const network, open(path));
  EXPECT_EQ(network->batch_of_one(), BatchOfOne::kKept);
  EXPECT_NEAR(features_of(*network).back(), 5.0 / 6, 1e-5);
}

TEST_F(NetworkTest, what_was_found_out_of_a_batch_of_one_is_remembered) {
  for (const bool mixes_rows : {false, true}) {
    ASSERT_OK_AND_ASSIGN(const Network* const network, open(write_fixed(mixes_rows)));
    const NetworkNotes notes(settings_.cache_folder, network->content_hash());
    const auto trials = notes.batch_trials();
    ASSERT_EQ(trials.size(), 1u);
    EXPECT_EQ(trials[0].takes_more, !mixes_rows);
    EXPECT_EQ(trials[0].runs_on.provider, "CPU");
    EXPECT_EQ(trials[0].runs_on.runtime_version, network->runtime().version());
    // It is believed, so the network is not tried again.
    notes.keep_takes_more(trials[0].runs_on, mixes_rows);
    ASSERT_OK_AND_ASSIGN(const Network* const again, open(write_fixed(mixes_rows)));
    EXPECT_EQ(again->batch_of_one(), mixes_rows ? BatchOfOne::kOpened : BatchOfOne::kKept);
  }
}

TEST_F(NetworkTest, a_batch_of_one_is_not_tried_where_that_could_not_be_remembered) {
  settings_.cache_folder = "";
  ASSERT_OK_AND_ASSIGN(const Network* const network, open(write_fixed()));
  EXPECT_EQ(network->batch_of_one(), BatchOfOne::kNotTried);
  EXPECT_EQ(network->batching().batch_fixed, 1);
}

TEST_F(NetworkTest, a_trial_that_memory_or_disk_prevent_is_no_verdict) {
  const std::string path = write_fixed();
  settings_.bytes_max = 400;  // the file does not fit in a quarter of it
  ASSERT_OK_AND_ASSIGN(Network * network, open(path));
  EXPECT_EQ(network->batch_of_one(), BatchOfOne::kKept);
  EXPECT_THAT(NetworkNotes(settings_.cache_folder, network->content_hash()).batch_trials(),
              IsEmpty());
  settings_.bytes_max = 0;
  settings_.cache_folder = folder_.write("file", "in the way of the cache");
  ASSERT_OK_AND_ASSIGN(network, open(path));
  EXPECT_EQ(network->batch_of_one(), BatchOfOne::kOpened);
  EXPECT_NEAR(features_of(*network).back(), 5.0 / 6, 1e-5);
}

TEST_F(NetworkTest, other_models_are_not_tried) {
  ASSERT_OK_AND_ASSIGN(const Network* any,
                       open(folder_.write("any.onnx", tiny_features_model(kSide, kSide))));
  EXPECT_EQ(any->batch_of_one(), BatchOfOne::kNotSaid);
  EXPECT_EQ(any->batching().batch_fixed, 0);
  const std::string quantised =
      TinyOnnx()
          .input("input", {1, 3, kSide, kSide})
          .node("DynamicQuantizeLinear", {"input"}, {"quantized", "scale", "zero"})
          .node("DequantizeLinear", {"quantized", "scale", "zero"}, {"coarse"})
          .node("GlobalAveragePool", {"coarse"}, {"pooled"})
          .node("Flatten", {"pooled"}, {"features"}, {{"axis", 1}})
          .output("features", {1, 3})
          .finish();
  ASSERT_OK_AND_ASSIGN(any, open(folder_.write("quantised.onnx", quantised)));
  EXPECT_EQ(any->batch_of_one(), BatchOfOne::kNotTried);
  EXPECT_EQ(any->batching().batch_fixed, 1);
}

// A device that stops working when it is told to.
class MortalDevice final : public ModelRunner {
 public:
  MortalDevice(std::unique_ptr<ModelRunner> inner, const bool& is_dead)
      : inner_(std::move(inner)), is_dead_(is_dead) {}
  const ModelSignature& signature() const override { return inner_->signature(); }
  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t> outputs) override {
    if (is_dead_) return fail(Code::kInternal, "the device fell off the bus");
    return inner_->run(inputs, outputs);
  }

 private:
  const std::unique_ptr<ModelRunner> inner_;
  const bool& is_dead_;
};

class MortalDeviceTest : public NetworkTest {
 protected:
  Result<Network*> open_on(const std::string& device) {
    settings_.device = device;
    settings_.runtime.provider_libraries = {{.name = "tiny", .path = IMAGEMILL_TINY_PROVIDER}};
    settings_.intercept = [this](std::unique_ptr<ModelRunner> inner) {
      return std::make_unique<MortalDevice>(std::move(inner), is_dead_);
    };
    auto network = open(folder_.write("open.onnx", tiny_features_model(kSide, kSide)));
    networks_->set_listener([this](RunWarning warning) {
      if (warning.source.empty()) told_.push_back(std::move(warning.message));
    });
    return network;
  }

  bool is_dead_ = false;
  std::vector<std::string> told_;
};

TEST_F(MortalDeviceTest, the_cpu_takes_its_place_where_the_choice_was_ours) {
  const auto opened = open_on("auto");
  if (opened && (*opened)->runtime().api_version() < 23) GTEST_SKIP() << "takes no libraries";
  ASSERT_OK_AND_ASSIGN(Network* const network, opened);
  EXPECT_THAT(network->provider(), testing::StartsWith("Tiny"));
  const std::vector<float> before = features_of(*network);
  is_dead_ = true;
  EXPECT_EQ(features_of(*network), before);
  EXPECT_EQ(network->provider(), "CPU");
  EXPECT_EQ(network->identity(), std::nullopt) << "rows of two providers";
  EXPECT_FALSE(network->remember(4)) << "of the CPU";
  EXPECT_THAT(told_, testing::ElementsAre(testing::AllOf(testing::HasSubstr("goes on on the CPU"),
                                                         testing::HasSubstr("fell off the bus"))));
}

TEST_F(MortalDeviceTest, a_device_that_was_chosen_is_missed) {
  const auto opened = open_on("tiny");
  if (opened && (*opened)->runtime().api_version() < 23) GTEST_SKIP() << "takes no libraries";
  ASSERT_OK_AND_ASSIGN(Network* const network, opened);
  Batcher& batcher = **network->batcher();
  is_dead_ = true;
  auto slot = batcher.reserve();
  ASSERT_THAT(slot, IsOk());
  EXPECT_THAT(std::move(*slot).run(), FailsWith(Code::kInternal));
  EXPECT_THAT(network->batcher(),
              FailsWith(Code::kInternal, testing::HasSubstr("does not work any more")));
}

}  // namespace
}  // namespace imagemill
