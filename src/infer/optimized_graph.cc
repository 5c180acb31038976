// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/optimized_graph.h"

#include <fmt/format.h>

namespace imagemill {
namespace {

// The optimiser lays weights out in blocks as wide as the widest vectors.
std::string_view processor() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return "x86-avx512";
  if (__builtin_cpu_supports("avx2")) return "x86-avx2";
  return "x86";
#elif defined(__aarch64__)
  return "arm64";
#else
  return "cpu";
#endif
}

}  // namespace

std::string optimized_graph_path(const std::string& folder, const std::string& model_hash,
                                 std::string_view runtime_version, std::string_view provider) {
  if (folder.empty() || model_hash.empty()) return {};
  return fmt::format("{}/{}-ort{}-{}-{}.onnx", folder, model_hash, runtime_version, provider,
                     processor());
}

}  // namespace imagemill
