// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace imagemill::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

ModelDescription known() {
  return {.name = "resnet18",
          .family = "classify",
          .license = "Apache-2.0",
          .license_is_permissive = true,
          .files = {{.name = "resnet18.onnx", .bytes = 46'820'737, .sha256 = "4e8f"}},
          .is_known = true};
}

TEST(ModelsTable, lines_up_its_columns) {
  ModelDescription added{.name = "my",
                         .family = "embed",
                         .files = {{.name = "my.onnx", .bytes = 900}},
                         .folder = "/store/my",
                         .is_in_store = true};
  EXPECT_EQ(models_table(std::vector{added, known()}),
            "NAME      FAMILY       SIZE  LICENCE        WHERE\n"
            "my        embed       900 B  not known (!)  in the store\n"
            "resnet18  classify  46.8 MB  Apache-2.0     not here: models pull resnet18\n"
            "(!) not permissive, or not known: 'models info NAME' says more\n");
}

TEST(ModelsTable, shows_what_cannot_be_read) {
  const ModelDescription broken{
      .name = "x", .is_in_store = true, .problem = "line 1: unknown key '\x1b[31m'"};
  EXPECT_THAT(models_table(std::vector{broken}), HasSubstr("broken: line 1: unknown key '\\x1b"));
}

TEST(ModelText, says_when_a_hash_is_not_known) {
  ModelDescription model = known();
  EXPECT_THAT(model_text(model), HasSubstr("sha256    4e8f"));
  EXPECT_THAT(model_text(model), HasSubstr("models pull resnet18"));
  model.files[0].sha256 = "";
  EXPECT_THAT(model_text(model), HasSubstr("not known to this version"));
}

TEST(ModelText, tells_of_batches_what_is_known) {
  ModelDescription model = known();
  EXPECT_THAT(model_text(model), Not(HasSubstr("batch")));
  model.batch = 8;
  EXPECT_THAT(model_text(model),
              HasSubstr("batch       8, says the file: smaller ones are filled"));
  model.batch = 1;
  EXPECT_THAT(model_text(model), HasSubstr("1, says the file; runs find out"));
  model.batch_trials = {{.provider = "CPU", .runtime_version = "1.23.2", .takes_more = true},
                        {.provider = "CUDA:0", .runtime_version = "1.23.2"}};
  EXPECT_THAT(model_text(model),
              HasSubstr("1, says the file; larger ones give the same on CPU (ONNX Runtime 1.23.2); "
                        "larger ones do not do on CUDA:0 (ONNX Runtime 1.23.2)\n"));
}

TEST(VerdictsText, names_the_damaged) {
  const std::string text = verdicts_text(
      std::vector<ModelVerdict>{{"a", "a.onnx", ""}, {"b", "b.onnx", "3 bytes, expected 4"}});
  EXPECT_EQ(text, "whole   a/a.onnx\nDAMAGED b/b.onnx: 3 bytes, expected 4\n");
}

}  // namespace
}  // namespace imagemill::cli
