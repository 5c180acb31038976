// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vectors as everything in this folder takes them: rows back to back (C order), not owned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/half.h"

namespace imagemill {

enum class VectorType : uint8_t { kF32, kF16 };

constexpr size_t element_bytes(VectorType type) { return type == VectorType::kF32 ? 4 : 2; }
constexpr std::string_view element_name(VectorType type) {
  return type == VectorType::kF32 ? "float32" : "float16";
}

// How near two vectors are. A vector of zeroes has cosine 0 with everything.
enum class Metric : uint8_t { kCosine, kL2 };

constexpr std::string_view metric_name(Metric metric) {
  return metric == Metric::kCosine ? "cosine" : "l2";
}

// The limit keeps integer sums of products within 32 bits.
inline constexpr size_t kMaxVectorDims = 65'536;

struct VectorView {
  const std::byte* data = nullptr;  // rows * dims elements, of any alignment
  VectorType type = VectorType::kF32;
  size_t rows = 0;
  size_t dims = 0;

  // values.size() is a multiple of dims.
  static VectorView of(std::span<const float> values, size_t dims) {
    IMAGEMILL_CHECK(dims > 0 && values.size() % dims == 0);
    return {reinterpret_cast<const std::byte*>(values.data()), VectorType::kF32,
            values.size() / dims, dims};
  }

  size_t row_bytes() const { return dims * element_bytes(type); }
  const std::byte* row(size_t index) const { return data + index * row_bytes(); }

  // out.size() == dims
  void copy_row(size_t index, std::span<float> out) const {
    if (type == VectorType::kF32) {
      std::memcpy(out.data(), row(index), row_bytes());
      return;
    }
    for (size_t i = 0; i < dims; ++i) {
      uint16_t half;
      std::memcpy(&half, row(index) + 2 * i, 2);
      out[i] = half_to_float(half);
    }
  }
};

struct Neighbor {
  uint64_t row = 0;
  double score = 0;  // kCosine: the cosine, larger is nearer. kL2: the squared distance
  bool operator==(const Neighbor&) const = default;
};

// The order of every result: nearest first, of equals the lower row.
inline bool is_nearer(Metric metric, const Neighbor& a, const Neighbor& b) {
  if (a.score != b.score) return metric == Metric::kCosine ? a.score > b.score : a.score < b.score;
  return a.row < b.row;
}

}  // namespace imagemill
