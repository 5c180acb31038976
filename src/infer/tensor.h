// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What goes into a network and comes out of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imagemill {

enum class ElementType : uint8_t { kF32, kF16, kF64, kU8, kI8, kU16, kI16, kI32, kI64, kBool };

constexpr size_t element_bytes(ElementType type) {
  switch (type) {
    case ElementType::kF64:
    case ElementType::kI64:
      return 8;
    case ElementType::kF32:
    case ElementType::kI32:
      return 4;
    case ElementType::kF16:
    case ElementType::kU16:
    case ElementType::kI16:
      return 2;
    case ElementType::kU8:
    case ElementType::kI8:
    case ElementType::kBool:
      return 1;
  }
  return 0;
}

// "float32", "uint8" ...
std::string_view element_name(ElementType type);

using Shape = std::vector<int64_t>;

// "2x3x224x224"; "?" for a dimension that the model leaves open.
std::string to_string(const Shape& shape);

// Product of the dimensions; nullopt when one is negative or the product exceeds 2^40.
std::optional<uint64_t> element_count(std::span<const int64_t> shape);

// An input or output as the model declares it.
struct TensorSpec {
  static constexpr int64_t kAny = -1;

  std::string name;
  ElementType type = ElementType::kF32;
  Shape shape;  // kAny where the caller chooses

  bool operator==(const TensorSpec&) const = default;
};

// Memory of the caller, contiguous, in row-major order.
struct TensorView {
  ElementType type = ElementType::kF32;
  std::span<const int64_t> shape;
  std::span<std::byte> bytes;  // element_count(shape) elements
};

// A result. Copies share the elements, which live as long as the last of them.
struct Tensor {
  ElementType type = ElementType::kF32;
  Shape shape;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;

  template <typename T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

}  // namespace imagemill
