// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/catalogue.h"

#include <set>

#include "models/catalogue_texts.h"
#include "support/status_matchers.h"

namespace imagemill {
namespace {

TEST(Catalogue, texts_are_manifests) {
  std::set<std::string> names;
  for (const std::string_view text : catalogue_texts()) {
    ASSERT_OK_AND_ASSIGN(const ModelManifest manifest, parse_manifest(std::string(text)));
    EXPECT_TRUE(names.insert(manifest.name).second) << manifest.name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"clip-vit-b32", "dinov2-small", "efficientnet-b0",
                                          "mobileclip-s0", "mobilenetv2", "resnet18", "resnet50",
                                          "siglip-base"}));
}

// What is downloaded can be checked, and nobody uses a model without knowing on what terms.
TEST(Catalogue, every_file_has_a_hash_and_an_encrypted_address) {
  for (const ModelManifest& model : catalogue()) {
    EXPECT_FALSE(model.license.name.empty()) << model.name;
    EXPECT_FALSE(model.license.url.empty()) << model.name;
    EXPECT_FALSE(model.description.empty()) << model.name;
    for (const ModelFile& file : files_of(model)) {
      EXPECT_EQ(file.sha256.size(), 64u) << model.name;
      EXPECT_GT(file.bytes, 0u) << model.name;
      ASSERT_FALSE(file.sources.empty()) << model.name;
      for (const std::string& url : file.sources)
        EXPECT_TRUE(url.starts_with("https://")) << model.name;
    }
  }
}

TEST(Catalogue, finds_by_name) {
  ASSERT_NE(find_in_catalogue("resnet18"), nullptr);
  EXPECT_EQ(find_in_catalogue("resnet18")->file.name, "resnet18-v1-7.onnx");
  EXPECT_EQ(find_in_catalogue("resnet"), nullptr);
}

}  // namespace
}  // namespace imagemill
