// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/provider_library.h"

#include <gmock/gmock.h>

#include "infer/provider_check.h"
#include "infer/session.h"
#include "support/onnxruntime.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

const ProviderLibrary kTiny = {.name = "tiny", .path = IMAGEMILL_TINY_PROVIDER};

TEST(ProviderLibrary, has_a_name_of_its_own_and_a_path) {
  EXPECT_EQ(parse_provider_library("npu_2=/opt/a=b.so"),
            (ProviderLibrary{.name = "npu_2", .path = "/opt/a=b.so"}));
  for (const std::string text :
       {"", "npu", "npu=", "=/opt/npu.so", "/opt/npu.so", "NPU=/opt/npu.so", "n pu=/opt/npu.so",
        "2npu=/opt/npu.so", "npu:1=/opt/npu.so"})
    EXPECT_THAT(parse_provider_library(text),
                FailsWith(Code::kInvalidArgument, AllOf(HasSubstr(text), HasSubstr("expected"))));
  for (const std::string name : {"auto", "cpu", "cuda", "openvino"})
    EXPECT_THAT(parse_provider_library(name + "=x.so"),
                FailsWith(Code::kInvalidArgument, HasSubstr("is a device already")));
  const std::string twice[] = {"a=x.so", "b=y.so", "a=z.so"};
  EXPECT_THAT(parse_provider_libraries(twice),
              FailsWith(Code::kInvalidArgument, HasSubstr("'a' twice")));
}

class LoadedProviderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = OnnxRuntime::load({.library = test_onnxruntime()});
    ASSERT_THAT(loaded, IsOk());
    runtime_ = *loaded;
    if (runtime_->api_version() < 23) GTEST_SKIP() << "ONNX Runtime " << runtime_->version();
  }
  Result<std::unique_ptr<Session>> open(const std::string& device,
                                        std::vector<ProviderLibrary> libraries) {
    return Session::open(runtime_, folder_.write("net.onnx", tiny_features_model(2, 1)),
                         {.device = device, .provider_libraries = std::move(libraries)});
  }

  std::shared_ptr<OnnxRuntime> runtime_;
  TestFolder folder_;
};

TEST_F(LoadedProviderTest, runs_networks_under_its_name_and_before_others) {
  for (const std::string device : {"tiny", "tiny:0", "Tiny", "auto"}) {  // the second time loaded
    ASSERT_OK_AND_ASSIGN(const auto session, open(device, {kTiny}));
    EXPECT_EQ(session->provider(), "Tiny:0-1.0.0_beta.2_x") << device;
    EXPECT_TRUE(session->computes_on_cpu());
    EXPECT_THAT(session->fallbacks(), IsEmpty());
    constexpr int64_t kShape[] = {1, 3, 1, 2};
    constexpr size_t kOutputs[] = {0};
    std::vector<float> picture = {1, 3, 5, 7, 9, 11};
    const TensorView view{ElementType::kF32, kShape, std::as_writable_bytes(std::span(picture))};
    ASSERT_OK_AND_ASSIGN(const auto outputs, session->run({&view, 1}, kOutputs));
    EXPECT_THAT(outputs.front().values<float>(), testing::ElementsAre(2, 6, 10));
  }
}

TEST_F(LoadedProviderTest, is_left_alone_where_it_is_not_asked_for) {
  const ProviderLibrary missing{.name = "npu", .path = folder_ / "missing.so"};
  ASSERT_OK_AND_ASSIGN(const auto session, open("cpu", {missing}));
  EXPECT_EQ(session->provider(), "CPU");
  ASSERT_OK_AND_ASSIGN(const auto tiny, open("tiny", {missing, kTiny}));
  EXPECT_EQ(tiny->provider(), "Tiny:0-1.0.0_beta.2_x");
  // It was loaded before, but not for these.
  ASSERT_OK_AND_ASSIGN(const auto without, open("auto", {}));
  EXPECT_EQ(without->provider(), "CPU");
  EXPECT_THAT(open("tiny", {}), FailsWith(Code::kInvalidArgument, HasSubstr("expected auto")));
}

TEST_F(LoadedProviderTest, says_which_device_there_is_not) {
  EXPECT_THAT(open("tiny:1", {kTiny}),
              FailsWith(Code::kNotFound, AllOf(HasSubstr("tiny:1"), HasSubstr("0 to 0"))));
}

TEST_F(LoadedProviderTest, what_cannot_be_loaded_is_named_with_the_reason) {
  for (const std::string device : {"npu", "auto"}) {
    const std::string missing = folder_ / "missing.so";
    EXPECT_THAT(open(device, {{"npu", missing}}),
                FailsWith(Code::kNotFound, AllOf(HasSubstr(missing), HasSubstr("no such file"))));
    EXPECT_THAT(open(device, {{"npu", folder_.path()}}), FailsWith(Code::kNotFound));
    const std::string text = folder_.write("text.so", "not a library");
    EXPECT_THAT(
        open(device, {{"npu", text}}),
        FailsWith(Code::kUnsupported, AllOf(HasSubstr(text), HasSubstr("ONNX Runtime says"))));
    // A library, but one that brings no provider.
    EXPECT_THAT(open(device, {{"npu", runtime_->path()}}),
                FailsWith(Code::kUnsupported,
                          AllOf(HasSubstr(runtime_->path()), HasSubstr("CreateEpFactories"))));
  }
  // A name that failed is free again.
  EXPECT_THAT(open("tiny", {kTiny}), IsOk());
  const std::string other = folder_.write("other.so", "");
  EXPECT_THAT(open("tiny", {{"tiny", other}}),
              FailsWith(Code::kInvalidArgument, AllOf(HasSubstr(other), HasSubstr(kTiny.path))));
}

TEST_F(LoadedProviderTest, is_checked_with_the_others) {
  const std::vector<ProviderLibrary> libraries = {kTiny,
                                                  {.name = "npu", .path = folder_ / "missing.so"}};
  const auto checks = check_providers(runtime_, libraries);
  ASSERT_GT(checks.size(), 2u);
  EXPECT_EQ(checks[0].device, "tiny");
  EXPECT_EQ(checks[0].provider, "Tiny:0-1.0.0_beta.2_x");
  EXPECT_EQ(checks[0].problem, "");
  EXPECT_EQ(checks[1].device, "npu");
  EXPECT_FALSE(checks[1].is_installed);
  EXPECT_THAT(checks[1].problem, HasSubstr("missing.so: no such file"));
  EXPECT_EQ(checks.back().device, "cpu");
}

TEST_F(LoadedProviderTest, is_part_of_what_is_in_reach) {
  RuntimeSettings settings{.library = test_onnxruntime()};
  const std::string without = OnnxRuntime::libraries_in_reach(settings);
  ASSERT_NE(without, "");
  settings.provider_libraries = {{"npu", folder_.write("a.so", "1")}};
  const std::string with = OnnxRuntime::libraries_in_reach(settings);
  EXPECT_NE(with, without);
  folder_.write("a.so", "22");
  EXPECT_NE(OnnxRuntime::libraries_in_reach(settings), with);
}

}  // namespace
}  // namespace imagemill
