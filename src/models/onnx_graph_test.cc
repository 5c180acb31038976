// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/onnx_graph.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class CheckModelFile : public testing::Test {
 protected:
  Result<OnnxGraph> check(std::string_view bytes) {
    return check_model_file(fs_, folder_.write("m.onnx", bytes));
  }
  // A sparse file of zeros after `start`.
  Result<OnnxGraph> check_long(std::string_view start, uint64_t bytes) {
    const std::string path = folder_.write("m.onnx", start);
    std::filesystem::resize_file(path, bytes);
    return check_model_file(fs_, path);
  }

  FileSystem& fs_ = real_file_system();
  TestFolder folder_;
};

TinyOnnx one_input() { return TinyOnnx().input("x", {1, 3, 8, 8}).output("y", {1, 3}); }

TEST_F(CheckModelFile, tells_what_the_graph_takes_and_gives) {
  ASSERT_OK_AND_ASSIGN(const OnnxGraph graph,
                       check(TinyOnnx()
                                 .producer("tiny", "1.0")
                                 .opset("ai.example", 3)
                                 .metadata("author", "me")
                                 .input("x", {"batch", 3, 8, 16})
                                 .input("w", {3, 2})
                                 .weights("w", {3, 2}, {1, 2, 3, 4, 5, 6})
                                 .integers("axes", {2}, {2, 3})
                                 .node("Relu", {"x"}, {"r"})
                                 .node("Cast", {"r"}, {"y"}, {{"to", 10}})
                                 .output("y", {"batch", 3, 8, 16}, OnnxType::kFloat16)
                                 .finish()));
  EXPECT_EQ(graph.ir_version, 8);
  EXPECT_EQ(graph.producer, "tiny 1.0");
  EXPECT_EQ(graph.nodes, 2);
  EXPECT_EQ(graph.initializers, 2);
  EXPECT_EQ(graph.initializer_bytes, 6 * 4 + 2 * 8u);
  EXPECT_THAT(graph.custom_domains(), ElementsAre("ai.example"));
  EXPECT_THAT(graph.metadata, ElementsAre(std::pair<std::string, std::string>("author", "me")));
  // Old models list their weights among the inputs.
  ASSERT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.inputs[0].name, "x");
  EXPECT_EQ(to_string(graph.inputs[0]), "float32 [batch, 3, 8, 16]");
  ASSERT_EQ(graph.outputs.size(), 1u);
  EXPECT_EQ(to_string(graph.outputs[0]), "float16 [batch, 3, 8, 16]");
}

TEST_F(CheckModelFile, tells_whether_activations_are_quantised_by_batch) {
  ASSERT_OK_AND_ASSIGN(const OnnxGraph plain, check(tiny_features_model(8, 8)));
  EXPECT_FALSE(plain.quantizes_by_batch);
  ASSERT_OK_AND_ASSIGN(const OnnxGraph fixed,
                       check(one_input().node("QuantizeLinear", {"x", "s"}, {"y"}).finish()));
  EXPECT_FALSE(fixed.quantizes_by_batch);
  ASSERT_OK_AND_ASSIGN(const OnnxGraph dynamic, check(tiny_dynamic_model(8, 8)));
  EXPECT_TRUE(dynamic.quantizes_by_batch);
  ASSERT_OK_AND_ASSIGN(
      const OnnxGraph fused,
      check(one_input()
                .node("DynamicQuantizeMatMul", {"x", "w", "s"}, {"y"}, {}, "com.microsoft")
                .finish()));
  EXPECT_TRUE(fused.quantizes_by_batch);
}

TEST_F(CheckModelFile, reads_what_real_exporters_write) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no test data beside the checkout";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*data + "/models")) {
    if (entry.path().extension() != ".onnx") continue;
    const auto graph = check_model_file(fs_, entry.path().string());
    EXPECT_THAT(graph, IsOk()) << entry.path();
    if (!graph) continue;
    EXPECT_GT(graph->nodes, 3);
    EXPECT_GT(graph->initializer_bytes, entry.file_size() / 2);
    EXPECT_LT(graph->initializer_bytes, entry.file_size());
  }
}

TEST_F(CheckModelFile, refuses_what_is_no_onnx_and_says_what_it_is) {
  EXPECT_THAT(check(""), FailsWith(Code::kCorruptInput, HasSubstr("empty")));
  EXPECT_THAT(check("PK\x03\x04 archive/data.pkl"),
              FailsWith(Code::kUnsupported, AllOf(HasSubstr("pickle"), HasSubstr("ONNX"))));
  EXPECT_THAT(check("\x80\x02}q"), FailsWith(Code::kUnsupported, HasSubstr("pickle")));
  EXPECT_THAT(check("<!DOCTYPE html><html>"), FailsWith(Code::kUnsupported, HasSubstr("web page")));
  EXPECT_THAT(check("version https://git-lfs.github.com/spec/v1\noid sha256:4e\n"),
              FailsWith(Code::kUnsupported, HasSubstr("git lfs pull")));
  EXPECT_THAT(check(std::string("\x40\0\0\0\0\0\0\0{\"a\":1}", 15)),
              FailsWith(Code::kUnsupported, HasSubstr("safetensors")));
  EXPECT_THAT(check("just some text, no model at all"), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(check_long("", uint64_t{2} << 30),
              FailsWith(Code::kCorruptInput, HasSubstr("zeros")));
  EXPECT_THAT(check_long(one_input().finish(), uint64_t{2} << 30),
              FailsWith(Code::kCorruptInput, HasSubstr("no field")));
  EXPECT_THAT(check_model_file(fs_, folder_ / "none.onnx"), FailsWith(Code::kNotFound));
  EXPECT_THAT(check_model_file(fs_, folder_.path()), FailsWith(Code::kUnsupported));
}

TEST_F(CheckModelFile, refuses_files_that_are_cut_anywhere) {
  const std::string whole = one_input().weights("w", {4}, {1, 2, 3, 4}).finish();
  ASSERT_THAT(check(whole), IsOk());
  for (size_t bytes = 0; bytes < whole.size(); ++bytes)
    EXPECT_FALSE(check(whole.substr(0, bytes)).has_value()) << bytes;
}

TEST_F(CheckModelFile, believes_no_length) {
  EXPECT_THAT(check(ProtoBytes().varint(1, 8).head(7, uint64_t{1} << 62).raw("x").finish()),
              FailsWith(Code::kCorruptInput, HasSubstr("4611686018427387904 bytes")));
  EXPECT_THAT(check(ProtoBytes().varint(1, 8).head(7, ~uint64_t{0}).raw("x").finish()),
              FailsWith(Code::kCorruptInput));
  EXPECT_THAT(check(ProtoBytes().varint(1, 8).raw(std::string(12, '\xFF')).finish()),
              FailsWith(Code::kCorruptInput, HasSubstr("64 bits")));
  EXPECT_THAT(check(ProtoBytes().varint(1, 8).raw("\x3B").finish()),  // a group
              FailsWith(Code::kCorruptInput));
  EXPECT_THAT(check(ProtoBytes().varint(1, 8).finish()),
              FailsWith(Code::kCorruptInput, HasSubstr("no graph")));
}

TEST_F(CheckModelFile, bounds_names_and_nesting) {
  EXPECT_THAT(check(one_input().input(std::string(5000, 'n'), {1}).finish()),
              FailsWith(Code::kResourceExhausted, HasSubstr("5000 bytes")));
  // If within If within If ...: node (1) -> attribute (5) -> graph (6).
  std::string graph;
  for (int i = 0; i < 100; ++i)
    graph = ProtoBytes()
                .bytes(1, ProtoBytes().bytes(5, ProtoBytes().bytes(6, graph).finish()).finish())
                .finish();
  EXPECT_THAT(check(ProtoBytes().varint(1, 8).bytes(7, graph).finish()),
              FailsWith(Code::kResourceExhausted, HasSubstr("within each other")));
}

TEST_F(CheckModelFile, refuses_absurd_shapes) {
  const auto with_input = [&](const std::vector<TinyDim>& dims) {
    return check(TinyOnnx().input("x", dims).output("y", {1}).finish());
  };
  EXPECT_THAT(with_input({-1, 3, 8, 8}), IsOk());  // some exporters' way of saying that it varies
  EXPECT_THAT(with_input({-5, 3, 8, 8}), FailsWith(Code::kCorruptInput, HasSubstr("-5")));
  EXPECT_THAT(with_input({1, 3, 0, 8}), FailsWith(Code::kCorruptInput, HasSubstr("[1, 3, 0, 8]")));
  EXPECT_THAT(with_input({1, 3, 1 << 20, 1 << 20}),
              FailsWith(Code::kResourceExhausted, HasSubstr("at most 2147483648 elements")));
  EXPECT_THAT(with_input({int64_t{1} << 62, int64_t{1} << 62}),
              FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(with_input(std::vector<TinyDim>(65, 1)), FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(check(TinyOnnx().output("y", {1}).finish()),
              FailsWith(Code::kCorruptInput, HasSubstr("without inputs")));
  EXPECT_THAT(check(TinyOnnx().input("x", {1}).finish()),
              FailsWith(Code::kCorruptInput, HasSubstr("without outputs")));
}

TEST_F(CheckModelFile, holds_weights_against_their_shape) {
  EXPECT_THAT(check(one_input().weights("w", {3}, {1, 2}).finish()),
              FailsWith(Code::kCorruptInput,
                        AllOf(HasSubstr("'w' [3] of 8 bytes"), HasSubstr("expected 12"))));
  EXPECT_THAT(check(one_input().weights("w", {-3}, {1}).finish()), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(check(one_input().weights("w", {int64_t{1} << 40, 4}, {1}).finish()),
              FailsWith(Code::kResourceExhausted));
}

TEST_F(CheckModelFile, takes_weights_from_files_in_its_folder) {
  folder_.write("w.bin", std::string(100, 'w'));
  folder_.write("sub/w.bin", std::string(100, 'w'));
  ASSERT_OK_AND_ASSIGN(const OnnxGraph graph,
                       check(one_input()
                                 .external_weights("a", {10}, "w.bin", 0, 40)
                                 .external_weights("b", {15}, "w.bin", 40)
                                 .external_weights("c", {5}, "sub/w.bin", 80, 20)
                                 .finish()));
  ASSERT_EQ(graph.external_files.size(), 2u);
  EXPECT_EQ(graph.external_files[0].location, "w.bin");
  EXPECT_EQ(graph.external_files[0].end_bytes, 100u);
  EXPECT_EQ(graph.external_files[0].tensors, 2);
  EXPECT_EQ(graph.initializer_bytes, 120u);
}

TEST_F(CheckModelFile, refuses_weights_from_elsewhere) {
  folder_.write("w.bin", std::string(100, 'w'));
  const auto with = [&](std::string_view location, uint64_t offset = 0, uint64_t bytes = 40) {
    return check(one_input().external_weights("w", {10}, location, offset, bytes).finish());
  };
  for (const char* location : {"/etc/passwd", "../w.bin", "a/../../w.bin", "./w.bin", "..",
                               "C:\\w.bin", "a\\w.bin", "w.bin/", "//w.bin"})
    EXPECT_THAT(with(location), FailsWith(Code::kCorruptInput, HasSubstr(location))) << location;
  EXPECT_THAT(with(""), FailsWith(Code::kCorruptInput, HasSubstr("without a location")));
  EXPECT_THAT(with("none.bin"), FailsWith(Code::kNotFound, HasSubstr("none.bin")));
  EXPECT_THAT(with("w.bin", 61), FailsWith(Code::kCorruptInput, HasSubstr("has 100 bytes")));
  EXPECT_THAT(with("w.bin", ~uint64_t{0}), FailsWith(Code::kCorruptInput));
  EXPECT_THAT(with("w.bin", 0, uint64_t{1} << 50), FailsWith(Code::kResourceExhausted));

  ASSERT_EQ(symlink("w.bin", (folder_ / "link.bin").c_str()), 0);
  ASSERT_EQ(symlink("/etc", (folder_ / "etc").c_str()), 0);
  EXPECT_THAT(with("link.bin"), FailsWith(Code::kCorruptInput, HasSubstr("link")));
  EXPECT_THAT(with("etc/passwd"), FailsWith(Code::kCorruptInput, HasSubstr("link")));
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_THAT(with("folder"), FailsWith(Code::kCorruptInput, HasSubstr("no file")));
}

// Constants of a node hide weights as well.
TEST_F(CheckModelFile, looks_into_nodes) {
  const std::string tensor =
      ProtoBytes()
          .varint(1, 10)
          .varint(2, 1)
          .bytes(13, ProtoBytes().bytes(1, "location").bytes(2, "/etc/passwd").finish())
          .varint(14, 1)
          .finish();
  const std::string node =
      ProtoBytes().bytes(4, "Constant").bytes(5, ProtoBytes().bytes(5, tensor).finish()).finish();
  const std::string graph = ProtoBytes().bytes(1, node).finish();
  const std::string nested =
      ProtoBytes()
          .bytes(1, ProtoBytes().bytes(5, ProtoBytes().bytes(6, graph).finish()).finish())
          .finish();
  for (const std::string& hidden : {graph, nested})
    EXPECT_THAT(check(one_input().finish() + ProtoBytes().bytes(7, hidden).finish()),
                FailsWith(Code::kCorruptInput, HasSubstr("/etc/passwd")));
}

}  // namespace
}  // namespace imagemill
