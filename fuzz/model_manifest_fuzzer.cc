// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "models/model_manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)parse_labels(text);
  const auto manifest = parse_manifest(text);
  if (!manifest) {
    IMAGEMILL_CHECK(!manifest.error().message().empty());
    return 0;
  }
  const auto again = parse_manifest(to_yaml(*manifest));
  IMAGEMILL_CHECK(again.has_value() && *again == *manifest);
  return 0;
}
