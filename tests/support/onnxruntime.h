// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>

namespace imagemill {

// Where tests find ONNX Runtime: $IMAGEMILL_ONNXRUNTIME, or where ./dev put it.
inline std::string test_onnxruntime() {
  const char* const named = std::getenv("IMAGEMILL_ONNXRUNTIME");
  return named != nullptr ? named : IMAGEMILL_TEST_ONNXRUNTIME;
}

}  // namespace imagemill
