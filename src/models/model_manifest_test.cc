// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/model_manifest.h"

#include <limits>

#include "models/catalogue.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kWhole = R"(
name: toy
family: classify
description: "A toy: it sorts"
file: toy.onnx
sha256: 4e8f8653e7a2222b3904cc3fe8e304cd8b339ce1d05fd24688162f86fb6df52c
bytes: 123
sources: [https://example.org/toy.onnx]
companions:
  - file: names.txt
    bytes: 7
labels: names.txt
license: {name: MIT, permissive: true, url: 'https://example.org/license', note: none}
input:
  name: image
  layout: nhwc
  width: 32
  height: 16
  color: bgr
  scale: 1/127.5
  mean: 1
  std: [1, 2, 0.5]
  fit: pad
  pad_value: 114
  kernel: lanczos3
  oversampling: 1.5
outputs: {logits: scores, features: vector, pooling: mean, normalize: true, softmax: true}
thresholds: {score: 0.25}
)";

ModelManifest smallest() {
  ModelManifest manifest{.name = "toy"};
  manifest.file.name = "toy.onnx";
  return manifest;
}

TEST(Manifest, says_everything_that_a_model_needs) {
  ASSERT_OK_AND_ASSIGN(const ModelManifest m, parse_manifest(kWhole));
  EXPECT_EQ(m.name, "toy");
  EXPECT_EQ(m.family, ModelFamily::kClassify);
  EXPECT_EQ(m.description, "A toy: it sorts");
  EXPECT_EQ(m.file.name, "toy.onnx");
  EXPECT_EQ(m.file.bytes, 123u);
  EXPECT_THAT(m.file.sources, ElementsAre("https://example.org/toy.onnx"));
  EXPECT_EQ(m.companions.at(0), (ModelFile{.name = "names.txt", .bytes = 7}));
  EXPECT_TRUE(m.license.is_permissive);
  EXPECT_EQ(m.input.layout, InputLayout::kNhwc);
  EXPECT_EQ(m.input.color, InputColor::kBgr);
  EXPECT_DOUBLE_EQ(m.input.scale, 1 / 127.5);
  EXPECT_THAT(m.input.mean, ElementsAre(1, 1, 1));
  EXPECT_THAT(m.input.stddev, ElementsAre(1, 2, 0.5));
  EXPECT_EQ(m.input.fit, InputFit::kPad);
  EXPECT_EQ(m.input.pad_value, 114);
  EXPECT_EQ(m.input.kernel, InputKernel::kLanczos3);
  EXPECT_EQ(m.input.oversampling, 1.5);
  EXPECT_EQ(m.outputs.pooling, TokenPooling::kMean);
  EXPECT_TRUE(m.outputs.softmax);
  EXPECT_EQ(m.thresholds.at("score"), 0.25);
}

TEST(Manifest, needs_little) {
  ASSERT_OK_AND_ASSIGN(const ModelManifest m, parse_manifest("name: toy\nfile: toy.onnx\n"));
  EXPECT_EQ(m.family, ModelFamily::kEmbed);
  EXPECT_FALSE(m.license.is_permissive);
  EXPECT_EQ(m.input.resize, 224);  // the crop is the whole of the shorter side
}

TEST(Manifest, is_written_as_it_is_read) {
  ASSERT_OK_AND_ASSIGN(ModelManifest m, parse_manifest(kWhole));
  ASSERT_OK_AND_ASSIGN(const ModelManifest again, parse_manifest(to_yaml(m)));
  EXPECT_EQ(again, m);
  for (const std::string text :
       {"# no comment", "a: b",   "'",      "\"",   "back\\slash", "null", "~",
        "true",         " blank", "blank ", "- a",  "[a]",         "{a}",  "*a",
        "&a",           "!a",     "%a",     "a #b", "\xC3\xA9",    "12",   "",
        "a:",           "@"}) {
    m.description = text;
    m.outputs.logits = "output" + text;
    ASSERT_OK_AND_ASSIGN(const ModelManifest read, parse_manifest(to_yaml(m)));
    EXPECT_EQ(read, m) << to_yaml(m);
  }
}

TEST(Manifest, a_name_may_be_a_word_of_yaml) {
  ASSERT_OK_AND_ASSIGN(ModelManifest m, parse_manifest(kWhole));
  for (const std::string name : {"null", "true", "no", "1e3", "12", "0x1f", "a.", "1-", "2.0.1"}) {
    m.name = name;
    ASSERT_THAT(validate(m), IsOk()) << name;
    ASSERT_OK_AND_ASSIGN(const ModelManifest read, parse_manifest(to_yaml(m)));
    EXPECT_EQ(read, m) << to_yaml(m);
  }
}

TEST(Manifest, of_every_known_model_is_written_as_it_is_read) {
  ASSERT_EQ(catalogue().size(), 8u);
  for (const ModelManifest& m : catalogue()) {
    ASSERT_OK_AND_ASSIGN(const ModelManifest again, parse_manifest(to_yaml(m)));
    EXPECT_EQ(again, m);
  }
}

TEST(Manifest, mistakes_name_their_line_and_what_was_meant) {
  const auto refusal = [](const std::string& text) {
    const auto result = parse_manifest(text);
    return result ? std::string("no refusal") : result.error().to_string();
  };
  EXPECT_THAT(refusal("name: toy\nfle: toy.onnx\n"),
              AllOf(HasSubstr("line 2"), HasSubstr("'fle'"), HasSubstr("'file'")));
  EXPECT_THAT(refusal("name: toy\ninput:\n  widht: 3\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("'width'")));
  EXPECT_THAT(refusal("name: toy\ninput:\n  width: wide\n"),
              AllOf(HasSubstr("line 3: width: 'wide'"), HasSubstr("whole number")));
  EXPECT_THAT(refusal("name: toy\ninput:\n  layout: nchv\n"),
              AllOf(HasSubstr("line 3: layout"), HasSubstr("nchw|nhwc"), HasSubstr("'nchw'?")));
  EXPECT_THAT(refusal("family: clasify\n"), HasSubstr("did you mean 'classify'?"));
  EXPECT_THAT(refusal("name: a\nname: b\n"), HasSubstr("line 2: name is there twice"));
  EXPECT_THAT(refusal("companions:\n  - fille: x\n"), HasSubstr("line 2: unknown key 'fille'"));
  EXPECT_THAT(refusal("outputs: {normalize: yes}\n"), HasSubstr("true or false"));
  EXPECT_THAT(refusal("input: {mean: [1, 2]}\n"), HasSubstr("three numbers"));
  EXPECT_THAT(refusal("input: {scale: 1/0}\n"), HasSubstr("a number"));
  EXPECT_THAT(refusal("- a\n"), HasSubstr("key: value"));
  EXPECT_THAT(refusal("name: [a\n"), HasSubstr("line"));
  EXPECT_THAT(refusal(""), HasSubstr("invalid_argument"));
}

TEST(Manifest, hostile_text_is_refused) {
  EXPECT_THAT(parse_manifest(std::string(2 << 20, ' ')), FailsWith(Code::kResourceExhausted));
  EXPECT_THAT(parse_manifest("name: " + std::string(20'000, '[')),
              FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(parse_manifest("a: &a [x, x]\nb: &b [*a, *a]\nname: *b\n"),
              FailsWith(Code::kInvalidArgument));
}

TEST(Validate, refuses_what_would_break_something_later) {
  const auto refusal = [](auto change) {
    ModelManifest m = smallest();
    change(m);
    const auto result = validate(m);
    return result ? std::string("no refusal") : result.error().message();
  };
  EXPECT_THAT(validate(smallest()), IsOk());
  EXPECT_THAT(refusal([](auto& m) { m.name = "Toy 2"; }), HasSubstr("'toy-2'"));
  for (const char* name : {"", "../a", "a/b", "a\\b", ".hidden", "manifest.yaml", "a\nb", "\xFF"})
    EXPECT_THAT(refusal([&](auto& m) { m.file.name = name; }), HasSubstr("file")) << name;
  EXPECT_THAT(refusal([](auto& m) { m.file.sha256 = "AB"; }), HasSubstr("64 hex"));
  EXPECT_THAT(refusal([](auto& m) { m.file.sources = {"file:///etc/passwd"}; }),
              HasSubstr("https://"));
  EXPECT_THAT(refusal([](auto& m) { m.companions = {{.name = "toy.onnx"}}; }), HasSubstr("twice"));
  EXPECT_THAT(refusal([](auto& m) { m.labels = "names.txt"; }), HasSubstr("companions"));
  EXPECT_THAT(refusal([](auto& m) { m.input.width = 0; }), HasSubstr("input.width: 0"));
  EXPECT_THAT(refusal([](auto& m) { m.input.height = 4097; }), HasSubstr("1 to 4096"));
  EXPECT_THAT(refusal([](auto& m) { m.input.resize = 200; }), HasSubstr("input.resize"));
  EXPECT_THAT(refusal([](auto& m) { m.input.stddev[2] = 0; }), HasSubstr("input.std"));
  EXPECT_THAT(refusal([](auto& m) { m.input.mean[0] = std::numeric_limits<double>::quiet_NaN(); }),
              HasSubstr("input.mean"));
  EXPECT_THAT(refusal([](auto& m) { m.input.scale = std::numeric_limits<double>::infinity(); }),
              HasSubstr("input.scale"));
  EXPECT_THAT(refusal([](auto& m) { m.outputs.logits = "x"; }), HasSubstr("outputs.features"));
  EXPECT_THAT(refusal([](auto& m) { m.thresholds["A b"] = 1; }), HasSubstr("thresholds"));
  EXPECT_THAT(refusal([](auto& m) { m.license.is_permissive = true; }), HasSubstr("license"));
}

TEST(ModelName, is_made_of_any_text) {
  EXPECT_EQ(model_name_of("MobileNetV2-12 (fp32)"), "mobilenetv2-12-fp32");
  EXPECT_EQ(model_name_of("..//"), "model");
  EXPECT_EQ(model_name_of(""), "model");
  for (const std::string& text :
       {std::string("\xC3\xA9t\xC3\xA9"), std::string("-a"), std::string(300, 'x')})
    EXPECT_TRUE(is_model_name(model_name_of(text))) << text;
}

TEST(ParseLabels, reads_a_label_a_line) {
  EXPECT_THAT(*parse_labels("cat\r\n dog \n\nbird\n\n"), ElementsAre("cat", "dog", "", "bird"));
  EXPECT_THAT(*parse_labels("n01440764 tench, Tinca tinca\nn0144 x"),
              ElementsAre("tench, Tinca tinca", "n0144 x"));
  EXPECT_THAT(parse_labels("\n\n"), FailsWith(Code::kInvalidArgument));
  EXPECT_THAT(parse_labels("a\n\x01\n"), FailsWith(Code::kInvalidArgument, HasSubstr("line 2")));
}

}  // namespace
}  // namespace imagemill
