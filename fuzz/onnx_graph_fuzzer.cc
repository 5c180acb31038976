// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A model file up to where a runtime would take over: its graph, and the manifest made of it.
#include <algorithm>

#include "base/check.h"
#include "models/graph_manifest.h"
#include "models/onnx_graph.h"

namespace {

class FileInMemory final : public imagemill::ReadableFile {
 public:
  explicit FileInMemory(imagemill::ByteSpan bytes) : bytes_(bytes) {}

  uint64_t bytes() const override { return bytes_.size(); }
  imagemill::Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) override {
    const imagemill::ByteSpan rest = bytes_.subspan(std::min<uint64_t>(offset, bytes_.size()));
    const size_t count = std::min(rest.size(), out.size());
    std::ranges::copy(rest.first(count), out.begin());
    return count;
  }

 private:
  imagemill::ByteSpan bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace imagemill;
  FileInMemory file({reinterpret_cast<const std::byte*>(data), size});
  const auto graph = read_onnx_graph(file, "fuzz");
  if (!graph) {
    IMAGEMILL_CHECK(!graph.error().message().empty());
    return 0;
  }
  (void)graph->custom_domains();
  for (const OnnxValue& value : graph->inputs) (void)to_string(value);
  const auto derived = derive_manifest(*graph, "fuzz.onnx", {}, 3);
  if (!derived) return 0;
  const auto again = parse_manifest(to_yaml(derived->manifest));
  IMAGEMILL_CHECK(again.has_value() && *again == derived->manifest);
  return 0;
}
