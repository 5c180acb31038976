// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/batch_of_one.h"

#include <algorithm>
#include <limits>

#include "base/half.h"
#include "models/onnx_graph.h"
#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kAnySize = 1 << 20;

class OpenedFile : public testing::Test {
 protected:
  std::string write(std::string_view bytes) { return folder_.write("m.onnx", bytes); }
  Result<OnnxGraph> check(const std::string& path) {
    return check_model_file(real_file_system(), path);
  }

  TestFolder folder_;
};

TEST_F(OpenedFile, leaves_first_sides_open_and_nothing_else) {
  const std::string model = tiny_batch_of_one_model(8, 1);
  const std::string path = write(model);
  ASSERT_OK_AND_ASSIGN(const OnnxGraph graph, check(path));
  EXPECT_EQ(graph.first_sides_of_one.size(), 3u) << "input, output, and what is between";
  ASSERT_OK_AND_ASSIGN(const Bytes open,
                       read_with_open_batch(path, graph.first_sides_of_one, kAnySize));
  EXPECT_EQ(open.size(), model.size());
  ASSERT_OK_AND_ASSIGN(const OnnxGraph opened, check(write(as_text(open))));
  EXPECT_EQ(to_string(opened.inputs[0]), "float32 [?, 3, 1, 8]");
  EXPECT_EQ(to_string(opened.outputs[0]), "float32 [?, 3]");
  EXPECT_THAT(opened.first_sides_of_one, ElementsAre());
}

TEST_F(OpenedFile, has_to_be_what_it_was_when_it_was_checked) {
  const std::string path = write(tiny_features_model(8, 1));
  const uint64_t end = tiny_features_model(8, 1).size();
  for (const uint64_t at : {uint64_t{0}, end - 1, end, UINT64_MAX})
    EXPECT_THAT(read_with_open_batch(path, std::vector{at}, kAnySize),
                FailsWith(Code::kCorruptInput, HasSubstr("has changed")));
  EXPECT_THAT(read_with_open_batch(path, {}, end - 1), FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(read_with_open_batch(path + "x", {}, end), FailsWith(Code::kNotFound));
}

TEST_F(OpenedFile, sides_of_one_elsewhere_are_no_batch) {
  ASSERT_OK_AND_ASSIGN(const OnnxGraph graph, check(write(TinyOnnx()
                                                              .input("x", {"batch", 1, 8, 8})
                                                              .output("y", {2, 1})
                                                              .between("z", {})
                                                              .finish())));
  EXPECT_THAT(graph.first_sides_of_one, ElementsAre());
}

struct Fault {
  float error = 0;  // in the second row
  bool adds_last_row = false;
  bool forgets_rows = false;
  std::optional<Code> refuses_two = {};
  ElementType type = ElementType::kF32;  // of the sums
};

// The sum of each row of two numbers and 1.
class Sums final : public ModelRunner {
 public:
  explicit Sums(const Fault& fault) : fault_(fault) {}

  const ModelSignature& signature() const override { return signature_; }
  Result<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                  std::span<const size_t>) override {
    const auto rows = static_cast<size_t>(inputs[0].shape[0]);
    if (fault_.refuses_two && rows > 1) return fail(*fault_.refuses_two, "one row");
    const auto* const in = reinterpret_cast<const float*>(inputs[0].bytes.data());
    auto sums = std::make_shared<std::vector<float>>();
    for (size_t r = 0; r < rows; ++r)
      sums->push_back(in[2 * r] + in[2 * r + 1] + 1 + (r == 1 ? fault_.error : 0.0f) +
                      (fault_.adds_last_row ? in[2 * (rows - 1)] : 0.0f));
    const Shape shape{fault_.forgets_rows ? 1 : static_cast<int64_t>(rows), 1};
    if (fault_.type == ElementType::kF16) {
      auto halves = std::make_shared<std::vector<uint16_t>>(sums->size());
      std::ranges::transform(*sums, halves->begin(), float_to_half);
      return std::vector{tensor_of(fault_.type, shape, halves)};
    }
    return std::vector{tensor_of(fault_.type, shape, sums)};
  }

 private:
  template <typename T>
  static Tensor tensor_of(ElementType type, const Shape& shape,
                          std::shared_ptr<std::vector<T>> values) {
    return {.type = type,
            .shape = shape,
            .bytes = std::as_bytes(std::span(*values)),
            .owner = std::move(values)};
  }

  const Fault fault_;
  const ModelSignature signature_{.inputs = {{.name = "x", .shape = {TensorSpec::kAny, 2}}},
                                  .outputs = {{.name = "y", .shape = {TensorSpec::kAny, 1}}}};
};

Result<bool> is_opened(const Fault& fault) {
  Sums open(fault);
  Sums single({.type = fault.type});
  const std::vector<int64_t> row = {2};
  const std::vector<size_t> outputs = {0};
  return gives_same_rows(open, single, row, outputs);
}

TEST(BatchOfOne, is_opened_only_where_rows_do_not_know_of_each_other) {
  EXPECT_EQ(is_opened({}), true);
  EXPECT_EQ(is_opened({.error = 2e-5f}), true) << "within the tolerance";
  EXPECT_EQ(is_opened({.error = 1e-2f}), false);
  EXPECT_EQ(is_opened({.error = std::numeric_limits<float>::quiet_NaN()}), false);
  EXPECT_EQ(is_opened({.adds_last_row = true}), false);
  EXPECT_EQ(is_opened({.forgets_rows = true}), false);
  EXPECT_EQ(is_opened({.refuses_two = Code::kInternal}), false);
  EXPECT_EQ(is_opened({.type = ElementType::kF16}), true);
  EXPECT_EQ(is_opened({.error = 1e-2f, .type = ElementType::kF16}), false);
  EXPECT_EQ(is_opened({.type = ElementType::kI64}), false) << "no numbers to compare";
}

TEST(BatchOfOne, no_memory_is_no_verdict) {
  EXPECT_THAT(is_opened({.refuses_two = Code::kResourceExhausted}),
              FailsWith(Code::kResourceExhausted));
}

}  // namespace
}  // namespace imagemill
