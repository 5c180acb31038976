// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/session.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "infer/onnx_runtime_state.h"
#include "support/onnxruntime.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

std::shared_ptr<OnnxRuntime> runtime() {
  auto loaded = OnnxRuntime::load({.library = test_onnxruntime()});
  EXPECT_THAT(loaded, IsOk());
  return loaded ? *loaded : nullptr;
}

std::optional<std::string> mobilenet() {
  const auto data = test_data();
  if (!data) return std::nullopt;
  return *data + "/models/mobilenetv2-12_deq_fp32.onnx";
}

// A picture that differs from place to place and from number to number.
std::vector<float> made_input(int number) {
  std::vector<float> values(3 * 224 * 224);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(static_cast<float>(i % 1013) * 0.1f * static_cast<float>(number + 1));
  return values;
}

Result<std::vector<Tensor>> run(Session& session, std::vector<float>& values, int64_t batch) {
  const Shape shape{batch, 3, 224, 224};
  const TensorView view{ElementType::kF32, shape, std::as_writable_bytes(std::span(values))};
  const size_t outputs[] = {0};
  return session.run({&view, 1}, outputs);
}

TEST(OnnxRuntime, says_what_it_is) {
  const auto ort = runtime();
  ASSERT_NE(ort, nullptr);
  EXPECT_THAT(ort->version(), testing::StartsWith("1."));
  EXPECT_THAT(ort->path(), testing::HasSubstr("libonnxruntime.so"));
  EXPECT_THAT(ort->providers(), testing::Contains("CPU"));
  EXPECT_GE(ort->api_version(), 17);
  EXPECT_EQ(runtime(), ort) << "one a process";
}

TEST(Session, a_file_that_is_no_model_is_refused_with_the_runtimes_reason) {
  const TestFolder folder;
  for (const std::string& text :
       {std::string(), std::string("<html>not here</html>"), std::string(1 << 20, '\0')}) {
    const std::string path = folder.write("model.onnx", text);
    auto session = Session::open(runtime(), path, {});
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code(), Code::kCorruptInput);
    EXPECT_THAT(session.error().message(), testing::HasSubstr("model.onnx"));
  }
}

TEST(CheckDevice, knows_names_and_which_of_them_have_numbers) {
  const std::vector<ProviderLibrary> libraries = {{"npu", "libnpu.so"}};
  for (const char* device :
       {"auto", "cpu", "CPU", "cuda", "cuda:3", "tensorrt:1", "openvino", "npu", "npu:7"})
    EXPECT_THAT(check_device(device, libraries), IsOk()) << device;
  for (const char* device : {"", "gpu0", "abacus:1", ":1"})
    EXPECT_THAT(check_device(device, libraries),
                FailsWith(Code::kInvalidArgument, testing::HasSubstr("expected auto, cpu, cuda")))
        << device;
  for (const char* device : {"cuda:", "cuda:x", "cuda:-1", "cuda:1x", "npu:99999999999"})
    EXPECT_THAT(check_device(device, libraries),
                FailsWith(Code::kInvalidArgument, testing::HasSubstr("as in cuda:0")))
        << device;
  for (const char* device : {"cpu:0", "auto:1", "openvino:0"})
    EXPECT_THAT(check_device(device, libraries),
                FailsWith(Code::kInvalidArgument, testing::HasSubstr("has no numbers")))
        << device;
  EXPECT_FALSE(check_device("npu", {}));
}

TEST(Session, devices_that_are_not_there_are_named) {
  const auto model = mobilenet();
  if (!model) GTEST_SKIP() << "no test pictures and models here";
  EXPECT_THAT(Session::open(runtime(), *model, {.device = "gpu0"}),
              FailsWith(Code::kInvalidArgument, testing::HasSubstr("expected auto, cpu, cuda")));
  EXPECT_THAT(Session::open(runtime(), *model, {.device = "cuda:x"}),
              FailsWith(Code::kInvalidArgument, testing::HasSubstr("cuda:0")));
  EXPECT_THAT(Session::open(runtime(), *model, {.device = "tensorrt"}),
              FailsWith(Code::kNotFound, testing::HasSubstr("Tensorrt")));
}

TEST(Session, a_graph_that_is_kept_is_nothing_to_be_warned_of) {
  const auto model = mobilenet();
  if (!model) GTEST_SKIP() << "no test pictures and models here";
  const TestFolder folder;
  std::vector<std::string> said;
  const auto listening =
      runtime()->listen([&](std::string_view message) { said.emplace_back(message); });
  ASSERT_THAT(
      Session::open(runtime(), *model, {.optimized_folder = folder / "graphs", .model_hash = "m"}),
      IsOk());
  EXPECT_FALSE(std::filesystem::is_empty(folder / "graphs"));
  EXPECT_THAT(said, testing::IsEmpty());
}

TEST(Session, has_to_pass_its_trial) {
  const auto model = mobilenet();
  if (!model) GTEST_SKIP() << "no test pictures and models here";
  std::string tried;
  const auto fails = [&](Session& session) -> Result<> {
    tried += session.provider() + " ";
    return fail(Code::kInternal, "no kernel image is available");
  };
  EXPECT_THAT(Session::open(runtime(), *model, {.trial = fails}),
              FailsWith(Code::kInternal, testing::HasSubstr("no kernel image")));
  EXPECT_EQ(tried, "CPU ");
  ASSERT_OK_AND_ASSIGN(
      const auto session,
      Session::open(runtime(), *model, {.trial = [](Session&) -> Result<> { return {}; }}));
  EXPECT_FALSE(session->is_on_chosen_device());
  ASSERT_OK_AND_ASSIGN(const auto chosen, Session::open(runtime(), *model, {.device = "cpu"}));
  EXPECT_TRUE(chosen->is_on_chosen_device());
}

TEST(ReasonIn, leaves_out_where_the_runtime_says_it) {
  EXPECT_EQ(reason_in("/src/bridge.cc:2043 onnxruntime::Provider& Get() [ONNXRuntimeError] : 1 : "
                      "FAIL : Failed to load library with error: libcublas.so.13: cannot open\n"),
            "Failed to load library with error: libcublas.so.13: cannot open");
  EXPECT_EQ(reason_in("Load model failed: a : b : c"), "Load model failed: a : b : c");
  EXPECT_EQ(reason_in("[ONNXRuntimeError] : 7"), "7");
  EXPECT_EQ(reason_in(""), "");
}

TEST(OutOfMemory, is_recognised_in_what_runtimes_say) {
  for (const char* message :
       {"CUDA failure 2: out of memory ; GPU=0",
        "BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 1",
        "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED",
        "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "Available memory of 5 is smaller than requested bytes of 6", "std::bad_alloc",
        "[defaultAllocator.cpp::allocate] Error Code 1: Cuda Runtime (Out of memory)"})
    EXPECT_TRUE(is_out_of_memory(message)) << message;
  for (const char* message :
       {"CUDA failure 700: an illegal memory access was encountered", "CUDNN_STATUS_NOT_SUPPORTED",
        "Failed to load library libonnxruntime_providers_cuda.so", ""})
    EXPECT_FALSE(is_out_of_memory(message)) << message;
}

TEST(Session, reads_what_the_model_wants) {
  const auto model = mobilenet();
  if (!model) GTEST_SKIP() << "no test pictures and models here";
  const auto session = Session::open(runtime(), *model, {});
  ASSERT_THAT(session, IsOk());
  EXPECT_EQ((*session)->provider(), "CPU");
  EXPECT_TRUE((*session)->fallbacks().empty());
  const ModelSignature& signature = (*session)->signature();
  ASSERT_EQ(signature.inputs.size(), 1u);
  EXPECT_EQ(signature.inputs[0],
            (TensorSpec{"input", ElementType::kF32, {TensorSpec::kAny, 3, 224, 224}}));
  std::vector<std::string> names;
  for (const TensorSpec& output : signature.outputs) names.push_back(output.name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("output", "features"));
}

TEST(Session, tells_what_its_runs_take) {
  const auto model = mobilenet();
  if (!model) GTEST_SKIP() << "no test pictures and models here";
  const auto session = Session::open(runtime(), *model, {});
  ASSERT_THAT(session, IsOk());
  const auto before = (*session)->arena_use();
  if (!before) GTEST_SKIP() << "ONNX Runtime " << runtime()->version() << " does not tell";
  std::vector<float> one = made_input(0);
  ASSERT_THAT(run(**session, one, 1), IsOk());
  const auto after_one = (*session)->arena_use();
  EXPECT_GT(after_one->most, before->now + one.size() * sizeof(float));
  std::vector<float> four;
  for (int i = 0; i < 4; ++i) four.insert(four.end(), one.begin(), one.end());
  ASSERT_THAT(run(**session, four, 4), IsOk());
  EXPECT_GT((*session)->arena_use()->most - before->now, 2 * (after_one->most - before->now));
}

TEST(Session, a_tensor_that_does_not_fit_is_refused_before_it_is_run) {
  const auto model = mobilenet();
  if (!model) GTEST_SKIP() << "no test pictures and models here";
  const auto session = Session::open(runtime(), *model, {});
  ASSERT_THAT(session, IsOk());
  std::vector<float> values = made_input(0);
  EXPECT_THAT(run(**session, values, 2), FailsWith(Code::kInvalidArgument));
  const Shape shape{1, 3, 224, 224};
  const TensorView bytes{ElementType::kU8, shape, std::as_writable_bytes(std::span(values))};
  const size_t outputs[] = {0};
  EXPECT_THAT((*session)->run({&bytes, 1}, outputs),
              FailsWith(Code::kInvalidArgument, testing::HasSubstr("the model wants float32")));
  EXPECT_THAT((*session)->run({}, outputs), FailsWith(Code::kInvalidArgument));
}

TEST(Session, a_row_is_the_same_alone_and_in_a_batch_from_many_threads) {
  const auto model = mobilenet();
  if (!model) GTEST_SKIP() << "no test pictures and models here";
  const auto session = Session::open(runtime(), *model, {});
  ASSERT_THAT(session, IsOk());
  constexpr int kRows = 3;
  std::vector<float> all;
  for (int i = 0; i < kRows; ++i) {
    const auto one = made_input(i);
    all.insert(all.end(), one.begin(), one.end());
  }
  const auto together = run(**session, all, kRows);
  ASSERT_THAT(together, IsOk());
  const std::span rows = together->front().values<float>();
  const size_t width = rows.size() / kRows;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kRows; ++i) {
    threads.emplace_back([&, i] {
      std::vector<float> one = made_input(i);
      const auto alone = run(**session, one, 1);
      ASSERT_THAT(alone, IsOk());
      const std::span row = alone->front().values<float>();
      ASSERT_EQ(row.size(), width);
      for (size_t k = 0; k < width; ++k)
        EXPECT_NEAR(row[k], rows[static_cast<size_t>(i) * width + k], 1e-4);
    });
  }
}

TEST(Session, an_optimised_graph_is_kept_and_used) {
  const auto model = mobilenet();
  if (!model) GTEST_SKIP() << "no test pictures and models here";
  const TestFolder folder;
  const SessionSettings settings{.optimized_folder = folder / "graphs", .model_hash = "abc"};
  std::vector<float> values = made_input(1);
  std::vector<float> expected;
  {
    const auto session = Session::open(runtime(), *model, settings);
    ASSERT_THAT(session, IsOk());
    const auto result = run(**session, values, 1);
    ASSERT_THAT(result, IsOk());
    const std::span row = result->front().values<float>();
    expected.assign(row.begin(), row.end());
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "graphs"))
    files.push_back(entry.path());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_THAT(files[0].filename().string(), testing::StartsWith("abc-ort"));

  const auto again = Session::open(runtime(), *model, settings);
  ASSERT_THAT(again, IsOk());
  const auto result = run(**again, values, 1);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->front().values<float>(), testing::ElementsAreArray(expected));

  // Cut off, as by a crash of another program: made anew.
  std::filesystem::resize_file(files[0], 1000);
  EXPECT_THAT(Session::open(runtime(), *model, settings), IsOk());
  EXPECT_GT(std::filesystem::file_size(files[0]), 1000u);
}

TEST(Session, any_number_may_optimise_the_same_graph_at_once) {
  const TestFolder folder;
  const std::string model = folder.write("model.onnx", tiny_features_model(8, 8));
  const SessionSettings settings{.optimized_folder = folder / "graphs", .model_hash = "abc"};
  for (int turn = 0; turn < 5; ++turn) {
    std::filesystem::remove_all(folder / "graphs");
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back(
            [&] { EXPECT_THAT(Session::open(runtime(), model, settings), IsOk()); });
    }
    const std::filesystem::directory_iterator files(folder / "graphs");
    ASSERT_EQ(std::distance(begin(files), end(files)), 1);
    const std::string kept = std::filesystem::directory_iterator(folder / "graphs")->path();
    EXPECT_THAT(kept, testing::EndsWith(".onnx"));
    EXPECT_THAT(Session::open(runtime(), kept, {}), IsOk());
  }
}

}  // namespace
}  // namespace imagemill
