// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "infer/tensor.h"

#include <fmt/format.h>

namespace imagemill {

std::string_view element_name(ElementType type) {
  switch (type) {
    case ElementType::kF32:
      return "float32";
    case ElementType::kF16:
      return "float16";
    case ElementType::kF64:
      return "float64";
    case ElementType::kU8:
      return "uint8";
    case ElementType::kI8:
      return "int8";
    case ElementType::kU16:
      return "uint16";
    case ElementType::kI16:
      return "int16";
    case ElementType::kI32:
      return "int32";
    case ElementType::kI64:
      return "int64";
    case ElementType::kBool:
      return "bool";
  }
  return "?";
}

std::string to_string(const Shape& shape) {
  std::string text;
  for (const int64_t dimension : shape) {
    if (!text.empty()) text += 'x';
    text += dimension < 0 ? "?" : std::to_string(dimension);
  }
  return text.empty() ? "scalar" : text;
}

std::optional<uint64_t> element_count(std::span<const int64_t> shape) {
  constexpr uint64_t kMax = uint64_t{1} << 40;
  uint64_t count = 1;
  for (const int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) return 0;
    if (count > kMax / static_cast<uint64_t>(dimension)) return std::nullopt;
    count *= static_cast<uint64_t>(dimension);
  }
  return count;
}

}  // namespace imagemill
