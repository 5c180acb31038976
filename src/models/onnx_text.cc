// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "models/onnx_graph.h"

namespace imagemill {
namespace {

struct TypeRow {
  int type;
  std::string_view name;
  int bits;  // of an element; 0: varies
};
constexpr std::array kTypes = {
    TypeRow{1, "float32", 32},  TypeRow{2, "uint8", 8},       TypeRow{3, "int8", 8},
    TypeRow{4, "uint16", 16},   TypeRow{5, "int16", 16},      TypeRow{6, "int32", 32},
    TypeRow{7, "int64", 64},    TypeRow{8, "string", 0},      TypeRow{9, "bool", 8},
    TypeRow{10, "float16", 16}, TypeRow{11, "float64", 64},   TypeRow{12, "uint32", 32},
    TypeRow{13, "uint64", 64},  TypeRow{14, "complex64", 64}, TypeRow{15, "complex128", 128},
    TypeRow{16, "bfloat16", 16}};

}  // namespace

int onnx_type_bits(int64_t type) {
  const auto row = std::ranges::find(kTypes, type, &TypeRow::type);
  return row == kTypes.end() ? 0 : row->bits;
}

std::string onnx_type_name(int type) {
  const auto row = std::ranges::find(kTypes, type, &TypeRow::type);
  return row == kTypes.end() ? fmt::format("type {}", type) : std::string(row->name);
}

std::string to_string(const OnnxValue& value) {
  if (!value.has_shape) return fmt::format("{} of any shape", onnx_type_name(value.type));
  std::string dims;
  for (const OnnxDim& dim : value.dims) {
    if (!dims.empty()) dims += ", ";
    dims += dim.size >= 0 ? std::to_string(dim.size) : dim.symbol.empty() ? "?" : dim.symbol;
  }
  return fmt::format("{} [{}]", onnx_type_name(value.type), dims);
}

std::vector<std::string> OnnxGraph::custom_domains() const {
  constexpr std::array<std::string_view, 6> kKnown = {
      "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft"};
  std::vector<std::string> out;
  for (const OnnxOpset& opset : opsets) {
    const bool is_known = std::ranges::find(kKnown, opset.domain) != kKnown.end() ||
                          opset.domain.starts_with("com.microsoft.");
    if (!is_known && std::ranges::find(out, opset.domain) == out.end()) out.push_back(opset.domain);
  }
  return out;
}

}  // namespace imagemill
