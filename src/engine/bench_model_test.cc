// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "imagemill/bench_model.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "imagemill/models.h"
#include "support/onnxruntime.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::HasSubstr;

class BenchModelTest : public testing::Test {
 protected:
  Result<BenchModelReport> bench(const std::string& model,
                                 std::map<std::string, std::string> options = {}) {
    options.emplace("seconds", "0.1");
    options.emplace("threads", "2");
    return bench_model({.model = model,
                        .options = std::move(options),
                        .places = {.models = folder_.path() + "/models",
                                   .cache = folder_.path() + "/cache",
                                   .onnxruntime = test_onnxruntime()}},
                       cancel_);
  }
  // How many sizes are remembered.
  size_t remembered() const {
    std::error_code error;
    size_t count = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(folder_.path() + "/cache/batches", error))
      count += file.is_regular_file() ? 1 : 0;
    return count;
  }

  TestFolder folder_;
  CancelToken cancel_;
};

TEST_F(BenchModelTest, measures_what_it_is_asked_for_and_remembers_the_best) {
  const std::string model = folder_.write("net.onnx", tiny_features_model(16, 16));
  ASSERT_OK_AND_ASSIGN(const BenchModelReport report, bench(model, {{"batch", "4,1,4"}}));
  EXPECT_TRUE(report.is_whole);
  EXPECT_EQ(report.model, "net");
  EXPECT_EQ(report.provider, "CPU");
  EXPECT_EQ(report.input, "float32 3x16x16");
  EXPECT_EQ(report.runs_at_once, 2);
  ASSERT_EQ(report.rows.size(), 2u);
  EXPECT_EQ(report.rows[0].batch, 1);
  EXPECT_EQ(report.rows[1].batch, 4);
  for (const BenchModelRow& row : report.rows) {
    EXPECT_EQ(row.problem, "");
    EXPECT_GT(row.runs, 0);
    EXPECT_GT(row.images_per_second, 0);
    EXPECT_GT(row.batch_seconds, 0);
    EXPECT_GT(row.resident_bytes, 0u);
    EXPECT_LE(row.resident_bytes, report.peak_resident_bytes);
  }
  EXPECT_THAT(report.best_batch, testing::AnyOf(1, 4));
  EXPECT_EQ(report.remembered_batch, report.best_batch);
  EXPECT_EQ(remembered(), 1u);
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["rows"][1]["batch"], 4);
  EXPECT_EQ(json["best_batch"], report.best_batch);
  EXPECT_TRUE(json["rows"][0]["problem"].is_null());
}

TEST_F(BenchModelTest, one_size_alone_says_nothing_about_the_best) {
  const std::string model = folder_.write("net.onnx", tiny_features_model(16, 16));
  ASSERT_OK_AND_ASSIGN(const BenchModelReport report, bench(model, {{"batch", "4"}}));
  EXPECT_EQ(report.best_batch, 4);
  EXPECT_EQ(report.remembered_batch, 0);
  EXPECT_EQ(remembered(), 0u);
}

TEST_F(BenchModelTest, the_best_is_remembered_where_that_is_asked_for) {
  const std::string model = folder_.write("net.onnx", tiny_features_model(16, 16));
  ASSERT_OK_AND_ASSIGN(const BenchModelReport nowhere,
                       bench(model, {{"batch", "1,4"}, {"cache", "off"}}));
  EXPECT_EQ(nowhere.remembered_batch, 0);
  const std::string other = folder_ / "other";
  ASSERT_OK_AND_ASSIGN(const BenchModelReport there,
                       bench(model, {{"batch", "1,4"}, {"cache", other}}));
  EXPECT_EQ(there.remembered_batch, there.best_batch);
  EXPECT_TRUE(std::filesystem::exists(other + "/batches"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "cache"));
}

TEST_F(BenchModelTest, a_model_of_one_size_is_measured_in_that_one) {
  const std::string model =
      folder_.write("net.onnx", TinyOnnx()
                                    .input("input", {2, 3, 8, 8})
                                    .node("GlobalAveragePool", {"input"}, {"p"})
                                    .node("Flatten", {"p"}, {"features"})
                                    .output("features", {2, 3})
                                    .finish());
  ASSERT_OK_AND_ASSIGN(const BenchModelReport report, bench(model));
  ASSERT_EQ(report.rows.size(), 1u);
  EXPECT_EQ(report.rows[0].batch, 2);
  EXPECT_THAT(report.notes, testing::Contains(HasSubstr("batches of 2 alone")));
}

TEST_F(BenchModelTest, a_batch_of_one_is_measured_in_what_the_network_takes) {
  for (const bool mixes_rows : {false, true}) {
    const std::string model =
        folder_.write("fixed.onnx", tiny_batch_of_one_model(16, 16, mixes_rows));
    const ModelPlaces places{.store = folder_.path() + "/models",
                             .cache = folder_.path() + "/cache"};
    ASSERT_OK_AND_ASSIGN(ModelDescription described, describe_model(places, model));
    EXPECT_EQ(described.batch, 1);
    EXPECT_THAT(described.batch_trials, testing::IsEmpty());
    ASSERT_OK_AND_ASSIGN(const BenchModelReport report, bench(model, {{"batch", "1,4"}}));
    EXPECT_EQ(report.rows.size(), mixes_rows ? 1u : 2u);
    EXPECT_THAT(report.notes,
                testing::Contains(HasSubstr(mixes_rows ? "of 1 alone: larger ones fail"
                                                       : "larger ones give the same")));
    ASSERT_OK_AND_ASSIGN(described, describe_model(places, model));
    ASSERT_EQ(described.batch_trials.size(), 1u);
    EXPECT_EQ(described.batch_trials[0].takes_more, !mixes_rows);
    EXPECT_EQ(described.batch_trials[0].provider, "CPU");
  }
}

TEST_F(BenchModelTest, says_what_is_wrong_with_what_it_was_told) {
  const std::string model = folder_.write("net.onnx", tiny_features_model(16, 16));
  for (const char* batch : {"0", "1,", "two", "-4", "1 2", "4096", ""})
    EXPECT_THAT(bench(model, {{"batch", batch}}),
                FailsWith(Code::kInvalidArgument, HasSubstr("batch")))
        << batch;
  EXPECT_THAT(bench("nothing-like-it"), FailsWith(Code::kNotFound, HasSubstr("nothing-like-it")));
  EXPECT_THAT(bench(model, {{"device", "abacus"}}),
              FailsWith(Code::kInvalidArgument, HasSubstr("expected auto, cpu, cuda")));
}

TEST_F(BenchModelTest, stopped_before_it_began_it_has_measured_nothing) {
  const std::string model = folder_.write("net.onnx", tiny_features_model(16, 16));
  cancel_.request();
  ASSERT_OK_AND_ASSIGN(const BenchModelReport report, bench(model));
  EXPECT_FALSE(report.is_whole);
  EXPECT_EQ(report.best_batch, 0);
  EXPECT_EQ(remembered(), 0u);
}

}  // namespace
}  // namespace imagemill
