// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models/catalogue.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "models/catalogue_texts.h"

namespace imagemill {

std::span<const ModelManifest> catalogue() {
  // Constant once read, and read only by who asks for models.
  static const std::vector<ModelManifest> manifests = [] {
    std::vector<ModelManifest> out;
    for (const std::string_view text : catalogue_texts()) {
      auto manifest = parse_manifest(std::string(text));
      IMAGEMILL_CHECK(manifest.has_value());
      out.push_back(*std::move(manifest));
    }
    std::ranges::sort(out, {}, &ModelManifest::name);
    return out;
  }();
  return manifests;
}

const ModelManifest* find_in_catalogue(std::string_view name) {
  const auto found = std::ranges::find(catalogue(), name, &ModelManifest::name);
  return found == catalogue().end() ? nullptr : &*found;
}

}  // namespace imagemill
