// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/graph_manifest.h"

#include "support/status_matchers.h"
#include "support/test_folder.h"
#include "support/tiny_onnx.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

OnnxGraph graph_of(const TinyOnnx& model) {
  const TestFolder folder;
  auto graph = check_model_file(real_file_system(), folder.write("m.onnx", model.finish()));
  EXPECT_THAT(graph, IsOk());
  return graph.value_or(OnnxGraph());
}

TinyOnnx takes(const std::vector<TinyDim>& dims, OnnxType type = OnnxType::kFloat) {
  return TinyOnnx().input("image", dims, type);
}

Result<DerivedManifest> derive(const TinyOnnx& model, std::optional<ModelFamily> family = {},
                               size_t labels = 0) {
  return derive_manifest(graph_of(model), "My Model.onnx", family, labels);
}

TEST(DeriveManifest, reads_the_input_from_the_graph) {
  ASSERT_OK_AND_ASSIGN(const DerivedManifest nchw,
                       derive(takes({"n", 3, 112, 96}).output("embedding", {"n", 128})));
  EXPECT_EQ(nchw.manifest.name, "my-model");
  EXPECT_EQ(nchw.manifest.file.name, "My Model.onnx");
  EXPECT_EQ(nchw.manifest.input.name, "image");
  EXPECT_EQ(nchw.manifest.input.layout, InputLayout::kNchw);
  EXPECT_EQ(nchw.manifest.input.width, 96);
  EXPECT_EQ(nchw.manifest.input.height, 112);
  EXPECT_EQ(nchw.manifest.input.fit, InputFit::kCrop);
  EXPECT_EQ(nchw.manifest.input.resize, 128);  // as 256 to 224

  ASSERT_OK_AND_ASSIGN(
      const DerivedManifest nhwc,
      derive(takes({1, 32, 64, 3}, OnnxType::kUint8).output("embedding", {1, 128})));
  EXPECT_EQ(nhwc.manifest.input.layout, InputLayout::kNhwc);
  EXPECT_EQ(nhwc.manifest.input.width, 64);
  EXPECT_EQ(nhwc.manifest.input.scale, 1);
  EXPECT_THAT(nhwc.manifest.input.stddev, ElementsAre(1, 1, 1));

  ASSERT_OK_AND_ASSIGN(const DerivedManifest open,
                       derive(takes({"n", "c", "h", "w"}).output("embedding", {"n", 128})));
  EXPECT_EQ(open.manifest.input.width, 224);
  EXPECT_THAT(open.assumptions, Contains(HasSubstr("224x224")));
}

TEST(DeriveManifest, tells_outputs_by_name_and_width) {
  ASSERT_OK_AND_ASSIGN(
      const DerivedManifest both,
      derive(takes({1, 3, 8, 8}).output("output", {1, 1000}).output("features", {1, 1280})));
  EXPECT_EQ(both.manifest.family, ModelFamily::kClassify);
  EXPECT_EQ(both.manifest.outputs.logits, "output");
  EXPECT_EQ(both.manifest.outputs.features, "features");
  EXPECT_TRUE(both.manifest.outputs.softmax);

  ASSERT_OK_AND_ASSIGN(const DerivedManifest probabilities,
                       derive(takes({1, 3, 8, 8}).output("probabilities", {1, 7})));
  EXPECT_EQ(probabilities.manifest.family, ModelFamily::kClassify);
  EXPECT_FALSE(probabilities.manifest.outputs.softmax);

  ASSERT_OK_AND_ASSIGN(const DerivedManifest clip,
                       derive(takes({1, 3, 8, 8})
                                  .output("last_hidden_state", {1, 50, 768})
                                  .output("image_embeds", {1, 512})));
  EXPECT_EQ(clip.manifest.family, ModelFamily::kEmbed);
  EXPECT_EQ(clip.manifest.outputs.features, "image_embeds");
  EXPECT_EQ(clip.manifest.outputs.pooling, TokenPooling::kNone);

  ASSERT_OK_AND_ASSIGN(const DerivedManifest tokens,
                       derive(takes({1, 3, 8, 8}).output("last_hidden_state", {1, 257, 384})));
  EXPECT_EQ(tokens.manifest.outputs.pooling, TokenPooling::kFirst);
}

TEST(DeriveManifest, guesses_the_family_unless_told) {
  const TinyOnnx model = takes({1, 3, 8, 8}).output("516", {1, 10});
  EXPECT_EQ(derive(model)->manifest.outputs.features, "516");
  EXPECT_EQ(derive(model, {}, 10)->manifest.outputs.logits, "516");  // as wide as the labels
  EXPECT_EQ(derive(model, {}, 11)->manifest.family, ModelFamily::kClassify);
  ASSERT_OK_AND_ASSIGN(const DerivedManifest told, derive(model, ModelFamily::kClassify));
  EXPECT_EQ(told.manifest.outputs.logits, "516");
  EXPECT_TRUE(told.manifest.outputs.features.empty());
  EXPECT_THAT(told.assumptions, Contains(HasSubstr("family classify")));
  EXPECT_THAT(told.assumptions, Contains(HasSubstr("licence")));
}

TEST(DeriveManifest, refuses_what_is_no_model_of_pictures) {
  const auto refused = [](const TinyOnnx& model, const char* what) {
    EXPECT_THAT(derive(model), FailsWith(Code::kUnsupported, HasSubstr(what)));
  };
  refused(takes({1, 1, 28, 28}).output("y", {1, 10}), "'image' float32 [1, 1, 28, 28]");
  refused(takes({1, 10}, OnnxType::kInt64).output("y", {1, 10}), "int64 [1, 10]");
  refused(takes({1, 3, 8, 8}).input("tokens", {1, 77}, OnnxType::kInt64).output("y", {1, 10}),
          "'tokens'");
  refused(takes({1, 3, 8, 8}).output("cls_8", {1, 6400, 1}).output("bbox_8", {1, 6400, 4}),
          "outputs.features");
  refused(takes({1, 3, 8, 8}).output("output0", {1, 84, 8400}), "outputs.features");
  refused(takes({1, 3, 8, 8}).output("features", {1, 512, 7, 7}), "expected one vector");
}

TEST(FitToGraph, fills_in_what_the_manifest_leaves_open) {
  ModelManifest manifest{.name = "m"};
  manifest.input.width = manifest.input.height = 8;
  ASSERT_THAT(fit_to_graph(graph_of(takes({1, 3, 8, 8}).output("516", {1, 10})), manifest), IsOk());
  EXPECT_EQ(manifest.input.name, "image");
  EXPECT_EQ(manifest.outputs.features, "516");
  EXPECT_TRUE(manifest.outputs.logits.empty());
}

TEST(FitToGraph, names_both_sides_of_a_contradiction) {
  const OnnxGraph graph =
      graph_of(takes({"n", 3, 8, 8}).output("vector", {"n", 10}).output("tokens", {"n", 5, 10}));
  const auto misfit = [&](auto change) {
    ModelManifest manifest{.name = "m"};
    manifest.input.width = manifest.input.height = 8;
    manifest.outputs.features = "vector";
    change(manifest);
    const auto fits = fit_to_graph(graph, manifest);
    return fits ? std::string("fits") : fits.error().message();
  };
  EXPECT_EQ(misfit([](auto&) {}), "fits");
  EXPECT_THAT(misfit([](auto& m) { m.input.width = 16; }),
              AllOf(HasSubstr("input.width: 16"), HasSubstr("[n, 3, 8, 8]")));
  EXPECT_THAT(misfit([](auto& m) { m.input.layout = InputLayout::kNhwc; }), HasSubstr("nhwc"));
  EXPECT_THAT(misfit([](auto& m) { m.input.name = "data"; }),
              AllOf(HasSubstr("'data'"), HasSubstr("'image'")));
  EXPECT_THAT(misfit([](auto& m) { m.outputs.features = "pooled"; }),
              AllOf(HasSubstr("'pooled'"), HasSubstr("'vector'")));
  EXPECT_THAT(misfit([](auto& m) { m.outputs.features = "tokens"; }), HasSubstr("outputs.pooling"));
  EXPECT_THAT(misfit([](auto& m) { m.outputs.pooling = TokenPooling::kMean; }),
              HasSubstr("outputs.pooling: mean"));
  EXPECT_THAT(misfit([](auto& m) { m.outputs.features = ""; }), HasSubstr("several"));
}

TEST(DeriveManifest, knows_real_models) {
  const auto data = test_data();
  if (!data) GTEST_SKIP() << "no test data beside the checkout";
  const auto derived = [&](const std::string& file) {
    const auto graph = check_model_file(real_file_system(), *data + "/models/" + file);
    return derive_manifest(*graph, file, {}, 0);
  };
  ASSERT_OK_AND_ASSIGN(const DerivedManifest mobilenet, derived("mobilenetv2-12_deq_fp32.onnx"));
  EXPECT_EQ(mobilenet.manifest.family, ModelFamily::kClassify);
  EXPECT_EQ(mobilenet.manifest.outputs.logits, "output");
  EXPECT_EQ(mobilenet.manifest.outputs.features, "features");
  EXPECT_EQ(mobilenet.manifest.input.resize, 256);
  ASSERT_OK_AND_ASSIGN(const DerivedManifest face, derived("w600k_mbf_deq_fp32.onnx"));
  EXPECT_EQ(face.manifest.family, ModelFamily::kEmbed);
  EXPECT_EQ(face.manifest.input.width, 112);
  EXPECT_THAT(derived("tinycaption_decoder.onnx"), FailsWith(Code::kUnsupported));
}

}  // namespace
}  // namespace imagemill
